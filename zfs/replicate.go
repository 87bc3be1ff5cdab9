package zfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// ReplicateEnd is one side of a replication within a program.
type ReplicateEnd struct {
	Client *Client
	// Name is the snapshot that is sent, or the filesystem or volume that is to
	// have it.
	Name string
}

// ReplicateOptions says what is sent: nothing else can be obtained by the other
// end. Nil sends the one snapshot, as Send does without options.
type ReplicateOptions struct {
	// Intermediates also sends the snapshots between the last one that both ends
	// have and the one that is wanted.
	Intermediates bool
	// Snapshots reports whether a snapshot may be sent: "tank/a@s". Nil allows the
	// wanted one, and what Intermediates adds. It says nothing about the snapshot or
	// bookmark that a stream is incremental from.
	Snapshots func(snapshot string) bool
	// LargeBlocks, Embedded, Compressed and Raw are as in SendOptions. A replica
	// should always be sent the same way.
	LargeBlocks, Embedded, Compressed, Raw bool
	// MaxBytes limits the bytes of all streams together. Zero is no limit.
	MaxBytes uint64
	// Progress and ProgressInterval are as in SendOptions, for each stream.
	Progress         func(SendProgress)
	ProgressInterval time.Duration
	// Receive is for the receiving end. Only Replicate reads it.
	Receive *ReplicateReceiveOptions
}

// maySend reports whether a snapshot may be sent.
func (o *ReplicateOptions) maySend(name string) bool { return o.Snapshots == nil || o.Snapshots(name) }

// maxBytes returns how many bytes may follow so many.
func (o *ReplicateOptions) maxBytes(sent uint64) uint64 { return bytesLeft(o.MaxBytes, sent) }

// defaultMaxStreams is how many streams a receiving end accepts by default.
const defaultMaxStreams = 1000

// ReplicateReceiveOptions says what the receiving end allows. Nil allows the other
// end to create the target, and to add snapshots to one that was not modified.
type ReplicateReceiveOptions struct {
	// Existing does not allow the target to be created.
	Existing bool
	// Rollback allows the changes of the target since a snapshot that both ends
	// have to be discarded, and the snapshots made since to be destroyed. The other
	// end chooses which snapshot that is.
	Rollback bool
	// Overwrite allows a full stream to replace a target that has no snapshots and
	// is not encrypted.
	Overwrite bool
	// Force is both Rollback and Overwrite.
	Force bool
	// Discard allows the partial receive of another stream to be destroyed.
	Discard bool
	// Snapshots reports whether a snapshot may be created, by the part of its name
	// behind the @. Nil allows any.
	Snapshots func(name string) bool
	// Origins are the filesystems and volumes whose snapshots the target may become
	// a clone of. Nil allows none.
	Origins []string
	// MaxStreams limits the streams of one replication. Zero is 1000.
	MaxStreams int
	// MaxBytes limits the bytes of all streams together, as they are received. Zero
	// is no limit. What they need on disk is limited by a quota.
	MaxBytes uint64
	// Override and Exclude are as in ReceiveOptions.
	Override prop.Values
	Exclude  []prop.Prop
	// Progress and ProgressInterval are as in ReceiveOptions, for each stream.
	Progress         func(ReceiveProgress)
	ProgressInterval time.Duration
}

// maxBytes returns how many bytes may follow so many.
func (o *ReplicateReceiveOptions) maxBytes(got uint64) uint64 { return bytesLeft(o.MaxBytes, got) }

// bytesLeft is what a limit, zero for none, leaves.
func bytesLeft(limit, used uint64) uint64 {
	if limit == 0 {
		return math.MaxUint64 / 2 // sums of it and a frame do not overflow
	}
	return limit - min(limit, used)
}

// Replicated is what a replication has done.
type Replicated struct {
	// Streams were sent, in this order.
	Streams []ReplicatedStream
	// Aborted reports whether the receiving end was told to destroy a partial
	// receive that could not be resumed.
	Aborted bool
}

// ReplicatedStream is one stream of a replication.
type ReplicatedStream struct {
	Snapshot string
	From     string // a snapshot or bookmark, empty for all
	Resumed  bool   // an interrupted receive
	Bytes    uint64 // as sent
}

// Replicate brings a snapshot from one end to the other, both in this program: see
// ReplicateSend and ReplicateReceive, which it runs. Nil options mean the defaults.
//
// Errors match those of ReplicateSend and ReplicateReceive.
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
	ferr := <-far
	var told *FarError
	if ferr != nil && (err == nil || errors.As(err, &told) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe)) {
		err = ferr // it knows more
	}
	return done, err
}

// ReplicateConn is the connection between the ends of a replication, such as
// the standard input and output of a program that runs the other one.
type ReplicateConn struct {
	io.Reader
	io.Writer
}

// checkConn refuses a client or connection that cannot be used.
func checkConn(c *Client, conn io.ReadWriter) error {
	if err := checkOpened(c); err != nil {
		return err
	}
	if absent(conn) {
		return fmt.Errorf("the connection: %w", errNil)
	}
	if rc, ok := conn.(*ReplicateConn); ok {
		conn = *rc
	}
	if rc, ok := conn.(ReplicateConn); ok && (absent(rc.Reader) || absent(rc.Writer)) {
		return fmt.Errorf("the reader or the writer of the connection: %w", errNil)
	}
	return nil
}

// checkOpened refuses a client that Open has not returned.
func checkOpened(c *Client) error {
	if c == nil || c.dev == nil {
		return fmt.Errorf("%w: the client was not opened", ErrInvalid)
	}
	return nil
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
