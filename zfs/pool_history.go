package zfs

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// WithHistory returns a context whose operations log text as a command in the
// pool's history, as zfs(8) logs its command line. Without it, the history has
// only the kernel's own records. An empty text disables it.
//
// Each method that changes something writes one record; if it has several steps,
// the record is written with the first step that succeeds. A method that changes
// nothing, or that fails, writes no record. The kernel does not accept records of
// SnapshotTemp, UserspaceUpgrade, UsernsAttach and UsernsDetach, nor of mounts.
// The records are written later, with the next transaction group.
//
// Errors match ErrInvalid before anything is done if the text has a NUL or more
// than 8192 bytes, and ErrHistory if the operation was carried out and the kernel
// then refused the record, as it does on a pool that was imported read-only.
// Executed is then set, and the method's remaining steps are not carried out.
//
// Kernel: ZFS_IOC_LOG_HISTORY (nvlist, since 0.8).
func WithHistory(ctx context.Context, text string) context.Context {
	return ioctl.WithHistory(ctx, text)
}

// HistoryRecord is one record of a pool's history: a command, an operation of the
// kernel, or an internal event.
type HistoryRecord struct {
	Time time.Time
	// Command is the command line of zpool(8) or zfs(8), or the text of
	// WithHistory.
	Command string
	// Ioctl is the operation's name, with its input and output, the size of an
	// output that was omitted, and the errno of a program that failed.
	Ioctl      string
	In, Out    *nvlist.List
	OutOmitted int64
	Errno      int64
	Elapsed    time.Duration // since 2.1
	// Event is an internal event: "create", "snapshot"; Text has its details.
	// Number is that of an event of pools before version 28, whose names are
	// lost.
	Event, Text string
	Number      uint64
	// Dataset and DatasetID identify the dataset of the event, if any.
	Dataset   string
	DatasetID uint64
	TXG       uint64
	// UID is the user, on Host and in Zone; HasUID reports whether the user is
	// known.
	UID        uint64
	HasUID     bool
	Host, Zone string
	// Raw is the record itself. It is shared and must not be changed.
	Raw *nvlist.List
	// Err is why a record cannot be read, or not in full, nil if it can.
	Err error
}

// Internal reports whether the record was written by the kernel itself. Only
// zpool history -i shows it.
func (r *HistoryRecord) Internal() bool { return r.Command == "" }

// The first and the largest size of the buffer. A record is not larger than the
// input and the output of an operation.
const (
	historyRoom = 128 << 10
	historyMost = 256 << 20
)

// PoolHistory yields the records of a pool's history, oldest first.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrSuspended.
//
// Kernel: ZFS_IOC_POOL_GET_HISTORY (legacy, since 0.8).
func (c *Client) PoolHistory(ctx context.Context, pool string) iter.Seq2[*HistoryRecord, error] {
	return func(yield func(*HistoryRecord, error) bool) {
		if err := checkPool(pool); err != nil {
			yield(nil, inputError(ioctl.OpPoolGetHistory, pool, err))
			return
		}
		room, offset := historyRoom, uint64(0)
		for {
			b, err := c.historyPart(ctx, pool, offset, room)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(b) == 0 {
				return
			}
			used, more := yieldHistory(b, yield)
			if !more {
				return
			}
			if offset += uint64(used); used == 0 {
				// A record does not fit, or the last one is truncated.
				if room *= 2; len(b) < room/2 || room > historyMost {
					yield(nil, inputError(ioctl.OpPoolGetHistory, pool, fmt.Errorf("the record at byte %d is truncated", offset)))
					return
				}
			}
		}
	}
}

// historyPart reads the records that fit into room, starting at an offset.
func (c *Client) historyPart(ctx context.Context, pool string, offset uint64, room int) ([]byte, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
		return nil, inputError(ioctl.OpPoolGetHistory, pool, err)
	}
	b := make([]byte, room)
	cmd.SetHistory(b)
	cmd.SetUint64(ioctl.FieldHistoryLen, uint64(room))
	cmd.SetUint64(ioctl.FieldHistoryOff, offset)
	if err := c.call(ctx, ioctl.OpPoolGetHistory, cmd); err != nil {
		return nil, err
	}
	n := cmd.Uint64(ioctl.FieldHistoryLen)
	if n > uint64(room) {
		return nil, inputError(ioctl.OpPoolGetHistory, pool, errors.New("the kernel reports more bytes than the buffer has"))
	}
	return b[:n], nil
}

// yieldHistory yields the complete records, and returns their length in bytes and
// whether to continue.
func yieldHistory(b []byte, yield func(*HistoryRecord, error) bool) (used int, more bool) {
	const prefix = 8 // the length of a record
	for len(b)-used >= prefix {
		n := binary.LittleEndian.Uint64(b[used:])
		if n > uint64(len(b)-used-prefix) {
			break
		}
		used += prefix
		r := parseHistory(b[used : used+int(n)])
		if used += int(n); !yield(r, nil) {
			return used, false
		}
	}
	return used, true
}

// parseHistory decodes one record. It may be from a host with another byte order.
func parseHistory(b []byte) *HistoryRecord {
	l, err := nvlist.Decode(b, nil)
	if err != nil {
		return &HistoryRecord{Err: err}
	}
	read := l.Reader()
	r := &HistoryRecord{Raw: l, Command: read.Text("history command"), Ioctl: read.Text("ioctl"), Event: read.Text("internal_name"),
		Text: cmp.Or(read.Text("internal_str"), read.Text("history internal str")), Number: read.Uint("history internal event"),
		Dataset: read.Text("dsname"), DatasetID: read.Uint("dsid"), TXG: read.Uint("history txg"),
		Host: read.Text("history hostname"), Zone: read.Text("history zone"), Time: second(read.Uint("history time")),
		UID: read.Uint("history who"), In: read.List("in_nvl"), Out: read.List("out_nvl"),
		OutOmitted: read.Int("out_size"), Errno: read.Int("errno"), Elapsed: time.Duration(read.Int("elapsed_ns"))}
	r.Err = read.Err()
	r.HasUID = read.Has("history who") && r.Err == nil
	return r
}
