package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// importPools makes pools of all kinds on files, and returns where these are.
func importPools(t *testing.T) (dir string) {
	t.Helper()
	zfstest.Kernel(t)
	dir = t.TempDir()
	script := `set -e
cd DIR
for f in a b c d e f g h i; do truncate -s 64M $f; done
zpool create -O mountpoint=none -o cachefile=none -o comment='a comment' pkinds mirror DIR/a DIR/b log DIR/c cache DIR/d spare DIR/e
zpool create -O mountpoint=none -o cachefile=none -o ashift=12 pstriped raidz DIR/f DIR/g DIR/h
zpool create -O mountpoint=none -o cachefile=none pgone DIR/i
zpool sync
`
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(script, "DIR", dir))
	t.Cleanup(func() {
		for _, pool := range []string{"pkinds", "pstriped"} {
			_, _ = zfstest.Try("zpool", "destroy", "-f", pool)
		}
	})
	return dir
}

// fromConfig are the lines of zpool import that tell of a pool: its name, number
// and state, and its devices with their states, folded.
func fromConfig(text string) (lines []string) {
	inside := false
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) > 0 && (f[0] == "pool:" || f[0] == "id:" || f[0] == "state:"):
			inside = false
			lines = append(lines, strings.Join(f, " "))
		case len(f) > 0 && f[0] == "config:":
			inside = true
		case inside && len(f) > 0:
			indent := len(line) - len(strings.TrimLeft(line, " \t"))
			lines = append(lines, line[:indent]+strings.Join(f, " "))
		}
	}
	return lines
}

// probeAny runs zfsprobe in this process, whatever its exit code.
func probeAny(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var b, errOut bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &b, &errOut)
	if code == exitFailed {
		t.Fatalf("zfsprobe %v: %s", args, errOut.String())
	}
	return b.String(), code
}

// What label prints equals what zdb -l prints, and what importable shows equals
// what zpool import shows, also of a pool that has lost a disk.
func TestKernelImportEqualsZpoolImport(t *testing.T) {
	dir := importPools(t)
	for _, name := range []string{"a", "c", "d", "e", "f", "i"} {
		file := filepath.Join(dir, name)
		theirs := zfstest.Run(t, "zdb", "-l", file)
		theirs, _, _ = strings.Cut(theirs, strings.Repeat("-", 36)+"\nL2ARC")
		if diff := cmp.Diff(trimLines(theirs), trimLines(string(probe(t, "label", file)))); diff != "" {
			t.Errorf("label %s (-zdb +zfsprobe):\n%s", name, diff)
		}
	}
	probe(t, "do", "pool", "export", "pkinds", "pstriped")
	zfstest.Run(t, "zpool", "destroy", "pgone")
	compareImport(t, filepath.Join(dir, "i"), exitFine, "-D") // left by this host
	if err := os.Remove(filepath.Join(dir, "g")); err != nil {
		t.Fatal(err)
	}
	compareImport(t, dir, exitFinding)
	probe(t, "do", "pool", "import", "-d", dir, "pstriped", "pother")
	if got := zfstest.Run(t, "zpool", "list", "-Ho", "health", "pother"); got != "DEGRADED\n" && got != "ONLINE\n" {
		t.Errorf("pother is %q", got)
	}
	probe(t, "do", "pool", "export", "pother")
}

// compareImport compares what the two programs show of the pools in a directory.
func compareImport(t *testing.T, dir string, code int, flags ...string) {
	t.Helper()
	theirs := zfstest.Run(t, "zpool", append([]string{"import", "-d", dir}, flags...)...)
	ours, got := probeAny(t, append([]string{"importable", "-d", dir}, flags...)...)
	if got != code {
		t.Errorf("importable %v: exit %d, want %d\n%s", flags, got, code, ours)
	}
	want, have := sortedPools(theirs), sortedPools(ours)
	if diff := cmp.Diff(want, have); diff != "" || len(want) == 0 {
		t.Errorf("importable %v (-zpool +zfsprobe):\n%s", flags, diff)
	}
}

// sortedPools are the lines on each pool by its name. The order of a pool's
// groups of devices is left out, for releases differ in it.
func sortedPools(text string) map[string]map[string]int {
	pools := make(map[string]map[string]int)
	var name string
	for _, line := range fromConfig(text) {
		if pool, ok := strings.CutPrefix(line, "pool: "); ok {
			name = pool
			pools[name] = make(map[string]int)
		}
		pools[name][line]++
	}
	return pools
}

// All pools that are found are imported, with a property, and their keys are
// loaded from files and from standard input, as far as they are right.
func TestKernelImportAllWithKeys(t *testing.T) {
	zfstest.Kernel(t)
	dir := t.TempDir()
	script := `set -e
cd DIR
truncate -s 64M a b
printf '%032d' 7 > raw
printf 'by hand1\n' > typed
enc="zfs create -o encryption=on"
zpool create -O mountpoint=none -o cachefile=none pkeys DIR/a
$enc -o keyformat=raw -o keylocation=file://DIR/raw pkeys/file
$enc -o keyformat=passphrase -o keylocation=prompt pkeys/typed < typed
$enc -o keyformat=passphrase -o keylocation=prompt pkeys/wrong < typed
zfs create pkeys/file/child
zpool create -O mountpoint=none -o cachefile=none pplain DIR/b
zpool export pkeys
zpool export pplain
`
	t.Cleanup(func() {
		for _, pool := range []string{"pkeys", "pplain"} {
			_, _ = zfstest.Try("zpool", "destroy", "-f", pool)
		}
	})
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(script, "DIR", dir))
	var out, errOut bytes.Buffer
	dry := run(t.Context(), []string{"do", "pool", "import", "-a", "-n", "-F", "-d", dir}, strings.NewReader(""), &out, &errOut)
	if want := "pkeys can be imported without a rewind\npplain can be imported without a rewind\n"; dry != exitFine || errOut.String() != want {
		t.Errorf("a dry run: exit %d: %s", dry, errOut.String())
	}
	if list := zfstest.Run(t, "zpool", "list", "-Ho", "name"); strings.Contains(list, "pkeys") || strings.Contains(list, "pplain") {
		t.Errorf("a dry run imported: %s", list)
	}
	errOut.Reset()
	args := []string{"do", "pool", "import", "-a", "-l", "-o", "comment=found", "-d", dir}
	code := run(t.Context(), args, strings.NewReader("by hand1\nnot the one\n"), &out, &errOut)
	if code != exitFailed || !strings.Contains(errOut.String(), "pkeys/wrong") || strings.Contains(errOut.String(), "not the one") {
		t.Errorf("exit %d: %s", code, errOut.String())
	}
	want := "pkeys/file\tavailable\npkeys/file/child\tavailable\npkeys/typed\tavailable\npkeys/wrong\tunavailable\n"
	got := zfstest.Run(t, "zfs", "get", "-Hpo", "name,value", "-s", "none", "-r", "keystatus", "pkeys")
	got = strings.ReplaceAll(got, "pkeys\t-\n", "")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := zfstest.Run(t, "zpool", "get", "-Ho", "name,value", "comment", "pkeys", "pplain"); got != "pkeys\tfound\npplain\tfound\n" {
		t.Errorf("comments: %q", got)
	}
}
