package zfs_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// leftovers are the goroutines and descriptors that there are.
func leftovers(t *testing.T) (goroutines, descriptors int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	testkit.Must(t, err)
	return runtime.NumGoroutine(), len(fds)
}

// checkNoLeftovers waits until there are no more than before.
func checkNoLeftovers(t *testing.T, goroutines, descriptors int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		g, d := leftovers(t)
		if g <= goroutines && d <= descriptors {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d goroutines and %d descriptors, there were %d and %d", g, d, goroutines, descriptors)
		}
	}
}

// brokenReader ends a stream early, in each way that a reader can.
type brokenReader struct {
	b    []byte
	mode int
	done context.CancelFunc
}

var errBroken = errors.New("the line is dead")

func (r *brokenReader) Read(b []byte) (int, error) {
	n := copy(b, r.b)
	r.b = r.b[n:]
	if len(r.b) > 0 {
		return n, nil
	}
	switch r.mode {
	case 0:
		return n, io.EOF // data and the end together
	case 1:
		return n, errBroken
	}
	if n == 0 {
		r.done()
		return 0, context.Canceled
	}
	return n, nil
}

// A transfer that is interrupted at any byte, by the end, by an error or by the
// context, is resumed until it is whole.
func TestKernelReceiveInterrupted(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -o mountpoint=/tmp/P/src P/src
dd if=/dev/urandom of=/tmp/P/src/random bs=64k count=12 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9; do echo $i > /tmp/P/src/$i; done
zfs snapshot P/src@a
dd if=/dev/urandom of=/tmp/P/src/random bs=64k count=6 conv=notrunc 2>/dev/null
zfs snapshot P/src@b
`, "P", pool))
	goroutines, descriptors := leftovers(t)
	seed := [32]byte{}
	_, _ = rand.Read(seed[:])
	t.Logf("seed %x", seed)
	random := mathrand.New(mathrand.NewChaCha8(seed))
	want := map[string]string{"@a": contents(t, c, pool+"/src@a"), "@b": contents(t, c, pool+"/src@b")}
	for i, breaks := 0, 0; breaks < soaks(t, 8) || i%2 == 1; i++ {
		snap, opts := "@a", &zfs.SendOptions{}
		if i%2 == 1 { // onto the one before
			snap, opts.From = "@b", "@a"
		}
		b := mustSend(t, c, pool+"/src"+snap, opts)
		for token := ""; ; {
			cut := random.IntN(len(b) + len(b)/2)
			ctx, cancel := context.WithCancel(t.Context())
			r := &brokenReader{b: b[:min(cut, len(b))], mode: random.IntN(3), done: cancel}
			_, err := c.Receive(ctx, pool+"/copy", r, &zfs.ReceiveOptions{Resumable: true})
			cancel()
			if cut >= len(b) {
				testkit.Must(t, err)
				break
			}
			var part *zfs.PartialError
			if errors.As(err, &part) {
				token = part.Token
			}
			wantErr := []error{zfs.ErrTruncated, errBroken, context.Canceled}[r.mode]
			if !errors.Is(err, wantErr) || token != "" && part == nil {
				t.Fatalf("cut at %d of %d by %d: %v", cut, len(b), r.mode, err)
			}
			if breaks++; breaks%100 == 0 {
				t.Logf("%d interruptions", breaks)
			}
			if token != "" {
				var rest bytes.Buffer
				testkit.Must(t, c.SendResume(t.Context(), token, &rest, nil))
				b = rest.Bytes()
			}
		}
		if mustGUID(t, c, pool+"/copy"+snap) != mustGUID(t, c, pool+"/src"+snap) || contents(t, c, pool+"/copy"+snap) != want[snap] {
			t.Fatalf("round %d: the copy of %s is another", i, snap)
		}
		if i%2 == 1 {
			zfstest.Run(t, "zfs", "destroy", "-r", pool+"/copy")
		}
	}
	checkNoLeftovers(t, goroutines, descriptors)
}

func TestKernelReceiveFails(t *testing.T) {
	c := zfstest.Kernel(t)
	pool, small := zfstest.Pool(t, nil), zfstest.Pool(t, &zfstest.PoolOptions{Size: 64 << 20})
	mustSendTree(t, pool)
	full := mustSend(t, c, pool+"/src@a", nil)
	step := mustSend(t, c, pool+"/src@b", &zfs.SendOptions{From: "@a"})
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -o mountpoint=/tmp/P/big -o compression=off P/big
dd if=/dev/urandom of=/tmp/P/big/f bs=1M count=60 2>/dev/null
zfs snapshot P/big@a
zfs create -V 1M P/vol
`, "P", pool))
	testkit.Must(t, receiveBytes(t, c, pool+"/dst", full, nil))
	testkit.Must(t, receiveBytes(t, c, pool+"/changed@a", full, &zfs.ReceiveOptions{Override: prop.Values{prop.Mountpoint: prop.String("/tmp/" + pool + "/changed")}}))
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll("zfs mount P/changed && echo changed > /tmp/P/changed/tiny && zpool sync P", "P", pool))
	flip := bytes.Clone(full)
	flip[len(flip)/2] ^= 1
	goroutines, descriptors := leftovers(t)
	force := &zfs.ReceiveOptions{Force: true}
	for _, tc := range []struct {
		name string
		to   string
		b    []byte
		opts *zfs.ReceiveOptions
		want error
	}{
		{"exists", "/dst", full, nil, zfs.ErrExists},
		{"nothing to increment", "/new", step, nil, zfs.ErrNotFound},
		{"other source", "/idle", step, nil, zfs.ErrSourceMissing},
		{"modified", "/changed", step, nil, zfs.ErrModified},
		{"modified, force", "/changed", step, force, nil},
		{"no parent", "/none/new", full, nil, zfs.ErrNotFound},
		{"below a volume", "/vol/new", full, nil, zfs.ErrWrongParent},
		{"bit flip", "/new", flip, nil, zfs.ErrStream},
		{"garbage", "/new", bytes.Repeat([]byte("x"), 1000), nil, zfs.ErrStream},
		{"nothing", "/new", nil, nil, zfs.ErrTruncated},
		{"half a record", "/new", full[:100], nil, io.ErrUnexpectedEOF},
		{"a record", "/new", full[:312], nil, zfs.ErrTruncated},
		{"half", "/new", full[:len(full)/2], nil, zfs.ErrTruncated},
		{"no end", "/new", full[:len(full)-312], nil, zfs.ErrTruncated},
		{"garbage inside", "/new", append(bytes.Clone(full[:312]), bytes.Repeat([]byte("x"), 1000)...), nil, zfs.ErrStream},
		{"resumes nothing", "/dst", mustResumed(t, c, pool, full), nil, zfs.ErrStream},
		{"origin of another", "/new", mustSend(t, c, pool+"/clone@c", &zfs.SendOptions{From: pool + "/src@a"}), &zfs.ReceiveOptions{Origin: pool + "/src@b"}, zfs.ErrSourceMissing},
	} {
		err := receiveBytes(t, c, pool+tc.to, tc.b, tc.opts)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	if there, err := c.DatasetExists(t.Context(), pool+"/new"); there || err != nil {
		t.Errorf("a failed receive has left something, %v", err)
	}
	big := make(chan error, 1)
	r, w, err := os.Pipe()
	testkit.Must(t, err)
	go func() { big <- c.Send(t.Context(), pool+"/big@a", w, nil); w.Close() }()
	if _, err := c.Receive(t.Context(), small+"/big", r, nil); !errors.Is(err, zfs.ErrNoSpace) {
		t.Errorf("full pool: %v", err)
	}
	r.Close()
	// The receiver may have read everything before it stops.
	if err := <-big; err != nil && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("send to a full pool: %v", err)
	}
	checkStalls(t, c, pool, full)
	checkNoLeftovers(t, goroutines, descriptors)
}

// mustResumed returns the rest of a stream whose beginning is thrown away.
func mustResumed(t *testing.T, c *zfs.Client, pool string, full []byte) []byte {
	t.Helper()
	err := receiveBytes(t, c, pool+"/part", full[:len(full)/2], &zfs.ReceiveOptions{Resumable: true})
	var part *zfs.PartialError
	if !errors.As(err, &part) {
		t.Fatal(err)
	}
	if err := receiveBytes(t, c, pool+"/part", full, nil); !errors.Is(err, zfs.ErrBusy) && !errors.Is(err, zfs.ErrExists) || !errors.As(err, &part) {
		t.Errorf("another receive: %v", err)
	}
	var rest bytes.Buffer
	testkit.Must(t, c.SendResume(t.Context(), part.Token, &rest, nil))
	testkit.Must(t, c.ReceiveAbort(t.Context(), pool+"/part"))
	return rest.Bytes()
}

// checkStalls has readers that stop, before the stream and in it.
func checkStalls(t *testing.T, c *zfs.Client, pool string, full []byte) {
	t.Helper()
	for _, n := range []int{0, 100, 312, len(full) / 2} {
		for _, direct := range []bool{true, false} {
			r, w, err := os.Pipe()
			testkit.Must(t, err)
			go func() { _, _ = w.Write(full[:n]) }()
			var from io.Reader = r
			if !direct {
				from = struct{ io.Reader }{r}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			_, err = c.Receive(ctx, pool+"/stalled", from, nil)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("stalled behind %d bytes: %v", n, err)
			}
			w.Close()
			if !direct {
				_, _ = io.Copy(io.Discard, r) // ends the Read
			}
			r.Close()
		}
	}
}

func TestKernelReceiveOptions(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSendTree(t, pool)
	full := mustSend(t, c, pool+"/src@a", nil)
	zfstest.Run(t, "zfs", "set", "compression=gzip", "com.example:from=parent", pool)
	got, err := c.Receive(t.Context(), pool+"/props", bytes.NewReader(full), &zfs.ReceiveOptions{
		Props: prop.Values{
			prop.Compression: prop.Uint64(15), prop.Atime: prop.Uint64(0), "com.example:from": prop.String("sender"), "nosuch": prop.Uint64(1),
		},
		Override: prop.Values{prop.RecordSize: prop.String("16K")},
		Exclude:  []prop.Prop{prop.Compression, "com.example:from"},
	})
	testkit.Must(t, err)
	if len(got.Failed) != 1 || got.Failed[0].Name != "nosuch" || !errors.Is(got.Failed[0].Err, zfs.ErrInvalidProp) {
		t.Errorf("failed properties %v", got.Failed)
	}
	props := zfstest.Run(t, "zfs", "get", "-Hp", "-o", "property,value,source", "compression,atime,recordsize,com.example:from", pool+"/props")
	want := "compression\tgzip\tinherited from P\natime\toff\treceived\nrecordsize\t16384\tlocal\ncom.example:from\tparent\tinherited from P\n"
	if want = strings.ReplaceAll(want, "P", pool); props != want {
		t.Errorf("properties\n%swant\n%s", props, want)
	}
	testkit.Must(t, receiveBytes(t, c, pool+"/sealed", full, &zfs.ReceiveOptions{
		Key:      &zfs.NewKey{Key: bytes.Repeat([]byte{7}, 32), Format: zfs.KeyRaw},
		Override: prop.Values{prop.Encryption: prop.String("aes-128-gcm")},
	}))
	sealed := zfstest.Run(t, "zfs", "get", "-Hp", "-o", "value", "encryption,encryptionroot,keystatus,keyformat", pool+"/sealed")
	if want := "aes-128-gcm\n" + pool + "/sealed\navailable\nraw\n"; sealed != want {
		t.Errorf("encryption %q, want %q", sealed, want)
	}
	err = receiveBytes(t, c, pool+"/props@a", full, &zfs.ReceiveOptions{Heal: true})
	if zfstest.Release(t).AtLeast(mustRelease(t, "2.2")) {
		testkit.Must(t, err)
	} else if !errors.Is(err, zfs.ErrNotSupported) {
		t.Errorf("heal: %v", err)
	}
	var last zfs.ReceiveProgress
	_, err = c.Receive(t.Context(), pool+"/counted", mustPipe(t, full), &zfs.ReceiveOptions{Progress: func(p zfs.ReceiveProgress) { last = p }})
	testkit.Must(t, err)
	if want := (zfs.ReceiveProgress{Snapshot: pool + "/counted@a", Bytes: uint64(len(full)), Done: true}); last != want {
		t.Errorf("progress %+v, want %+v", last, want)
	}
}

func mustRelease(t *testing.T, text string) ioctl.Release {
	t.Helper()
	r, err := ioctl.ParseRelease(text)
	testkit.Must(t, err)
	return r
}

// A raw stream from a machine of the other byte order is received: its list of keys
// is rewritten, for a kernel refuses it as it is.
func TestKernelReceiveForeign(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	whole := mustForeign(t, mustGoldenStream(t, "2.0/raw"))
	would, err := c.Receive(t.Context(), pool+"/a", bytes.NewReader(whole), &zfs.ReceiveOptions{DryRun: true})
	testkit.Must(t, err)
	got, err := c.Receive(t.Context(), pool+"/a", bytes.NewReader(whole), nil)
	testkit.Must(t, err)
	ds, err := c.DatasetStats(t.Context(), got.Snapshot, nil)
	testkit.Must(t, err)
	if ds.GUID != got.GUID || would.GUID != got.GUID || would.Snapshot != got.Snapshot {
		t.Errorf("the snapshot has the GUID %d, received %+v, foreseen %+v", ds.GUID, got, would)
	}
}

// A raw stream onto an origin that is not encrypted is refused before the kernel
// sees it: release 2.0 panics, and no later call on the pool returns.
func TestKernelReceiveRawOrigin(t *testing.T) {
	c := zfstest.Kernel(t)
	pool, ctx := zfstest.Pool(t, nil), t.Context()
	testkit.Must(t, c.DatasetCreate(ctx, pool+"/e", &zfs.DatasetCreateOptions{Key: dryKey()}))
	testkit.Must(t, c.DatasetCreate(ctx, pool+"/plain", nil))
	testkit.Must(t, c.SnapshotCreate(ctx, []string{pool + "/e@1", pool + "/plain@1"}, nil))
	raw := mustSend(t, c, pool+"/e@1", &zfs.SendOptions{Raw: true})
	for _, dry := range []bool{true, false} {
		_, err := c.Receive(ctx, pool+"/x@1", bytes.NewReader(raw), &zfs.ReceiveOptions{Origin: pool + "/plain@1", DryRun: dry})
		if !errors.Is(err, zfs.ErrStream) || !strings.Contains(err.Error(), pool+"/plain@1 is not encrypted") {
			t.Errorf("dry run %t: %v", dry, err)
		}
		if there, err := c.DatasetExists(ctx, pool+"/x"); there || err != nil {
			t.Errorf("dry run %t: the target exists: %t, error %v", dry, there, err)
		}
	}
	got, err := c.Receive(ctx, pool+"/x@1", bytes.NewReader(raw), &zfs.ReceiveOptions{Origin: pool + "/e@1"})
	if err != nil || got.Snapshot != pool+"/x@1" {
		t.Errorf("onto an encrypted origin: %+v, error %v", got, err)
	}
}
