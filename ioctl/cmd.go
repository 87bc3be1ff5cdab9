package ioctl

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"

	"github.com/purezfs/purezfs/nvlist"
)

// outDefault is the default size of the buffer for an answer. Nearly all answers
// fit, so that a second call is rare.
const outDefault = 128 << 10

// outKept is the largest answer buffer that a released Cmd keeps for its next
// user.
const outKept = 1 << 20

// Cmd is one command for the kernel: struct zfs_cmd and the lists that it points
// to. Get one with [Device.Cmd] and return it with Release. Only one goroutine
// at a time may use a Cmd. Between two calls it keeps what the kernel wrote,
// such as the cookie of a walk.
type Cmd struct {
	dev    *Device
	layout Layout
	raw    [cmdSize]byte

	src, conf, history []byte
	hasSrc, hasConf    bool
	out                []byte // its length is the size offered to the kernel
	filled             int    // bytes of out that the kernel wrote, or -1
	noOut              bool
	record             int // bytes of a record, if the size is counted in records

	pins  runtime.Pinner
	saved savedFields
	guard flight
	// watched calls can be interrupted, because the thread that makes them
	// is known.
	watched bool
	note    *note // the record for the pool's history, or nil
	// secret is the key material within src, or nil.
	secret []byte
}

// reset clears the whole structure, because stale bytes in any field change what
// the kernel does.
func (c *Cmd) reset() {
	clear(c.raw[:])
	c.src, c.conf, c.history = c.src[:0], c.conf[:0], nil
	c.hasSrc, c.hasConf = false, false
	c.filled, c.noOut, c.record, c.watched, c.note = -1, false, 0, false, nil
	c.wipe()
}

// Release returns the command to its device. Byte slices that the command
// returned must not be used afterwards. If a call of the command is still
// running in the kernel, Release does nothing, and the command stays alive until
// that call ends.
func (c *Cmd) Release() {
	if c == nil || c.guard.abandoned() {
		return
	}
	c.dev.putCmd(c)
}

// field returns the bytes of f in the structure.
func (c *Cmd) field(f Field) []byte {
	offset, size := c.layout.Place(f)
	return c.raw[offset : offset+size]
}

// Uint64 returns a numeric field as a uint64.
func (c *Cmd) Uint64(f Field) uint64 {
	b := c.field(f)
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 4:
		return uint64(binary.NativeEndian.Uint32(b))
	case 8:
		return binary.NativeEndian.Uint64(b)
	}
	return 0
}

// SetUint64 sets a numeric field. The value is truncated to the field's width.
func (c *Cmd) SetUint64(f Field, v uint64) {
	b := c.field(f)
	switch len(b) {
	case 1:
		b[0] = byte(v)
	case 4:
		binary.NativeEndian.PutUint32(b, uint32(v))
	case 8:
		binary.NativeEndian.PutUint64(b, v)
	}
}

// Bytes returns the field's own bytes. They may be read and written until the
// next call.
func (c *Cmd) Bytes(f Field) []byte { return c.field(f) }

// Text returns a text field up to its first NUL. The kernel leaves stale bytes
// after that NUL.
func (c *Cmd) Text(f Field) string { return string(c.text(f)) }

func (c *Cmd) text(f Field) []byte {
	b := c.field(f)
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return b
}

// SetText sets a text field. It refuses a text that contains a NUL or does not
// fit, because the kernel would see only a part of it.
func (c *Cmd) SetText(f Field, s string) error {
	b := c.field(f)
	if i := strings.IndexByte(s, 0); i >= 0 {
		return fmt.Errorf("%s %q: NUL at byte %d", f, s, i)
	}
	if len(s) >= len(b) {
		return fmt.Errorf("%s: %d bytes, at most %d fit", f, len(s), len(b)-1)
	}
	n := copy(b, s)
	clear(b[n:])
	return nil
}

// SetIn sets the input list. A nil list is sent as an empty one.
func (c *Cmd) SetIn(l *nvlist.List) error {
	var err error
	c.hasSrc = true
	c.src, err = l.AppendNative(c.src[:0])
	return err
}

// SetConf sets the configuration, the second input list that pool operations
// read.
func (c *Cmd) SetConf(l *nvlist.List) error {
	var err error
	c.hasConf = true
	c.conf, err = l.AppendNative(c.conf[:0])
	return err
}

// SetHistory sets the memory that zc_history points to: a log text, or a buffer
// for history records. The caller must not change it until the call has
// returned.
func (c *Cmd) SetHistory(b []byte) { c.history = b }

// HistoryRoom returns the memory that SetHistory has set. It is for devices made
// from a function.
func (c *Cmd) HistoryRoom() []byte { return c.history }

// SetNoOut offers the kernel no buffer for an answer. OBJSET_STATS then skips
// all properties.
func (c *Cmd) SetNoOut() { c.noOut = true }

// SetOutSize makes room for an answer of n bytes.
func (c *Cmd) SetOutSize(n int) { c.growOut(n) }

// SetOutRecords makes room for n records of size bytes. It is for the one
// operation whose size field counts records instead of bytes.
func (c *Cmd) SetOutRecords(n, size int) {
	c.growOut(n * size)
	c.out = c.out[:n*size]
	c.record = size
}

// growOut makes room for n bytes. It does not keep the old content.
func (c *Cmd) growOut(n int) {
	if cap(c.out) < n {
		c.out = make([]byte, n)
	}
	c.out = c.out[:max(n, len(c.out))]
}

// In returns the packed input list, or nothing if the command has no list.
func (c *Cmd) In() []byte { return c.src }

// Conf returns the packed configuration, or nothing if the command has no
// configuration.
func (c *Cmd) Conf() []byte { return c.conf }

// Out returns the answer as the kernel packed it, or nil. It is valid until the
// next call or Release.
func (c *Cmd) Out() []byte {
	if c.filled < 0 {
		return nil
	}
	return c.out[:c.filled]
}

// Peek returns the answer before the call has returned. It is for taps.
func (c *Cmd) Peek() []byte {
	c.collect()
	return c.Out()
}

// OutRoom returns the whole buffer for the answer, for the few operations that
// fill it with records instead of a list.
func (c *Cmd) OutRoom() []byte { return c.out }

// OutSize returns the value that the kernel stored in the field for the answer's
// size: for records in [Cmd.OutRoom], their size or their number.
func (c *Cmd) OutSize() uint64 { return c.Uint64(fieldDstSize) }

// OutList decodes the answer. The list is nil if the kernel returned none.
func (c *Cmd) OutList() (*nvlist.List, error) {
	b := c.Out()
	if b == nil {
		return nil, nil
	}
	l, err := nvlist.Decode(b, nil)
	if err != nil {
		return nil, fmt.Errorf("answer of %d bytes: %w", len(b), err)
	}
	return l, nil
}

// Answer packs l as the answer, as a kernel would: if the buffer is too small,
// it copies nothing and reports the needed size. It is for devices made from a
// function.
func (c *Cmd) Answer(l *nvlist.List) error {
	b, err := l.AppendNative(nil)
	if err != nil {
		return err
	}
	return c.AnswerBytes(b)
}

// AnswerBytes is Answer for a list that is already packed.
func (c *Cmd) AnswerBytes(b []byte) error {
	room := int(c.Uint64(fieldDstSize))
	c.SetUint64(fieldDstSize, uint64(len(b)))
	if len(b) > room {
		return CodeNomem.Err()
	}
	copy(c.out, b)
	c.SetUint64(fieldDstFilled, 1)
	return nil
}

// AnswerRecords answers as operations do that fill the buffer from its end and
// report how much of it is free.
func (c *Cmd) AnswerRecords(b []byte) error {
	if len(b) > len(c.out) || c.record == 0 {
		return CodeNomem.Err()
	}
	copy(c.out[len(c.out)-len(b):], b)
	c.SetUint64(fieldDstSize, uint64((len(c.out)-len(b))/c.record))
	return nil
}

// savedFields are the fields that a failed attempt may have changed and that the
// next one needs unchanged.
type savedFields struct {
	name   [256]byte
	cookie uint64
	obj    uint64
}

// save keeps what a second attempt needs.
func (c *Cmd) save() {
	copy(c.saved.name[:], c.raw[:])
	c.saved.cookie = c.Uint64(FieldCookie)
	c.saved.obj = c.Uint64(FieldObj)
}

// restore undoes what the attempt changed.
func (c *Cmd) restore() {
	copy(c.raw[:], c.saved.name[:])
	c.SetUint64(FieldCookie, c.saved.cookie)
	c.SetUint64(FieldObj, c.saved.obj)
}
