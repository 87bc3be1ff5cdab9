package zfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/purezfs/purezfs/zfs/internal/transfer"
	"github.com/purezfs/purezfs/zfs/stream"
)

// hostBigEndian reports whether this machine, and its kernel, is big-endian.
func hostBigEndian() bool { return binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }

// foreignReader is a stream from a machine of the other byte order, with its list
// converted to this machine's. A kernel can read such records, but not such a
// list. The checksums depend on all earlier bytes, so every record is rewritten.
type foreignReader struct {
	*io.PipeReader
	from *source // the stream that it reads
}

// newForeignReader starts to rewrite a stream whose first record was read.
func newForeignReader(s *source) *foreignReader {
	from := &source{r: s.r, begin: s.begin, head: s.head, frames: s.frames, size: s.size, done: make(chan struct{})}
	read, write := io.Pipe()
	from.w = write
	out, in := io.Pipe()
	go from.pump()
	go func() {
		err := rewriteLists(in, io.MultiReader(bytes.NewReader(from.begin), read))
		read.Close() // ends a Write
		<-from.done
		switch {
		case from.err != nil && !errors.Is(from.err, errUnwanted):
			err = from.err
		case err != nil:
			err = fmt.Errorf("%w: %w", ErrStream, err)
		}
		in.CloseWithError(err)
	}()
	return &foreignReader{out, from}
}

// rewriteLists copies a stream, with its lists in this machine's byte order.
func rewriteLists(dst io.Writer, src io.Reader) error {
	w := stream.NewWriter(dst)
	for r := stream.NewReader(src, nil); ; {
		rec, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if begin, ok := rec.(*stream.Begin); ok && len(begin.Payload) > 0 {
			list, err := begin.List()
			if err != nil {
				return err
			}
			packed, err := list.AppendNative(nil)
			if err != nil {
				return err
			}
			begin.Payload = append(packed, make([]byte, -len(packed)&7)...)
		}
		if err := w.WriteRecord(rec); err != nil {
			return err
		}
	}
}

// stop stops the rewriting. It interrupts a Read of the caller's reader if it
// can, and otherwise does not wait for it.
func (f *foreignReader) stop() {
	f.PipeReader.Close()
	unblock, ok := f.from.r.(interface{ SetReadDeadline(time.Time) error })
	transfer.AwaitDone(f.from.done, func(t time.Time) bool { return ok && unblock.SetReadDeadline(t) == nil })
}

// translate replaces a stream with a list in the other byte order by a rewritten
// one. The kernel can then not read from the caller's file.
func (s *source) translate(ctx context.Context) error {
	if s.size == 0 || s.head.BigEndian == hostBigEndian() {
		return nil
	}
	s.r, s.frames = newForeignReader(s), stream.Framer{}
	return s.readBegin(ctx)
}
