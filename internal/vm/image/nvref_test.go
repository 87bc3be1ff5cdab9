package image

import (
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestFindNVRef(t *testing.T) {
	root := t.TempDir()
	sub := filepath.Join(root, "a", "b")
	vmtest.Write(t, filepath.Join(sub, "x.go"), "")
	if got := FindNVRef(sub); got != "" {
		t.Errorf("outside a module: %q", got)
	}
	vmtest.Write(t, filepath.Join(root, "go.mod"), "module x\n")
	if got := FindNVRef(sub); got != "" {
		t.Errorf("without the source: %q", got)
	}
	want := vmtest.Write(t, filepath.Join(root, ".ci", "golden", "nvref.c"), "int main;")
	if got := FindNVRef(sub); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNVRefLayerFollowsTheSource(t *testing.T) {
	c, r := Cache{Dir: t.TempDir()}, Releases()[0]
	source := vmtest.Write(t, filepath.Join(t.TempDir(), "nvref.c"), "1")
	b := &Builder{Cache: c, NVRef: source}
	first, err := c.NVRefLayer(r, source)
	if err != nil || b.hasNVRef(r) {
		t.Fatalf("%q, %v, built: %v", first, err, b.hasNVRef(r))
	}
	vmtest.Write(t, first, "layer")
	if !b.hasNVRef(r) {
		t.Error("the built layer is not seen")
	}
	vmtest.Write(t, source, "2")
	second, err := c.NVRefLayer(r, source)
	if err != nil || second == first || b.hasNVRef(r) {
		t.Errorf("a changed source keeps its layer %q (%v)", second, err)
	}
	if _, err := c.NVRefLayer(r, source+".absent"); err == nil {
		t.Error("a layer of no source")
	}
	b.NVRef = ""
	if !b.hasNVRef(r) {
		t.Error("a module without the program waits for it")
	}
}
