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

// DefaultPath is the path of the module's device node.
const DefaultPath = "/dev/zfs"

var (
	// ErrClosed reports a call on a device that has been closed. It matches
	// fs.ErrClosed.
	ErrClosed = fmt.Errorf("zfs device: %w", fs.ErrClosed)
	// ErrNoModule reports that no ZFS module is loaded. Open did not touch
	// the device node, because opening it would load the module. It matches
	// fs.ErrNotExist.
	ErrNoModule = fmt.Errorf("the zfs module is not loaded: %w", fs.ErrNotExist)
	// ErrNotDevice reports that the opened file is not the ZFS device.
	ErrNotDevice = errors.New("not the zfs device")
)

// Config holds the options of Open. The zero value and nil are for ordinary
// use.
type Config struct {
	// Path is the path of the device node. Empty means DefaultPath. Open
	// never creates it.
	Path string
	// AutoLoad opens the node even if no module is loaded. The kernel may
	// then load it.
	AutoLoad bool
	// Trace receives one record for each call. If it is nil, ZFSDEBUG in the
	// environment decides whether calls are traced to standard error.
	Trace io.Writer
	// TraceLists includes the lists in the trace, without key material.
	TraceLists bool
}

// Device is an open /dev/zfs. It is safe for concurrent use.
type Device struct {
	invoke   func(*Cmd, Op) Code // the transport: the system call, or a function
	direct   bool                // the transport is the system call on fd
	layout   Layout
	readOnly bool
	fd       int
	borrowed bool // the descriptor belongs to another device, or is not open
	path     string
	trace    *tracer
	cmds     sync.Pool
	users    atomic.Int64 // running calls; negative when closing
	stuck    *stuckCalls  // shared with devices that Reopen made from this one
}

// closing marks users negative, so that no further call can start.
const closing = -1 << 62

// Open opens the device and measures the layout of its command structure. It
// opens the node for reading and writing or, if that is forbidden, for reading
// only, as ReadOnly then reports. The kernel checks the caller's rights, not
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

// NewDevice returns a device whose calls are answered by fn instead of a
// kernel. The function reads the command's fields and In, sets fields and
// Answer, and returns nil, an Errno or an error that wraps one. It is called
// concurrently if the device is. Package ioctltest uses it.
func NewDevice(fn func(op Op, c *Cmd) error) *Device {
	d := &Device{path: "function", fd: -1, borrowed: true, stuck: &stuckCalls{}}
	d.invoke = func(c *Cmd, op Op) Code {
		code := codeFrom(fn(op, c))
		if c.Uint64(fieldSrcSize) == oversize && code != CodeIocCmdUnavail {
			return CodeInval // the answer of a module to Supports
		}
		return code
	}
	return d
}

// Tap returns a device that passes each call to fn, which makes the call with
// next and may read the command before and after. The tap uses this device's
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

// Reopen opens the device node again. The kernel ties some objects, such as
// temporary holds, to one open file of the node, and destroys them when that
// file is closed. The returned device has a separate file, which only its own
// Close closes. Otherwise it behaves like this device. Stuck of either device
// lists the abandoned calls of both.
//
// A device made from a function, or a tap of one, has no file; FD returns -1.
//
// Errors match ErrClosed, ErrNotDevice if another device is now at the path,
// fs.ErrNotExist or fs.ErrPermission.
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

// codeFrom returns the code that a kernel would return for err.
func codeFrom(err error) Code {
	if err == nil {
		return 0
	}
	if code := CodeOf(err); code != 0 {
		return code
	}
	return CodeIo
}

// orClosed returns the device or, for nil and for a zero Device, a closed
// device, so that their calls fail without a panic.
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

// FD returns the descriptor of the device, or -1. It is for operations that
// bind something to an open /dev/zfs. The Device still owns it.
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
	c.wipe() // a refused call has not wiped it
	if cap(c.out) > outKept || cap(c.src) > outKept || cap(c.conf) > outKept {
		return
	}
	d.cmds.Put(c)
}

// enter counts a call that begins. It fails once Close has begun.
func (d *Device) enter() error {
	if d.users.Add(1) < 0 {
		d.leave()
		return ErrClosed
	}
	return nil
}

// leave counts a call that ends. The last one after Close closes the
// descriptor.
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

// Close closes the device. It does not wait for running calls; the descriptor
// stays open until the last of them has ended. A second Close returns
// ErrClosed.
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

// StuckCall is a call that its caller has abandoned and that the kernel has not
// finished.
type StuckCall struct {
	Op    Op
	Name  string    // the target
	Since time.Time // when the caller abandoned it
}

// stuckCalls is the register of abandoned calls.
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

// Stuck lists the calls that are still running in the kernel although their
// context has ended, in no particular order.
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
