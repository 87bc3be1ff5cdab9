package label

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mustFile writes a disk to a sparse file.
func (d *disk) mustFile(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(d.size); err != nil {
		t.Fatal(err)
	}
	for i := range Count {
		if _, err := f.WriteAt(d.label(i), Offset(d.size, i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestScan(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	mustDisk(t, "2.4/raidz0").mustFile(t, at("raidz0"))
	mustDisk(t, "2.4/cache").mustFile(t, at("cache"))
	blank().mustFile(t, at("blank"))
	small := mustDisk(t, "2.4/log")
	small.size = Count * Size
	small.mustFile(t, at("small"))
	if err := os.WriteFile(at("tiny"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("raidz0", at("link")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path  string
		small bool
		want  error
	}{
		{"raidz0", false, nil},
		{"cache", false, nil},
		{"link", false, nil},
		{"blank", false, ErrNoLabel},
		{"small", false, ErrTooSmall},
		{"small", true, nil}, // of another size than when it was written
		{"tiny", true, ErrTooSmall},
		{".", true, ErrNotDevice},
		{"none", true, fs.ErrNotExist},
	} {
		for f := range Scan(t.Context(), []string{at(tt.path)}, &ScanOptions{SmallFiles: tt.small}) {
			if !errors.Is(f.Err, tt.want) || f.Path != at(tt.path) {
				t.Errorf("%s: %s: %v, want %v", tt.path, f.Path, f.Err, tt.want)
			}
			whole := Count
			if tt.small {
				whole = Count / 2
			}
			if tt.want == nil && f.Device.Whole() != whole {
				t.Errorf("%s: %d labels", tt.path, f.Device.Whole())
			}
		}
	}
	if _, err := ReadPath("/dev/null", nil); !errors.Is(err, ErrNotDevice) {
		t.Errorf("a character device: %v", err)
	}
	dev, err := ReadPath(at("raidz0"), nil)
	if err != nil || dev.Best().Config.Name != "striped" || len(dev.Labels[3].Uberblocks) < 2 {
		t.Errorf("ReadPath: %v, %v", dev, err)
	}
}

// Results come in the order of the paths, however many workers there are and
// wherever the walk ends.
func TestScanOrder(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i := range 40 {
		path := filepath.Join(dir, fmt.Sprintf("%02d", i))
		paths = append(paths, path)
		if i%3 > 0 {
			mustDisk(t, "2.0/spare").mustFile(t, path)
		}
	}
	for _, workers := range []int{0, 1, 7, 1000} {
		for _, stop := range []int{1, 20, 40} {
			var seen []string
			for f := range Scan(t.Context(), paths, &ScanOptions{Workers: workers, Depth: DepthConfig}) {
				if want := len(seen)%3 > 0; (f.Err == nil) != want {
					t.Errorf("%s: %v", f.Path, f.Err)
				}
				if seen = append(seen, f.Path); len(seen) == stop {
					break
				}
			}
			if diff := cmp.Diff(paths[:stop], seen); diff != "" {
				t.Errorf("%d workers (-want +got):\n%s", workers, diff)
			}
		}
	}
	for range Scan(t.Context(), nil, nil) {
		t.Error("something was found nowhere")
	}
}

// When the context ends, what is left has its error.
func TestScanCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	paths := slices.Repeat([]string{t.TempDir()}, 50)
	ended := 0
	for f := range Scan(ctx, paths, &ScanOptions{Workers: 2}) {
		cancel()
		if errors.Is(f.Err, context.Canceled) {
			ended++
		}
	}
	if ended < 40 {
		t.Errorf("%d paths have the context's error", ended)
	}
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b", "a", "sub/c"} {
		path := filepath.Join(dir, "one", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "one", "link")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	got, err := Paths([]string{"one/sub", "none", dir + "/one", "one/sub/c"})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range []string{"one/sub/c", "one/a", "one/b", "one/link", "one/sub/c"} {
		want = append(want, filepath.Join(dir, name))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if !slices.Contains(SearchDirs(), "/dev") {
		t.Error("/dev is not searched")
	}
}
