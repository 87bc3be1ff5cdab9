package zfs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

func TestBlockedWords(t *testing.T) {
	all := zfs.BlockedDestroy | zfs.BlockedRename | zfs.BlockedUnmount | zfs.BlockedRollback
	if diff := cmp.Diff([]string{"destroy", "rename", "unmount", "rollback"}, all.Words()); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
	if words := zfs.Blocked(0).Words(); words != nil {
		t.Errorf("nothing is blocked, but %v", words)
	}
}

func TestBlockerString(t *testing.T) {
	user := &zfs.DatasetUser{Use: zfs.UseFile, PID: 7, Command: "zrepl", Path: "/dev/zfs", Count: 1}
	for _, tc := range []struct {
		b    zfs.Blocker
		want string
	}{
		{zfs.Blocker{Kind: zfs.BlockerUser, Name: "tank/a", User: user}, "tank/a: process 7 (zrepl): open file /dev/zfs"},
		{zfs.Blocker{Kind: zfs.BlockerHold, Name: "tank/a@s", Tag: "keep"}, "tank/a@s is held by keep"},
		{zfs.Blocker{Kind: zfs.BlockerClone, Name: "tank/c", Of: "tank/a@s"}, "tank/c is a clone of tank/a@s"},
		{zfs.Blocker{Kind: zfs.BlockerChild, Name: "tank/a/b"}, "it has the child tank/a/b"},
		{zfs.Blocker{Kind: zfs.BlockerSnapshots, Name: "tank/a@s", Count: 3}, "it has 3 snapshots, the latest is tank/a@s"},
		{zfs.Blocker{Kind: zfs.BlockerBookmark, Name: "tank/a#s"}, "tank/a#s is newer than the latest snapshot"},
		{zfs.Blocker{Kind: zfs.BlockerReceive, Name: "tank/a"}, "a receive into tank/a has not finished"},
		{zfs.Blocker{Kind: zfs.BlockerControl, User: user}, "process 7 (zrepl) has /dev/zfs open and may be sending or receiving"},
		{zfs.Blocker{}, "none"},
	} {
		if got := tc.b.String(); got != tc.want {
			t.Errorf("%s is %q, want %q", tc.b.Kind, got, tc.want)
		}
	}
}

// A fake module's tree: children, snapshots, a hidden child.
func TestDatasetBlockers(t *testing.T) {
	for _, tc := range []struct {
		name  string
		names []string
		want  []zfs.Blocker
	}{
		{"nothing", []string{"tank/a"}, nil},
		{"children and snapshots", []string{"tank/a", "tank/a/x", "tank/a/y", "tank/a@1", "tank/a@2"}, []zfs.Blocker{
			{Kind: zfs.BlockerChild, Name: "tank/a/x", Blocks: zfs.BlockedDestroy},
			{Kind: zfs.BlockerChild, Name: "tank/a/y", Blocks: zfs.BlockedDestroy},
			{Kind: zfs.BlockerSnapshots, Name: "tank/a@2", Count: 2, Blocks: zfs.BlockedDestroy},
		}},
		{"a receive", []string{"tank/a", "tank/a/%recv"}, []zfs.Blocker{{Kind: zfs.BlockerReceive, Name: "tank/a"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, append([]string{"tank"}, tc.names...)...)
			f.Bad = testkit.Answers{ioctl.OpGetBookmarks: testkit.Fine}.Bad
			b, err := c.DatasetBlockers(t.Context(), "tank/a", nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, b.Blockers); diff != "" {
				t.Errorf("blockers (-want +got):\n%s", diff)
			}
		})
	}
	c, _ := testkit.OpenFake(t, "tank")
	for name, want := range map[string]error{"tank#b": zfs.ErrInvalidName, "tank/none": zfs.ErrNotFound} {
		if _, err := c.DatasetBlockers(t.Context(), name, nil); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}
