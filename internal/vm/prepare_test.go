package vm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/vm/cpio"
	"github.com/purezfs/purezfs/internal/vm/image"
	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestPrepare(t *testing.T) {
	dir, put := t.TempDir(), t.TempDir()
	vmtest.Write(t, (&image.Image{Dir: filepath.Join(dir, "image")}).BasePath(), "base!")
	layer := vmtest.Write(t, filepath.Join(dir, "layer"), "layer678")
	vmtest.Write(t, filepath.Join(put, "d", "f"), "text")
	if err := os.Symlink("f", filepath.Join(put, "d", "link")); err != nil {
		t.Fatal(err)
	}
	release, err := image.FindRelease("2.4")
	if err != nil {
		t.Fatal(err)
	}
	img := &image.Image{Dir: filepath.Join(dir, "image"), Manifest: image.Manifest{Release: release, ZFS: "2.4.4"}}
	c := &Command{
		Image: img, Args: []string{"prog", "arg"}, Env: []string{"GO=1"}, Timeout: time.Second,
		Put: []Copy{{Host: filepath.Join(put, "d"), Guest: "/g/d"}}, Get: []Copy{{Host: "/h", Guest: "/g/out"}},
		Layers: []string{layer},
	}
	r := &run{c: c, dir: dir}
	if err := r.prepare(); err != nil {
		t.Fatal(err)
	}
	initrd := vmtest.Read(t, filepath.Join(dir, initrdName))
	rest, ok := strings.CutPrefix(initrd, "base!\x00\x00\x00layer678")
	if !ok {
		t.Fatalf("the initramfs begins with %.20q", initrd)
	}
	entries, err := cpio.Lines([]byte(rest))
	if err != nil {
		t.Fatal(err)
	}
	var got job
	var names []string
	for _, e := range entries {
		f := strings.SplitN(e, " ", 3)
		names = append(names, f[0]+" "+f[1])
		if "/"+f[1] == guestJob {
			if err := json.Unmarshal([]byte(f[2]), &got); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"100755 init", "40755 g", "40755 g/d", "100644 g/d/f", "120777 g/d/link", "40755 zvm", "100600 zvm/job.json"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	wantJob := job{
		Image: "2.4", ZFSVersion: "2.4.4", Args: c.Args, Dir: "/tmp", Env: c.Env,
		Get: []string{"/g/out"}, Timeout: time.Second,
	}
	if diff := cmp.Diff(wantJob, got); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
	if r.m.memMiB != DefaultMemMiB || r.m.cpus != 2 || r.m.scratch == "" {
		t.Errorf("machine %+v", r.m)
	}
}

func TestPrepareErrors(t *testing.T) {
	dir := t.TempDir()
	vmtest.Write(t, (&image.Image{Dir: dir}).BasePath(), "base")
	c := &Command{Image: &image.Image{Dir: dir}, Args: []string{"x"}, Put: []Copy{{Host: filepath.Join(dir, "absent"), Guest: "/g"}}}
	if err := (&run{c: c, dir: dir}).prepare(); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := cpio.AddFile(cpio.New(&strings.Builder{}), dir, "/g", 0o644); err == nil {
		t.Error("a directory passed as a file")
	}
}

// The guest's process 1 is this very program, or the one built for its machine.
func TestGuestProgram(t *testing.T) {
	dir := t.TempDir()
	self, other := filepath.Join(dir, "zvm"), otherImage().Release.Arch
	if got, err := guestProgram(self, runtime.GOARCH); got != self || err != nil {
		t.Errorf("this machine: %q, %v", got, err)
	}
	if _, err := guestProgram(self, other); err == nil || !strings.Contains(err.Error(), "make bin/zvm-"+other) {
		t.Errorf("got %v, want what to build", err)
	}
	want := vmtest.Write(t, filepath.Join(dir, "zvm-"+other), "")
	if got, err := guestProgram(self, other); got != want || err != nil {
		t.Errorf("another machine: %q, %v", got, err)
	}
}
