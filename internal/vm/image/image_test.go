package image

import (
	"encoding/json"
	"errors"
	"io/fs"
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
		other.Target = "experimental"
		if other.ID() == r.ID() || other.workID() == r.workID() {
			t.Errorf("another suite gives the same ID %s", r.ID())
		}
	}
}

// Images that were built keep their names, whatever is added for other ones.
func TestReleaseIDsStay(t *testing.T) {
	for name, want := range map[string]string{
		"2.0": "2.0-a7e34b38b2", "2.1": "2.1-3510b7079f", "2.3": "2.3-872041bf36", "2.4": "2.4-13bb833619",
	} {
		r, err := FindRelease(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.ID(); got != want {
			t.Errorf("the image %s has the ID %s, want %s; if its recipe was changed on purpose, change this test", name, got, want)
		}
	}
}

func TestRecipesNameNoMirror(t *testing.T) {
	n := 0
	err := fs.WalkDir(recipe, "recipe", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		data, err := recipe.ReadFile(path)
		if strings.Contains(string(data), "://") {
			t.Errorf("%s names a host", path)
		}
		return err
	})
	if err != nil || n < 8 {
		t.Errorf("%d recipes, %v", n, err)
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
