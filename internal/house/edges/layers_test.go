package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layered are the packages whose doc.go lists their files in layers, below the
// heading Files and one item for each layer.
var layered = []string{"nvlist"}

// fileName is a file in such a list.
var fileName = regexp.MustCompile(`[a-z_0-9]+\.go`)

// layers returns the layer of each file that a package comment lists.
func layers(doc string) (map[string]int, error) {
	_, rest, found := strings.Cut(doc, "// # Files\n")
	if !found {
		return nil, fmt.Errorf("there is no heading Files")
	}
	list, _, _ := strings.Cut(rest, "\n// # ")
	items := strings.Split(list, "\n//   - ")
	of := make(map[string]int)
	for i, item := range items[1:] {
		for _, name := range fileName.FindAllString(item, -1) {
			if _, twice := of[name]; twice {
				return nil, fmt.Errorf("%s is listed twice", name)
			}
			of[name] = i
		}
	}
	return of, nil
}

// faults returns what contradicts the layers: files without one, layers of files
// that do not exist, and references to a lower layer.
func faults(of map[string]int, files []string, e edges) (found []string) {
	for _, file := range files {
		if _, ok := of[file]; !ok && file != "doc.go" {
			found = append(found, file+" is in no layer")
		}
	}
	for file := range of {
		if !slices.Contains(files, file) {
			found = append(found, file+" does not exist")
		}
	}
	for pair, n := range e {
		if of[pair.to] > of[pair.from] {
			found = append(found, fmt.Sprintf("%s refers %d times to %s, which is of a lower layer", pair.from, n, pair.to))
		}
	}
	slices.Sort(found)
	return found
}

// TestLayers checks that the files of a package keep to the layers in its comment.
func TestLayers(t *testing.T) {
	for _, name := range layered {
		doc, err := os.ReadFile(filepath.Join("../../..", name, "doc.go"))
		if err != nil {
			t.Fatal(err)
		}
		of, err := layers(string(doc))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pkgs, err := load([]string{"github.com/purezfs/purezfs/" + name})
		if err != nil || len(pkgs) != 1 {
			t.Fatalf("%s: %d packages, %v", name, len(pkgs), err)
		}
		uses, err := pkgs[0].uses()
		if err != nil {
			t.Fatal(err)
		}
		if len(of) < 20 || len(uses) < 50 {
			t.Errorf("%s: only %d files and %d edges", name, len(of), len(uses))
		}
		for _, fault := range faults(of, pkgs[0].GoFiles, uses) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// TestLayerFaults runs the check on layers that have each fault.
func TestLayerFaults(t *testing.T) {
	of, err := layers("// # Files\n//\n//   - wire: a.go,\n//     b.go\n//   - list: c.go\n//\n// # Next\n// d.go\n")
	if err != nil {
		t.Fatal(err)
	}
	uses := edges{{"a.go", "b.go"}: 1, {"c.go", "a.go"}: 1, {"b.go", "c.go"}: 2}
	got := faults(of, []string{"a.go", "c.go", "d.go", "doc.go"}, uses)
	want := []string{"b.go does not exist", "b.go refers 2 times to c.go, which is of a lower layer", "d.go is in no layer"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	for _, doc := range []string{"// no heading\n", "// # Files\n//\n//   - a.go\n//   - a.go\n"} {
		if _, err := layers(doc); err == nil {
			t.Errorf("%q: no error", doc)
		}
	}
}
