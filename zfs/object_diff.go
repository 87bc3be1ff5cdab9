package zfs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/internal/transfer"
)

// ObjectRange is a range of object numbers in which two snapshots may differ.
type ObjectRange struct {
	First, Last uint64 // both included; object 0 does not exist
	// Freed reports whether the later snapshot has no objects in the range.
	// Otherwise objects in the range may have been created, changed or removed,
	// or only share a block with such an object: compare ObjectStats of both
	// snapshots.
	Freed bool
}

// ObjectDiff yields the ranges of objects that differ between an earlier snapshot
// and a later one, of the same filesystem or of a clone of it, in ascending
// order. They are yielded while the kernel compares. If the loop or the context
// ends early, the kernel stops too, and it has released the snapshots when the
// loop has ended.
//
// Errors match ErrNotFound, ErrBaseNotFound (from), ErrInvalidName,
// ErrNotAncestor (from is not an earlier snapshot of the dataset of to),
// ErrPermission, ErrNotSupported (not Linux).
//
// Kernel: ZFS_IOC_DIFF (legacy, since 0.8).
func (c *Client) ObjectDiff(ctx context.Context, from, to string) iter.Seq2[ObjectRange, error] {
	return func(yield func(ObjectRange, error) bool) {
		d, err := c.startDiff(ctx, from, to)
		if err != nil {
			yield(ObjectRange{}, err)
			return
		}
		wanted := d.each(func(r ObjectRange) bool { return yield(r, nil) })
		if err := d.finish(); wanted && err != nil {
			yield(ObjectRange{}, c.explainDiff(ctx, err, from))
		}
	}
}

// explainDiff adds what the errno means here.
func (c *Client) explainDiff(ctx context.Context, err error, from string) error {
	var e *Error
	if errors.As(err, &e) && e.Code == ioctl.CodeXdev {
		e.Hint = "it was not made after " + from + ", or of something else"
	}
	return c.explainMissing(ctx, err, lookedUp{bases: []string{from}})
}

// diff is a comparison under way.
type diff struct {
	ctx    context.Context
	to     string
	cancel context.CancelFunc
	r      *os.File
	called chan error // receives the result of the call, once
	broken error      // why the records cannot be read
}

// startDiff starts the comparison in another goroutine. The kernel writes into a
// pipe, and the goroutine closes its end of the pipe after the call, which marks
// the end of the records.
func (c *Client) startDiff(ctx context.Context, from, to string) (*diff, error) {
	_, errFrom := parseSnapshot(from)
	_, errTo := parseSnapshot(to)
	if err := errors.Join(errFrom, errTo); err != nil {
		return nil, inputError(ioctl.OpDiff, to, err)
	}
	r, w, err := transfer.RecordPipe()
	if err != nil {
		return nil, inputError(ioctl.OpDiff, to, err)
	}
	cmd := c.dev.Cmd()
	if err := setAll(cmd, to, from, nil); err != nil {
		return nil, errors.Join(inputError(ioctl.OpDiff, to, err), r.Close(), w.Close())
	}
	cmd.SetUint64(ioctl.FieldCookie, uint64(w.Fd()))
	d := &diff{ctx: ctx, to: to, r: r, called: make(chan error, 1)}
	ctx, d.cancel = context.WithCancel(ctx)
	go func() {
		err := c.call(ctx, ioctl.OpDiff, cmd)
		cmd.Release()
		w.Close()
		d.called <- err
	}()
	return d, nil
}

// The kernel's records: kind, first, last.
const (
	diffRecordSize = 24
	diffNone       = 1
	diffInUse      = 2
	diffFree       = 4
)

// each passes the records to visit, up to the end of the pipe, and reports
// whether all were visited.
func (d *diff) each(visit func(ObjectRange) bool) (wanted bool) {
	var b [diffRecordSize]byte
	for {
		if _, err := io.ReadFull(d.r, b[:]); err != nil {
			if !errors.Is(err, io.EOF) {
				d.broken = fmt.Errorf("records: %w", err)
			}
			return true
		}
		r := ObjectRange{First: binary.NativeEndian.Uint64(b[8:]), Last: binary.NativeEndian.Uint64(b[16:])}
		switch kind := binary.NativeEndian.Uint64(b[:]); {
		case kind == diffNone:
			continue
		case kind == diffFree && r.First == 0:
			// Number 0 is not an object, and a hole after the largest number
			// overflows into a range that begins at 0.
			continue
		case kind != diffInUse && kind != diffFree || r.Last < r.First:
			d.broken = fmt.Errorf("record of kind %d from %d to %d", kind, r.First, r.Last)
			return true
		default:
			r.Freed = kind == diffFree
		}
		if d.ctx.Err() != nil {
			return true // the caller cannot use what was written before
		}
		if !visit(r) {
			return false
		}
	}
}

// finish stops the call if it has not returned, waits for it and closes the pipe.
// It reads the pipe to its end, so that a kernel that waits for space in it
// notices that it should stop.
func (d *diff) finish() error {
	d.cancel()
	_, _ = io.Copy(io.Discard, d.r)
	err := <-d.called
	d.r.Close()
	switch {
	case d.ctx.Err() != nil:
		return inputError(ioctl.OpDiff, d.to, d.ctx.Err())
	case d.broken != nil:
		return inputError(ioctl.OpDiff, d.to, d.broken)
	}
	return err
}
