package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// quotedFile is a file of package zfs in the table of CONTRIBUTING.
var quotedFile = regexp.MustCompile("`([a-z_/*]+\\.(?:go|lua))`")

// All files in the table of CONTRIBUTING exist.
func TestFileMap(t *testing.T) {
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "## Which file\n")
	table, _, found := strings.Cut(rest, "\n## ")
	if !found {
		t.Fatal("CONTRIBUTING.md has no table of files")
	}
	names := quotedFile.FindAllStringSubmatch(table, -1)
	if len(names) < 30 {
		t.Errorf("only %d files are named", len(names))
	}
	for _, name := range names {
		if found, err := filepath.Glob("../../zfs/" + name[1]); err != nil || len(found) == 0 {
			t.Errorf("%s is not in zfs: %v", name[1], err)
		}
	}
}
