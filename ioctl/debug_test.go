package ioctl

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/nvlist"
)

// traced is a function device with a tracer.
func traced(w *bytes.Buffer, lists bool, fn func(op Op, c *Cmd) error) *Device {
	d := NewDevice(fn)
	d.trace = newTracer(&Config{Trace: w, TraceLists: lists}, "")
	return d
}

func TestTraceShowsCalls(t *testing.T) {
	var w bytes.Buffer
	d := traced(&w, true, func(_ Op, c *Cmd) error {
		out := &nvlist.List{}
		out.SetInt32("tank/a@s", 17)
		_ = c.Answer(out)
		return CodeExist.Err()
	})
	in := &nvlist.List{}
	snaps := &nvlist.List{}
	snaps.SetBoolean("tank/a@s")
	in.SetList("snaps", snaps)
	if _, err := d.CallList(t.Context(), OpSnapshot, "tank", in); err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`zfs: SNAPSHOT "tank"`, "EEXIST", "in:", "snaps", "out:", "tank/a@s"} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("trace lacks %q:\n%s", want, w.String())
		}
	}
}

func TestTraceHidesKeys(t *testing.T) {
	key := []byte("KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKE")
	var w bytes.Buffer
	d := traced(&w, true, func(Op, *Cmd) error { return nil })
	hidden := &nvlist.List{}
	hidden.SetUint8Array("wkeydata", key)
	in := &nvlist.List{}
	in.SetList("hidden_args", hidden)
	if _, err := d.CallList(t.Context(), OpLoadKey, "tank/a", in); err != nil {
		t.Fatal(err)
	}
	trace := w.String()
	if !strings.Contains(trace, "hidden_args") {
		t.Errorf("the trace does not show that there was a key:\n%s", trace)
	}
	for _, leak := range []string{"KEYKEY", "4b4559", "4b 45 59", "75, 69, 89", "75 69 89"} {
		if strings.Contains(trace, leak) {
			t.Errorf("the trace shows key material as %q:\n%s", leak, trace)
		}
	}
}

// An error must not carry key material either.
func TestErrorHidesKeys(t *testing.T) {
	d := NewDevice(func(Op, *Cmd) error { return CodeAcces.Err() })
	hidden := &nvlist.List{}
	hidden.SetUint8Array("wkeydata", []byte("KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKE"))
	in := &nvlist.List{}
	in.SetList("hidden_args", hidden)
	_, err := d.CallList(t.Context(), OpLoadKey, "tank/a", in)
	if err == nil || strings.Contains(err.Error(), "KEY") && !strings.Contains(err.Error(), "LOAD_KEY") {
		t.Errorf("error %v", err)
	}
}

func TestTraceFromEnvironment(t *testing.T) {
	for env, want := range map[string]string{"": "off", "0": "off", "1": "calls", "2": "lists"} {
		got := "off"
		if tr := newTracer(&Config{}, env); tr != nil && tr.lists {
			got = "lists"
		} else if tr != nil {
			got = "calls"
		}
		if got != want {
			t.Errorf("ZFSDEBUG=%q traces %s, want %s", env, got, want)
		}
	}
}

// failingWriter is a trace that cannot be written.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestTraceThatFails(t *testing.T) {
	d := NewDevice(func(Op, *Cmd) error { return nil })
	d.trace = newTracer(&Config{Trace: failingWriter{}}, "")
	if _, err := d.CallList(t.Context(), OpGetHolds, "tank/a@s", nil); err != nil {
		t.Errorf("the trace's failure became the call's: %v", err)
	}
}
