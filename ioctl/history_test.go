package ioctl

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
)

// historian is a module that notes what it is sent.
type historian struct {
	mu   sync.Mutex
	sent []string
	fail map[Op]Code
}

func (h *historian) answer(op Op, c *Cmd) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	line := strings.TrimPrefix(op.String(), "ZFS_IOC_") + " " + c.Text(FieldName)
	if op == OpLogHistory {
		in, err := nvlist.Decode(c.In(), nil)
		if err != nil {
			return err
		}
		text, _ := in.Text("message")
		line += text
	}
	if len(c.history) > 0 {
		line += " " + string(c.history)
	}
	h.sent = append(h.sent, line)
	if code, ok := h.fail[op]; ok {
		return code.Err()
	}
	return nil
}

// create makes one call.
func create(ctx context.Context, d *Device, name string) error {
	in := &nvlist.List{}
	in.SetInt32("type", 2)
	_, err := d.CallList(ctx, OpCreate, name, in)
	return err
}

// simple makes a call without an input.
func simple(ctx context.Context, d *Device, op Op, name string) error {
	c := d.Cmd()
	defer c.Release()
	if err := c.SetText(FieldName, name); err != nil {
		return err
	}
	return d.Call(ctx, op, c)
}

// program makes the call for a program that changes something, or does not.
func program(ctx context.Context, d *Device, sync bool) error {
	in := &nvlist.List{}
	in.SetString("program", "return 0")
	in.SetList("arg", &nvlist.List{})
	in.SetBooleanValue("sync", sync)
	_, err := d.CallList(ctx, OpChannelProgram, "tank", in)
	return err
}

func TestWithHistory(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(ctx context.Context, d *Device) error
		want []string
	}{
		{"nvlist", func(ctx context.Context, d *Device) error { return create(ctx, d, "tank/a") }, []string{"CREATE tank/a", "LOG_HISTORY cmd"}},
		{"legacy", func(ctx context.Context, d *Device) error { return simple(ctx, d, OpDestroy, "tank/a") }, []string{"DESTROY tank/a", "LOG_HISTORY cmd"}},
		{"reading", func(ctx context.Context, d *Device) error { return simple(ctx, d, OpObjsetStats, "tank/a") }, []string{"OBJSET_STATS tank/a"}},
		{"no record of it", func(ctx context.Context, d *Device) error { return simple(ctx, d, OpUserspaceUpgrade, "tank") }, []string{"USERSPACE_UPGRADE tank"}},
		{"the kernel writes it", func(ctx context.Context, d *Device) error { return simple(ctx, d, OpPoolExport, "tank") }, []string{"POOL_EXPORT tank cmd\x00"}},
		{"each its own", func(ctx context.Context, d *Device) error {
			return errors.Join(create(ctx, d, "tank/a"), create(ctx, d, "tank/b"))
		}, []string{"CREATE tank/a", "LOG_HISTORY cmd", "CREATE tank/b", "LOG_HISTORY cmd"}},
		{"one between them", func(ctx context.Context, d *Device) error {
			ctx = HistoryOnce(HistoryOnce(ctx))
			return errors.Join(create(ctx, d, "tank/a"), create(HistoryOnce(ctx), d, "tank/b"))
		}, []string{"CREATE tank/a", "LOG_HISTORY cmd", "CREATE tank/b"}},
		{"ended", func(ctx context.Context, d *Device) error { return create(WithHistory(ctx, ""), d, "tank/a") }, []string{"CREATE tank/a"}},
		{"a program that writes", func(ctx context.Context, d *Device) error { return program(ctx, d, true) }, []string{"CHANNEL_PROGRAM tank", "LOG_HISTORY cmd"}},
		{"a program that reads", func(ctx context.Context, d *Device) error { return program(ctx, d, false) }, []string{"CHANNEL_PROGRAM tank"}},
		{"a command used again", func(ctx context.Context, d *Device) error {
			c := d.Cmd()
			defer c.Release()
			_ = c.SetText(FieldName, "tank/a")
			return errors.Join(d.Call(ctx, OpDestroy, c), d.Call(WithHistory(ctx, ""), OpDestroy, c))
		}, []string{"DESTROY tank/a", "LOG_HISTORY cmd", "DESTROY tank/a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cancelable, cancel := context.WithCancel(context.Background())
			defer cancel()
			for _, ctx := range []context.Context{context.Background(), cancelable} {
				h := &historian{}
				if err := tc.do(WithHistory(ctx, "cmd"), NewDevice(h.answer)); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(tc.want, h.sent); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestNoHistoryWithoutAsking(t *testing.T) {
	h := &historian{}
	if err := create(HistoryOnce(t.Context()), NewDevice(h.answer), "tank/a"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"CREATE tank/a"}, h.sent); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// What failed leaves no record, and the next that succeeds does.
func TestHistoryOfFailure(t *testing.T) {
	h := &historian{fail: map[Op]Code{OpCreate: CodeExist}}
	ctx := HistoryOnce(WithHistory(t.Context(), "cmd"))
	d := NewDevice(h.answer)
	if err := create(ctx, d, "tank/a"); CodeOf(err) != CodeExist {
		t.Errorf("error %v, want EEXIST", err)
	}
	h.fail = nil
	if err := create(ctx, d, "tank/b"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"CREATE tank/a", "CREATE tank/b", "LOG_HISTORY cmd"}, h.sent); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// A record that the kernel refuses is no failure of the operation.
func TestHistoryRefused(t *testing.T) {
	h := &historian{fail: map[Op]Code{OpLogHistory: CodePerm}}
	err := create(WithHistory(t.Context(), "cmd"), NewDevice(h.answer), "tank/a")
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrHistory) || !e.Executed || e.Op != OpCreate || e.Name != "tank/a" {
		t.Fatalf("error %#v, want ErrHistory of CREATE, carried out", err)
	}
	if code := CodeOf(err); code != 0 {
		t.Errorf("the operation seems to have failed with %s", code.Name())
	}
	want := `ZFS_IOC_CREATE "tank/a": carried out, but without its record in the pool's history: EPERM`
	if !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "may have been") {
		t.Errorf("message %q, want it to begin with %q", err, want)
	}
}

func TestHistoryText(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       error
	}{
		{"longest", strings.Repeat("x", MaxHistory), nil},
		{"any bytes", "zfs set a:b=\xff\n\"", nil},
		{"too long", strings.Repeat("x", MaxHistory+1), ErrHistoryText},
		{"NUL", "a\x00b", ErrHistoryText},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := &historian{}
			err := create(WithHistory(t.Context(), tc.text), NewDevice(h.answer), "tank/a")
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if carried := len(h.sent) > 0; carried != (tc.want == nil) {
				t.Errorf("the kernel was sent %q", h.sent)
			}
		})
	}
}

// A call that its caller has given up leaves its record when it ends.
func TestHistoryOfAbandonedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &historian{}
		hang := make(chan struct{})
		d := NewDevice(func(op Op, c *Cmd) error {
			if op == OpCreate {
				<-hang
			}
			return h.answer(op, c)
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			synctest.Wait()
			cancel()
		}()
		if err := create(WithHistory(ctx, "cmd"), d, "tank/a"); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		close(hang)
		synctest.Wait()
		if !slices.Equal(h.sent, []string{"CREATE tank/a", "LOG_HISTORY cmd"}) {
			t.Errorf("calls %q", h.sent)
		}
		if stuck := d.Stuck(); len(stuck) > 0 {
			t.Errorf("left behind: %v", stuck)
		}
	})
}

func TestHistoryIsTraced(t *testing.T) {
	var w bytes.Buffer
	d := traced(&w, true, func(Op, *Cmd) error { return nil })
	if err := create(WithHistory(t.Context(), "zfs create x"), d, "tank/a"); err != nil {
		t.Fatal(err)
	}
	first, second := strings.Index(w.String(), `CREATE "tank/a"`), strings.Index(w.String(), "LOG_HISTORY")
	if first < 0 || second < first || !strings.Contains(w.String(), "zfs create x") {
		t.Errorf("trace:\n%s", w.String())
	}
}
