package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	rows := [][]string{{"a", "1", "x"}, {"long name", "20000", ""}}
	tests := []struct {
		name string
		in   table
		want string
	}{
		{"aligned", table{header: []string{"NAME", "N", "LAST"}, right: map[int]bool{1: true}, rows: rows},
			"NAME           N  LAST\na              1  x\nlong name  20000\n"},
		{"no header", table{rows: rows}, "a          1      x\nlong name  20000\n"},
		{"script", table{script: true, header: []string{"NAME"}, rows: rows}, "a\t1\tx\nlong name\t20000\t\n"},
		{"header alone", table{header: []string{"NAME", "N"}}, "NAME  N\n"},
		{"nothing", table{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := tt.in.print(&b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFields(t *testing.T) {
	var b strings.Builder
	if err := fields(&b, "a", "1", "long name", "2", "odd one out"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a          1\nlong name  2\n", b.String()); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// brokenPipe takes nothing.
type brokenPipe struct{}

var errBroken = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }

// Output that nobody takes is a failure of the run.
func TestBrokenOutput(t *testing.T) {
	for _, args := range []string{
		"ls", "get used", "ioctls", "ioctls create", "abi", "ls --json", "get --json used", "ioctls --json", "abi --json", "doctor --load", "doctor --load --json",
	} {
		var errOut strings.Builder
		a := &app{in: strings.NewReader(""), out: brokenPipe{}, opened: fakeDevice()}
		if code := a.run(t.Context(), strings.Fields(args), &errOut); code != exitFailed {
			t.Errorf("%s: exit %d, %s", args, code, errOut.String())
		}
	}
}

// All JSON goes through printJSON, which keeps bytes that are not UTF-8: another
// encoder would replace them.
func TestOneJSONEncoder(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{"json.Marshal", "json.NewEncoder"} {
			if strings.Contains(string(b), call+"(") && !strings.HasSuffix(name, "_test.go") {
				t.Errorf("%s has %s", name, call)
			}
		}
	}
}
