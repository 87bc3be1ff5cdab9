package zfs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/purezfs/purezfs/ioctl"
)

// ReplicateSend is the sending end of a replication: it sends a snapshot to the
// other end, a ReplicateReceive. It sends the changes since the latest common
// snapshot, found by its GUID, or since a bookmark of it, or everything if there
// is no common snapshot. An interrupted receive is resumed if its stream would be
// sent anyway; otherwise the other end is told to destroy its partial state.
//
// Run it again after any error: received snapshots are not sent again. After an
// error the result contains what was done before.
//
// The other end is not trusted. It can only obtain the snapshot, and with
// Intermediates the earlier ones, sent with these options. ReplicateSend returns
// when ctx ends, without waiting for a Write or Read of conn that is still under
// way, unless conn has deadlines. The connection must authenticate the other end:
// docs/replication.md describes what each end can do to the other.
//
// Errors match ErrProtocol, io.ErrUnexpectedEOF (the connection has ended),
// ErrSourceMissing (the other end has none of the snapshots), ErrRefused (by the
// options of either end), those of Send, and as a *FarError those of the other
// end.
func (c *Client) ReplicateSend(ctx context.Context, snapshot string, conn io.ReadWriter, opts *ReplicateOptions) (*Replicated, error) {
	if opts == nil {
		opts = &ReplicateOptions{}
	}
	n, err := parseSnapshot(snapshot)
	if err == nil {
		err = checkConn(c, conn)
	}
	if err == nil && !opts.maySend(n.String()) {
		err = fmt.Errorf("%w: Snapshots excludes it", ErrRefused)
	}
	if err != nil {
		return &Replicated{}, inputError(ioctl.OpSendNew, snapshot, err)
	}
	s := &replicateSender{c: c, ctx: ctx, name: n, opts: opts, wire: newWire(ctx, conn), sent: make(map[uint64]bool)}
	defer s.wire.leave()
	err = s.run()
	return &s.result, replicateError(ioctl.OpSendNew, snapshot, err)
}

// replicateSender is a sending end.
type replicateSender struct {
	c      *Client
	ctx    context.Context
	name   Name
	opts   *ReplicateOptions
	wire   *wire
	points []sendPoint
	wanted sendPoint
	bytes  uint64          // of all streams
	sent   map[uint64]bool // the snapshots that the other end reports as received
	result Replicated
}

// run sends until the other end has everything.
func (s *replicateSender) run() error {
	if err := s.read(); err != nil {
		return err
	}
	if err := s.wire.greet(); err != nil {
		return err
	}
	for {
		state, err := s.hearState()
		if err != nil {
			return err
		}
		next, err := planReplicate(s.points, state, s.wanted, s.opts)
		switch {
		case err != nil:
			return andAlso(err, s.wire.say(frameMessage, wireOrder{Do: doEnd}))
		case next == nil:
			return s.wire.say(frameMessage, wireOrder{Do: doEnd})
		case s.sent[next.guid] || next.abort && s.result.Aborted:
			return fmt.Errorf("%w: it lacks what it has received, or has what it has destroyed", ErrProtocol)
		}
		if err := s.do(next); err != nil {
			return err
		}
	}
}

// read reads the snapshots and bookmarks of the dataset.
func (s *replicateSender) read() error {
	for snap, err := range s.c.Snapshots(s.ctx, s.name.Dataset, nil) {
		if err != nil {
			return err
		}
		s.points = append(s.points, sendPoint{snap.Name, snap.GUID, snap.CreateTxg})
	}
	for mark, err := range s.c.Bookmarks(s.ctx, s.name.Dataset, nil) {
		if err != nil {
			return err
		}
		s.points = append(s.points, sendPoint{mark.Name, mark.GUID, mark.CreateTxg})
	}
	at := slices.IndexFunc(s.points, func(p sendPoint) bool { return p.name == s.name.String() })
	if at < 0 {
		return ErrNotFound
	}
	s.wanted = s.points[at]
	return nil
}

// hearState waits for the state of the other end.
func (s *replicateSender) hearState() (*wireState, error) {
	var result wireResult
	if err := s.wire.hear(s.ctx, &result); err != nil {
		return nil, err
	}
	if err := result.Error.err(); err != nil {
		return nil, err
	}
	var state wireState
	return &state, s.wire.hear(s.ctx, &state)
}

// do executes a step.
func (s *replicateSender) do(step *replicateStep) error {
	if step.abort {
		s.result.Aborted = true
		if err := s.wire.say(frameMessage, wireOrder{Do: doAbort}); err != nil {
			return err
		}
		return s.hearResult(s.ctx)
	}
	n, err := parseSnapshot(step.snapshot)
	if err != nil {
		return err
	}
	if err := s.wire.say(frameMessage, wireOrder{Do: doReceive, Snapshot: n.Snapshot}); err != nil {
		return err
	}
	bytes, err := s.send(step)
	s.bytes += bytes
	if err != nil {
		return err
	}
	s.sent[step.guid] = true
	s.result.Streams = append(s.result.Streams, ReplicatedStream{step.snapshot, step.from, step.resume != nil, bytes})
	return nil
}

// hearResult waits for the result of an order.
func (s *replicateSender) hearResult(ctx context.Context) error {
	var result wireResult
	if err := s.wire.hear(ctx, &result); err != nil {
		return err
	}
	return result.Error.err()
}

// listen waits for the result of a stream while it is sent: the other end may
// stop early. The channel is closed once heard is valid.
func (s *replicateSender) listen(heard *error, gaveUp func()) (listened <-chan struct{}, hangUp func()) {
	ctx, hangUp := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if *heard = s.hearResult(ctx); *heard != nil {
			gaveUp()
		}
	}()
	return done, hangUp
}

// send sends a stream, and returns how many bytes of it were sent.
func (s *replicateSender) send(step *replicateStep) (uint64, error) {
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	var heard error
	listened, hangUp := s.listen(&heard, stop)
	defer hangUp()
	out := &wireWriter{wire: s.wire, wireStop: newWireStop(), most: s.opts.maxBytes(s.bytes)}
	err := s.c.send(ctx, s.sending(step), out)
	out.stop() // nothing of a failed stream may follow
	sent := out.sent.Load()
	if s.ctx.Err() != nil {
		<-listened
		return sent, s.ctx.Err()
	}
	own := err != nil && ctx.Err() == nil // not caused by what was heard
	select {
	case <-listened:
		if heard == nil {
			return sent, fmt.Errorf("%w: it has received a stream before its end", ErrProtocol)
		}
	default:
	}
	if end := s.finish(err); end != nil {
		// The other end does not know, and may be waiting for the rest.
		hangUp()
		<-listened
		if errors.Is(heard, context.Canceled) {
			heard = nil
		}
		return sent, cmp.Or(heard, err, end)
	}
	<-listened
	if own {
		return sent, err
	}
	return sent, cmp.Or(heard, err)
}

// sending converts a step for Send.
func (s *replicateSender) sending(step *replicateStep) *sending {
	o := s.opts
	out := &sending{name: step.snapshot, from: step.from, opts: SendOptions{
		LargeBlocks: o.LargeBlocks || o.Raw, Embedded: o.Embedded || o.Raw, Compressed: o.Compressed || o.Raw, Raw: o.Raw,
		Progress: o.Progress, ProgressInterval: o.ProgressInterval,
	}}
	if t := step.resume; t != nil {
		out.resumes, out.object, out.offset, out.bytes = true, t.Object, t.Offset, t.Bytes
	}
	return out
}

// finish ends the stream for the other end.
func (s *replicateSender) finish(err error) error {
	if err == nil {
		return s.wire.put(nil, appendFrame(nil, frameEnd, nil))
	}
	return s.wire.say(frameAbort, newWireError(err))
}
