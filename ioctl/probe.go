package ioctl

import (
	"context"
	"errors"
	"fmt"

	"github.com/purezfs/purezfs/nvlist"
)

// ErrInconclusive reports that the module's answer does not tell whether it
// has what was asked for.
var ErrInconclusive = errors.New("the module's answer does not tell")

// oversize is an input size above every limit that a kernel can have. The
// module refuses it after it has looked up the number. It then still looks at
// the name, and a good one would make it forget the refusal: the name must stay
// empty, which it refuses as well.
const oversize = 1 << 62

// Supports reports whether the running module has the operation: nil if it
// has, an error that matches ErrNotSupported if not, any other error if that
// could not be told. The module itself is asked, by a call that it refuses
// before it does anything.
func (d *Device) Supports(op Op) error {
	d = d.orClosed()
	c := d.Cmd()
	defer c.Release()
	if err := d.enter(); err != nil {
		return &Error{Op: op, Err: err}
	}
	defer d.leave()
	// Call would not send what is meant to be refused.
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

// SupportsKey reports whether the running module knows an input key of an
// nvlist-style operation: nil, an error that matches ErrNotSupported or
// ErrInconclusive, or any other. Target names an existing pool or dataset of
// the kind that the operation takes; some operations are checked without one.
// The key is sent with a type that it does not have, or beside a missing
// required one, so that the module refuses the call before it does anything.
func (d *Device) SupportsKey(ctx context.Context, op Op, key, target string) error {
	if err := d.Supports(op); err != nil {
		return err
	}
	r := row(op)
	if r == nil || r.Style != StyleNvlist {
		return &Error{Op: op, Name: target, Err: fmt.Errorf("key %q: the operation takes no list: %w", key, ErrInconclusive)}
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
