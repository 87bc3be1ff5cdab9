package main

import (
	"context"
	"io"
	"os"

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
		return f, nil // nothing to wait for
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
