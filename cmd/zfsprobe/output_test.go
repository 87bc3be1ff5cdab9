package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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

// A client is opened in one place, which closes it.
func TestOneOpen(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	opens := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		opens += strings.Count(string(b), "zfs.Open(")
	}
	if opens != 1 {
		t.Errorf("there are %d calls of zfs.Open, want one, in withClient", opens)
	}
}

// All JSON goes through package show, which keeps bytes that are not UTF-8: another
// encoder would replace them. Which of JSON and text is printed is decided in one
// place; nv has its own flag for that.
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
		for call, where := range map[string]string{"json.Marshal": "", "json.NewEncoder": "", "show.JSON": "main.go nv.go"} {
			if strings.Contains(string(b), call+"(") && !strings.HasSuffix(name, "_test.go") && !strings.Contains(where, name) {
				t.Errorf("%s has %s", name, call)
			}
		}
	}
}
