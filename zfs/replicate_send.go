package zfs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/stream"
)

// ReplicateSend is the sending end of a replication: it sees to it that the
// other end, a ReplicateReceive, has the snapshot. It goes on with what was
// broken off; else it sends what has changed since the last snapshot that both
// ends have, by its GUID, or since a bookmark of it; else all. What went over the
// connection was nothing but streams and small messages.
//
// Run it again after any error: nothing that was received is sent twice. After an
// error the result says what was done before.
//
// Errors match ErrProtocol, io.ErrUnexpectedEOF (the connection has ended),
// ErrSourceMissing (the other end has none of the snapshots), ErrModified (it was
// changed), those of Send, and as a *FarError those of the other
// end.
func (c *Client) ReplicateSend(ctx context.Context, snapshot string, conn io.ReadWriter, opts *ReplicateOptions) (*Replicated, error) {
	if opts == nil {
		opts = &ReplicateOptions{}
	}
	n, err := parseSnapshot(snapshot)
	if err != nil {
		return nil, inputError(ioctl.OpSendNew, snapshot, err)
	}
	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	s := &replicateSender{c: c, ctx: ctx, name: n, opts: opts, wire: newWire(listening, conn), hangUp: hangUp}
	return &s.result, replicateError(ioctl.OpSendNew, snapshot, s.run())
}

// replicateSender is a sending end.
type replicateSender struct {
	c      *Client
	ctx    context.Context
	name   Name
	opts   *ReplicateOptions
	wire   *wire
	hangUp func() // listens no more
	points []sendPoint
	result Replicated
}

// sendPoint is a snapshot or bookmark of the dataset.
type sendPoint struct {
	name string // "tank/a@s" or "tank/a#b"
	guid uint64
	txg  uint64
}

// snapshot reports whether it can be sent itself.
func (p sendPoint) snapshot() bool { return strings.Contains(p.name, "@") }

// run sends until the other end has all.
func (s *replicateSender) run() error {
	if err := s.read(); err != nil {
		return err
	}
	if err := s.wire.greet(); err != nil {
		return err
	}
	// Each round brings a snapshot, or gets a part out of the way.
	for range 2*len(s.points) + 2 {
		state, err := s.hearState()
		if err != nil {
			return err
		}
		next, err := planReplicate(s.points, state, s.name.String(), s.opts.Intermediates)
		switch {
		case err != nil:
			return errors.Join(err, s.wire.say(frameMessage, wireOrder{Do: doEnd}))
		case next == nil:
			return s.wire.say(frameMessage, wireOrder{Do: doEnd})
		}
		if err := s.do(next); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: it never has what it has received", ErrProtocol)
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
	if !slices.ContainsFunc(s.points, func(p sendPoint) bool { return p.name == s.name.String() }) {
		return ErrNotFound
	}
	return nil
}

// hearState waits for what the other end has.
func (s *replicateSender) hearState() (*wireState, error) {
	var result wireResult
	if err := s.wire.hear(&result); err != nil {
		return nil, err
	}
	if err := result.Error.err(); err != nil {
		return nil, err
	}
	var state wireState
	return &state, s.wire.hear(&state)
}

// replicateStep is what to do next.
type replicateStep struct {
	token    *stream.Token // to go on from, nil for a new stream
	text     string        // of the token
	abort    bool          // what is there in part
	snapshot string
	from     string
}

// planReplicate says what to send next to an end with such a state, nil for
// nothing.
func planReplicate(points []sendPoint, state *wireState, wanted string, intermediates bool) (*replicateStep, error) {
	has := func(guid uint64) bool { return slices.Contains(state.Snapshots, guid) }
	at := slices.IndexFunc(points, func(p sendPoint) bool { return p.name == wanted })
	if at < 0 {
		return nil, ErrNotFound
	}
	to := points[at]
	if has(to.guid) {
		return nil, nil
	}
	if state.Token != "" {
		return planToken(points, state.Token)
	}
	var common *sendPoint
	for i := range points {
		p := &points[i]
		later := common == nil || p.txg > common.txg || p.txg == common.txg && p.snapshot()
		if has(p.guid) && p.txg < to.txg && later {
			common = p
		}
	}
	if common == nil && len(state.Snapshots) > 0 {
		return nil, fmt.Errorf("%w: it has %d snapshots, and none of them", ErrSourceMissing, len(state.Snapshots))
	}
	step := &replicateStep{snapshot: to.name}
	if common != nil {
		step.from = common.name
	}
	for _, p := range points {
		first := common == nil || p.txg > common.txg
		if intermediates && p.snapshot() && first && p.txg < to.txg {
			step.snapshot, to = p.name, p
		}
	}
	return step, nil
}

// planToken goes on with what was broken off, or throws it away if what it was
// is no more.
func planToken(points []sendPoint, text string) (*replicateStep, error) {
	token, err := stream.ParseToken(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	step := &replicateStep{token: token, text: text}
	for _, p := range points {
		if p.guid == token.ToGUID && p.snapshot() {
			step.snapshot = p.name
		}
		if p.guid == token.FromGUID {
			step.from = p.name
		}
	}
	step.abort = step.snapshot == "" || token.FromGUID != 0 && step.from == ""
	return step, nil
}

// do carries a step out.
func (s *replicateSender) do(step *replicateStep) error {
	if step.abort {
		s.result.Aborted = true
		if err := s.wire.say(frameMessage, wireOrder{Do: doAbort}); err != nil {
			return err
		}
		_, err := s.hearResult()
		return err
	}
	n, err := parseSnapshot(step.snapshot)
	if err != nil {
		return err
	}
	if err := s.wire.say(frameMessage, wireOrder{Do: doReceive, Snapshot: n.Snapshot}); err != nil {
		return err
	}
	bytes, err := s.send(step)
	if err != nil {
		return err
	}
	s.result.Streams = append(s.result.Streams, ReplicatedStream{step.snapshot, step.from, step.token != nil, bytes})
	return nil
}

// hearResult waits for what has become of an order.
func (s *replicateSender) hearResult() (bytes uint64, err error) {
	var result wireResult
	if err := s.wire.hear(&result); err != nil {
		return 0, err
	}
	return result.Bytes, result.Error.err()
}

// send sends a stream while it listens: the other end may give up early.
func (s *replicateSender) send(step *replicateStep) (uint64, error) {
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	var bytes uint64
	var heard error
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		if bytes, heard = s.hearResult(); heard != nil {
			stop()
		}
	}()
	opts := &SendOptions{
		LargeBlocks: s.opts.LargeBlocks, Embedded: s.opts.Embedded, Compressed: s.opts.Compressed, Raw: s.opts.Raw, Progress: s.opts.Progress,
	}
	var err error
	if step.token != nil {
		err = s.c.SendResume(ctx, step.text, wireWriter{s.wire}, opts)
	} else {
		opts.From = step.from
		err = s.c.Send(ctx, step.snapshot, wireWriter{s.wire}, opts)
	}
	if s.ctx.Err() != nil {
		<-listened
		return 0, s.ctx.Err()
	}
	own := err != nil && ctx.Err() == nil // not for what was heard
	end := s.finish(err)
	if end != nil {
		// The other end does not know, and may be waiting for the rest.
		select {
		case <-listened:
		default:
			s.hangUp()
			<-listened
			return 0, cmp.Or(err, end)
		}
	}
	<-listened
	if own {
		return 0, err
	}
	return bytes, cmp.Or(heard, err, end)
}

// finish ends the stream for the other end. Nothing of one that has failed may
// follow.
func (s *replicateSender) finish(err error) error {
	if err == nil {
		return s.wire.put(frameEnd, nil)
	}
	s.wire.mute()
	return s.wire.say(frameAbort, newWireError(err))
}
