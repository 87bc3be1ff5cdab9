package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// bookmarks are the names of a pool's bookmarks as zfs(8) lists them.
func bookmarks(t *testing.T, pool string) string {
	t.Helper()
	out := zfstest.Run(t, "zfs", "list", "-H", "-r", "-t", "bookmark", "-o", "name", pool)
	return strings.TrimSuffix(strings.ReplaceAll(relative(pool, out), "\n", " "), " ")
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
	if mark.GUID != snap.GUID || mark.CreateTxg != snap.CreateTxg || mark.Creation != snap.Props.Uint64(prop.Creation) {
		t.Errorf("bookmark %+v of snapshot with GUID %d", mark, snap.GUID)
	}
	// Both ways of reading agree.
	for listed, err := range c.Bookmarks(ctx, pool, nil) {
		if err != nil || listed.GUID != mark.GUID || listed.CreateTxg != mark.CreateTxg || listed.Creation != mark.Creation {
			t.Errorf("listed as %+v, %v", listed, err)
		}
		for _, property := range []prop.Prop{prop.GUID, prop.Creation, prop.Referenced, prop.LogicalReferenced} {
			if a, b := listed.Props.Text(property), mark.Props.Text(property); a != b {
				t.Errorf("%s is %s and %s", property, a, b)
			}
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
		{"missing", "/a#r3", []string{"/c@1", "/c@none"}, zfs.ErrBaseNotFound},
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
	// An ordinary bookmark conflicts only with a redaction bookmark of the same
	// name.
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
		if guids := mark.Props.Value(prop.RedactSnaps).Uint64s(); len(guids) != want {
			t.Errorf("%s has redaction snapshots %v, want %d", mark.Name, guids, want)
		}
	}
	// A redacted send uses it, and omits the secret.
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
