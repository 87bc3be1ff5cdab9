package house

import (
	"fmt"
	"go/ast"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/release"
)

// comparesReleases are the files that may compare the numbers of releases: one has the
// rule, and one checks calls against the table of a release that its caller names.
var comparesReleases = []string{"internal/release/release.go", "ioctl/release.go", "ioctl/check.go"}

// README names the releases that the tests run on, and no others.
func TestReadmeNamesTheTestedReleases(t *testing.T) {
	var lines []string
	for _, rel := range release.Tested {
		lines = append(lines, fmt.Sprintf("%d.%d", rel.Major, rel.Minor))
	}
	last := len(lines) - 1
	want := "tested on " + strings.Join(lines[:last], ", ") + " and " + lines[last]
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(strings.Fields(string(readme)), " "); !strings.Contains(text, want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// The numbers of releases explain and sort. What the module can do is asked of the
// module, so that nothing compares them on its own: release.Has and release.PlaceOf
// are where that is done.
func TestReleasesAreComparedInOnePlace(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") || strings.HasPrefix(s.path, "zfs/zfstest/") {
			continue
		}
		allowed := slices.Contains(comparesReleases, s.path)
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "AtLeast" {
				return true
			}
			seen++
			if !allowed {
				t.Errorf("%v: a release is compared here; ask the module, or use internal/release", s.fset.Position(sel.Pos()))
			}
			return true
		})
	}
	if seen < 3 {
		t.Errorf("%d comparisons are found, so that the search is wrong", seen)
	}
}
