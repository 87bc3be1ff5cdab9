package ioctl

import (
	"context"
	"errors"
	"fmt"

	"github.com/purezfs/purezfs/nvlist"
)

// ErrInconclusive reports that the module's answer does not show whether it
// supports the operation or key.
var ErrInconclusive = errors.New("the module's answer is inconclusive")

// oversize is an input size above every limit that a kernel can have. The
// module refuses it after it has looked up the number. It then still checks the
// name, and a valid one would overwrite the refusal: the name must stay empty,
// which the module refuses too.
const oversize = 1 << 62

// Supports returns nil if the running module has the operation, an error that
// matches ErrNotSupported if it does not, and any other error if the answer is
// unknown. It makes a call that the module refuses before it does anything.
func (d *Device) Supports(op Op) error {
	d = d.orClosed()
	c := d.Cmd()
	defer c.Release()
	if err := d.enter(); err != nil {
		return &Error{Op: op, Err: err}
	}
	defer d.leave()
	// Call would not send an invalid command.
	c.pin()
	defer c.unpin()
	c.SetUint64(fieldSrcSize, oversize)
	switch code := d.invoke(c, op); code {
	case CodeInval:
		return nil
	case CodeIocCmdUnavail:
		return &Error{Op: op, Err: code.Err()}
	default:
		return &Error{Op: op, Err: fmt.Errorf("%w: %s", ErrInconclusive, code.Name())}
	}
}

// SupportsKey returns nil if the running module knows an input key of an
// nvlist-style operation, and otherwise an error. It matches ErrNotSupported if
// the module does not know the key, and ErrInconclusive if the module's answer
// is inconclusive. Target is an existing pool or dataset of the kind that the
// operation expects; some operations do not need one. The key is sent with a
// wrong type, or without another key that is required, so that the module
// refuses the call before it does anything.
func (d *Device) SupportsKey(ctx context.Context, op Op, key, target string) error {
	if err := d.Supports(op); err != nil {
		return err
	}
	r := row(op)
	if r == nil || r.Style != StyleNvlist {
		return &Error{Op: op, Name: target, Err: fmt.Errorf("key %q: the operation has no input list: %w", key, ErrInconclusive)}
	}
	c := d.Cmd()
	defer c.Release()
	in := &nvlist.List{}
	in.SetInt16Array(key, []int16{0}) // no operation has a key of this type
	if err := errors.Join(c.SetText(FieldName, target), c.SetIn(in)); err != nil {
		return &Error{Op: op, Name: target, Err: err}
	}
	err := d.Call(ctx, op, c)
	switch CodeOf(err) {
	case CodeIocArgBadtype, CodeIocArgRequired:
		return nil
	case CodeIocArgUnavail:
		return &Error{Op: op, Name: target, Err: fmt.Errorf("key %q: %w", key, CodeIocArgUnavail.Err())}
	}
	return &Error{Op: op, Name: target, Err: errors.Join(ErrInconclusive, err)}
}
