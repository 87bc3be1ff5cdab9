package zfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The two ends exchange frames: a byte for the kind, the length in four bytes,
// big-endian, and the content.
const (
	frameMessage = 'M' // a JSON object
	frameData    = 'D' // a part of a stream
	frameEnd     = 'E' // the stream is complete
	frameAbort   = 'X' // the stream ends incomplete: a JSON object with the reason
)

// The largest messages. The limits are checked before anything is decoded.
const (
	frameHead  = 5
	maxMessage = 4 << 10 // except a state
	maxData    = 1 << 20
	maxToken   = 16 << 10
	maxGUIDs   = 1 << 16
	maxState   = maxGUIDs*len("18446744073709551615,") + maxToken + maxMessage
	// protocolName and protocolVersion are in the first message of each end. A
	// newer end must use the version of the older one.
	protocolName    = "purezfs-replicate"
	protocolVersion = 1
)

// ErrProtocol means that the other end of a replication does not use its
// protocol, or sends invalid messages.
var ErrProtocol = errors.New("the other end does not speak the protocol of a replication")

// wireHello is the first message of both ends.
type wireHello struct {
	Protocol string `json:"protocol"`
	Version  int    `json:"version"`
}

// wireState is the state of the receiving end.
type wireState struct {
	Exists bool   `json:"exists"`
	Token  string `json:"token,omitempty"`
	// Snapshots are sorted by creation; only the last maxGUIDs of them are sent.
	Snapshots []uint64 `json:"snapshots"`
}

// wireOrder is the next request of the sending end. The receiving end answers
// each except the last with a wireResult and a wireState.
type wireOrder struct {
	Do       string `json:"do"`                 // doReceive, doAbort or doEnd
	Snapshot string `json:"snapshot,omitempty"` // the last part of the name
}

const (
	doReceive = "receive" // the stream that follows
	doAbort   = "abort"   // destroy the partial state of an earlier receive
	doEnd     = "end"     // nothing: the other end has everything
)

// wireResult is the result of an order.
type wireResult struct {
	Bytes uint64     `json:"bytes,omitempty"`
	Error *wireError `json:"error,omitempty"`
}

// wire is one end of the connection.
type wire struct {
	ctx context.Context
	in  *connReader
	out *connWriter
}

// newWire returns an end of a connection. Deadlines of both halves are kept.
func newWire(ctx context.Context, conn io.ReadWriter) *wire {
	if c, ok := conn.(ReplicateConn); ok {
		return &wire{ctx, newConnReader(c.Reader), newConnWriter(c.Writer)}
	}
	return &wire{ctx, newConnReader(conn), newConnWriter(conn)}
}

// leave interrupts calls that are under way, if the connection supports it.
func (w *wire) leave() {
	w.in.leave()
	w.out.leave()
}

// appendFrame appends a frame to a buffer.
func appendFrame(to []byte, kind byte, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(append(to, kind), uint32(len(b))), b...)
}

// put writes a frame, or ends with the context or with stop. After an error the
// frame belongs to a Write that may still be under way.
func (w *wire) put(stop <-chan struct{}, frame []byte) error {
	err := w.out.write(w.ctx, stop, frame)
	switch {
	case err == nil || w.ctx.Err() != nil && errors.Is(err, w.ctx.Err()) || errors.Is(err, errStopped):
		return err
	}
	return fmt.Errorf("to the other end: %w", err)
}

// say sends a message.
func (w *wire) say(kind byte, message any) error {
	b, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return w.put(nil, appendFrame(nil, kind, b))
}

// head reads and checks the head of a frame. Most is the limit of a message.
func (w *wire) head(ctx context.Context, most int) (kind byte, size int, err error) {
	b, err := w.in.full(ctx, frameHead)
	if err != nil {
		return 0, 0, broken(ctx, err)
	}
	return checkHead(b, most)
}

// checkHead decodes the head of a frame.
func checkHead(b []byte, most int) (kind byte, size int, err error) {
	kind, length := b[0], binary.BigEndian.Uint32(b[1:])
	switch kind {
	case frameData:
		most = maxData
	case frameEnd:
		most = 0
	case frameMessage:
	case frameAbort:
		most = maxMessage
	default:
		return 0, 0, fmt.Errorf("%w: a frame of kind %q", ErrProtocol, []byte{kind})
	}
	if uint64(length) > uint64(most) { // an int may be too small
		return 0, 0, fmt.Errorf("%w: a frame %q of %d bytes, %d are allowed", ErrProtocol, []byte{kind}, length, most)
	}
	return kind, int(length), nil
}

// broken returns the error for a connection that ends too early.
func broken(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errStopped):
		return err
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("from the other end: %w", err)
}

// body reads the content of a frame in pieces, so that a large length alone needs
// no memory.
func (w *wire) body(ctx context.Context, size int) ([]byte, error) {
	var all []byte
	for len(all) < size {
		b, err := w.in.full(ctx, min(size-len(all), 64<<10))
		if err != nil {
			return nil, broken(ctx, err)
		}
		all = append(all, b...)
	}
	return all, nil
}

// hear waits for a message.
func (w *wire) hear(ctx context.Context, message any) error {
	most := maxMessage
	if _, ok := message.(*wireState); ok {
		most = maxState
	}
	kind, size, err := w.head(ctx, most)
	if err != nil {
		return err
	}
	if kind != frameMessage {
		return fmt.Errorf("%w: a frame of kind %q in place of a message", ErrProtocol, []byte{kind})
	}
	b, err := w.body(ctx, size)
	if err != nil {
		return err
	}
	return decodeMessage(b, message)
}

// decodeMessage decodes a message. Its errors do not repeat the content.
func decodeMessage(b []byte, message any) error {
	if bytes.Count(b, []byte{','}) > maxGUIDs+maxMessage {
		return fmt.Errorf("%w: a message of more than %d items", ErrProtocol, maxGUIDs)
	}
	if err := json.Unmarshal(b, message); err != nil {
		return fmt.Errorf("%w: a message that cannot be decoded", ErrProtocol)
	}
	if s, ok := message.(*wireState); ok && (len(s.Snapshots) > maxGUIDs || len(s.Token) > maxToken) {
		return fmt.Errorf("%w: %d snapshots and a token of %d bytes", ErrProtocol, len(s.Snapshots), len(s.Token))
	}
	return nil
}

// greet exchanges the first messages. Both ends send first, so neither waits for
// a silent one.
func (w *wire) greet() error {
	said := make(chan error, 1)
	go func() { said <- w.say(frameMessage, wireHello{protocolName, protocolVersion}) }()
	var h wireHello
	err := w.hear(w.ctx, &h)
	switch {
	case err != nil:
		return err
	case h.Protocol != protocolName || h.Version < protocolVersion:
		return fmt.Errorf("%w: its first message names another protocol or version", ErrProtocol)
	}
	return <-said
}
