package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// cut is a connection that breaks after that number of bytes.
type cut struct {
	io.Writer
	left int
}

var errCut = errors.New("the connection is cut")

func (c *cut) Write(b []byte) (int, error) {
	n := min(len(b), c.left)
	c.left -= n
	got, err := c.Writer.Write(b[:n])
	if err == nil && n < len(b) {
		err = errCut
	}
	return got, err
}

// replicateCut replicates over a connection that breaks after that number of
// bytes.
func replicateCut(t *testing.T, c *zfs.Client, names [2]string, after int) (*zfs.Replicated, error) {
	t.Helper()
	toDst, fromDst := mustConnect(t), mustConnect(t)
	far := make(chan error, 1)
	go func() {
		far <- c.ReplicateReceive(context.WithoutCancel(t.Context()), names[1], zfs.ReplicateConn{Reader: toDst[0], Writer: fromDst[1]}, nil)
		toDst[0].Close()
		fromDst[1].Close()
	}()
	done, err := c.ReplicateSend(t.Context(), names[0], zfs.ReplicateConn{Reader: fromDst[0], Writer: &cut{toDst[1], after}}, nil)
	toDst[1].Close()
	fromDst[0].Close()
	if ferr := <-far; err == nil && ferr != nil {
		t.Errorf("the receiving end: %v", ferr)
	}
	return done, err
}

// mustConnect returns one direction of a connection.
func mustConnect(t *testing.T) [2]*os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return [2]*os.File{r, w}
}

// snapshotGUID is 0 for a snapshot that cannot be read.
func snapshotGUID(t *testing.T, c *zfs.Client, name string) uint64 {
	t.Helper()
	ds, err := c.DatasetStats(t.Context(), name, nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	return ds.GUID
}

// describeReplicated returns what was sent as text.
func describeReplicated(done *zfs.Replicated) string {
	text := ""
	for _, s := range done.Streams {
		text += fmt.Sprintf(" %s<%s", s.Snapshot[strings.IndexByte(s.Snapshot, '@'):], s.From[max(0, strings.IndexAny(s.From, "@#")):])
		if s.Resumed {
			text += " resumed"
		}
	}
	if done.Aborted {
		text += " aborted"
	}
	return strings.TrimSpace(text)
}

// A replica is created, updated from snapshots and bookmarks, and resumed where
// it was interrupted.
func TestKernelReplicate(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	src, dst := pool+"/src", pool+"/dst"
	dir := t.TempDir()
	change := func(snapshot string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "file"), noise(1<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		mustSnapshot(t, c, src+"@"+snapshot)
	}
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+dir, "-o", "compression=off", src)
	for _, name := range []string{"a", "b", "c"} {
		change(name)
	}
	replicate := func(to, want string, opts *zfs.ReplicateOptions) {
		t.Helper()
		done, err := zfs.Replicate(t.Context(), zfs.ReplicateEnd{Client: c, Name: src + to}, zfs.ReplicateEnd{Client: c, Name: dst}, opts)
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		if diff := cmp.Diff(want, describeReplicated(done)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", to, diff)
		}
		if snapshotGUID(t, c, src+to) != snapshotGUID(t, c, dst+to) || blockSum(t, c, src+to, nil) != blockSum(t, c, dst+to, nil) {
			t.Errorf("%s differs", to)
		}
	}
	replicate("@a", "@a<", nil)
	replicate("@a", "", nil)
	replicate("@c", "@b<@a @c<@b", &zfs.ReplicateOptions{Intermediates: true})
	mustScript(t, strings.ReplaceAll("bookmark SRC@c SRC#mark\ndestroy SRC@a%c\n", "SRC", src))
	change("d")
	replicate("@d", "@d<#mark", &zfs.ReplicateOptions{Compressed: true})

	change("e")
	resumed := 0
	for try := 0; ; try++ {
		done, err := replicateCut(t, c, [2]string{src + "@e", dst}, 200000+rand.IntN(500000))
		if len(done.Streams) > 0 && done.Streams[0].Resumed {
			resumed++
		}
		if err == nil {
			break
		}
		if !errors.Is(err, errCut) && !errors.Is(err, io.ErrUnexpectedEOF) || try > 200 {
			t.Fatalf("try %d: %v", try, err)
		}
	}
	if resumed == 0 {
		t.Error("nothing was resumed")
	}
	replicate("@e", "", nil)

	// The partial receive of a snapshot that was destroyed stays unless Discard
	// allows it to be destroyed.
	change("f")
	if _, err := replicateCut(t, c, [2]string{src + "@f", dst}, 500000); err == nil {
		t.Fatal("no connection was cut")
	}
	mustScript(t, "destroy "+src+"@f\n")
	change("g")
	_, err := zfs.Replicate(t.Context(), zfs.ReplicateEnd{Client: c, Name: src + "@g"}, zfs.ReplicateEnd{Client: c, Name: dst}, nil)
	if !errors.Is(err, zfs.ErrRefused) {
		t.Errorf("without Discard: %v", err)
	}
	replicate("@g", "@g<@e aborted", &zfs.ReplicateOptions{Receive: &zfs.ReplicateReceiveOptions{Discard: true}})
}

// Errors of either end are known at both.
func TestKernelReplicateErrors(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustScript(t, strings.ReplaceAll("create P/src\nsnapshot P/src@a\nsnapshot P/src@b\ncreate P/other\nsnapshot P/other@x\ncreate P/empty\n", "P", pool))
	end := func(name string) zfs.ReplicateEnd { return zfs.ReplicateEnd{Client: c, Name: pool + name} }
	for _, tc := range []struct {
		name     string
		src, dst string
		want     error
	}{
		{"no such snapshot", "/src@none", "/dst", zfs.ErrNotFound},
		{"no parent", "/src@a", "/none/dst", zfs.ErrNotFound},
		{"another's replica", "/src@a", "/other", zfs.ErrSourceMissing},
		{"exists", "/src@a", "/empty", zfs.ErrExists},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := zfs.Replicate(t.Context(), end(tc.src), end(tc.dst), nil)
			var far *zfs.FarError
			if !errors.Is(err, tc.want) || errors.As(err, &far) {
				t.Errorf("error %v, want %v of the end itself", err, tc.want)
			}
		})
	}
	if _, err := zfs.Replicate(t.Context(), end("/src@a"), end("/dst"), nil); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mustScript(t, "set mountpoint="+dir+" "+pool+"/dst\n")
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("changed here"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustScript(t, "snapshot "+pool+"/dst@own\n")
	if _, err := zfs.Replicate(t.Context(), end("/src@b"), end("/dst"), nil); !errors.Is(err, zfs.ErrModified) {
		t.Errorf("modified: %v", err)
	}
	force := &zfs.ReplicateOptions{Receive: &zfs.ReplicateReceiveOptions{Rollback: true}}
	if done, err := zfs.Replicate(t.Context(), end("/src@b"), end("/dst"), force); err != nil || describeReplicated(done) != "@b<@a" {
		t.Errorf("forced: %+v, %v", done, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := zfs.Replicate(ctx, end("/src@b"), end("/dst"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// farTarget is the environment variable that makes the test binary a receiving
// end.
const farTarget = "PUREZFS_TEST_REPLICATE_TO"

// The receiving end may be another program, reached by its standard input and
// output.
func TestKernelReplicateCommand(t *testing.T) {
	if target := os.Getenv(farTarget); target != "" {
		serveReplicate(target)
	}
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustScript(t, strings.ReplaceAll("create P/src\nsnapshot P/src@a\n", "P", pool))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "^TestKernelReplicateCommand$")
	cmd.Env = append(os.Environ(), farTarget+"="+pool+"/dst")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done, err := c.ReplicateSend(t.Context(), pool+"/src@a", zfs.ReplicateConn{Reader: out, Writer: in}, nil)
	if err != nil || describeReplicated(done) != "@a<" {
		t.Errorf("%+v, %v", done, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the other end: %v", err)
	}
	if snapshotGUID(t, c, pool+"/src@a") != snapshotGUID(t, c, pool+"/dst@a") {
		t.Error("another snapshot has arrived")
	}
}

// serveReplicate is the program at the other end.
func serveReplicate(target string) {
	c, err := zfs.Open(nil)
	if err == nil {
		err = c.ReplicateReceive(context.Background(), target, zfs.ReplicateConn{Reader: os.Stdin, Writer: os.Stdout}, nil)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
