package vm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// The kinds of frames. All frames are sent from the guest to the host: the
// initramfs is the guest's only input, so that no handshake can fail.
const (
	frameReady    = 'H' // the modules are loaded, the program starts now
	frameStdout   = 'O' // bytes of standard output
	frameStderr   = 'E' // bytes of standard error
	frameFile     = 'F' // opens a file: octal mode, space, path
	frameData     = 'D' // bytes of the open file
	frameFileEnd  = 'C' // closes the file; without it the file is incomplete
	frameEnd      = 'Z' // closes the scratch disk's stream of files
	frameNoStart  = 'S' // verdict: the program could not be started, and why
	frameWatchdog = 'T' // verdict: the deadline passed, and what was seen
	frameExit     = 'X' // verdict: the program's exit code, one byte
)

// frameMax is the maximum size of a payload. It is small because a serial port
// is slow and a frame of one stream delays the other.
const frameMax = 64 << 10

// errFrame is wrapped by every error about a received frame.
var errFrame = errors.New("malformed frame from the guest")

// A frameWriter writes frames. Safe for concurrent use: a frame is one unit.
type frameWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// send writes p as one frame, or as several when it is longer than frameMax.
func (f *frameWriter) send(kind byte, p []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		n := min(len(p), frameMax)
		buf := make([]byte, 5, 5+n)
		buf[0] = kind
		binary.BigEndian.PutUint32(buf[1:], uint32(n))
		if _, err := f.w.Write(append(buf, p[:n]...)); err != nil {
			return err
		}
		if p = p[n:]; len(p) == 0 {
			return nil
		}
	}
}

// stream returns a writer whose bytes become frames of one kind.
func (f *frameWriter) stream(kind byte) io.Writer { return frameStream{f, kind} }

type frameStream struct {
	f    *frameWriter
	kind byte
}

func (s frameStream) Write(p []byte) (int, error) {
	if err := s.f.send(s.kind, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// readFrame reads one frame. The payload is valid until the next call with the
// same buf. The end of the input between two frames is io.EOF; within a frame
// it is an error.
func readFrame(r io.Reader, buf []byte) (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, nil, io.EOF
		}
		return 0, nil, fmt.Errorf("%w: %w", errFrame, err)
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > frameMax {
		return 0, nil, fmt.Errorf("%w: kind %#x with %d bytes", errFrame, head[0], n)
	}
	if uint32(cap(buf)) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(r, buf); err != nil {
		return 0, nil, fmt.Errorf("%w: kind %#x: %w", errFrame, head[0], err)
	}
	return head[0], buf, nil
}
