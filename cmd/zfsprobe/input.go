package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// openInput opens a file, or standard input for "-". Opening and reading end
// with the context: a FIFO may wait for its writer forever, and a pipe for what
// it writes.
func (a *app) openInput(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == "-" {
		return &input{ctx: ctx, r: a.in}, nil
	}
	f, err := await(ctx, func() (*os.File, error) { return os.Open(name) })
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return &regularInput{f, ctx}, nil
	}
	return &input{ctx: ctx, r: f, close: f.Close}, nil
}

// input is a reader whose Read ends with a context.
type input struct {
	ctx   context.Context
	r     io.Reader
	close func() error
}

// Read reads into memory of its own, because a Read that was given up goes on.
func (in *input) Read(p []byte) (int, error) {
	b, err := await(in.ctx, func() ([]byte, error) {
		b := make([]byte, len(p))
		n, err := in.r.Read(b)
		return b[:n], err
	})
	defer clear(b) // it may be a key
	return copy(p, b), err
}

// Close closes a file. A Read under way keeps it open.
func (in *input) Close() error {
	if in.close == nil || in.ctx.Err() != nil {
		return nil // the process is about to end
	}
	return in.close()
}

// regularInput is a regular file, which there is no waiting for. It may be long:
// reading it ends with a context.
type regularInput struct {
	*os.File
	ctx context.Context
}

// Read reads unless the context has ended.
func (in *regularInput) Read(p []byte) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, err
	}
	return in.File.Read(p)
}

// ReadAt reads unless the context has ended.
func (in *regularInput) ReadAt(p []byte, at int64) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, err
	}
	return in.File.ReadAt(p, at)
}

// lastWords is how long a blocked write may take after its context has ended.
const lastWords = time.Second

// ending is a writer whose Write ends a moment after a context: a pipe may be full,
// and a terminal stopped.
type ending struct {
	ctx context.Context
	w   io.Writer
}

// endingWriter returns such a writer, or w itself if it does not block.
func endingWriter(ctx context.Context, w io.Writer) io.Writer {
	f, ok := w.(*os.File)
	if !ok || ctx.Done() == nil {
		return w
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return w
	}
	return &ending{ctx, w}
}

// Write writes from memory of its own, because a Write that was given up goes on.
func (e *ending) Write(p []byte) (int, error) {
	p = bytes.Clone(p)
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(e.ctx))
	defer cancel(nil)
	stop := context.AfterFunc(e.ctx, func() {
		select {
		case <-time.After(lastWords):
			cancel(e.ctx.Err())
		case <-ctx.Done():
		}
	})
	defer stop()
	return await(ctx, func() (int, error) { return e.w.Write(p) })
}

// await returns what do returns, or the context's error as soon as it ends.
func await[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := do()
		done <- result{value, err}
	}()
	select {
	case got := <-done:
		return got.value, got.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// readPassword reads a line from a terminal without showing it. The terminal
// shows what is typed again also if the context ends first.
func readPassword(ctx context.Context, f *os.File) ([]byte, error) {
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	key, err := await(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	if ctx.Err() != nil {
		_ = term.Restore(fd, before) // nothing else can be done
	}
	return key, err
}
