package zfs

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/stream"
)

// ReplicateReceive is the receiving end of a replication: it creates or updates
// the target with snapshots of the other end, a ReplicateSend. The partial state
// of an interrupted receive is kept, and a later replication resumes it.
// ReplicateReceive returns when the other end has nothing more to send.
//
// The other end is not trusted. It can add snapshots to the target, and do what
// the options allow in addition. It learns the GUIDs of the target's snapshots
// and the kinds of errors, but no names. ReplicateReceive returns when ctx ends,
// as ReplicateSend does. It does not read from conn beyond the end of the
// replication. The connection must authenticate the other end:
// docs/replication.md describes what each end can do to the other.
//
// Errors match ErrProtocol, io.ErrUnexpectedEOF (the connection has ended),
// ErrRefused (the options do not allow a request of the other end), those of
// Receive, and as a *FarError those of the other end.
func (c *Client) ReplicateReceive(ctx context.Context, target string, conn io.ReadWriter, opts *ReplicateReceiveOptions) error {
	if opts == nil {
		opts = &ReplicateReceiveOptions{}
	}
	_, err := parseHead(target)
	if err == nil {
		err = checkConn(c, conn)
	}
	if err == nil {
		err = errors.Join(c.checkExcluded(opts.Exclude, opts.Override), checkInherited(opts.Exclude))
	}
	if err != nil {
		return inputError(ioctl.OpRecvNew, target, err)
	}
	r := &replicateReceiver{c: c, ctx: ctx, target: target, opts: opts, wire: newWire(ctx, conn)}
	defer r.wire.leave()
	return replicateError(ioctl.OpRecvNew, target, r.serve())
}

// replicateReceiver is a receiving end.
type replicateReceiver struct {
	c       *Client
	ctx     context.Context
	target  string
	opts    *ReplicateReceiveOptions
	wire    *wire
	streams int    // that have begun
	bytes   uint64 // of them
	aborted bool
}

// serve executes orders until the last one. It stops at its first own error,
// after it has sent the error to the other end.
func (r *replicateReceiver) serve() error {
	if err := r.wire.greet(); err != nil {
		return err
	}
	for {
		state, err := r.state()
		if err := r.wire.say(frameMessage, wireResult{Error: newWireError(err)}); err != nil {
			return err
		}
		if err != nil {
			return err
		}
		if err := r.wire.say(frameMessage, state); err != nil {
			return err
		}
		var order wireOrder
		if err := r.wire.hear(r.ctx, &order); err != nil {
			return err
		}
		switch order.Do {
		case doEnd:
			return nil
		case doAbort:
			err = r.abort()
		case doReceive:
			err = r.receive(state, order)
		default:
			err = fmt.Errorf("%w: unknown order", ErrProtocol)
		}
		if err != nil {
			return err
		}
	}
}

// state reads the state of the target.
func (r *replicateReceiver) state() (*wireState, error) {
	s := &wireState{}
	ds, err := r.c.DatasetStats(r.ctx, r.target, nil)
	if errors.Is(err, ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.Exists = true
	if s.Token, err = r.c.resumeToken(r.ctx, ds.Name); err != nil {
		return nil, err
	}
	h := &localHead{name: ds.Name}
	for snap, err := range r.c.Snapshots(r.ctx, ds.Name, nil) {
		if err != nil {
			return nil, err
		}
		h.addSnap(snap)
	}
	h.sort()
	for _, snap := range h.snaps[max(0, len(h.snaps)-maxGUIDs):] {
		s.Snapshots = append(s.Snapshots, snap.guid)
	}
	return s, nil
}

// abort destroys the partial state of an earlier receive.
func (r *replicateReceiver) abort() error {
	var err error
	switch {
	case !r.opts.Discard:
		err = fmt.Errorf("%w: destroying the partial receive of another stream requires Discard", ErrRefused)
	case r.aborted:
		err = fmt.Errorf("%w: destroying a partial receive a second time", ErrRefused)
	default:
		r.aborted = true
		err = r.c.ReceiveAbort(r.ctx, r.target)
	}
	return andAlso(err, r.wire.say(frameMessage, wireResult{Error: newWireError(err)}))
}

// admit checks what can be checked before a stream is read.
func (r *replicateReceiver) admit(state *wireState, order wireOrder) error {
	const longest = 255 // a component of a name
	if len(order.Snapshot) > longest {
		return fmt.Errorf("%w: the name of a snapshot has %d bytes", ErrProtocol, len(order.Snapshot))
	}
	if _, err := parseSnapshot(r.target + "@" + order.Snapshot); err != nil {
		return err
	}
	most := r.opts.MaxStreams
	if most == 0 {
		most = defaultMaxStreams
	}
	switch r.streams++; {
	case r.streams > most:
		return fmt.Errorf("%w: more than %d streams", ErrRefused, most)
	case !state.Exists && r.opts.Existing:
		return fmt.Errorf("%w: creating the target is forbidden by Existing", ErrRefused)
	case r.opts.Snapshots != nil && !r.opts.Snapshots(order.Snapshot):
		return fmt.Errorf("%w: a snapshot %q", ErrRefused, order.Snapshot)
	}
	return nil
}

// admitStream checks the first record of a stream, and decides how the stream may
// change the target.
func (r *replicateReceiver) admitStream(head *stream.Begin, opts *ReceiveOptions) error {
	if head.Flags&stream.FlagClone != 0 && len(r.opts.Origins) == 0 {
		return fmt.Errorf("%w: making the target a clone of a snapshot", ErrRefused)
	}
	if head.FromGUID != 0 {
		opts.Force = r.opts.Force || r.opts.Rollback
	} else {
		opts.Force = r.opts.Force || r.opts.Overwrite
	}
	return nil
}

// receive receives a stream. If that fails the other end is told immediately, and
// what it has sent meanwhile is skipped.
func (r *replicateReceiver) receive(state *wireState, order wireOrder) error {
	in := &wireReader{wire: r.wire, wireStop: newWireStop(), most: r.opts.maxBytes(r.bytes)}
	got, err := r.receiveStream(state, order, in)
	if r.ctx.Err() != nil {
		return err
	}
	if err == nil {
		if err := in.drain(); err != nil {
			return err
		}
		r.bytes += in.got
		return r.wire.say(frameMessage, wireResult{Bytes: got.Bytes})
	}
	if serr := r.wire.say(frameMessage, wireResult{Error: newWireError(err)}); serr != nil {
		return andAlso(err, serr)
	}
	if derr := in.drain(); derr != nil && !errors.Is(err, derr) {
		return andAlso(err, derr)
	}
	return err
}

func (r *replicateReceiver) receiveStream(state *wireState, order wireOrder, in *wireReader) (*Received, error) {
	if err := r.admit(state, order); err != nil {
		return nil, err
	}
	origins := r.opts.Origins
	if origins == nil {
		origins = []string{}
	}
	opts := &ReceiveOptions{
		Resumable: true, Origins: origins, Override: r.opts.Override, Exclude: r.opts.Exclude,
		Progress: r.opts.Progress, ProgressInterval: r.opts.ProgressInterval,
	}
	opts.admit = func(head *stream.Begin) error { return r.admitStream(head, opts) }
	return r.c.Receive(r.ctx, r.target+"@"+order.Snapshot, in, opts)
}
