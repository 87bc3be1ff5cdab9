package zfs_test

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelSnapshotTemp(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	for _, tc := range []struct {
		name, target, prefix string
	}{
		{name: "filesystem", target: "/a"},
		{name: "volume", target: "/v"},
		{name: "prefix", target: "/a", prefix: "my-own"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := c.SnapshotTemp(t.Context(), pool+tc.target, &zfs.SnapshotTempOptions{Prefix: tc.prefix})
			testkit.Must(t, err)
			if want := "^" + pool + tc.target + "@" + tc.prefix; !regexp.MustCompile(want + ".*-[0-9a-f]{16}$").MatchString(s.Name) {
				t.Errorf("its name is %s", s.Name)
			}
			if diff := cmp.Diff([]string{s.Name}, snapshots(t, c, pool+tc.target, nil)); diff != "" {
				t.Errorf("snapshots (-want +got):\n%s", diff)
			}
			// It cannot be destroyed under its owner's feet.
			testkit.Outcome{Want: zfs.ErrBusy, Items: []string{s.Name}}.Check(t, c.SnapshotDestroy(t.Context(), []string{s.Name}, nil))
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if left := snapshots(t, c, pool+tc.target, nil); left != nil {
				t.Errorf("left over: %v", left)
			}
			if err := s.Close(); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("second Close: %v, want fs.ErrClosed", err)
			}
		})
	}
}

// It belongs to its own descriptor: not to the Client, and not to the garbage
// collector.
func TestKernelSnapshotTempOutlivesItsClient(t *testing.T) {
	keeper := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	c, err := zfs.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	s, err := c.SnapshotTemp(t.Context(), pool, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := s.Name
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.GC()
	if exists, err := keeper.DatasetExists(t.Context(), name); !exists || err != nil {
		t.Errorf("%s exists: %t, %v", name, exists, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if exists, err := keeper.DatasetExists(t.Context(), name); exists || err != nil {
		t.Errorf("%s exists after Close: %t, %v", name, exists, err)
	}
	// A failure does not leave a descriptor open, either. The Client's is closed.
	if _, err := keeper.SnapshotTemp(t.Context(), pool+"/no", nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("error %v, want ErrNotFound", err)
	}
	if after := descriptors(t); after != before-1 {
		t.Errorf("%d open descriptors, then %d, want one less", before, after)
	}
}

// descriptors counts the open descriptors of /dev/zfs.
func descriptors(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if path, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && path == "/dev/zfs" {
			n++
		}
	}
	return n
}
