package zfs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustPoints reads snapshots and bookmarks from a text: "@a=1 #m=1 @b=2". The
// number is GUID and transaction group.
func mustPoints(t *testing.T, text string) (points []sendPoint) {
	t.Helper()
	for f := range strings.FieldsSeq(text) {
		name, guid, _ := strings.Cut(f, "=")
		n := mustNumber(t, guid)
		points = append(points, sendPoint{"t" + name, n, n})
	}
	return points
}

func TestPlanReplicate(t *testing.T) {
	token := func(from, to uint64) string {
		text, err := (&stream.Token{FromGUID: from, ToGUID: to, ToName: "t@x"}).Text()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	tests := []struct {
		name   string
		points string
		state  wireState
		all    bool
		want   string
		err    error
	}{
		{"nothing there", "@a=1 @b=2 @c=3", wireState{}, false, "@c", nil},
		{"nothing there, all", "@a=1 @b=2 @c=3", wireState{}, true, "@a", nil},
		{"has it", "@a=1 @c=3", wireState{Exists: true, Snapshots: []uint64{1, 3}}, false, "", nil},
		{"has it, but holds a part of another", "@a=1 @c=3", wireState{Snapshots: []uint64{3}, Token: token(0, 1)}, false, "", nil},
		{"one common", "@a=1 @b=2 @c=3", wireState{Snapshots: []uint64{1}}, false, "@c<t@a", nil},
		{"one common, all", "@a=1 @b=2 @c=3", wireState{Snapshots: []uint64{1}}, true, "@b<t@a", nil},
		{"the later one", "@a=1 @b=2 @c=3", wireState{Snapshots: []uint64{1, 2, 77}}, false, "@c<t@b", nil},
		{"a bookmark", "#m=2 @c=3", wireState{Snapshots: []uint64{1, 2}}, false, "@c<t#m", nil},
		{"rather a snapshot", "#m=2 @b=2 #n=2 @c=3", wireState{Snapshots: []uint64{2}}, false, "@c<t@b", nil},
		{"only later ones", "@c=3 @d=4", wireState{Snapshots: []uint64{4}}, false, "", ErrSourceMissing},
		{"none in common", "@a=1 @c=3", wireState{Snapshots: []uint64{8, 9}}, false, "", ErrSourceMissing},
		{"interrupted", "@a=1 @c=3", wireState{Token: token(0, 3)}, false, "resume @c", nil},
		{"interrupted on the way", "@a=1 @b=2 @c=3", wireState{Snapshots: []uint64{1}, Token: token(1, 2)}, true, "resume @b<t@a", nil},
		{"interrupted from a bookmark", "#m=1 @c=3", wireState{Snapshots: []uint64{1}, Token: token(1, 3)}, false, "resume @c<t#m", nil},
		{"interrupted, of an earlier snapshot", "@a=1 @b=2 @c=3", wireState{Snapshots: []uint64{1}, Token: token(1, 2)}, false, "abort @c<t@a", nil},
		{"interrupted, of a later snapshot", "@a=1 @c=3 @d=4", wireState{Snapshots: []uint64{1}, Token: token(1, 4)}, false, "abort @c<t@a", nil},
		{"interrupted, from another one", "@a=1 @b=2 @c=3", wireState{Snapshots: []uint64{1, 2}, Token: token(1, 3)}, false, "abort @c<t@b", nil},
		{"the snapshot was destroyed", "@a=1 #x=2 @c=3", wireState{Token: token(0, 2)}, false, "abort @c", nil},
		{"its source was destroyed", "@b=2 @c=3", wireState{Token: token(1, 3)}, false, "abort @c", nil},
		{"a token that is not one", "@c=3", wireState{Token: "1-2-3"}, false, "", ErrProtocol},
		{"forbidden on the way", "@a=1 @no=2 @c=3", wireState{Snapshots: []uint64{1}}, true, "@c<t@a", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			points := mustPoints(t, tt.points)
			wanted := points[slices.IndexFunc(points, func(p sendPoint) bool { return p.name == "t@c" })]
			opts := &ReplicateOptions{Intermediates: tt.all, Snapshots: func(name string) bool { return name != "t@no" }}
			step, err := planReplicate(points, &tt.state, wanted, opts)
			if err != nil {
				step = nil
			}
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, describeStep(step)); diff != "" {
				t.Errorf("step (-want +got):\n%s", diff)
			}
		})
	}
}

// describeStep writes a step down.
func describeStep(s *replicateStep) string {
	if s == nil {
		return ""
	}
	text := strings.TrimPrefix(s.snapshot, "t")
	if s.from != "" {
		text += "<" + s.from
	}
	switch {
	case s.abort:
		text = "abort " + text
	case s.resume != nil:
		text = "resume " + text
	}
	return strings.TrimSpace(text)
}

// frame returns a frame made by hand.
func frame(kind byte, size int, body string) string {
	return string([]byte{kind, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}) + body
}

// A connection that is not a replication is reported immediately.
func TestReplicateGreeting(t *testing.T) {
	hello := `{"protocol":"purezfs-replicate","version":1}`
	tests := []struct {
		name string
		in   string
		want error
	}{
		{"newer", frame('M', 44, strings.Replace(hello, "1}", "9}", 1)), nil},
		{"alike", frame('M', 44, hello), nil},
		{"nothing", "", io.ErrUnexpectedEOF},
		{"half a head", "M\x00", io.ErrUnexpectedEOF},
		{"half a message", frame('M', 44, hello[:20]), io.ErrUnexpectedEOF},
		{"a login banner", "Welcome to the machine\n", ErrProtocol},
		{"too long", frame('M', 1<<30, hello), ErrProtocol},
		{"as long as can be", frame('M', -1, hello), ErrProtocol},
		{"a length alone", frame('M', 4<<10, hello), io.ErrUnexpectedEOF},
		{"longer than a hello can be", frame('M', 4<<10+1, hello), ErrProtocol},
		{"no JSON", frame('M', 5, "hello"), ErrProtocol},
		{"another protocol", frame('M', 28, `{"protocol":"x","version":1}`), ErrProtocol},
		{"version 0", frame('M', 44, strings.Replace(hello, "1}", "0}", 1)), ErrProtocol},
		{"data", frame('D', 1, "x"), ErrProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			w := newWire(t.Context(), ReplicateConn{iotest.OneByteReader(strings.NewReader(tt.in)), &out})
			if err := w.greet(); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if tt.want == nil && out.String() != frame('M', 44, hello) {
				t.Errorf("said %q", out.String())
			}
		})
	}
}

// The size of a message is limited before it is decoded.
func TestReplicateMessageBounds(t *testing.T) {
	guids := func(n int) string { return `{"snapshots":[` + strings.Repeat("1,", n-1) + "1]}" }
	kinds := func(n int) string { return `{"error":{"kinds":[` + strings.Repeat(`"busy",`, n-1) + `"busy"]}}` }
	tests := []struct {
		name    string
		in      string
		message any
		want    error
	}{
		{"a state", guids(maxGUIDs), &wireState{}, nil},
		{"one GUID more", guids(maxGUIDs + 1), &wireState{}, ErrProtocol},
		{"a long state", guids(700000), &wireState{}, ErrProtocol},
		{"a state that is too long", strings.Repeat(" ", maxState+1), &wireState{}, ErrProtocol},
		{"a long token", `{"token":"` + strings.Repeat("1", maxToken+1) + `"}`, &wireState{}, ErrProtocol},
		{"deep", strings.Repeat("[", 1<<20), &wireState{}, ErrProtocol},
		{"a result", kinds(500), &wireResult{}, nil},
		{"many kinds", kinds(600), &wireResult{}, ErrProtocol},
		{"a long order", `{"snapshot":"` + strings.Repeat("x", maxMessage) + `"}`, &wireOrder{}, ErrProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t.Context(), ReplicateConn{strings.NewReader(frame('M', len(tt.in), tt.in)), nil})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := w.hear(t.Context(), tt.message)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
				t.Errorf("%d bytes of memory for a message of %d", used, len(tt.in))
			}
			if r, ok := tt.message.(*wireResult); ok && tt.want == nil && len(r.Error.err().(*FarError).kinds) != 1 {
				t.Errorf("error %#v", r.Error.err())
			}
		})
	}
}

// A stream comes out as it went in, and ends as it was ended.
func TestReplicateStream(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 300000)
	reason := fmt.Errorf("%w: gone", ErrNotFound)
	tests := []struct {
		name string
		end  func(*wire) error
		want error
	}{
		{"complete", func(w *wire) error { return w.put(nil, appendFrame(nil, frameEnd, nil)) }, nil},
		{"given up", func(w *wire) error { return w.say(frameAbort, newWireError(reason)) }, ErrFarMissing},
		{"cut", func(*wire) error { return nil }, io.ErrUnexpectedEOF},
		{"message", func(w *wire) error { return w.say(frameMessage, wireResult{}) }, ErrProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			out := newWire(t.Context(), ReplicateConn{nil, &b})
			if n, err := (&wireWriter{wire: out, wireStop: newWireStop(), most: 1 << 40}).Write(data); n != len(data) || err != nil {
				t.Fatalf("%d bytes, %v", n, err)
			}
			if err := tt.end(out); err != nil {
				t.Fatal(err)
			}
			b.WriteString("what follows")
			if tt.name == "cut" {
				b.Truncate(b.Len() - len("what follows") - 1)
			}
			in := &wireReader{wire: newWire(t.Context(), ReplicateConn{iotest.HalfReader(&b), nil}), wireStop: newWireStop(), most: 1 << 40}
			got, err := io.ReadAll(in)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if !bytes.HasPrefix(data, got) || len(got) < len(data)-1 {
				t.Errorf("%d bytes of %d, or others", len(got), len(data))
			}
			if tt.want == nil && b.String() != "what follows" {
				t.Errorf("%q is left", b.String())
			}
		})
	}
}

// An error keeps its meaning when it is sent to the other end.
func TestFarError(t *testing.T) {
	b, err := json.Marshal(newWireError(fmt.Errorf("zfs: recv new: %w", ErrModified)))
	if err != nil {
		t.Fatal(err)
	}
	var e wireError
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	far := e.err()
	if !errors.Is(far, ErrModified) || errors.Is(far, ErrBusy) || far.Error() != "the other end: "+ErrModified.Error() {
		t.Errorf("error %v", far)
	}
	// Something missing at the other end is not missing here.
	if far := newWireError(ErrNotFound).err(); !errors.Is(far, ErrFarMissing) || errors.Is(far, ErrNotFound) || errors.Is(far, fs.ErrNotExist) {
		t.Errorf("error %v", far)
	}
	hostile := &wireError{Text: "\x1b[2J\n" + strings.Repeat("é", 1000), Kinds: []string{"unknown"}}
	if text := hostile.err().Error(); len(text) > 2000 || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("error %q", text)
	}
	if e := newWireError(errors.New("tank/secret@s: odd")); strings.Contains(e.Text, "tank") {
		t.Errorf("the other end receives %q", e.Text)
	}
	if newWireError(nil).err() != nil {
		t.Error("an error of none")
	}
}

// An end whose other end is silent ends with its context.
func TestReplicateStalled(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	r, _ := io.Pipe()
	_, w := io.Pipe()
	c, err := Open(&Options{Device: ioctl.NewDevice(func(ioctl.Op, *ioctl.Cmd) error { return ioctl.CodeNoent.Err() }), Release: ioctl.Release{Major: 2, Minor: 4}})
	if err != nil {
		t.Fatal(err)
	}
	err = c.ReplicateReceive(ctx, "tank/a", ReplicateConn{r, w}, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// What the two ends refuse before they send anything.
func TestReplicateNames(t *testing.T) {
	c := &Client{}
	if _, err := c.ReplicateSend(t.Context(), "tank/a", ReplicateConn{}, nil); !errors.Is(err, ErrInvalidName) {
		t.Errorf("send: %v", err)
	}
	if err := c.ReplicateReceive(t.Context(), "tank/a@s", ReplicateConn{}, nil); !errors.Is(err, ErrInvalidName) {
		t.Errorf("receive: %v", err)
	}
}
