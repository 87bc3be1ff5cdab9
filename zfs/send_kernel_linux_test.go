package zfs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustSendTree creates data for every way of sending: large, tiny, compressed and
// encrypted blocks, a clone, a redaction, two snapshots and a bookmark.
func mustSendTree(t *testing.T, pool string) {
	t.Helper()
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -o mountpoint=/tmp/P/src -o recordsize=1M -o compression=lz4 P/src
dd if=/dev/urandom of=/tmp/P/src/random bs=1M count=2 2>/dev/null
yes compressible | head -c 2000000 > /tmp/P/src/text
yes tiny | head -c 3000 > /tmp/P/src/tiny
zfs snapshot P/src@a
zfs bookmark P/src@a P/src#mark
dd if=/dev/urandom of=/tmp/P/src/more bs=64k count=5 2>/dev/null
rm /tmp/P/src/text
zfs snapshot P/src@b
zfs clone -o mountpoint=/tmp/P/clone P/src@a P/clone
echo changed > /tmp/P/clone/tiny
zfs snapshot P/clone@c
zfs redact P/src@a book P/clone@c
dd if=/dev/urandom of=/tmp/P.key bs=32 count=1 2>/dev/null
zfs create -o mountpoint=/tmp/P/enc -o encryption=on -o keyformat=raw -o keylocation=file:///tmp/P.key P/enc
yes secret | head -c 500000 > /tmp/P/enc/file
zfs snapshot P/enc@a
zfs create -o mountpoint=/tmp/P/idle P/idle
echo idle > /tmp/P/idle/file
zfs unmount P/idle
`, "P", pool))
}

// contents returns a digest of a snapshot's contents, independent of its name and
// block size.
func contents(t *testing.T, c *zfs.Client, name string) string {
	t.Helper()
	r, w := io.Pipe()
	go func() { w.CloseWithError(c.Send(t.Context(), name, w, &zfs.SendOptions{LargeBlocks: true})) }()
	h := sha256.New()
	in := stream.NewReader(r, nil)
	for {
		rec, err := in.Next()
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)[:8])
		}
		testkit.Must(t, err)
		switch rec := rec.(type) {
		case *stream.Write:
			offset := rec.Offset
			for chunk := range slices.Chunk(rec.Payload, 4096) {
				// Zeros behind the end of a file may be there or not.
				if data := bytes.TrimRight(chunk, "\x00"); len(data) > 0 {
					_ = binary.Write(h, binary.LittleEndian, []uint64{rec.Object, offset})
					h.Write(data)
				}
				offset += uint64(len(chunk))
			}
		case *stream.Object:
			_ = binary.Write(h, binary.LittleEndian, rec.Object)
		}
	}
}

// mustSend returns a stream.
func mustSend(t *testing.T, c *zfs.Client, name string, opts *zfs.SendOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	testkit.Must(t, c.Send(t.Context(), name, &b, opts))
	return b.Bytes()
}

// mustGUID returns the GUID of a snapshot.
func mustGUID(t *testing.T, c *zfs.Client, name string) uint64 {
	t.Helper()
	ds, err := c.DatasetStats(t.Context(), name, nil)
	testkit.Must(t, err)
	return ds.GUID
}

// Send writes, byte for byte, what zfs send writes, through a pipe of ours, a
// pipe of the caller's and a file. It is received by zfs receive and by Receive
// with the same contents.
func TestKernelSendEqualsZfsSend(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSendTree(t, pool)
	for _, tc := range []struct {
		name  string
		what  string
		opts  *zfs.SendOptions
		flags string
		base  string // what must be received first
	}{
		{"full", "/src@a", nil, "", ""},
		{"large blocks", "/src@a", &zfs.SendOptions{LargeBlocks: true}, "-L", ""},
		{"embedded", "/src@a", &zfs.SendOptions{Embedded: true}, "-e", ""},
		{"compressed", "/src@b", &zfs.SendOptions{Compressed: true}, "-c", ""},
		{"all of it", "/src@b", &zfs.SendOptions{LargeBlocks: true, Embedded: true, Compressed: true}, "-Lec", ""},
		{"raw", "/enc@a", &zfs.SendOptions{Raw: true}, "-w", ""},
		{"decrypted", "/enc@a", nil, "", ""},
		{"raw, not encrypted", "/src@b", &zfs.SendOptions{Raw: true}, "-w", ""},
		{"incremental", "/src@b", &zfs.SendOptions{From: "@a"}, "-i @a", "/src@a"},
		{"from a bookmark", "/src@b", &zfs.SendOptions{From: "#mark"}, "-i '#mark'", "/src@a"},
		{"redacted", "/src@a", &zfs.SendOptions{Redact: "book"}, "--redact book", ""},
		{"a filesystem", "/idle", nil, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := t.TempDir() + "/theirs"
			zfstest.Run(t, "sh", "-c", "zfs send "+tc.flags+" "+pool+tc.what+" > "+file)
			theirs, err := os.ReadFile(file)
			testkit.Must(t, err)
			ours := mustSend(t, c, pool+tc.what, tc.opts)
			// Old kernels pad embedded blocks with old contents of their memory.
			padded := tc.opts != nil && (tc.opts.Embedded || tc.opts.Raw) && !c.Release().AtLeast(ioctl.Release{Major: 2, Minor: 3})
			if !bytes.Equal(ours, theirs) && (!padded || len(ours) != len(theirs)) {
				t.Fatalf("%d bytes, zfs send has %d others", len(ours), len(theirs))
			}
			checkReceives(t, c, pool, ours, tc.base)
		})
	}
	t.Run("clone", func(t *testing.T) {
		// Two snapshots are the same point then. Which one is found does not matter
		// as long as both have large blocks, as the stream has.
		testkit.Must(t, receiveBytes(t, c, pool+"/from", mustSend(t, c, pool+"/src@a", &zfs.SendOptions{LargeBlocks: true}), nil))
		b := mustSend(t, c, pool+"/clone@c", &zfs.SendOptions{From: pool + "/src@a", LargeBlocks: true})
		testkit.Must(t, receiveBytes(t, c, pool+"/copy", b, nil)) // its origin is found
		file := t.TempDir() + "/clone"
		testkit.Must(t, os.WriteFile(file, b, 0o600))
		zfstest.Run(t, "sh", "-c", "zfs receive -u "+pool+"/copied < "+file)
		if got, want := contents(t, c, pool+"/copy@c"), contents(t, c, pool+"/copied@c"); got != want {
			t.Errorf("contents %s, with zfs receive %s", got, want)
		}
	})
	t.Run("descriptors", func(t *testing.T) { checkDescriptors(t, c, pool+"/src@b") })
}

// receiveBytes receives a stream from memory.
func receiveBytes(t *testing.T, c *zfs.Client, name string, b []byte, opts *zfs.ReceiveOptions) error {
	t.Helper()
	_, err := c.Receive(t.Context(), name, bytes.NewReader(b), opts)
	return err
}

// checkReceives receives a stream by zfs receive and by Receive.
func checkReceives(t *testing.T, c *zfs.Client, pool string, b []byte, base string) {
	t.Helper()
	begin, err := stream.NewReader(bytes.NewReader(b), nil).Next()
	testkit.Must(t, err)
	guid := begin.(*stream.Begin).ToGUID
	_, snap, _ := strings.Cut(begin.(*stream.Begin).ToName, "@")
	file := t.TempDir() + "/ours"
	testkit.Must(t, os.WriteFile(file, b, 0o600))
	if base != "" {
		first := mustSend(t, c, pool+base, nil)
		testkit.Must(t, receiveBytes(t, c, pool+"/ours", first, nil))
		testkit.Must(t, receiveBytes(t, c, pool+"/theirs", first, nil))
	}
	zfstest.Run(t, "sh", "-c", "zfs receive -u "+pool+"/theirs@s < "+file)
	got, err := c.Receive(t.Context(), pool+"/ours@s", bytes.NewReader(b), nil)
	testkit.Must(t, err)
	want := &zfs.Received{Snapshot: pool + "/ours@s", GUID: guid, Type: prop.TypeFilesystem, Created: base == "", Bytes: uint64(len(b))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
	for _, name := range []string{pool + "/ours@s", pool + "/theirs@s"} {
		if got := mustGUID(t, c, name); got != guid {
			t.Errorf("%s has the GUID %d, want %d", name, got, guid)
		}
	}
	ds, err := c.DatasetStats(t.Context(), pool+"/ours@s", nil)
	testkit.Must(t, err)
	// A redacted snapshot, and one without its key, cannot be sent in another
	// way.
	if !ds.Redacted && !begin.(*stream.Begin).Features.Has(stream.FeatureRaw) {
		want := contents(t, c, pool+"/theirs@s")
		if from := begin.(*stream.Begin).ToName; strings.Contains(from, "/src@") {
			want = contents(t, c, from)
		}
		if got := contents(t, c, pool+"/ours@s"); got != want {
			t.Errorf("the contents of %s are %s, want %s", snap, got, want)
		}
	}
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll("zfs destroy -r P/ours && zfs destroy -r P/theirs", "P", pool))
}

// checkDescriptors sends to and receives from descriptors that the kernel itself
// can use and others.
func checkDescriptors(t *testing.T, c *zfs.Client, name string) {
	t.Helper()
	want := mustSend(t, c, name, nil)
	file, err := os.Create(t.TempDir() + "/stream")
	testkit.Must(t, err)
	defer file.Close()
	_, err = file.WriteString("before")
	testkit.Must(t, err)
	testkit.Must(t, c.Send(t.Context(), name, file, nil))
	_, err = file.WriteString("behind")
	testkit.Must(t, err)
	got, err := os.ReadFile(file.Name())
	testkit.Must(t, err)
	if !bytes.Equal(got, []byte("before"+string(want)+"behind")) {
		t.Errorf("the file has %d bytes, want %d", len(got), len(want)+12)
	}
	_, err = file.Seek(6, io.SeekStart)
	testkit.Must(t, err)
	target := name[:strings.IndexByte(name, '/')] + "/copy"
	for what, r := range map[string]io.Reader{"file": file, "pipe": mustPipe(t, append(want, "behind"...)), "memory": bytes.NewReader(append(want, "behind"...))} {
		received, err := c.Receive(t.Context(), target+what, r, nil)
		testkit.Must(t, err)
		rest, err := io.ReadAll(r)
		testkit.Must(t, err)
		if string(rest) != "behind" || received.Bytes != uint64(len(want)) {
			t.Errorf("%s: %q is left behind %d bytes", what, rest, received.Bytes)
		}
	}
	null, err := os.OpenFile("/dev/null", os.O_WRONLY, 0)
	testkit.Must(t, err)
	defer null.Close()
	testkit.Must(t, c.Send(t.Context(), name, null, nil))
	closed, err := os.Create(t.TempDir() + "/closed")
	testkit.Must(t, err)
	closed.Close()
	if err := c.Send(t.Context(), name, closed, nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed file: %v", err)
	}
}

// mustPipe returns the end to read from of a pipe into which b is written.
func mustPipe(t *testing.T, b []byte) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	testkit.Must(t, err)
	go func() {
		defer w.Close()
		_, _ = w.Write(b)
	}()
	t.Cleanup(func() { r.Close() })
	return r
}

// An estimate is near the size, also for the rest of a resumed stream. Progress
// is reported, and the last report has the whole size.
func TestKernelSendEstimateAndProgress(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSendTree(t, pool)
	for _, tc := range []struct {
		what string
		opts *zfs.SendOptions
	}{
		{"/src@a", nil},
		{"/src@b", &zfs.SendOptions{From: "@a"}},
		{"/src@b", &zfs.SendOptions{From: "#mark"}},
		{"/src@b", &zfs.SendOptions{Compressed: true, LargeBlocks: true}},
		{"/enc@a", &zfs.SendOptions{Raw: true}},
		{"/src@a", &zfs.SendOptions{Redact: "book"}},
	} {
		guess, err := c.SendEstimate(t.Context(), pool+tc.what, tc.opts)
		testkit.Must(t, err)
		size := uint64(len(mustSend(t, c, pool+tc.what, tc.opts)))
		if guess < size/2 || guess > 2*size+100000 {
			t.Errorf("%s %+v: %d bytes were expected, %d were sent", tc.what, tc.opts, guess, size)
		}
	}
	var reports []zfs.SendProgress
	opts := &zfs.SendOptions{Progress: func(p zfs.SendProgress) { reports = append(reports, p) }, ProgressInterval: time.Millisecond}
	slow := &slowWriter{}
	testkit.Must(t, c.Send(t.Context(), pool+"/src@b", slow, opts))
	last := reports[len(reports)-1]
	if want := (zfs.SendProgress{Snapshot: pool + "/src@b", Bytes: uint64(slow.n), Blocks: last.Blocks, Done: true}); last != want {
		t.Errorf("last progress %+v, want %+v", last, want)
	}
	if len(reports) < 3 || reports[0].Done || reports[0].Bytes == 0 || reports[0].Bytes > last.Bytes {
		t.Errorf("%d reports, the first is %+v", len(reports), reports[0])
	}
}

// slowWriter is slow, and counts.
type slowWriter struct{ n int }

func (w *slowWriter) Write(b []byte) (int, error) {
	time.Sleep(time.Millisecond)
	w.n += len(b)
	return len(b), nil
}

// The partial state of an interrupted receive is sent as by zfs send -S.
func TestKernelSendSaved(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSendTree(t, pool)
	b := mustSend(t, c, pool+"/src@a", nil)
	err := receiveBytes(t, c, pool+"/part", b[:3*len(b)/4], &zfs.ReceiveOptions{Resumable: true})
	var part *zfs.PartialError
	if !errors.As(err, &part) || !errors.Is(err, zfs.ErrTruncated) {
		t.Fatal(err)
	}
	file := t.TempDir() + "/saved"
	zfstest.Run(t, "sh", "-c", "zfs send -S "+pool+"/part > "+file)
	theirs, err := os.ReadFile(file)
	testkit.Must(t, err)
	ours := mustSend(t, c, pool+"/part", &zfs.SendOptions{Saved: true})
	if !bytes.Equal(ours, theirs) {
		t.Errorf("%d bytes, zfs send -S has %d others", len(ours), len(theirs))
	}
	mustResumeSaved(t, c, pool, ours)
	if err := c.Send(context.Background(), pool+"/src", io.Discard, &zfs.SendOptions{Saved: true}); !errors.Is(err, zfs.ErrNotPartial) {
		t.Errorf("without a part: %v", err)
	}
	if _, err := c.SendEstimate(t.Context(), pool+"/part", &zfs.SendOptions{Saved: true}); !errors.Is(err, zfs.ErrNotSupported) {
		t.Errorf("estimate of a part: %v", err)
	}
	testkit.Must(t, c.ReceiveAbort(t.Context(), pool+"/part"))
	if err := c.ReceiveAbort(t.Context(), pool+"/part"); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("abort twice: %v", err)
	}
	if err := c.ReceiveAbort(t.Context(), pool+"/src"); !errors.Is(err, zfs.ErrNotPartial) {
		t.Errorf("abort without partial state: %v", err)
	}
}

// mustResumeSaved interrupts the stream of saved state as well, and resumes it,
// which libzfs supports but zfs(8) does not offer. The copy is then as far as the
// original.
func mustResumeSaved(t *testing.T, c *zfs.Client, pool string, whole []byte) {
	t.Helper()
	var part *zfs.PartialError
	if err := receiveBytes(t, c, pool+"/part2", whole[:len(whole)/2], &zfs.ReceiveOptions{Resumable: true}); !errors.As(err, &part) {
		t.Fatal(err)
	}
	rest := mustSend(t, c, pool+"/part", &zfs.SendOptions{Saved: true, SavedResume: part.Token})
	if len(rest) >= len(whole) {
		t.Errorf("the rest has %d bytes of %d", len(rest), len(whole))
	}
	// The stream of a part has no end, so the copy is a part, too.
	if err := receiveBytes(t, c, pool+"/part2", rest, &zfs.ReceiveOptions{Resumable: true}); !errors.As(err, &part) || !errors.Is(err, zfs.ErrTruncated) {
		t.Errorf("the rest of a part: %v", err)
	}
	if got, want := mustPoint(t, c, pool+"/part2"), mustPoint(t, c, pool+"/part"); got != want {
		t.Errorf("the copy of the partial state resumes at %v, want %v", got, want)
	}
	testkit.Must(t, c.ReceiveAbort(t.Context(), pool+"/part2"))
}

// mustPoint is where a part ends: an object and an offset in it.
func mustPoint(t *testing.T, c *zfs.Client, name string) [2]uint64 {
	t.Helper()
	ds, err := c.DatasetStats(t.Context(), name, nil)
	testkit.Must(t, err)
	token, err := stream.ParseToken(ds.Props.Value(prop.ReceiveResumeToken).String())
	testkit.Must(t, err)
	return [2]uint64{token.Object, token.Offset}
}

// Whatever is at the other end, a transfer ends when its cause occurs, and leaves
// nothing behind.
func TestKernelSendFails(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSendTree(t, pool)
	goroutines, descriptors := leftovers(t)
	snap := pool + "/src@b"
	within := func(what string, want error, fn func(ctx context.Context) error) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := fn(ctx)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s took %v", what, took)
		}
	}
	within("a pipe that nobody empties", context.DeadlineExceeded, func(ctx context.Context) error {
		r, w, err := os.Pipe()
		testkit.Must(t, err)
		defer r.Close()
		defer w.Close()
		return c.Send(ctx, snap, w, nil)
	})
	within("a pipe that is closed", syscall.EPIPE, func(context.Context) error {
		r, w, err := os.Pipe()
		testkit.Must(t, err)
		defer w.Close()
		r.Close()
		return c.Send(t.Context(), snap, w, nil)
	})
	within("a pipe that is closed later", syscall.EPIPE, func(context.Context) error {
		r, w, err := os.Pipe()
		testkit.Must(t, err)
		defer w.Close()
		time.AfterFunc(50*time.Millisecond, func() { r.Close() })
		return c.Send(t.Context(), snap, w, nil)
	})
	within("a writer that fails", errBroken, func(context.Context) error {
		return c.Send(t.Context(), snap, writerFunc(func(b []byte) (int, error) { return 0, errBroken }), nil)
	})
	within("a writer that writes less", io.ErrShortWrite, func(context.Context) error {
		return c.Send(t.Context(), snap, writerFunc(func(b []byte) (int, error) { return len(b) - 1, nil }), nil)
	})
	block := make(chan struct{})
	within("a writer that blocks", context.DeadlineExceeded, func(ctx context.Context) error {
		return c.Send(ctx, snap, writerFunc(func(b []byte) (int, error) { <-block; return len(b), nil }), nil)
	})
	close(block)
	within("a snapshot that is destroyed meanwhile", nil, func(context.Context) error {
		busy := false
		return errors.Join(c.Send(t.Context(), snap, writerFunc(func(b []byte) (int, error) {
			if !busy {
				if busy = true; c.SnapshotDestroy(t.Context(), []string{snap}, nil) == nil {
					return 0, errors.New("it could be destroyed")
				}
			}
			return len(b), nil
		}), nil))
	})
	for what, tc := range map[string]struct {
		name string
		opts *zfs.SendOptions
		want error
	}{
		"no snapshot":             {pool + "/src@none", nil, zfs.ErrNotFound},
		"no source":               {snap, &zfs.SendOptions{From: "@none"}, zfs.ErrBaseNotFound},
		"a later source":          {pool + "/src@a", &zfs.SendOptions{From: "@b"}, zfs.ErrNotAncestor},
		"another's source":        {snap, &zfs.SendOptions{From: pool + "/clone@c"}, zfs.ErrNotAncestor},
		"a filesystem in use":     {pool + "/src", nil, zfs.ErrBusy},
		"no such redaction":       {pool + "/src@a", &zfs.SendOptions{Redact: "none"}, zfs.ErrBaseNotFound},
		"a bookmark for nothing":  {pool + "/src@a", &zfs.SendOptions{Redact: "mark"}, zfs.ErrInvalid},
		"a pool that is not here": {"nopool/src@a", nil, zfs.ErrNotFound},
	} {
		within(what, tc.want, func(context.Context) error { return c.Send(t.Context(), tc.name, io.Discard, tc.opts) })
	}
	within("a token of what is gone", zfs.ErrNotFound, func(context.Context) error {
		text, err := (&stream.Token{ToGUID: 5, ToName: snap}).Text()
		testkit.Must(t, err)
		return c.SendResume(t.Context(), text, io.Discard, nil)
	})
	within("a forged token", stream.ErrToken, func(ctx context.Context) error {
		return c.SendResume(ctx, "1-a-b-c", io.Discard, nil)
	})
	testkit.Must(t, c.KeyUnload(t.Context(), unmounted(t, pool+"/enc")))
	within("a key that is not loaded", zfs.ErrKey, func(ctx context.Context) error {
		return c.Send(ctx, pool+"/enc@a", io.Discard, nil)
	})
	within("raw without a key", nil, func(context.Context) error {
		return c.Send(t.Context(), pool+"/enc@a", io.Discard, &zfs.SendOptions{Raw: true})
	})
	checkNoLeftovers(t, goroutines, descriptors)
}

// unmounted unmounts a filesystem and returns its name.
func unmounted(t *testing.T, name string) string {
	t.Helper()
	zfstest.Run(t, "zfs", "unmount", name)
	return name
}

// writerFunc is a function that is a writer.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
