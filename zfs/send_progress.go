package zfs

import (
	"context"

	"github.com/purezfs/purezfs/zfs/internal/transfer"
)

// SendProgress is the progress of a send.
type SendProgress struct {
	// Snapshot is the snapshot being sent.
	Snapshot string
	// Bytes is the length of the stream that the kernel has written. The last
	// bytes of a pipe that it writes to directly are not counted: its counter
	// ends with the send.
	Bytes uint64
	// Blocks is the number of block pointers that the kernel has visited,
	// including metadata and holes: more than 5,000 for an empty filesystem. It
	// does not measure the data, may be far ahead of what was written, and stays
	// 0 if the send ends before the first report.
	Blocks uint64
	// Done marks the last call, after which nothing more is sent, whether the
	// stream is complete or not.
	Done bool
}

// sendWatch reports the progress of a send.
type sendWatch struct {
	*transfer.Watch[SendProgress]
	reached SendProgress // the latest report; only the watch may use it until it has ended
}

// watchSend starts to report, if the options have Progress.
func (c *Client) watchSend(s *sending, to *transfer.Sink) *sendWatch {
	w := &sendWatch{reached: SendProgress{Snapshot: s.name}}
	w.Watch = transfer.NewWatch(s.opts.Progress, s.opts.ProgressInterval, func() (SendProgress, bool) {
		// It fails before the send has begun, and after its end.
		p, err := c.SendProgress(context.Background(), s.name, uintptr(to.FD))
		if err != nil {
			return p, false
		}
		w.reached = p
		return p, true
	})
	return w
}

// last returns the report at the end, with the bytes that were written if their
// number is known.
func (w *sendWatch) last(written uint64) SendProgress {
	p := w.reached
	p.Bytes, p.Done = max(p.Bytes, written), true
	return p
}
