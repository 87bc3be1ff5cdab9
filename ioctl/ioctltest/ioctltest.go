// Package ioctltest makes ZFS devices without a kernel: from a function, from
// a table of answers, or from a recording of calls that a kernel has answered.
//
// Such a device is for tests of code that uses packages ioctl and zfs. It
// shows what that code sends and how it handles the answers. It does not show
// what a kernel would do.
package ioctltest

import (
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// Handler answers one operation. It may be called concurrently.
type Handler func(c *ioctl.Cmd) error

// Device returns a device that answers with the handlers. It answers any other
// operation like a module that does not know it.
func Device(handlers map[ioctl.Op]Handler) *ioctl.Device {
	return ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
		if h, ok := handlers[op]; ok {
			return h(c)
		}
		return ioctl.CodeIocCmdUnavail.Err()
	})
}

// List returns a handler for an nvlist-style operation: fn gets the target and
// the decoded input, and its answer is packed even if it fails.
func List(fn func(name string, in *nvlist.List) (*nvlist.List, error)) Handler {
	return func(c *ioctl.Cmd) error {
		var in *nvlist.List
		if packed := c.In(); len(packed) > 0 {
			var err error
			if in, err = nvlist.Decode(packed, nil); err != nil {
				return fmt.Errorf("%w: %w", ioctl.CodeInval.Err(), err)
			}
		}
		out, err := fn(c.Text(ioctl.FieldName), in)
		if out == nil {
			out = &nvlist.List{}
		}
		if aerr := c.Answer(out); aerr != nil {
			return aerr
		}
		return err
	}
}

// Check returns a handler that passes each command to look before it calls h.
// An error from look is passed to report, which a test sets to t.Error.
func Check(h Handler, look func(c *ioctl.Cmd) error, report func(args ...any)) Handler {
	return func(c *ioctl.Cmd) error {
		if err := look(c); err != nil {
			report(err)
		}
		return h(c)
	}
}
