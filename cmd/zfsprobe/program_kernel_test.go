package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// zfsProgram is what zfs program prints, and its exit code.
func zfsProgram(t *testing.T, text string, args []string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.Command("zfs", append([]string{"program"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), &out, &errOut
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	_ = cmd.Run()
	return result{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// What zfsprobe program prints equals what zfs program prints, to both outputs
// and byte for byte, with the same exit code.
func TestKernelProgramEqualsZfsProgram(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	file := filepath.Join(t.TempDir(), "program.lua")
	for _, tc := range []struct {
		name, args, source string
	}{
		{"nothing", "P F", ""},
		{"nothing, JSON", "-j P F", ""},
		{"nil", "P F", "return nil"},
		{"nil, JSON", "-j P F", "return nil"},
		{"number", "P F", "return -9223372036854775807 - 1"},
		{"number, JSON", "-j P F", "return 42"},
		{"text", "-n P F", `return "it's \"this\"\n\t\1"`},
		{"text, JSON", "-nj P F", `return "it's \"this\"\n\t\r\f\b\\ \1\31\127"`},
		{"boolean", "P F", "return false"},
		{"boolean, JSON", "-j P F", "return true"},
		{"empty table", "P F", "return {}"},
		{"array", "P F", "return {1, 'x', {true, {}}}"},
		{"array, JSON", "-j P F", "return {1, 'x', {true, {}}}"},
		{"keys", "P F", "return {[true] = 'T'}"},
		{"key with a quote, JSON", "-j P F", `return {['a"\n'] = 'x'}`},
		{"no arguments", "P F", "local a = ... return a"},
		{"arguments", "P F one two", "local a = ... return a"},
		{"arguments behind dashes", "P F -- -n --json", "local a = ... return a"},
		{"flags behind the file", "P F -n -j", "return 1"},
		{"standard input", "P - x", "local a = ... return a.argv[1]"},
		{"NUL", "P F", "return 1\x00 = = ="},
		{"error", "P F", "error('boom')"},
		{"error in a function", "-n P F", "local function f()\n error('boom')\nend\nlocal x = f() return x"},
		{"error, JSON", "-j P F", "error('boom')"},
		{"error of a table", "P F", "error({1})"},
		{"error of nothing", "P F", "error()"},
		{"error without place", "P F", "error('x', 0)"},
		{"syntax", "P F", "\nx = = 1"},
		{"two results", "P F", "return 1, 2"},
		{"function", "P F", "return zfs.exists"},
		{"cycle", "P F", "local t = {} t.t = t return t"},
		{"instructions", "-t 1000 P F", "while true do end"},
		{"instructions in hexadecimal", "-n -t 0x800 P F", "while true do end"},
		{"memory", "-m 100000 P F", "local t = {} while true do t[#t + 1] = ('x'):rep(999) .. #t end"},
		{"no instructions", "-t 0 P F", "return 1"},
		{"no memory", "-m 0 P F", "return 1"},
		{"too many instructions", "-t 100000001 P F", "return 1"},
		{"sync in the open context", "-n P F", "return zfs.sync.destroy('P/none')"},
		{"sync", "P F", "return zfs.sync.destroy('P/none')"},
		{"no pool", "nosuchpool F", "return 1"},
		{"no file", "P F.none", "return 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			source := strings.ReplaceAll(tc.source, "'P", "'"+pool)
			if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			var args []string
			for _, arg := range strings.Fields(tc.args) {
				arg = strings.Replace(strings.Replace(arg, "F", file, 1), "P", pool, 1)
				args = append(args, arg)
			}
			theirs := zfsProgram(t, source, args)
			var out, errOut bytes.Buffer
			code := run(t.Context(), append([]string{"program"}, args...), strings.NewReader(source), &out, &errOut)
			if diff := cmp.Diff(theirs, result{code, out.String(), errOut.String()}, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("zfs and zfsprobe differ (-zfs +zfsprobe):\n%s", diff)
			}
		})
	}
}
