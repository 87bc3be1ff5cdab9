package ioctltest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// list makes a list of one number.
func list(name string, n uint64) *nvlist.List {
	l := &nvlist.List{}
	l.SetUint64(name, n)
	return l
}

func TestDevice(t *testing.T) {
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpDestroy: func(c *ioctl.Cmd) error {
			if c.Text(ioctl.FieldName) == "tank/a" {
				return nil
			}
			return ioctl.CodeNoent.Err()
		},
		ioctl.OpPromote: func(*ioctl.Cmd) error { return errors.New("no errno at all") },
	})
	tests := []struct {
		name, target string
		op           ioctl.Op
		want         ioctl.Code
	}{
		{"handler succeeds", "tank/a", ioctl.OpDestroy, 0},
		{"handler fails", "tank/b", ioctl.OpDestroy, ioctl.CodeNoent},
		{"handler fails without errno", "tank/a", ioctl.OpPromote, ioctl.CodeIo},
		{"no handler", "tank/a", ioctl.OpRollback, ioctl.CodeIocCmdUnavail},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := dev.Cmd()
			defer c.Release()
			if err := c.SetText(ioctl.FieldName, tt.target); err != nil {
				t.Fatal(err)
			}
			err := dev.Call(t.Context(), tt.op, c)
			if got := ioctl.CodeOf(err); got != tt.want || (err == nil) != (tt.want == 0) {
				t.Errorf("error %v has code %v, want %v", err, got, tt.want)
			}
		})
	}
}

// A device knows what it has a handler for, as a module does.
func TestDeviceSupports(t *testing.T) {
	called := false
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpCreate: func(*ioctl.Cmd) error { called = true; return nil },
	})
	if err := dev.Supports(ioctl.OpCreate); err != nil {
		t.Errorf("an operation with a handler: %v", err)
	}
	if err := dev.Supports(ioctl.OpRename); !errors.Is(err, ioctl.ErrNotSupported) {
		t.Errorf("an operation without a handler: %v, want ErrNotSupported", err)
	}
	if !called {
		t.Error("the handler was not asked")
	}
}

func TestList(t *testing.T) {
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolGetProps: ioctltest.List(func(name string, in *nvlist.List) (*nvlist.List, error) {
			switch name {
			case "none":
				return nil, nil
			case "fails":
				return list("why", 7), ioctl.CodeBusy.Err()
			}
			return list(name, uint64(in.Len())), nil
		}),
	})
	tests := []struct {
		name, target string
		want         *nvlist.List
		code         ioctl.Code
	}{
		{"answer", "tank", list("tank", 0), 0},
		{"nil answer is an empty one", "none", &nvlist.List{}, 0},
		{"answer of a failure", "fails", list("why", 7), ioctl.CodeBusy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := dev.CallList(t.Context(), ioctl.OpPoolGetProps, tt.target, nil)
			if ioctl.CodeOf(err) != tt.code {
				t.Fatalf("error %v, want code %v", err, tt.code)
			}
			if diff := cmp.Diff(fmt.Sprint(tt.want), fmt.Sprint(got)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// What does not fit into the room is asked for again with more.
func TestListLargeAnswer(t *testing.T) {
	calls := 0
	large := &nvlist.List{}
	large.SetString("text", strings.Repeat("x", 300<<10))
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolGetProps: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			calls++
			return large, nil
		}),
	})
	got, err := dev.CallList(t.Context(), ioctl.OpPoolGetProps, "tank", nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := got.Text("text"); len(text) != 300<<10 {
		t.Errorf("text has %d bytes, want %d", len(text), 300<<10)
	}
	if calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
}

// A list that cannot be packed fails the call and does not end the test.
func TestListBadAnswer(t *testing.T) {
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolGetProps: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			return list("nul\x00", 1), nil
		}),
	})
	if _, err := dev.CallList(t.Context(), ioctl.OpPoolGetProps, "tank", nil); ioctl.CodeOf(err) != ioctl.CodeIo {
		t.Errorf("error %v, want EIO", err)
	}
}

// Input that is no list is refused as a kernel refuses it.
func TestListBadInput(t *testing.T) {
	bad := ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
		t.Error("the function was called")
		return nil, nil
	})
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpDestroy: func(c *ioctl.Cmd) error {
			in := c.In()
			in[len(in)/2] ^= 0xff
			in[4] = 0xff
			return bad(c)
		},
	})
	c := dev.Cmd()
	defer c.Release()
	if err := errors.Join(c.SetText(ioctl.FieldName, "tank/a"), c.SetIn(list("a", 1))); err != nil {
		t.Fatal(err)
	}
	if err := dev.Call(t.Context(), ioctl.OpDestroy, c); ioctl.CodeOf(err) != ioctl.CodeInval {
		t.Errorf("error %v, want EINVAL", err)
	}
}

func TestCheck(t *testing.T) {
	var reported []any
	wrong := errors.New("wrong")
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpDestroy: ioctltest.Check(
			func(*ioctl.Cmd) error { return ioctl.CodeExist.Err() },
			func(c *ioctl.Cmd) error {
				if c.Text(ioctl.FieldName) == "tank/bad" {
					return wrong
				}
				return nil
			},
			func(args ...any) { reported = append(reported, args...) }),
	})
	for _, name := range []string{"tank/good", "tank/bad"} {
		c := dev.Cmd()
		if err := c.SetText(ioctl.FieldName, name); err != nil {
			t.Fatal(err)
		}
		if err := dev.Call(context.Background(), ioctl.OpDestroy, c); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: error %v, want the handler's", name, err)
		}
		c.Release()
	}
	if len(reported) != 1 || reported[0] != wrong {
		t.Errorf("reported %v, want one error", reported)
	}
}

// Handlers are called by as many goroutines as the device.
func TestDeviceConcurrently(t *testing.T) {
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolGetProps: ioctltest.List(func(name string, _ *nvlist.List) (*nvlist.List, error) {
			return list(name, 1), nil
		}),
	})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			name := fmt.Sprintf("pool%d", i)
			got, err := dev.CallList(context.Background(), ioctl.OpPoolGetProps, name, nil)
			if err != nil || !got.Has(name) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		})
	}
	all.Wait()
}
