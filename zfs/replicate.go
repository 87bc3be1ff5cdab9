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

// ReplicateEnd is one end of a replication within a program.
type ReplicateEnd struct {
	Client *Client
	// Name is the snapshot to send, or the filesystem or volume to receive into.
	Name string
}

// ReplicateOptions select what is sent: the other end cannot obtain anything
// else. Nil sends the one snapshot, as Send does without options.
type ReplicateOptions struct {
	// Intermediates also sends the snapshots between the latest common snapshot
	// and the requested one.
	Intermediates bool
	// Snapshots reports whether a snapshot may be sent: "tank/a@s". Nil allows
	// the requested one, and what Intermediates adds. It does not apply to the
	// snapshot or bookmark that a stream is incremental from.
	Snapshots func(snapshot string) bool
	// LargeBlocks, Embedded, Compressed and Raw are as in SendOptions. A replica
	// should always be sent the same way.
	LargeBlocks, Embedded, Compressed, Raw bool
	// MaxBytes limits the total bytes of all streams. Zero means no limit.
	MaxBytes uint64
	// Progress and ProgressInterval are as in SendOptions, for each stream.
	Progress         func(SendProgress)
	ProgressInterval time.Duration
	// Receive is for the receiving end. Only Replicate uses it.
	Receive *ReplicateReceiveOptions
}

// maySend reports whether a snapshot may be sent.
func (o *ReplicateOptions) maySend(name string) bool { return o.Snapshots == nil || o.Snapshots(name) }

// maxBytes returns how many bytes may follow those already sent.
func (o *ReplicateOptions) maxBytes(sent uint64) uint64 { return bytesLeft(o.MaxBytes, sent) }

// defaultMaxStreams is the default of MaxStreams.
const defaultMaxStreams = 1000

// ReplicateReceiveOptions are what the receiving end allows. Nil allows the other
// end to create the target, and to add snapshots to an unmodified target.
type ReplicateReceiveOptions struct {
	// Existing does not allow creating the target.
	Existing bool
	// Rollback allows discarding changes of the target since a common snapshot,
	// and destroying newer snapshots. The other end chooses the common snapshot.
	Rollback bool
	// Overwrite allows a full stream to replace a target that has no snapshots
	// and is not encrypted.
	Overwrite bool
	// Force is both Rollback and Overwrite.
	Force bool
	// Discard allows destroying the partial state of another stream.
	Discard bool
	// Snapshots reports whether a snapshot may be created, by the part of its
	// name after the @. Nil allows any name.
	Snapshots func(name string) bool
	// Origins are the filesystems and volumes whose snapshots the target may
	// become a clone of. Nil allows none.
	Origins []string
	// MaxStreams limits the number of streams of one replication. Zero is 1000.
	MaxStreams int
	// MaxBytes limits the total bytes of all streams, as they are received. Zero
	// means no limit. Use a quota to limit the space on disk.
	MaxBytes uint64
	// Override and Exclude are as in ReceiveOptions.
	Override prop.Values
	Exclude  []prop.Prop
	// Progress and ProgressInterval are as in ReceiveOptions, for each stream.
	Progress         func(ReceiveProgress)
	ProgressInterval time.Duration
}

// maxBytes returns how many bytes may follow those already received.
func (o *ReplicateReceiveOptions) maxBytes(got uint64) uint64 { return bytesLeft(o.MaxBytes, got) }

// bytesLeft returns the rest of a limit. A limit of zero is none.
func bytesLeft(limit, used uint64) uint64 {
	if limit == 0 {
		return math.MaxUint64 / 2 // sums of it and a frame do not overflow
	}
	return limit - min(limit, used)
}

// Replicated is the result of a replication.
type Replicated struct {
	// Streams were sent, in this order.
	Streams []ReplicatedStream
	// Aborted reports whether the receiving end was told to destroy partial state
	// that could not be resumed.
	Aborted bool
}

// ReplicatedStream is one stream of a replication.
type ReplicatedStream struct {
	Snapshot string
	From     string // a snapshot or bookmark, empty for all
	Resumed  bool   // an interrupted receive
	Bytes    uint64 // as sent
}

// Replicate replicates a snapshot from one end to the other, both in this
// program. It runs ReplicateSend and ReplicateReceive: see there. Nil options
// mean the defaults.
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
		err = ferr // it is more specific
	}
	return done, err
}

// ReplicateConn is the connection between the ends of a replication, such as the
// standard input and output of a program that runs the other end.
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
