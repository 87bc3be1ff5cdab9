package ioctl

import (
	"context"
	"errors"
	"testing"
	"time"
)

// waitFor polls until cond holds. It fails only after a time that no machine
// needs.
func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for start := time.Now(); !cond(); time.Sleep(time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

// blocked is a device whose calls stay in the kernel until they are let go.
func blocked() (d *Device, entered, release chan struct{}) {
	entered, release = make(chan struct{}), make(chan struct{})
	d = NewDevice(func(Op, *Cmd) error {
		entered <- struct{}{}
		<-release
		return nil
	})
	return d, entered, release
}

// A call that the kernel does not give up is left behind, with its memory, and
// counted.
func TestStuckCallIsLeftBehind(t *testing.T) {
	d, entered, release := blocked()
	ctx, cancel := context.WithCancel(t.Context())
	c := d.Cmd()
	_ = c.SetText(FieldName, "tank/a")
	result := make(chan error, 1)
	go func() { result <- d.Call(ctx, OpDestroy, c) }()
	<-entered
	cancel()
	err := <-result
	var e *Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || !e.Executed {
		t.Errorf("error %v, want the context's, and that it may have been carried out", err)
	}
	stuck := d.Stuck()
	if len(stuck) != 1 || stuck[0].Op != OpDestroy || stuck[0].Name != "tank/a" || stuck[0].Since.IsZero() {
		t.Errorf("stuck calls %v, want the destroy of tank/a", stuck)
	}
	c.Release()
	if again := d.Cmd(); again == c {
		t.Error("the memory of a call that is still in the kernel was handed out")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	close(release)
	waitFor(t, "the stuck call to end", func() bool { return len(d.Stuck()) == 0 })
}

// A call that ends before its context is not affected by the context.
func TestContextThatEndsLater(t *testing.T) {
	d := NewDevice(func(Op, *Cmd) error { return CodeNoent.Err() })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := d.Cmd()
	_ = c.SetText(FieldName, "tank/a")
	for range 3 { // the command must stay usable
		if err := d.Call(ctx, OpDestroy, c); CodeOf(err) != CodeNoent {
			t.Fatalf("error %v, want ENOENT", err)
		}
	}
	c.Release()
	if n := len(d.Stuck()); n != 0 {
		t.Errorf("%d stuck calls", n)
	}
}

func TestContextThatHasEnded(t *testing.T) {
	d := NewDevice(func(op Op, _ *Cmd) error {
		t.Errorf("%s was called", op)
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, op := range []Op{OpDestroy, OpSnapshotListNext, OpSendNew} {
		c := d.Cmd()
		_ = c.SetText(FieldName, "tank/a")
		if err := d.Call(ctx, op, c); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want context.Canceled", op, err)
		}
		c.Release()
	}
}

// An interrupted operation that changes something is waited for.
func TestInterruptibleIsWaitedFor(t *testing.T) {
	entered := make(chan struct{})
	d := NewDevice(func(_ Op, c *Cmd) error {
		close(entered)
		// As a kernel would, let go once told to.
		waitFor(t, "the interrupt", c.guard.cancelled)
		return CodeIntr.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	c := d.Cmd()
	defer c.Release()
	_ = c.SetText(FieldName, "tank/a@s")
	err := d.Call(ctx, OpSendNew, c)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if n := len(d.Stuck()); n != 0 {
		t.Errorf("%d stuck calls, want none: it was waited for", n)
	}
}

// Whoever interrupts a call must not reach into the next one of the same
// command.
func TestInterruptEndsWithItsCall(t *testing.T) {
	cancels := make(chan context.CancelFunc, 1)
	interrupted := false
	d := NewDevice(func(op Op, _ *Cmd) error {
		if op == OpSendNew {
			(<-cancels)()
			return nil // done just before the interrupt
		}
		if interrupted = !interrupted; interrupted {
			return CodeIntr.Err() // a read goes on after this, unless it takes it for its end
		}
		return nil
	})
	c := d.Cmd()
	defer c.Release()
	_ = c.SetText(FieldName, "tank/a@s")
	for round := range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		cancels <- cancel
		if err := d.Call(ctx, OpSendNew, c); err != nil {
			t.Fatalf("round %d: %v, want the call's own success", round, err)
		}
		if err := d.Call(context.Background(), OpObjsetStats, c); err != nil {
			t.Fatalf("round %d: the call after it: %v", round, err)
		}
	}
}
