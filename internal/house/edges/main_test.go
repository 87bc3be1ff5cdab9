package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mustModule writes a module of one package and makes its directory current.
func mustModule(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.test/m\n\ngo 1.25.0\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func TestRun(t *testing.T) {
	mustModule(t, map[string]string{
		"a.go": "package m\n\nimport \"strings\"\n\nfunc A() string { return strings.Repeat(B(), c) }\n",
		"b.go": "package m\n\nfunc B() string { return string(D(1).name()) + A() }\n",
		"c.go": "package m\n\nconst c = 2\n",
		"d.go": "package m\n\ntype D int\n\nfunc (D) name() []byte { return nil }\n",
	})
	for _, tc := range []struct {
		name, from, to string
		want           string
	}{
		{"all", "*", "*", `example.test/m: 4 files, 5 references between files, 4 edges, 1 cycles
     2  b.go -> d.go
     1  a.go -> b.go
     1  a.go -> c.go
     1  b.go -> a.go
cycle of 2 files: a.go b.go
`},
		{"from one file", "b.go", "*", `example.test/m: 4 files, 3 references between files, 2 edges, 0 cycles
     2  b.go -> d.go
     1  b.go -> a.go
`},
		{"to some", "*", "[cd].go", `example.test/m: 4 files, 3 references between files, 2 edges, 0 cycles
     2  b.go -> d.go
     1  a.go -> c.go
`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			if err := run(&out, []string{"."}, tc.from, tc.to, true); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Error("report (-want +got):\n" + diff)
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	mustModule(t, map[string]string{"a.go": "package m\n\nvar x int = \"\"\n"})
	for _, tc := range []struct{ name, pkg, from, part string }{
		{"a package that does not compile", ".", "*", "go list"},
		{"a bad pattern", ".", "[", "pattern"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			err := run(&out, []string{tc.pkg}, tc.from, "*", false)
			if err == nil || !strings.Contains(err.Error(), tc.part) || out.Len() > 0 {
				t.Errorf("error %v, output %q", err, out.String())
			}
		})
	}
}

func TestCycles(t *testing.T) {
	e := edges{}
	for _, pair := range []string{"a b", "b c", "c a", "c d", "d e", "e d", "f a"} {
		from, to, _ := strings.Cut(pair, " ")
		e[edge{from, to}]++
	}
	want := [][]string{{"a", "b", "c"}, {"d", "e"}}
	if diff := cmp.Diff(want, e.cycles()); diff != "" {
		t.Error("cycles (-want +got):\n" + diff)
	}
}
