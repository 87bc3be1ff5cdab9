package ioctl

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
)

// A device from Reopen makes its calls as the first one does, and is closed
// apart from it.
func TestReopen(t *testing.T) {
	calls := 0
	var w bytes.Buffer
	d := traced(&w, false, func(Op, *Cmd) error { calls++; return nil })
	n, err := d.Reopen()
	if err != nil {
		t.Fatal(err)
	}
	if n.FD() != -1 || n.Path() != d.Path() {
		t.Errorf("descriptor %d at %s, want none", n.FD(), n.Path())
	}
	if _, err := n.CallList(t.Context(), OpGetHolds, "tank/a@s", nil); err != nil || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
	if !strings.Contains(w.String(), "GET_HOLDS") {
		t.Errorf("the call is not traced:\n%s", w.String())
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := n.CallList(t.Context(), OpGetHolds, "tank/a@s", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("a call after Close: %v, want ErrClosed", err)
	}
	if _, err := d.CallList(t.Context(), OpGetHolds, "tank/a@s", nil); err != nil {
		t.Errorf("the first device: %v", err)
	}
}

// A tap sees the calls of devices that were opened from it.
func TestReopenTap(t *testing.T) {
	tapped := 0
	d := NewDevice(func(Op, *Cmd) error { return nil })
	tap := d.Tap(func(_ Op, _ *Cmd, next func() error) error { tapped++; return next() })
	n, err := tap.Reopen()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.CallList(t.Context(), OpGetHolds, "tank/a@s", nil); err != nil || tapped != 1 {
		t.Errorf("%d calls tapped, error %v", tapped, err)
	}
}

func TestReopenClosed(t *testing.T) {
	d := NewDevice(func(Op, *Cmd) error { return nil })
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Reopen(); !errors.Is(err, ErrClosed) || n != nil {
		t.Errorf("Reopen = %v, %v, want ErrClosed", n, err)
	}
}

// Both devices tell of a call that was left behind on either.
func TestReopenStuck(t *testing.T) {
	d, entered, release := blocked()
	n, err := d.Reopen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := n.CallList(ctx, OpUnloadKey, "tank/a", nil)
		result <- err
	}()
	<-entered
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(d.Stuck()) != 1 || len(n.Stuck()) != 1 {
		t.Errorf("stuck calls %v and %v, want one", d.Stuck(), n.Stuck())
	}
	close(release)
	waitFor(t, "the stuck call to end", func() bool { return len(d.Stuck()) == 0 })
}
