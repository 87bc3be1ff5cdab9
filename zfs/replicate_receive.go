package zfs

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/purezfs/purezfs/ioctl"
)

// ReplicateReceive is the receiving end of a replication: it makes the target, or
// brings it up to date, as the other end, a ReplicateSend, has it. What is
// broken off stays, and a later replication goes on from there. It returns when
// the other end has nothing more to send.
//
// What the other end may do is to receive into the target, and to throw away
// what is left of an earlier receive. Of conn no more is read than what is meant
// for this end.
//
// Errors match ErrProtocol, io.ErrUnexpectedEOF (the connection has ended), those
// of Receive, and as a *FarError those of the other end.
func (c *Client) ReplicateReceive(ctx context.Context, target string, conn io.ReadWriter, opts *ReplicateReceiveOptions) error {
	if opts == nil {
		opts = &ReplicateReceiveOptions{}
	}
	if _, err := parseHead(target); err != nil {
		return inputError(ioctl.OpRecvNew, target, err)
	}
	r := &replicateReceiver{c: c, ctx: ctx, target: target, opts: opts, wire: newWire(ctx, conn)}
	return replicateError(ioctl.OpRecvNew, target, r.serve())
}

// replicateReceiver is a receiving end.
type replicateReceiver struct {
	c      *Client
	ctx    context.Context
	target string
	opts   *ReplicateReceiveOptions
	wire   *wire
}

// serve does what it is told until there is nothing more. The first error of
// its own ends it, after the other end knows.
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
		if err := r.wire.hear(&order); err != nil {
			return err
		}
		switch order.Do {
		case doEnd:
			return nil
		case doAbort:
			err = r.abort()
		case doReceive:
			err = r.receive(order)
		default:
			err = fmt.Errorf("%w: the order %q", ErrProtocol, order.Do)
		}
		if err != nil {
			return err
		}
	}
}

// state reads what there is.
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
	for _, snap := range h.snaps {
		s.Snapshots = append(s.Snapshots, snap.guid)
	}
	return s, nil
}

// abort throws away what is left of an earlier receive.
func (r *replicateReceiver) abort() error {
	err := r.c.ReceiveAbort(r.ctx, r.target)
	return errors.Join(err, r.wire.say(frameMessage, wireResult{Error: newWireError(err)}))
}

// receive takes a stream. If that fails the other end is told at once, and what
// it has sent meanwhile is passed over.
func (r *replicateReceiver) receive(order wireOrder) error {
	in := wireReader{r.wire}
	r.wire.left, r.wire.ended = 0, nil
	got, err := r.c.Receive(r.ctx, r.target+"@"+order.Snapshot, in, &ReceiveOptions{
		Force: r.opts.Force, Resumable: true, Override: r.opts.Override, Exclude: r.opts.Exclude, Progress: r.opts.Progress,
	})
	if r.ctx.Err() != nil {
		return err // somebody may still be reading
	}
	if err == nil {
		if err := in.drain(); err != nil {
			return err
		}
		return r.wire.say(frameMessage, wireResult{Bytes: got.Bytes})
	}
	if serr := r.wire.say(frameMessage, wireResult{Error: newWireError(err)}); serr != nil {
		return errors.Join(err, serr)
	}
	if derr := in.drain(); derr != nil && !errors.Is(err, derr) {
		return errors.Join(err, derr)
	}
	return err
}
