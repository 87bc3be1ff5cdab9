package zfs

import (
	"context"
	"errors"
	"fmt"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// Client is a connection to the ZFS module. It holds one open device and the
// owners of temporary holds, and no other state. Its methods may be called
// concurrently.
type Client struct {
	dev     *ioctl.Device
	release ioctl.Release
	module  module
	owned   bool
	owners  holdOwners
}

// Options are the options of Open. Nil selects the defaults.
type Options struct {
	// Device is used instead of opening one: a fake, a recorder, or a device
	// shared with other code. Close leaves it open.
	Device *ioctl.Device
	// Config is passed to ioctl.Open; nil is its default.
	Config *ioctl.Config
	// Release is the release whose property defaults apply. Zero selects the
	// release of the running module, or the newest known one if /sys does not
	// show it.
	Release ioctl.Release
}

// newestRelease is the newest release whose defaults are known.
var newestRelease = release.V2_4

// Open opens /dev/zfs. It does not load the module or create the device node.
//
// Errors match ioctl.ErrNoModule, fs.ErrNotExist, fs.ErrPermission,
// ioctl.ErrNotDevice, ioctl.ErrLayout or ErrNotSupported.
func Open(opts *Options) (*Client, error) {
	if opts == nil {
		opts = &Options{}
	}
	c := &Client{dev: opts.Device, release: opts.Release}
	if c.dev == nil {
		dev, err := ioctl.Open(opts.Config)
		if err != nil {
			return nil, err
		}
		c.dev, c.owned, c.module.dir = dev, true, sysModule
	}
	if c.release == (ioctl.Release{}) {
		c.release = ioctl.ReadModule().Release
	}
	if c.release == (ioctl.Release{}) {
		c.release = newestRelease
	}
	return c, nil
}

// Close closes the owners of temporary holds that are still open, and the device
// that Open has opened. Calls under way continue to their end; later ones fail
// with an error that matches fs.ErrClosed.
func (c *Client) Close() error {
	c.owners.closeAll()
	if !c.owned {
		return nil
	}
	return c.dev.Close()
}

// Device returns the device, for operations that this package does not offer.
func (c *Client) Device() *ioctl.Device { return c.dev }

// Release returns the release whose property defaults this client applies.
func (c *Client) Release() ioctl.Release { return c.release }

// Stuck lists the calls that the kernel has not finished although the caller's
// context has ended. This happens on a suspended pool.
func (c *Client) Stuck() []ioctl.StuckCall { return c.dev.Stuck() }

// callList runs an nvlist-style operation and converts the kernel's list of
// failures to the error's items.
func (c *Client) callList(ctx context.Context, op ioctl.Op, name string, in *nvlist.List) (*nvlist.List, error) {
	out, err := c.dev.CallList(ctx, op, name, in)
	if err != nil {
		err = c.explainUnsupported(ctx, c.failed(ctx, op, name, err, out), in)
	}
	return out, err
}

// call runs an operation on a command that the caller has filled in.
func (c *Client) call(ctx context.Context, op ioctl.Op, cmd *ioctl.Cmd) error {
	name := cmd.Text(ioctl.FieldName)
	return c.failed(ctx, op, name, c.dev.Call(ctx, op, cmd), nil)
}

// failed returns the Error for the result of a call, or nil for nil. Unlike
// newError, it also looks for the pool.
func (c *Client) failed(ctx context.Context, op ioctl.Op, name string, err error, out *nvlist.List) error {
	return c.explainPool(ctx, newError(op, name, err, out))
}

// explainPool adds that the pool is not imported if that is why the kernel did
// not find something. The kernel answers ENOENT for a pool and for anything in
// it, so the pool is looked up. ESRCH is only about something in a pool.
func (c *Client) explainPool(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeNoent || e.Name == "" || ctx.Err() != nil {
		return err
	}
	switch e.Op {
	case ioctl.OpPoolCreate, ioctl.OpPoolImport, ioctl.OpPoolTryimport:
		return err // the pool is to be created
	}
	if pool := poolOf(e.Name); matches(c.lookUp(ctx, pool), ioctl.CodeNoent) {
		e.poolMissing(pool)
	}
	return err
}

// lookUp looks for a filesystem, volume or snapshot, and returns the kernel's
// answer.
func (c *Client) lookUp(ctx context.Context, name string) error {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return err
	}
	cmd.SetNoOut()
	return c.dev.Call(ctx, ioctl.OpObjsetStats, cmd)
}

// explainUnsupported adds what the running module lacks. The module refuses keys
// without naming them, so each is looked up.
func (c *Client) explainUnsupported(ctx context.Context, err error, in *nvlist.List) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	row, _ := ioctl.Lookup(e.Op)
	switch e.Code {
	case ioctl.CodeIocCmdUnavail:
		e.Hint = fmt.Sprintf("the operation was added in %s, this module is %s", row.Since, c.release)
	case ioctl.CodeIocArgUnavail:
		for pair := range in.All() {
			kerr := c.dev.SupportsKey(ctx, e.Op, pair.Name(), e.Name)
			if errors.Is(kerr, ErrNotSupported) {
				e.Hint = fmt.Sprintf("this module, %s, does not know the key %q", c.release, pair.Name())
				return err
			}
		}
	}
	return err
}
