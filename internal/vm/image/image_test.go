package image

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestReleaseIDs(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Releases() {
		for _, id := range []string{r.ID(), r.workID()} {
			if seen[id] || !strings.HasPrefix(id, r.Name+"-") {
				t.Errorf("ID %q is not its own", id)
			}
			seen[id] = true
		}
		if again, err := FindRelease(r.Name); err != nil || again.ID() != r.ID() {
			t.Errorf("the ID of %s changes (%v)", r.Name, err)
		}
		other := r
		other.Target = "sid"
		if other.ID() == r.ID() || other.workID() == r.workID() {
			t.Errorf("another suite gives the same ID %s", r.ID())
		}
	}
}

func TestRecipesNameNoMirror(t *testing.T) {
	entries, err := recipe.ReadDir("recipe")
	if err != nil || len(entries) < 4 {
		t.Fatalf("%d recipes, %v", len(entries), err)
	}
	for _, e := range entries {
		data, err := recipe.ReadFile("recipe/" + e.Name())
		if err != nil || strings.Contains(string(data), "://") {
			t.Errorf("%s names a host (%v)", e.Name(), err)
		}
	}
}

func TestFindRelease(t *testing.T) {
	r, err := FindRelease("2.4")
	if err != nil || r.Target != "trixie-backports" {
		t.Errorf("2.4: %+v, %v", r, err)
	}
	for _, name := range []string{"", "2", "2.2", "2.4.4"} {
		if _, err := FindRelease(name); !errors.Is(err, ErrNoRelease) {
			t.Errorf("%q: got %v, want ErrNoRelease", name, err)
		}
	}
}

// mustPublish puts an image of a few bytes into the cache.
func mustPublish(t *testing.T, c Cache, r Release) {
	t.Helper()
	data, err := json.Marshal(Manifest{Release: r, Kernel: "1.2.3", ZFS: r.Name + ".9"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(c.Dir, r.ID())
	vmtest.Write(t, filepath.Join(dir, manifestFile), string(data))
	vmtest.Write(t, filepath.Join(dir, kernelFile), "kernel")
	vmtest.Write(t, filepath.Join(dir, baseFile), "base")
}

func TestCacheFind(t *testing.T) {
	c, r := Cache{Dir: t.TempDir()}, Releases()[0]
	if _, err := c.Find(r); !errors.Is(err, ErrNotBuilt) || !strings.Contains(err.Error(), "zvm build "+r.Name) {
		t.Fatalf("empty cache: %v", err)
	}
	mustPublish(t, c, r)
	img, err := c.Find(r)
	if err != nil {
		t.Fatal(err)
	}
	if img.ZFS != r.Name+".9" || img.Release != r || img.Size < 10 || vmtest.Read(t, img.KernelPath()) != "kernel" {
		t.Errorf("got %+v", img)
	}
	vmtest.Write(t, filepath.Join(c.Dir, r.ID(), manifestFile), "{")
	if _, err := c.Find(r); err == nil || errors.Is(err, ErrNotBuilt) {
		t.Errorf("damaged manifest: %v", err)
	}
}

func TestDefaultCache(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	c, err := DefaultCache()
	if err != nil || c.Dir != filepath.Join(dir, "purezfs", "images") {
		t.Errorf("got %q, %v", c.Dir, err)
	}
}
