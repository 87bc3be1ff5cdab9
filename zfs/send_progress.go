package zfs

import (
	"context"

	"github.com/purezfs/purezfs/zfs/internal/transfer"
)

// SendProgress is how far a send has come.
type SendProgress struct {
	// Snapshot is what is being sent.
	Snapshot string
	// Bytes of the stream, as the kernel has written them. The last ones of a
	// pipe that it writes to directly are not counted: its counter ends with the
	// send.
	Bytes uint64
	// Blocks is how many block pointers the kernel has visited, those of metadata
	// and of holes included: more than 5,000 for an empty filesystem. It is no
	// measure of the data, may be far ahead of what was written, and stays 0 if the
	// send ends before the first report.
	Blocks uint64
	// Done marks the last call, after which no more is sent, whether the stream
	// is whole or not.
	Done bool
}

// sendWatch reports how far a send has come.
type sendWatch struct {
	*transfer.Watch[SendProgress]
	reached SendProgress // the latest report; the watch's own until it has ended
}

// watchSend begins to report, if that is wanted.
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

// last is the report at the end, of the bytes that are known to have been
// written, if they are.
func (w *sendWatch) last(written uint64) SendProgress {
	p := w.reached
	p.Bytes, p.Done = max(p.Bytes, written), true
	return p
}
