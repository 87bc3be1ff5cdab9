package image

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestCacheClean(t *testing.T) {
	const stale = "0123456789"
	for _, all := range []bool{false, true} {
		c, r := Cache{Dir: t.TempDir()}, Releases()[0]
		parent, err := c.workParent()
		if err != nil {
			t.Fatal(err)
		}
		vmtest.Write(t, filepath.Join(c.Dir, r.Name+".lock"), "")
		mustPublish(t, c, r)
		var want []string
		add := func(path string, old bool) {
			vmtest.Write(t, path, "")
			if old || all {
				want = append(want, path)
			}
		}
		vmtest.Write(t, filepath.Join(c.Dir, r.Name+"-"+stale, "x"), "")
		// Another release, whose name begins with this one's.
		other := vmtest.Write(t, filepath.Join(c.Dir, r.Name+"-sid-"+stale, "x"), "")
		if all {
			want = append(want, filepath.Join(c.Dir, r.ID()))
		}
		want = append(want, filepath.Join(c.Dir, r.Name+"-"+stale))
		add(filepath.Join(c.Dir, "nvref-"+r.ID()+"-1.cpio"), false)
		add(filepath.Join(c.Dir, "nvref-"+r.Name+"-"+stale+"-1.cpio"), true)
		add(filepath.Join(parent, r.workID()), false)
		add(filepath.Join(parent, r.Name+"-"+stale+"-abcdef012"), true)
		add(c.LogPath(r), false)
		removed, err := c.Clean(all)
		if err != nil {
			t.Fatal(err)
		}
		less := cmp.Transformer("set", func(in []string) map[string]bool {
			set := map[string]bool{}
			for _, s := range in {
				set[s] = true
			}
			return set
		})
		if diff := cmp.Diff(want, removed, less); diff != "" {
			t.Errorf("all=%v (-want +got):\n%s", all, diff)
		}
		if _, err := c.Find(r); errors.Is(err, ErrNotBuilt) != all {
			t.Errorf("all=%v: the present image: %v", all, err)
		}
		if _, err := os.Stat(other); err != nil {
			t.Errorf("all=%v: another release's image is gone: %v", all, err)
		}
		for _, path := range removed {
			if _, err := os.Lstat(path); err == nil {
				t.Errorf("all=%v: %s is still there", all, path)
			}
		}
	}
}

func TestCacheCleanEmpty(t *testing.T) {
	c := Cache{Dir: filepath.Join(t.TempDir(), "absent")}
	if removed, err := c.Clean(true); err != nil || len(removed) > 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	if _, err := os.Stat(c.Dir); err == nil {
		t.Error("cleaning made a cache")
	}
}
