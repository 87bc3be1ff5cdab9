package image

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestLockFileSecondWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	never := func() { t.Error("waited for a free lock") }
	unlock, err := lockFile(context.Background(), path, never)
	if err != nil {
		t.Fatal(err)
	}
	waits, locked := make(chan struct{}), make(chan error)
	go func() {
		unlock, err := lockFile(context.Background(), path, func() { close(waits) })
		if err == nil {
			unlock()
		}
		locked <- err
	}()
	<-waits
	select {
	case err := <-locked:
		t.Fatalf("two hold the lock (%v)", err)
	default:
	}
	unlock()
	if err := <-locked; err != nil {
		t.Errorf("after the release: %v", err)
	}
}

func TestLockFileCancel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lockFile(context.Background(), path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := lockFile(ctx, path, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestLockFileError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent", "lock")
	if _, err := lockFile(context.Background(), path, func() {}); err == nil {
		t.Error("locked a file in no directory")
	}
}

func TestCacheCleanLeavesWhatIsBeingBuilt(t *testing.T) {
	c, r := Cache{Dir: t.TempDir()}, Releases()[0]
	stale := vmtest.Write(t, filepath.Join(c.Dir, r.Name+"-0123456789", "x"), "")
	unlock, err := lockFile(context.Background(), filepath.Join(c.Dir, r.Name+".lock"), func() {})
	if err != nil {
		t.Fatal(err)
	}
	removed, err := c.Clean(true)
	if err != nil || len(removed) != 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	vmtest.Read(t, stale)
	unlock()
	if removed, err = c.Clean(false); err != nil || len(removed) != 1 {
		t.Errorf("after the build: removed %v, %v", removed, err)
	}
}
