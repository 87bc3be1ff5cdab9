package zfs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// batchMethod is a method with a batch of names. Tag is what an item has after
// the name.
type batchMethod struct {
	delimiter, tag string
	do             func(t *testing.T, c *zfs.Client, names []string) error
}

// batches are the methods with a batch of names, each with a function that makes
// a valid name for the batch.
func batches() map[string]batchMethod {
	return map[string]batchMethod{
		"SnapshotCreate": {"@", "", func(t *testing.T, c *zfs.Client, names []string) error {
			return c.SnapshotCreate(t.Context(), names, nil)
		}},
		"SnapshotDestroy": {"@", "", func(t *testing.T, c *zfs.Client, names []string) error {
			return c.SnapshotDestroy(t.Context(), names, nil)
		}},
		"HoldAdd": {"@", "", func(t *testing.T, c *zfs.Client, names []string) error {
			holds := make(map[string]string)
			for _, name := range names {
				holds[name] = "tag"
			}
			return c.HoldAdd(t.Context(), holds, nil)
		}},
		"HoldRelease": {"@", "#tag", func(t *testing.T, c *zfs.Client, names []string) error {
			holds := make(map[string][]string)
			for _, name := range names {
				holds[name] = []string{"tag"}
			}
			return c.HoldRelease(t.Context(), holds)
		}},
		"BookmarkCreate": {"#", "", func(t *testing.T, c *zfs.Client, names []string) error {
			marks := make(map[string]string)
			for _, name := range names {
				marks[name] = "tank/a@s"
			}
			return c.BookmarkCreate(t.Context(), marks)
		}},
		"BookmarkDestroy": {"#", "", func(t *testing.T, c *zfs.Client, names []string) error {
			return c.BookmarkDestroy(t.Context(), names)
		}},
	}
}

// An empty batch is not an error.
func TestBatchEmpty(t *testing.T) {
	for name, b := range batches() {
		if err := b.do(t, testkit.NoKernel(t), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := testkit.NoKernel(t).HoldRelease(t.Context(), map[string][]string{"tank@s": nil}); err != nil {
		t.Errorf("a release of no tag: %v", err)
	}
}

// Each invalid name of a batch is an item, valid ones are not, and the kernel is
// not called.
func TestBatchNamesEveryBadName(t *testing.T) {
	for name, b := range batches() {
		bad := []string{"tank/..{s", "tank/b", "dozer/a{s", "tank/c{", "{", "tank/d{\x00"}
		good := []string{"tank/a{s", "tank/e{s"}
		for i := range bad {
			bad[i] = strings.ReplaceAll(bad[i], "{", b.delimiter)
		}
		for i := range good {
			good[i] = strings.ReplaceAll(good[i], "{", b.delimiter)
		}
		err := b.do(t, testkit.NoKernel(t), append(append(good[:1:1], bad...), good[1]))
		var e *zfs.Error
		if !errors.As(err, &e) || !errors.Is(err, zfs.ErrInvalidName) || !errors.Is(err, zfs.ErrCrossPool) {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		got := make(map[string]error)
		for _, item := range e.Items {
			got[item.Name] = item.Err
		}
		// Which of two pools is the wrong one, the order of the names decides.
		delete(got, good[0])
		delete(got, good[1])
		for _, want := range bad {
			if got[want] == nil && !strings.HasPrefix(want, "dozer") {
				t.Errorf("%s: %q is not among the items: %v", name, want, err)
			}
		}
	}
}

// manyNames returns names of snapshots or bookmarks, each of another dataset.
func manyNames(base, delimiter string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s/a%05d%ss", base, i, delimiter)
	}
	return names
}

// The answer has room for an error for each name of a large batch: an answer that
// does not fit would be lost, because such a call is not repeated.
func TestBatchKeepsItems(t *testing.T) {
	for name, b := range batches() {
		names := manyNames("tank", b.delimiter, 10000)
		c := testkit.Open(t, ioctl.NewDevice(func(_ ioctl.Op, cmd *ioctl.Cmd) error {
			refused := &nvlist.List{}
			for _, name := range names {
				refused.SetInt32(name+b.tag, int32(ioctl.CodeBusy))
			}
			if err := cmd.Answer(refused); err != nil {
				return err
			}
			return ioctl.CodeBusy.Err()
		}))
		var e *zfs.Error
		if err := b.do(t, c, names); !errors.As(err, &e) || len(e.Items) != len(names) || e.Executed {
			t.Errorf("%s: %.200v", name, err)
		}
	}
}
