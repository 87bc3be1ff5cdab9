package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// forbidden are words that must not be in a tracked file: markers of unfinished
// work, and the addresses of package mirrors, which depend on the machine.
var forbidden = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b|(deb|security|ftp)\.debian\.org|proxy\.golang\.org`)

func TestNoForbiddenWords(t *testing.T) {
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("not a git checkout: %v", err)
	}
	files := strings.Fields(string(out))
	if len(files) < 20 {
		t.Fatalf("git lists only %d files", len(files))
	}
	for _, name := range files {
		b, err := os.ReadFile(filepath.Join("../..", name))
		if os.IsNotExist(err) || strings.IndexByte(string(b), 0) >= 0 || filepath.Base(name) == "go.sum" {
			continue // removed, binary, or generated
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			if word := forbidden.FindString(line); word != "" {
				t.Errorf("%s:%d: %q does not belong here", name, i+1, word)
			}
		}
	}
}
