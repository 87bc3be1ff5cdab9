package ioctl

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/purezfs/purezfs/nvlist"
)

// outLimit is the largest answer that is accepted, in bytes.
const outLimit = 256 << 20

// outModify is the smallest buffer for the answer of an operation that must not
// run twice, because an answer that does not fit is lost. An answer may name
// every item of the input, with an error for each.
const outModify = 256 << 10

// Call runs the operation with the fields and lists of the command. The error is
// nil, an *Error, or the context's.
//
// A successful call allocates nothing. An *Error matches ErrClosed, the Errno,
// and the errors that [Errno.Is] names. The package comment describes contexts
// that can end.
func (d *Device) Call(ctx context.Context, op Op, c *Cmd) error {
	d = d.orClosed()
	r := row(op)
	if err := c.check(op, r); err != nil {
		return &Error{Op: op, Name: c.Text(FieldName), Err: err}
	}
	if err := d.enter(); err != nil {
		return &Error{Op: op, Name: c.Text(FieldName), Err: err}
	}
	if err := c.setNote(ctx, r); err != nil {
		d.leave()
		return &Error{Op: op, Name: c.Text(FieldName), Err: err}
	}
	c.guard.quit = false
	if ctx.Done() == nil {
		defer d.leave()
		return d.run(r, c)
	}
	return d.runUntil(ctx, r, c)
}

// CallList runs an nvlist-style operation with a name and an input list, and
// returns its answer. The answer is decoded even if the operation failed,
// because it names the items that failed.
func (d *Device) CallList(ctx context.Context, op Op, name string, in *nvlist.List) (*nvlist.List, error) {
	return d.callList(ctx, op, name, input{list: in})
}

// input is the input of an nvlist-style operation: a list, and key material that
// must not be stored in a list.
type input struct {
	list  *nvlist.List
	place []byte // placeholder for the key in list
	key   []byte // or nil
}

// callList implements CallList and CallListKey.
func (d *Device) callList(ctx context.Context, op Op, name string, in input) (*nvlist.List, error) {
	c := d.Cmd()
	defer c.Release()
	if err := c.SetText(FieldName, name); err != nil {
		return nil, &Error{Op: op, Name: name, Err: err}
	}
	if r := row(op); r != nil {
		if err := r.CheckInput(in.list, Release{}); err != nil {
			return nil, &Error{Op: op, Name: name, Err: err}
		}
	}
	if err := errors.Join(c.SetIn(in.list), c.insertKey(in.place, in.key)); err != nil {
		return nil, &Error{Op: op, Name: name, Err: err}
	}
	err := d.Call(ctx, op, c)
	if c.guard.abandoned() {
		return nil, err
	}
	out, derr := c.OutList()
	if err == nil && derr != nil {
		err = &Error{Op: op, Name: name, Err: derr, Executed: row(op).Modifies}
	}
	return out, err
}

// check refuses commands that must not reach the kernel.
func (c *Cmd) check(op Op, r *Descriptor) error {
	if r == nil {
		return fmt.Errorf("operation %#x: %w", uint8(op), ErrNotSupported)
	}
	name := c.text(FieldName)
	if len(name) == 0 && r.Target == TargetNone {
		return nil
	}
	// The text is checked in place: a copy would cost one allocation per
	// call.
	return CheckName(r.Target, unsafe.String(unsafe.SliceData(name), len(name)))
}

// run repeats the attempt until one is final.
func (d *Device) run(r *Descriptor, c *Cmd) error {
	c.prepare(r)
	for {
		code, unrecorded := d.attemptNoted(r, c)
		if unrecorded != nil {
			return &Error{Op: r.Op, Name: c.saved.text(), Err: unrecorded, Executed: true}
		}
		again, err := c.judge(r, code)
		if !again {
			return err
		}
		c.restore()
	}
}

// prepare makes room for the answer and keeps what a second attempt needs.
func (c *Cmd) prepare(r *Descriptor) {
	c.save()
	if !c.noOut && !r.Repeatable {
		c.growOut(max(outModify, 2*len(c.src), 2*len(c.conf)))
	}
}

// attempt makes one system call, or calls the function that replaces it.
func (d *Device) attempt(r *Descriptor, c *Cmd) Code {
	start := d.trace.now()
	c.pin()
	code := d.invoke(c, r.Op)
	c.unpin()
	c.collect()
	c.wipe() // an operation with a key is never repeated
	d.trace.call(start, r, c, code)
	return code
}

// collect notes how much of the answer the kernel wrote. Some releases set the
// mark although they copied nothing, so the size is checked too.
func (c *Cmd) collect() {
	c.filled = -1
	n := c.Uint64(fieldDstSize)
	if c.Uint64(fieldDstFilled) != 0 && n <= uint64(len(c.out)) && !c.noOut {
		c.filled = int(n)
	}
}

// judge decides what an attempt's code means: success, failure, or another
// attempt.
func (c *Cmd) judge(r *Descriptor, code Code) (again bool, err error) {
	switch code {
	case 0:
		return false, nil
	case CodeIntr:
		// A signal arrived before the thread had blocked it.
		if r.Repeatable && !c.guard.cancelled() {
			return true, nil
		}
	case CodeNomem:
		needed := c.Uint64(fieldDstSize)
		if c.noOut || needed <= uint64(len(c.out)) {
			break // the kernel itself ran out of memory
		}
		if !r.Repeatable {
			return false, &Error{Op: r.Op, Name: c.saved.text(), Err: code.Err(), Executed: true, Needed: needed}
		}
		if needed > outLimit {
			return false, &Error{Op: r.Op, Name: c.saved.text(), Err: fmt.Errorf("answer of %d bytes: %w", needed, nvlist.ErrLimit)}
		}
		c.growOut(int(needed + needed/8))
		return true, nil
	}
	return false, &Error{Op: r.Op, Name: c.saved.text(), Err: code.Err()}
}
