package ioctl

import "unsafe"

// pin writes the addresses and sizes of the lists into the structure. The
// garbage collector does not see these addresses, so the buffers are pinned
// for as long as the kernel may use them.
func (c *Cmd) pin() {
	c.pins.Pin(c)
	c.point(fieldSrc, fieldSrcSize, c.src, c.hasSrc)
	c.point(fieldConf, fieldConfSize, c.conf, c.hasConf)
	c.point(fieldDst, fieldDstSize, c.out, !c.noOut)
	if c.record > 0 {
		c.SetUint64(fieldDstSize, uint64(len(c.out)/c.record))
	}
	c.SetUint64(fieldDstFilled, 0)
	if len(c.history) > 0 {
		c.pins.Pin(&c.history[0])
		c.SetUint64(fieldHistory, uint64(uintptr(unsafe.Pointer(&c.history[0]))))
	}
}

// point writes the address and the size of one buffer.
func (c *Cmd) point(addr, size Field, b []byte, use bool) {
	if !use || len(b) == 0 {
		c.SetUint64(addr, 0)
		c.SetUint64(size, 0)
		return
	}
	c.pins.Pin(&b[0])
	c.SetUint64(addr, uint64(uintptr(unsafe.Pointer(&b[0]))))
	c.SetUint64(size, uint64(len(b)))
}

// unpin releases the buffers to the garbage collector.
func (c *Cmd) unpin() { c.pins.Unpin() }
