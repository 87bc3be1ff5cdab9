package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// bookmarks are the names of a pool's bookmarks as zfs(8) lists them.
func bookmarks(t *testing.T, pool string) string {
	t.Helper()
	out := zfstest.Run(t, "zfs", "list", "-H", "-r", "-t", "bookmark", "-o", "name", pool)
	return strings.TrimSuffix(strings.ReplaceAll(relative(pool, out), "\n", " "), " ")
}

func TestKernelBookmarkCreate(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a", nil)
	mustCreate(t, c, pool+"/b", nil)
	mustSnapshotIn(t, c, pool, "/a@1", "/a@2", "/b@1")
	zfstest.Run(t, "zfs", "clone", pool+"/a@2", pool+"/clone")
	for _, tc := range []struct {
		name   string
		marks  map[string]string
		want   error
		says   string
		marked string
	}{
		{"of snapshots", map[string]string{"/a#1": "/a@1", "/a#2": "/a@2", "/b#1": "/b@1"}, nil, "<nil>", "/a#1 /a#2 /b#1"},
		{"of a bookmark", map[string]string{"/a#3": "/a#2"}, nil, "<nil>", "/a#1 /a#2 /a#3 /b#1"},
		{"of a clone's origin", map[string]string{"/clone#1": "/a@1", "/clone#2": "/a#2"}, nil, "<nil>", "/a#1 /a#2 /a#3 /b#1 /clone#1 /clone#2"},
		{"exists", map[string]string{"/a#1": "/a@1", "/a#9": "/a@1"}, zfs.ErrExists, "/a#1 EEXIST; done ", "/a#1 /a#2 /a#3 /b#1 /clone#1 /clone#2"},
		{"no snapshot", map[string]string{"/a#8": "/a@8", "/a#9": "/a@1"}, zfs.ErrNotFound, "/a#8 ENOENT; done ", "/a#1 /a#2 /a#3 /b#1 /clone#1 /clone#2"},
		{"no bookmark", map[string]string{"/a#8": "/a#9"}, zfs.ErrNotFound, "/a#8 ESRCH; done ", "/a#1 /a#2 /a#3 /b#1 /clone#1 /clone#2"},
		{"no dataset", map[string]string{"/none#1": "/a@1"}, zfs.ErrNotFound, "/none#1 ENOENT; done ", "/a#1 /a#2 /a#3 /b#1 /clone#1 /clone#2"},
		{"snapshot of another", map[string]string{"/b#2": "/a@1"}, zfs.ErrNotAncestor,
			"/b#2 ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR; done ", "/a#1 /a#2 /a#3 /b#1 /clone#1 /clone#2"},
		{"bookmark of another", map[string]string{"/b#2": "/a#1"}, zfs.ErrNotAncestor,
			"/b#2 ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR; done ", "/a#1 /a#2 /a#3 /b#1 /clone#1 /clone#2"},
		{"two of them are wrong", map[string]string{"/a#1": "/a@1", "/b#2": "/b@8"}, nil,
			"/a#1 EEXIST, /b#2 ENOENT; done ", "/a#1 /a#2 /a#3 /b#1 /clone#1 /clone#2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			full := make(map[string]string)
			for mark, source := range tc.marks {
				full[pool+mark] = pool + source
			}
			err := c.BookmarkCreate(ctx, full)
			if tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if diff := cmp.Diff(tc.says, relative(pool, describe(err))); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.marked, bookmarks(t, pool)); diff != "" {
				t.Errorf("bookmarks (-want +got):\n%s", diff)
			}
		})
	}
	if err := c.BookmarkCreate(ctx, map[string]string{"nosuchpool#x": "nosuchpool@x"}); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no such pool: %v, want ErrNotFound", err)
	}
}

// A pool without the feature has no bookmarks.
func TestKernelBookmarkCreateWithoutFeature(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, &zfstest.PoolOptions{Args: []string{"-d"}})
	mustSnapshotIn(t, c, pool, "@s", "@r")
	err := c.BookmarkCreate(t.Context(), map[string]string{pool + "#m": pool + "@s"})
	if !errors.Is(err, zfs.ErrNotSupported) {
		t.Errorf("create: %v, want ErrNotSupported", err)
	}
	if err := c.BookmarkDestroy(t.Context(), []string{pool + "#m"}); err != nil {
		t.Errorf("destroy: %v, want success for what is not there", err)
	}
	if mark, err := c.BookmarkProps(t.Context(), pool+"#m"); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("bookmark %v, %v, want ErrNotFound", mark, err)
	}
}

func TestKernelBookmarkDestroy(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a", nil)
	mustSnapshotIn(t, c, pool, "@s", "/a@s")
	marks := make(map[string]string)
	for _, mark := range []string{"1", "2", "3"} {
		marks[pool+"#"+mark], marks[pool+"/a#"+mark] = pool+"@s", pool+"/a@s"
	}
	if err := c.BookmarkCreate(ctx, marks); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		marks []string
		left  string
	}{
		{"of two datasets", []string{pool + "#1", pool + "/a#2"}, "#2 #3 /a#1 /a#3"},
		{"one that is gone", []string{pool + "#1", pool + "#2"}, "#3 /a#1 /a#3"},
		{"of no dataset", []string{pool + "/none#1", pool + "/a#1"}, "#3 /a#3"},
		{"the same twice", []string{pool + "#3", pool + "#3"}, "/a#3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := c.BookmarkDestroy(ctx, tc.marks); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tc.left, bookmarks(t, pool)); diff != "" {
				t.Errorf("bookmarks (-want +got):\n%s", diff)
			}
		})
	}
	if err := c.BookmarkDestroy(ctx, []string{"nosuchpool#x"}); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no such pool: %v, want ErrNotFound", err)
	}
}

func TestKernelBookmarkProps(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustSnapshotIn(t, c, pool, "@s", "@t")
	if err := c.BookmarkCreate(ctx, map[string]string{pool + "#m": pool + "@s"}); err != nil {
		t.Fatal(err)
	}
	mark, err := c.BookmarkProps(ctx, pool+"#m")
	if err != nil {
		t.Fatal(err)
	}
	snap, err := c.DatasetStats(ctx, pool+"@s", nil)
	if err != nil {
		t.Fatal(err)
	}
	if mark.GUID != snap.GUID || mark.CreateTxg != snap.CreateTxg || mark.Creation != snap.Props.Uint64(zfs.PropCreation) {
		t.Errorf("bookmark %+v of snapshot with GUID %d", mark, snap.GUID)
	}
	// Both ways of reading agree.
	for listed, err := range c.Bookmarks(ctx, pool, nil) {
		if err != nil || listed.GUID != mark.GUID || listed.CreateTxg != mark.CreateTxg || listed.Creation != mark.Creation {
			t.Errorf("listed as %+v, %v", listed, err)
		}
		for _, prop := range []zfs.Prop{zfs.PropGUID, zfs.PropCreation, zfs.PropReferenced, zfs.PropLogicalReferenced} {
			if a, b := listed.Props.Text(prop), mark.Props.Text(prop); a != b {
				t.Errorf("%s is %s and %s", prop, a, b)
			}
		}
	}
	for name, want := range map[string]error{
		pool + "#none": zfs.ErrNotFound, pool + "/none#m": zfs.ErrNotFound, "nosuchpool#m": zfs.ErrNotFound, pool + "@s": zfs.ErrInvalidName,
	} {
		if mark, err := c.BookmarkProps(ctx, name); !errors.Is(err, want) || mark != nil {
			t.Errorf("%s: %v, error %v, want %v", name, mark, err, want)
		}
	}
}

func TestKernelBookmarkRedact(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -o mountpoint=/tmp/P/a P/a
dd if=/dev/urandom of=/tmp/P/a/secret bs=128k count=2 2>/dev/null
zfs snapshot P/a@s
zfs clone -o mountpoint=/tmp/P/c P/a@s P/c
rm /tmp/P/c/secret
zfs snapshot P/c@1
echo more > /tmp/P/c/more
zfs snapshot P/c@2
zfs create P/other
zfs snapshot P/other@s
`, "P", pool))
	for _, tc := range []struct {
		name, mark string
		redact     []string
		want       error
	}{
		{"of one", "/a#r1", []string{"/c@1"}, nil},
		{"of two", "/a#r2", []string{"/c@2", "/c@1"}, nil},
		{"exists", "/a#r1", []string{"/c@1"}, zfs.ErrExists},
		{"exists for others", "/a#r1", []string{"/c@2"}, zfs.ErrExists},
		{"not of a clone", "/a#r3", []string{"/other@s"}, zfs.ErrNotAncestor},
		{"missing", "/a#r3", []string{"/c@1", "/c@none"}, zfs.ErrNotFound},
	} {
		var redact []string
		for _, name := range tc.redact {
			redact = append(redact, pool+name)
		}
		if err := c.BookmarkRedact(ctx, pool+tc.mark, pool+"/a@s", redact); !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", tc.name, err, tc.want)
		}
	}
	if err := c.BookmarkRedact(ctx, pool+"/a#r3", pool+"/a@none", []string{pool + "/c@1"}); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no snapshot to redact: %v, want ErrNotFound", err)
	}
	if got := bookmarks(t, pool); got != "/a#r1 /a#r2" {
		t.Errorf("bookmarks %s, want /a#r1 /a#r2", got)
	}
	// An ordinary bookmark is not in the way of another name, but of its own.
	if err := c.BookmarkCreate(ctx, map[string]string{pool + "/a#plain": pool + "/a@s"}); err != nil {
		t.Fatal(err)
	}
	if err := c.BookmarkRedact(ctx, pool+"/a#plain", pool+"/a@s", []string{pool + "/c@1"}); !errors.Is(err, zfs.ErrExists) {
		t.Errorf("over an ordinary bookmark: %v, want ErrExists", err)
	}
	for mark, err := range c.Bookmarks(ctx, pool+"/a", nil) {
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{pool + "/a#r1": 1, pool + "/a#r2": 2}[mark.Name]
		if guids := mark.Props.Value(zfs.PropRedactSnaps).Uint64s(); len(guids) != want {
			t.Errorf("%s has redaction snapshots %v, want %d", mark.Name, guids, want)
		}
	}
	// A redacted send takes it, and leaves the secret out.
	size := func(args ...string) int {
		return len(zfstest.Run(t, "zfs", append([]string{"send"}, args...)...))
	}
	if whole, redacted := size(pool+"/a@s"), size("--redact", "r1", pool+"/a@s"); redacted >= whole-200<<10 {
		t.Errorf("the redacted stream has %d bytes, the whole one %d", redacted, whole)
	}
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll("zfs send --redact r1 P/a@s | zfs receive -u P/redacted && zfs snapshot P/redacted@x", "P", pool))
	if err := c.BookmarkRedact(ctx, pool+"/redacted#r", pool+"/redacted@s", []string{pool + "/redacted@x"}); !errors.Is(err, zfs.ErrRedacted) {
		t.Errorf("of a redacted snapshot: %v, want ErrRedacted", err)
	}
	if err := c.BookmarkDestroy(ctx, []string{pool + "/a#r1", pool + "/a#r2", pool + "/a#plain"}); err != nil {
		t.Error(err)
	}
}
