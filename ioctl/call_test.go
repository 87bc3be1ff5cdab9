package ioctl

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/purezfs/purezfs/nvlist"
)

// bigList makes a list whose packed form has more than n bytes.
func bigList(n int) *nvlist.List {
	l := &nvlist.List{}
	l.SetByteArray("bytes", make([]byte, n))
	return l
}

func TestCallSendsAndReceives(t *testing.T) {
	d := NewDevice(func(op Op, c *Cmd) error {
		if op != OpPoolStats || c.Text(FieldName) != "tank" || c.Uint64(FieldGUID) != 5 {
			t.Errorf("got %s %q guid %d", op, c.Text(FieldName), c.Uint64(FieldGUID))
		}
		c.SetUint64(FieldCookie, 6)
		out := &nvlist.List{}
		out.SetString("name", "tank")
		return c.Answer(out)
	})
	c := d.Cmd()
	defer c.Release()
	if err := c.SetText(FieldName, "tank"); err != nil {
		t.Fatal(err)
	}
	c.SetUint64(FieldGUID, 5)
	if err := d.Call(t.Context(), OpPoolStats, c); err != nil {
		t.Fatal(err)
	}
	out, err := c.OutList()
	if err != nil {
		t.Fatal(err)
	}
	if name, _ := out.Text("name"); name != "tank" || c.Uint64(FieldCookie) != 6 {
		t.Errorf("answer %v, cookie %d", out, c.Uint64(FieldCookie))
	}
}

// An answer that does not fit is asked for again, with name and cookie as they
// were: the kernel has advanced both by then.
func TestReadIsAskedAgain(t *testing.T) {
	calls := 0
	d := NewDevice(func(_ Op, c *Cmd) error {
		calls++
		if name, cookie := c.Text(FieldName), c.Uint64(FieldCookie); name != "tank" || cookie != 40 {
			t.Errorf("call %d: name %q cookie %d, want tank and 40", calls, name, cookie)
		}
		_ = c.SetText(FieldName, "tank/child")
		c.SetUint64(FieldCookie, 41)
		return c.Answer(bigList(3 * outDefault))
	})
	c := d.Cmd()
	defer c.Release()
	_ = c.SetText(FieldName, "tank")
	c.SetUint64(FieldCookie, 40)
	if err := d.Call(context.Background(), OpDatasetListNext, c); err != nil {
		t.Fatal(err)
	}
	if calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
	if got := c.Text(FieldName); got != "tank/child" {
		t.Errorf("name %q, want tank/child", got)
	}
	if l, err := c.OutList(); err != nil || !l.Equal(bigList(3*outDefault)) {
		t.Errorf("the answer did not arrive whole: %v", err)
	}
}

// An operation that changes something must not run twice because its answer
// did not fit.
func TestChangeIsNeverRepeated(t *testing.T) {
	calls := 0
	d := NewDevice(func(_ Op, c *Cmd) error {
		calls++
		return c.Answer(bigList(2 << 20))
	})
	_, err := d.CallList(context.Background(), OpRollback, "tank/a", nil)
	var e *Error
	if !errors.As(err, &e) || !e.Executed || e.Needed < 2<<20 {
		t.Errorf("error %v, want one that says it was carried out and its answer cut", err)
	}
	if calls != 1 {
		t.Errorf("carried out %d times", calls)
	}
	if err != nil && !strings.Contains(err.Error(), "carried out") {
		t.Errorf("message %q does not say that it was carried out", err)
	}
}

// ENOMEM without a size is the kernel's own shortage, not a small buffer.
func TestGenuineENOMEM(t *testing.T) {
	calls := 0
	d := NewDevice(func(Op, *Cmd) error { calls++; return CodeNomem.Err() })
	c := d.Cmd()
	defer c.Release()
	_ = c.SetText(FieldName, "tank")
	err := d.Call(context.Background(), OpPoolStats, c)
	if !errors.Is(err, syscall.ENOMEM) || calls != 1 {
		t.Errorf("error %v after %d calls, want ENOMEM after 1", err, calls)
	}
}

// A kernel that asks for an absurd size must not make us allocate it.
func TestAbsurdAnswerSize(t *testing.T) {
	d := NewDevice(func(_ Op, c *Cmd) error {
		c.SetUint64(fieldDstSize, 1<<40)
		return CodeNomem.Err()
	})
	c := d.Cmd()
	defer c.Release()
	_ = c.SetText(FieldName, "tank")
	if err := d.Call(context.Background(), OpPoolStats, c); !errors.Is(err, nvlist.ErrLimit) {
		t.Errorf("error %v, want nvlist.ErrLimit", err)
	}
}

// Releases up to 2.4 mark the answer as filled although nothing was copied.
func TestFilledMarkAlone(t *testing.T) {
	d := NewDevice(func(_ Op, c *Cmd) error {
		c.SetUint64(fieldDstFilled, 1)
		c.SetUint64(fieldDstSize, 1<<30)
		return CodeInval.Err()
	})
	c := d.Cmd()
	defer c.Release()
	_ = c.SetText(FieldName, "tank")
	if err := d.Call(context.Background(), OpPoolStats, c); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("error %v, want EINVAL", err)
	}
	if c.Out() != nil {
		t.Errorf("an answer of %d bytes that nobody wrote", len(c.Out()))
	}
}

func TestEINTR(t *testing.T) {
	for _, tc := range []struct {
		name  string
		op    Op
		calls int
		want  error
	}{
		{"a read goes on", OpSnapshotListNext, 4, nil},
		{"a change is reported", OpDestroySnaps, 1, syscall.EINTR},
	} {
		t.Run(tc.name, func(t *testing.T) {
			calls := 0
			d := NewDevice(func(_ Op, c *Cmd) error {
				if c.Uint64(FieldCookie) != 3 {
					t.Errorf("cookie %d was not restored", c.Uint64(FieldCookie))
				}
				c.SetUint64(FieldCookie, 99)
				if calls++; calls < 4 {
					return CodeIntr.Err()
				}
				return nil
			})
			c := d.Cmd()
			defer c.Release()
			_ = c.SetText(FieldName, "tank")
			c.SetUint64(FieldCookie, 3)
			err := d.Call(context.Background(), tc.op, c)
			if !errors.Is(err, tc.want) || calls != tc.calls {
				t.Errorf("error %v after %d calls, want %v after %d", err, calls, tc.want, tc.calls)
			}
		})
	}
}

func TestCallRefusesBadNames(t *testing.T) {
	d := NewDevice(func(op Op, c *Cmd) error {
		t.Errorf("%s %q reached the kernel", op, c.Text(FieldName))
		return nil
	})
	for _, name := range []string{"", "tank//a", "tank/a\x00b", "/tank", "tank/", strings.Repeat("n", 300), "tank/ä"} {
		if _, err := d.CallList(context.Background(), OpCreate, name, nil); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
	if err := d.Call(context.Background(), Op(0x7f), d.Cmd()); !errors.Is(err, ErrNotSupported) {
		t.Errorf("a number without a row: %v, want ErrNotSupported", err)
	}
}

func TestErrorMatches(t *testing.T) {
	d := NewDevice(func(Op, *Cmd) error { return CodeNoent.Err() })
	_, err := d.CallList(context.Background(), OpGetHolds, "tank/a@s", nil)
	for _, target := range []error{fs.ErrNotExist, syscall.ENOENT, CodeNoent.Err()} {
		if !errors.Is(err, target) {
			t.Errorf("%v does not match %v", err, target)
		}
	}
	if want := `ZFS_IOC_GET_HOLDS "tank/a@s"`; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("message %q, want it to begin with %q", err, want)
	}
}

func TestClose(t *testing.T) {
	var calls atomic.Int32
	d := NewDevice(func(Op, *Cmd) error { calls.Add(1); return nil })
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second Close: %v, want fs.ErrClosed", err)
	}
	if _, err := d.CallList(context.Background(), OpGetHolds, "tank/a@s", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("call after Close: %v, want ErrClosed", err)
	}
	if err := d.Supports(OpGetHolds); !errors.Is(err, ErrClosed) {
		t.Errorf("Supports after Close: %v, want ErrClosed", err)
	}
	if calls.Load() != 0 {
		t.Error("a call reached the closed device")
	}
}

// The steady state of a walk allocates nothing.
func TestCallAllocatesNothing(t *testing.T) {
	answer, err := bigList(2800).AppendNative(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := NewDevice(func(_ Op, c *Cmd) error { return c.AnswerBytes(answer) })
	ctx := context.Background()
	c := d.Cmd()
	defer c.Release()
	_ = c.SetText(FieldName, "tank/some/filesystem/with/a/long/name/that/escapes")
	if n := testing.AllocsPerRun(100, func() {
		if err := d.Call(ctx, OpObjsetStats, c); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}
