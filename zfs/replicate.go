package zfs

import (
	"context"
	"errors"
	"io"

	"github.com/purezfs/purezfs/ioctl"
)

// ReplicateEnd is one side of a replication within a program.
type ReplicateEnd struct {
	Client *Client
	// Name is the snapshot that is sent, or the filesystem or volume that is to
	// have it.
	Name string
}

// ReplicateOptions says what is sent.
type ReplicateOptions struct {
	// Intermediates also sends the snapshots between the last one that both ends
	// have and the one that is wanted.
	Intermediates bool
	// LargeBlocks, Embedded, Compressed and Raw are as in SendOptions. A replica
	// should always be sent the same way.
	LargeBlocks, Embedded, Compressed, Raw bool
	// Progress is as in SendOptions, for each stream.
	Progress func(SendProgress)
	// Receive is for the receiving end. Only Replicate looks at it.
	Receive *ReplicateReceiveOptions
}

// ReplicateReceiveOptions says what the receiving end allows.
type ReplicateReceiveOptions struct {
	// Force is as in ReceiveOptions. It also allows a replica to go back to the
	// last snapshot that both ends have, which destroys those made since.
	Force bool
	// Override and Exclude are as in ReceiveOptions.
	Override map[Prop]Value
	Exclude  []Prop
	// Progress is as in ReceiveOptions, for each stream.
	Progress func(ReceiveProgress)
}

// Replicated is what a replication has done.
type Replicated struct {
	// Streams were sent, in their order. One that goes on where an earlier
	// replication was broken off has that as Resumed.
	Streams []ReplicatedStream
	// Aborted tells that a part of something was at the receiving end that could
	// not be gone on with, and was thrown away.
	Aborted bool
}

// ReplicatedStream is one stream of a replication.
type ReplicatedStream struct {
	Snapshot string
	From     string // a snapshot or bookmark, empty for all
	Resumed  bool
	Bytes    uint64 // as received
}

// Replicate makes a snapshot at one end also be at the other, both in this
// program: see ReplicateSend and ReplicateReceive, which it runs. Nil options
// mean the defaults.
//
// Errors match those of ReplicateSend.
func Replicate(ctx context.Context, src, dst ReplicateEnd, opts *ReplicateOptions) (*Replicated, error) {
	if opts == nil {
		opts = &ReplicateOptions{}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fromSrc, toDst := io.Pipe()
	fromDst, toSrc := io.Pipe()
	far := make(chan error, 1)
	go func() {
		err := dst.Client.ReplicateReceive(ctx, dst.Name, ReplicateConn{fromSrc, toSrc}, opts.Receive)
		far <- err
		// The sending end may be waiting for either.
		fromSrc.CloseWithError(io.ErrClosedPipe)
		toSrc.CloseWithError(io.ErrUnexpectedEOF)
	}()
	done, err := src.Client.ReplicateSend(ctx, src.Name, ReplicateConn{fromDst, toDst}, opts)
	toDst.CloseWithError(io.ErrUnexpectedEOF)
	fromDst.CloseWithError(io.ErrClosedPipe)
	if ferr := <-far; err == nil {
		err = ferr
	} else if ferr != nil && errors.Is(err, io.ErrUnexpectedEOF) {
		err = ferr // it has gone, and knows why
	}
	return done, err
}

// ReplicateConn is the connection between the ends of a replication, such as
// the standard input and output of a program that runs the other one.
type ReplicateConn struct {
	io.Reader
	io.Writer
}

// newWire makes an end of a connection. Deadlines of both halves are kept.
func newWire(ctx context.Context, conn io.ReadWriter) *wire {
	if c, ok := conn.(ReplicateConn); ok {
		return &wire{ctx: ctx, r: c.Reader, w: c.Writer}
	}
	return &wire{ctx: ctx, r: conn, w: conn}
}

// replicateError names the operation and the target of an error that does
// neither.
func replicateError(op ioctl.Op, name string, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return inputError(op, name, err)
}
