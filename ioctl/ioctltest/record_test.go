package ioctltest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// module is a device with one operation of each sort: one that walks, one that
// takes a list, one that fails, one that gives a long answer, one that is
// interrupted at times.
func module() *ioctl.Device {
	interrupted := false
	return ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpDatasetListNext: func(c *ioctl.Cmd) error {
			at := c.Uint64(ioctl.FieldCookie)
			if at == 3 {
				return ioctl.CodeSrch.Err()
			}
			c.SetUint64(ioctl.FieldCookie, at+1)
			c.SetUint64(ioctl.FieldGUID, 100+at)
			c.Bytes(ioctl.FieldObjsetStats)[0] = byte(at + 1)
			if err := c.SetText(ioctl.FieldName, fmt.Sprintf("%s/%d", c.Text(ioctl.FieldName), at)); err != nil {
				return err
			}
			return c.Answer(list("used", at))
		},
		ioctl.OpPoolGetProps: ioctltest.List(func(name string, in *nvlist.List) (*nvlist.List, error) {
			out := list("size", uint64(in.Len()))
			if name == "large" {
				out.SetString("text", strings.Repeat("x", 200<<10))
			}
			return out, nil
		}),
		ioctl.OpDestroy: func(*ioctl.Cmd) error { return ioctl.CodeBusy.Err() },
		ioctl.OpObjsetStats: func(c *ioctl.Cmd) error {
			if interrupted = !interrupted; interrupted {
				return ioctl.CodeIntr.Err()
			}
			return c.Answer(list("once", 1))
		},
	})
}

// run makes calls and says what each one gave.
func run(t *testing.T, dev *ioctl.Device) []string {
	t.Helper()
	var log []string
	note := func(err error, c *ioctl.Cmd) {
		out, oerr := c.OutList()
		log = append(log, fmt.Sprintf("%s guid=%d cookie=%d stats=%d err=%v %v\n%v", c.Text(ioctl.FieldName),
			c.Uint64(ioctl.FieldGUID), c.Uint64(ioctl.FieldCookie), c.Bytes(ioctl.FieldObjsetStats)[0], err, oerr, out))
	}
	walk := dev.Cmd()
	defer walk.Release()
	for range 4 {
		mustSet(t, walk, "tank")
		note(dev.Call(context.Background(), ioctl.OpDatasetListNext, walk), walk)
	}
	for _, op := range []ioctl.Op{ioctl.OpDestroy, ioctl.OpObjsetStats} {
		c := dev.Cmd()
		mustSet(t, c, "tank/a")
		note(dev.Call(context.Background(), op, c), c)
		c.Release()
	}
	for _, name := range []string{"tank", "large"} {
		out, err := dev.CallList(context.Background(), ioctl.OpPoolGetProps, name, nil)
		text, _ := out.Text("text")
		log = append(log, fmt.Sprint(name, " ", len(text), err, out.Len()))
	}
	return log
}

func mustSet(t *testing.T, c *ioctl.Cmd, name string) {
	t.Helper()
	if err := c.SetText(ioctl.FieldName, name); err != nil {
		t.Fatal(err)
	}
}

// mustRecord runs the calls on a device that is recorded.
func mustRecord(t *testing.T) (recording *bytes.Buffer, log []string) {
	t.Helper()
	recording = &bytes.Buffer{}
	r := ioctltest.NewRecorder(recording)
	log = run(t, r.Record(module()))
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return recording, log
}

func TestReplay(t *testing.T) {
	recording, want := mustRecord(t)
	if diff := cmp.Diff(run(t, module()), want); diff != "" {
		t.Errorf("recording changed the answers (-plain +recorded):\n%s", diff)
	}
	dev, err := ioctltest.Replay(recording, t.Error)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, run(t, dev)); diff != "" {
		t.Errorf("replay (-want +got):\n%s", diff)
	}
}

// Calls that are alike get their answers in turn, and then the last one again.
func TestReplayInTurn(t *testing.T) {
	n := uint64(0)
	var recording bytes.Buffer
	r := ioctltest.NewRecorder(&recording)
	counting := r.Record(ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolGetProps: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			n++
			return list("n", n), nil
		}),
	}))
	ask := func(dev *ioctl.Device) uint64 {
		out, err := dev.CallList(context.Background(), ioctl.OpPoolGetProps, "tank", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := out.Uint("n")
		return got
	}
	for range 3 {
		ask(counting)
	}
	dev, err := ioctltest.Replay(&recording, t.Error)
	if err != nil {
		t.Fatal(err)
	}
	var got []uint64
	for range 5 {
		got = append(got, ask(dev))
	}
	if diff := cmp.Diff([]uint64{1, 2, 3, 3, 3}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestReplayUnexpected(t *testing.T) {
	recording, _ := mustRecord(t)
	var reported []error
	dev, err := ioctltest.Replay(recording, func(args ...any) {
		for _, arg := range args {
			reported = append(reported, arg.(error))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c := dev.Cmd()
	defer c.Release()
	mustSet(t, c, "tank/never")
	err = dev.Call(t.Context(), ioctl.OpDestroy, c)
	if !errors.Is(err, ioctl.ErrNotSupported) {
		t.Errorf("error %v, want ErrNotSupported", err)
	}
	if len(reported) != 1 || !errors.Is(reported[0], ioctltest.ErrUnexpected) {
		t.Fatalf("reported %v, want one ErrUnexpected", reported)
	}
	if text := reported[0].Error(); !strings.Contains(text, "ZFS_IOC_DESTROY") || !strings.Contains(text, "tank/never") {
		t.Errorf("report %q names neither operation nor target", text)
	}
}

func TestReplayMalformed(t *testing.T) {
	tests := []struct{ name, text string }{
		{"no JSON", "zfs"},
		{"cut", `{"op":"ZFS_IOC_DESTROY","name":"ta`},
		{"wrong type", `{"op":7}`},
		{"no base64", `{"op":"ZFS_IOC_DESTROY","in":"*"}`},
		{"second line", "{\"op\":\"ZFS_IOC_DESTROY\"}\n}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dev, err := ioctltest.Replay(strings.NewReader(tt.text), t.Error)
			if err == nil || dev != nil || !strings.Contains(err.Error(), "recording") {
				t.Errorf("Replay = %v, %v, want an error about the recording", dev, err)
			}
		})
	}
}

// What a recording holds is untrusted: it fails the call, and does not panic.
func TestReplayHostile(t *testing.T) {
	long := strings.Repeat("x", 5000)
	tests := []struct{ name, text string }{
		{"long name", `{"op":"ZFS_IOC_DESTROY","name":"tank/a","out_name":"` + long + `"}`},
		{"NUL in the name", `{"op":"ZFS_IOC_DESTROY","name":"tank/a","out_name":"a\u0000b"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dev, err := ioctltest.Replay(strings.NewReader(tt.text), t.Error)
			if err != nil {
				t.Fatal(err)
			}
			c := dev.Cmd()
			defer c.Release()
			mustSet(t, c, "tank/a")
			if err := dev.Call(t.Context(), ioctl.OpDestroy, c); ioctl.CodeOf(err) != ioctl.CodeIo {
				t.Errorf("error %v, want EIO", err)
			}
		})
	}
}

func TestRecorderRefusesSecrets(t *testing.T) {
	secret := list("wkeydata", 0xdeadbeef)
	nested, array := &nvlist.List{}, &nvlist.List{}
	nested.SetList("props", secret)
	array.SetLists("children", []*nvlist.List{{}, secret})
	tests := []struct {
		name     string
		in, conf *nvlist.List
	}{
		{"top", secret, nil},
		{"nested", nested, nil},
		{"in an array", array, nil},
		{"configuration", nil, secret},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var recording bytes.Buffer
			r := ioctltest.NewRecorder(&recording)
			dev := r.Record(ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
				ioctl.OpDestroy: func(*ioctl.Cmd) error { t.Error("the call was made"); return nil },
			}))
			c := dev.Cmd()
			defer c.Release()
			mustSet(t, c, "tank/a")
			if err := errors.Join(c.SetIn(tt.in), c.SetConf(tt.conf)); err != nil {
				t.Fatal(err)
			}
			if err := dev.Call(t.Context(), ioctl.OpDestroy, c); err == nil {
				t.Error("the call succeeded")
			}
			if err := r.Err(); !errors.Is(err, ioctltest.ErrSecret) {
				t.Errorf("Err() = %v, want ErrSecret", err)
			}
			if recording.Len() > 0 {
				t.Errorf("recorded: %s", &recording)
			}
		})
	}
}

// fullWriter takes nothing.
type fullWriter struct{ err error }

func (w fullWriter) Write([]byte) (int, error) { return 0, w.err }

// An error of the writer spoils the recording, not the call.
func TestRecorderWriteError(t *testing.T) {
	full := errors.New("disk full")
	r := ioctltest.NewRecorder(fullWriter{full})
	dev := r.Record(module())
	if _, err := dev.CallList(t.Context(), ioctl.OpPoolGetProps, "tank", nil); err != nil {
		t.Errorf("call: %v", err)
	}
	if err := r.Err(); !errors.Is(err, full) {
		t.Errorf("Err() = %v, want %v", err, full)
	}
}

// Input that is no list is not recorded: nobody could tell what it holds.
func TestRecorderMalformedInput(t *testing.T) {
	var recording bytes.Buffer
	r := ioctltest.NewRecorder(&recording)
	inner := r.Record(module())
	dev := inner.Tap(func(_ ioctl.Op, c *ioctl.Cmd, next func() error) error {
		c.In()[4] = 0xff
		return next()
	})
	c := dev.Cmd()
	defer c.Release()
	mustSet(t, c, "tank/a")
	if err := c.SetIn(list("a", 1)); err != nil {
		t.Fatal(err)
	}
	if err := dev.Call(t.Context(), ioctl.OpObjsetStats, c); ioctl.CodeOf(err) != ioctl.CodeIo {
		t.Errorf("error %v, want EIO", err)
	}
	if r.Err() == nil || recording.Len() > 0 {
		t.Errorf("Err() = %v, recorded %q", r.Err(), &recording)
	}
}
