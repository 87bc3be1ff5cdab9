package ioctl

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultPath is where the module's device stands.
const DefaultPath = "/dev/zfs"

var (
	// ErrClosed reports a call on a device that has been closed. It matches
	// fs.ErrClosed.
	ErrClosed = fmt.Errorf("zfs device: %w", fs.ErrClosed)
	// ErrNoModule reports that no ZFS module is loaded, so that Open did not
	// touch the device node: opening it would load the module. It matches
	// fs.ErrNotExist.
	ErrNoModule = fmt.Errorf("the zfs module is not loaded: %w", fs.ErrNotExist)
	// ErrNotDevice reports that what was opened is not the ZFS device.
	ErrNotDevice = errors.New("not the zfs device")
)

// Config says how to open the device. The zero value, as nil, is for ordinary
// use.
type Config struct {
	// Path of the device node; empty is DefaultPath. Open never creates it.
	Path string
	// AutoLoad opens the node although no module is loaded, upon which the
	// kernel may load it.
	AutoLoad bool
	// Trace receives one record for each call. Nil takes what ZFSDEBUG in the
	// environment says: standard error, or nothing.
	Trace io.Writer
	// TraceLists adds the lists to the trace, without key material.
	TraceLists bool
}

// Device is an open /dev/zfs. It may be used by many goroutines at once.
type Device struct {
	invoke   func(*Cmd, Op) Code // the transport: the system call, or a function
	direct   bool                // the transport is the system call on fd
	layout   Layout
	readOnly bool
	fd       int
	borrowed bool // the descriptor is another device's, or there is none
	path     string
	trace    *tracer
	cmds     sync.Pool
	users    atomic.Int64 // calls under way, and closing in the sign
	stuck    *stuckCalls  // shared with devices that were opened from this one
}

// closing marks users negative, so that no further call can start.
const closing = -1 << 62

// Open opens the device and measures the layout of its command structure. It
// opens for reading and writing, and if that is forbidden for reading only,
// which ReadOnly then tells: the kernel decides by the caller's rights, not by
// the mode of the file, so most operations work all the same.
//
// Errors match ErrNoModule, fs.ErrNotExist, fs.ErrPermission, ErrNotDevice,
// ErrLayout or ErrNotSupported (on systems other than Linux).
func Open(cfg *Config) (*Device, error) {
	if cfg == nil {
		cfg = &Config{}
	}
	path := cfg.Path
	if path == "" {
		path = DefaultPath
	}
	if !cfg.AutoLoad {
		if m := ReadModule(); m.Known && !m.Loaded {
			return nil, ErrNoModule
		}
	}
	d := &Device{path: path, trace: newTracer(cfg, os.Getenv("ZFSDEBUG")), stuck: &stuckCalls{}}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

// NewDevice makes a device whose calls are answered by fn instead of a kernel.
// The function reads the command's fields and In, sets fields and Answer, and
// returns nil, an Errno or an error that wraps one. It is called from several
// goroutines if the device is. Package ioctltest builds on it.
func NewDevice(fn func(op Op, c *Cmd) error) *Device {
	d := &Device{path: "function", fd: -1, borrowed: true, stuck: &stuckCalls{}}
	d.invoke = func(c *Cmd, op Op) Code {
		code := codeFrom(fn(op, c))
		if c.Uint64(fieldSrcSize) == oversize && code != CodeIocCmdUnavail {
			return CodeInval // as a module answers Supports
		}
		return code
	}
	return d
}

// Tap returns a device that hands each call to fn, which makes it by next,
// before or after it has looked at the command. The tap uses this device's
// descriptor and does not close it: this device must stay open for longer.
func (d *Device) Tap(fn func(op Op, c *Cmd, next func() error) error) *Device {
	if d = d.orClosed(); d.invoke == nil {
		return d
	}
	t := &Device{path: d.path, fd: d.fd, borrowed: true, readOnly: d.readOnly, layout: d.layout, stuck: &stuckCalls{}}
	t.invoke = func(c *Cmd, op Op) Code {
		return codeFrom(fn(op, c, func() error {
			if code := d.invoke(c, op); code != 0 {
				return code.Err()
			}
			return nil
		}))
	}
	return t
}

// Reopen opens the device node once more. The kernel ties some things to one
// open file of it, and ends them when that file is closed: temporary holds are
// such. The device that Reopen returns has a file of its own, which nothing but
// its Close closes, and behaves like this one in all else. Its calls left
// behind are listed by the Stuck of both.
//
// On a device made from a function, or a tap of one, there is no file; FD
// returns -1.
//
// Errors match ErrClosed, ErrNotDevice if another device stands at the path by
// now, fs.ErrNotExist or fs.ErrPermission.
func (d *Device) Reopen() (*Device, error) {
	d = d.orClosed()
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	n := &Device{path: d.path, fd: -1, borrowed: true, readOnly: d.readOnly, layout: d.layout, trace: d.trace, stuck: d.stuck, invoke: d.invoke}
	if d.fd < 0 {
		return n, nil
	}
	n.borrowed = false
	if err := n.reopen(d); err != nil {
		return nil, err
	}
	return n, nil
}

// codeFrom is what a kernel would return for err.
func codeFrom(err error) Code {
	if err == nil {
		return 0
	}
	if code := CodeOf(err); code != 0 {
		return code
	}
	return CodeIo
}

// orClosed returns the device or, for nil and for a zero Device, one that is
// closed: the calls of both fail, and crash nothing.
func (d *Device) orClosed() *Device {
	if d != nil && d.stuck != nil {
		return d
	}
	closed := &Device{path: "none", fd: -1, borrowed: true, stuck: &stuckCalls{}}
	closed.users.Store(closing)
	return closed
}

// Layout returns the measured layout of the command structure.
func (d *Device) Layout() Layout { return d.orClosed().layout }

// ReadOnly reports whether the device could be opened for reading only.
func (d *Device) ReadOnly() bool { return d.orClosed().readOnly }

// Path returns the path of the device node.
func (d *Device) Path() string { return d.orClosed().path }

// FD returns the descriptor of the device, -1 without one. It is for
// operations that bind something to an open /dev/zfs, and stays the Device's.
func (d *Device) FD() int { return d.orClosed().fd }

// Cmd returns an empty command for this device.
func (d *Device) Cmd() *Cmd {
	d = d.orClosed()
	c, ok := d.cmds.Get().(*Cmd)
	if !ok {
		c = &Cmd{out: make([]byte, outDefault)}
	}
	c.dev, c.layout = d, d.layout
	c.reset()
	return c
}

// putCmd keeps a command for its next user, unless its buffers have grown out
// of proportion.
func (d *Device) putCmd(c *Cmd) {
	c.wipe() // a call that was refused has not done it
	if cap(c.out) > outKept || cap(c.src) > outKept || cap(c.conf) > outKept {
		return
	}
	d.cmds.Put(c)
}

// enter counts a call in. It fails once Close has begun.
func (d *Device) enter() error {
	if d.users.Add(1) < 0 {
		d.leave()
		return ErrClosed
	}
	return nil
}

// leave counts a call out. The last one after Close closes the descriptor.
func (d *Device) leave() {
	if d.users.Add(-1) == closing {
		d.closeOwn()
	}
}

// closeOwn closes the descriptor if it is this device's.
func (d *Device) closeOwn() {
	if !d.borrowed {
		d.closeFD()
	}
}

// Close closes the device. Calls that are under way finish first, in the
// background: Close does not wait for them, and the descriptor stays open
// until the last is done. A second Close returns ErrClosed.
func (d *Device) Close() error {
	d = d.orClosed()
	for {
		n := d.users.Load()
		if n < 0 {
			return ErrClosed
		}
		if !d.users.CompareAndSwap(n, closing+n) {
			continue
		}
		if n == 0 {
			d.closeOwn()
		}
		return nil
	}
}

// StuckCall is a call that its caller has given up and that the kernel has not
// finished.
type StuckCall struct {
	Op    Op
	Name  string    // the target
	Since time.Time // when the caller gave up
}

// stuckCalls is the register of calls left behind.
type stuckCalls struct {
	mu    sync.Mutex
	calls map[*Cmd]StuckCall
}

func (s *stuckCalls) add(c *Cmd, call StuckCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = make(map[*Cmd]StuckCall)
	}
	s.calls[c] = call
}

func (s *stuckCalls) remove(c *Cmd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, c)
}

// Stuck lists the calls that were left behind in the kernel when their context
// ended, in no particular order.
func (d *Device) Stuck() []StuckCall {
	d = d.orClosed()
	d.stuck.mu.Lock()
	defer d.stuck.mu.Unlock()
	var calls []StuckCall
	for _, c := range d.stuck.calls {
		calls = append(calls, c)
	}
	return calls
}
