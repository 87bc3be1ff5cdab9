package zfs_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// A mounted filesystem has its old content immediately, and stays mounted.
func TestKernelDatasetRollbackMounted(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := t.TempDir()
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+dir, pool+"/m")
	file := filepath.Join(dir, "file")
	for _, text := range []string{"old", "new"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if text == "old" {
			mustSnapshot(t, c, pool+"/m@s")
		}
	}
	if _, err := c.DatasetRollback(t.Context(), pool+"/m", nil); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "old" {
		t.Errorf("the file holds %q, %v, want old", got, err)
	}
	// A rollback fails if a reservation does not fit any more.
	zfstest.Run(t, "zfs", "set", "compression=off", pool+"/m")
	if err := os.WriteFile(file, noise(4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	mustSnapshot(t, c, pool+"/m@large")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	zfstest.Run(t, "zpool", "sync", pool)
	zfstest.Run(t, "zfs", "set", "refquota=2M", pool+"/m")
	_, err := c.DatasetRollback(t.Context(), pool+"/m", nil)
	testkit.Outcome{Want: zfs.ErrQuota}.Check(t, err)
}

// noise is data that does not compress.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails
	return b
}
