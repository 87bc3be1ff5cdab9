package ioctl

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/purezfs/purezfs/nvlist"
)

// MaxHistory is the maximum length in bytes of the text of a record in a pool's
// history. Programs that read the history cannot read longer ones.
const MaxHistory = 8192

var (
	// ErrHistory reports that an operation was carried out, but that the record
	// that its context requested is not in the pool's history.
	ErrHistory = errors.New("carried out, but without its record in the pool's history")
	// ErrHistoryText reports a text that cannot be a record in a pool's history.
	// The operation was not carried out.
	ErrHistoryText = errors.New("text cannot be a record in a pool's history")
)

// historyKey is the key of a context's note.
type historyKey struct{}

// note is the record that operations of a context add to the history.
type note struct {
	text string
	// left reports whether an operation has added the record that several of
	// them share. It is nil if each adds its own.
	left *atomic.Bool
}

// WithHistory returns a context whose operations record text as a command in the
// pool's history, as zfs(8) does. An operation adds the record after it has
// succeeded, if it changes something and the kernel allows a record for it. An
// empty text turns the records off.
//
// The kernel accepts the record only from the thread that has made the change, so
// both calls are made on one thread. A call that was abandoned in the kernel adds
// its record when it ends. When a pool is destroyed or exported, the kernel writes
// the record itself.
//
// If the text has more than MaxHistory bytes or contains a NUL, operations fail
// with ErrHistoryText before anything is done. If the kernel refuses the record, an
// operation that has succeeded fails with ErrHistory, and the error's Executed is
// set.
func WithHistory(ctx context.Context, text string) context.Context {
	return context.WithValue(ctx, historyKey{}, &note{text: text})
}

// HistoryOnce returns a context in which only the first operation that changes
// something adds a record, if ctx requests records at all. It is for a command that
// consists of several operations and should appear once in the history.
func HistoryOnce(ctx context.Context) context.Context {
	n, ok := ctx.Value(historyKey{}).(*note)
	if !ok || n.left != nil {
		return ctx
	}
	return context.WithValue(ctx, historyKey{}, &note{text: n.text, left: new(atomic.Bool)})
}

// take reports whether the calling operation adds the record.
func (n *note) take() bool {
	return n != nil && (n.left == nil || n.left.CompareAndSwap(false, true))
}

// setNote sets the record that the command adds to the history.
func (c *Cmd) setNote(ctx context.Context, r *Descriptor) error {
	c.note = nil
	logsItself := r.Op == OpPoolDestroy || r.Op == OpPoolExport
	if !r.Modifies || !r.LogsHistory && !logsItself {
		return nil
	}
	n, ok := ctx.Value(historyKey{}).(*note)
	if !ok || n.text == "" || c.changesNothing(r) {
		return nil
	}
	switch i := strings.IndexByte(n.text, 0); {
	case i >= 0:
		return fmt.Errorf("%w: NUL at byte %d", ErrHistoryText, i)
	case len(n.text) > MaxHistory:
		return fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrHistoryText, len(n.text), MaxHistory)
	}
	if !logsItself {
		c.note = n
	} else if c.history == nil {
		c.SetHistory(append([]byte(n.text), 0))
	}
	return nil
}

// changesNothing reports whether the operation only reads because of its input: a
// program that does not run in a transaction group changes nothing.
func (c *Cmd) changesNothing(r *Descriptor) bool {
	if r.Op != OpChannelProgram {
		return false
	}
	in, err := nvlist.Decode(c.src, nil)
	sync, ok := in.BooleanValue("sync")
	return err == nil && ok && !sync
}

// attemptNoted is attempt for a command that adds a record. Both calls are made on
// one thread.
func (d *Device) attemptNoted(r *Descriptor, c *Cmd) (code Code, unrecorded error) {
	if c.note == nil {
		return d.attempt(r, c), nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	code = d.attempt(r, c)
	if code != 0 || !c.note.take() {
		return code, nil
	}
	return code, d.record(c.note.text)
}

// record adds a text to the history of the pool that this thread's last
// operation has changed.
func (d *Device) record(text string) error {
	c := d.Cmd()
	defer c.Release()
	in := &nvlist.List{}
	in.SetString("message", text)
	if err := c.SetIn(in); err != nil {
		return &recordError{err}
	}
	r := row(OpLogHistory)
	c.prepare(r)
	if code := d.attempt(r, c); code != 0 {
		return &recordError{code.Err()}
	}
	return nil
}

// recordError is the error of a record that could not be added. It does not unwrap
// to its cause: an errno of the record would be mistaken for an errno of the
// operation.
type recordError struct{ cause error }

func (e *recordError) Error() string { return fmt.Sprintf("%v: %v", ErrHistory, e.cause) }

func (e *recordError) Is(target error) bool { return target == ErrHistory }
