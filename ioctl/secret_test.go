package ioctl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/nvlist"
)

// testKey is what must not be seen.
func testKey() []byte { return []byte("KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKE") }

func TestCallListKey(t *testing.T) {
	var seen *Cmd
	var got string
	d := NewDevice(func(_ Op, c *Cmd) error {
		seen = c
		l, err := nvlist.Decode(c.In(), nil)
		if err != nil {
			t.Error(err)
		}
		got = fmt.Sprint(l)
		return CodeAcces.Err()
	})
	in := &nvlist.List{}
	in.SetBoolean("noop")
	if _, err := d.CallListKey(t.Context(), OpLoadKey, "tank/a", KeyInput{in, testKey()}); CodeOf(err) != CodeAcces {
		t.Fatal(err)
	}
	want := &nvlist.List{}
	hidden := &nvlist.List{}
	hidden.SetUint8Array("wkeydata", testKey())
	want.SetBoolean("noop")
	want.SetList("hidden_args", hidden)
	if got != fmt.Sprint(want) {
		t.Errorf("sent\n%s\nwant\n%s", got, want)
	}
	if in.Len() != 1 {
		t.Errorf("the caller's list has %d pairs now", in.Len())
	}
	checkWiped(t, seen)
}

// checkWiped looks for key material in the buffers of a command.
func checkWiped(t *testing.T, c *Cmd) {
	t.Helper()
	if bytes.Contains(c.src[:cap(c.src)], []byte("KEYKEY")) {
		t.Error("the key is left in the input's buffer")
	}
	if c.secret != nil {
		t.Error("the place of the key is left")
	}
}

func TestCallListKeyRefuses(t *testing.T) {
	d := NewDevice(func(op Op, _ *Cmd) error {
		t.Errorf("%s reached the kernel", op)
		return nil
	})
	own := &nvlist.List{}
	own.SetList("hidden_args", nil)
	unknown := &nvlist.List{}
	unknown.SetBoolean("nosuch")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name   string
		ctx    context.Context
		target string
		in     *nvlist.List
		key    []byte
	}{
		{"no key", t.Context(), "tank/a", nil, nil},
		{"short key", t.Context(), "tank/a", nil, testKey()[1:]},
		{"long key", t.Context(), "tank/a", nil, append(testKey(), 0)},
		{"hidden arguments", t.Context(), "tank/a", own, testKey()},
		{"unknown key", t.Context(), "tank/a", unknown, testKey()},
		{"bad name", t.Context(), "tank//a", nil, testKey()},
		{"ended context", cancelled, "tank/a", nil, testKey()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := d.CallListKey(tc.ctx, OpLoadKey, tc.target, KeyInput{tc.in, tc.key})
			if err == nil || strings.Contains(err.Error(), "KEYKEY") {
				t.Errorf("error %v", err)
			}
			checkWiped(t, d.Cmd())
		})
	}
}

// A key whose call is left behind in the kernel is zeroed when that ends.
func TestCallListKeyLeftBehind(t *testing.T) {
	entered, release := make(chan *Cmd), make(chan struct{})
	d := NewDevice(func(_ Op, c *Cmd) error {
		entered <- c
		<-release
		if !bytes.Contains(c.In(), testKey()) {
			t.Error("the key was gone while the kernel could read it")
		}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := d.CallListKey(ctx, OpLoadKey, "tank/a", KeyInput{nil, testKey()})
		result <- err
	}()
	c := <-entered
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	close(release)
	waitFor(t, "the stuck call to end", func() bool { return len(d.Stuck()) == 0 })
	checkWiped(t, c)
}

// A trace shows that there was a key and nothing of it.
func TestTraceHidesKeyOfCall(t *testing.T) {
	var w bytes.Buffer
	d := traced(&w, true, func(Op, *Cmd) error { return nil })
	if _, err := d.CallListKey(t.Context(), OpLoadKey, "tank/a", KeyInput{nil, testKey()}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.String(), "hidden_args") {
		t.Errorf("the trace does not show that there was a key:\n%s", w.String())
	}
	for _, leak := range []string{"KEYKEY", "4b4559", "4b 45 59", "75, 69, 89", "75 69 89"} {
		if strings.Contains(w.String(), leak) {
			t.Errorf("the trace shows key material as %q:\n%s", leak, w.String())
		}
	}
}
