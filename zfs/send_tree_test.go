package zfs_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// Invalid requests are refused before the kernel is called, and nothing is
// written.
func TestSendTreeRefused(t *testing.T) {
	for _, tc := range []struct {
		name     string
		snapshot string
		opts     *zfs.SendTreeOptions
		want     error
	}{
		{"no snapshot", "tank/a", nil, zfs.ErrInvalidName},
		{"bookmark", "tank/a#b", nil, zfs.ErrInvalidName},
		{"from a bookmark", "tank/a@s", &zfs.SendTreeOptions{From: "#r"}, zfs.ErrInvalidName},
		{"from a bookmark in full", "tank/a@s", &zfs.SendTreeOptions{From: "tank/a#r"}, zfs.ErrInvalidName},
		{"from a filesystem", "tank/a@s", &zfs.SendTreeOptions{From: "tank/b"}, zfs.ErrInvalidName},
		{"from itself in full", "tank/a@s", &zfs.SendTreeOptions{From: "tank/a@s"}, zfs.ErrInvalid},
		{"from itself", "tank/a@s", &zfs.SendTreeOptions{From: "@s"}, zfs.ErrInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			sent, err := testkit.NoKernel(t).SendTree(t.Context(), tc.snapshot, &b, tc.opts)
			if sent != nil || b.Len() > 0 || !errors.Is(err, tc.want) {
				t.Errorf("%+v, %d bytes, error %v, want %v", sent, b.Len(), err, tc.want)
			}
			if _, _, err := testkit.NoKernel(t).SendTreePlan(t.Context(), tc.snapshot, tc.opts); !errors.Is(err, tc.want) {
				t.Errorf("plan: error %v, want %v", err, tc.want)
			}
		})
	}
}

// A snapshot that is not there is told, and so are those missing below it.
func TestSendTreeMissing(t *testing.T) {
	c, _ := testkit.OpenFake(t, "tank", "tank/a", "tank/a@s", "tank/a/b", "tank/a/b@other")
	if _, err := c.SendTree(t.Context(), "tank/a@none", &bytes.Buffer{}, nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("at the top: %v", err)
	}
	_, err := c.SendTree(t.Context(), "tank/a@s", &bytes.Buffer{}, &zfs.SendTreeOptions{Recursive: true, SkipMissing: true, From: "none"})
	if err == nil {
		t.Error("the fake sends nothing, and there was no error")
	}
	// The fake's datasets are the younger the later they were added.
	plan, _, err := c.SendTreePlan(t.Context(), "tank/a@s", &zfs.SendTreeOptions{Recursive: true})
	if err == nil || plan != nil {
		t.Errorf("the fake has no sizes: %+v, %v", plan, err)
	}
}
