package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// testTool is a tool with an empty cache whose output is kept.
type testTool struct {
	*tool
	out, err bytes.Buffer
}

func newTestTool(t *testing.T) *testTool {
	t.Helper()
	tt := &testTool{}
	tt.tool = &tool{stdout: &tt.out, stderr: &tt.err, cache: image.Cache{Dir: t.TempDir()}}
	return tt
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		out  string // part of standard output
		err  string // part of standard error
	}{
		{"nothing", nil, 2, "", "usage:"},
		{"help", []string{"-h"}, 0, "exit codes of run and exec", ""},
		{"help as a word", []string{"help"}, 0, "usage:", ""},
		{"unknown command", []string{"fly"}, 2, "", `unknown command "fly"`},
		{"help of run", []string{"run", "-h"}, 0, "", "usage: zvm run -image IMAGE"},
		{"help of build", []string{"build", "-h"}, 0, "", "-keep"},
		{"unknown flag", []string{"run", "-fly"}, 2, "", "-fly"},
		{"no command", []string{"run", "-image", "2.4"}, 2, "", "usage: zvm run"},
		{"no binary", []string{"exec", "-image", "2.4"}, 2, "", "usage: zvm exec"},
		{"no image", []string{"run", "ls"}, 126, "", "-image is missing"},
		{"unknown image", []string{"run", "-image", "1.0", "ls"}, 126, "", "unknown image"},
		{"image not built", []string{"run", "-image", "2.4", "ls"}, 126, "", "run zvm build 2.4"},
		{"exec without image", []string{"exec", "-image", "2.4", "x.test"}, 126, "", "run zvm build 2.4"},
		{"bad put", []string{"run", "-put", "nocolon", "ls"}, 2, "", "want two paths"},
		{"bad get", []string{"run", "-get", ":x", "ls"}, 2, "", "want two paths"},
		{"build of an unknown image", []string{"build", "7"}, 2, "", "unknown image"},
		{"list", []string{"list"}, 0, "2.0      -", ""},
		{"names and machines", []string{"list", "-q"}, 0, "2.4 amd64\n", ""},
		{"other machines", []string{"list", "-q"}, 0, "s390x s390x\n", ""},
		{"help names every image", []string{"help"}, 0, "2.4-sid, arm64, s390x", ""},
		{"programs for an unknown image", []string{"deps", "7"}, 2, "", "unknown image"},
		{"clean", []string{"clean", "-all"}, 0, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			z := newTestTool(t)
			code := z.main(context.Background(), tt.args)
			if code != tt.code || !strings.Contains(z.out.String(), tt.out) || !strings.Contains(z.err.String(), tt.err) {
				t.Errorf("exit code %d, want %d\nstdout: %s\nstderr: %s", code, tt.code, z.out.String(), z.err.String())
			}
		})
	}
}

func TestListShowsWhatIsBuilt(t *testing.T) {
	z := newTestTool(t)
	r := image.Releases()[0]
	dir := filepath.Join(z.cache.Dir, r.ID())
	data, err := json.Marshal(image.Manifest{Release: r, Kernel: "5.10.0-1", ZFS: "2.0.3"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if code := z.main(context.Background(), []string{"list"}); code != 0 {
		t.Fatalf("exit code %d: %s", code, z.err.String())
	}
	for _, want := range []string{"2.0.3", "5.10.0-1", dir, "zvm build 2.4"} {
		if !strings.Contains(z.out.String(), want) {
			t.Errorf("no %q in\n%s", want, z.out.String())
		}
	}
}

func TestDepsNamesEveryProgram(t *testing.T) {
	z := newTestTool(t)
	// Nothing is found in an empty directory, and nothing is installed unasked.
	t.Setenv("PATH", t.TempDir())
	if code := z.main(context.Background(), []string{"deps"}); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if strings.Contains(z.out.String(), "s390x") {
		t.Errorf("programs for a machine that nobody asked for:\n%s", z.out.String())
	}
	releases, err := findReleases([]string{"arm64", "s390x"})
	if err != nil {
		t.Fatal(err)
	}
	if code := z.main(context.Background(), []string{"deps", "arm64", "s390x"}); code != 1 {
		t.Errorf("exit code %d for other machines", code)
	}
	for _, tool := range append(image.Tools(), image.Tools(releases...)...) {
		if !strings.Contains(z.out.String(), tool.Program) || !strings.Contains(z.out.String(), "apt-get install") {
			t.Errorf("no %s in\n%s", tool.Program, z.out.String())
		}
	}
}

func TestPair(t *testing.T) {
	tests := map[string][2]string{"a:b": {"a", "b"}, "/x:/y:z": {"/x", "/y:z"}, "a": {}, ":b": {}, "a:": {}, "": {}}
	for in, want := range tests {
		a, b, err := pair(in)
		if a != want[0] || b != want[1] || (err == nil) != (want[0] != "") {
			t.Errorf("pair(%q) = %q, %q, %v", in, a, b, err)
		}
	}
}
