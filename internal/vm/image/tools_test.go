package image

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestMissing(t *testing.T) {
	here := Tool{Program: "a", Package: "pa", Path: "/bin/a"}
	if err := Missing([]Tool{here}); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
	err := Missing([]Tool{{Program: "b", Package: "pb"}, here, {Program: "c", Package: "pc"}})
	var m *MissingError
	if !errors.As(err, &m) || !strings.HasSuffix(err.Error(), "apt-get install --no-install-recommends pb pc") {
		t.Errorf("got %v", err)
	}
}

func TestToolsNamePackages(t *testing.T) {
	for _, tool := range Tools() {
		if tool.Program == "" || tool.Package == "" || tool.Why == "" {
			t.Errorf("%+v says too little", tool)
		}
	}
}

func TestHasRange(t *testing.T) {
	u := &user.User{Username: "alice", Uid: "1001"}
	for text, want := range map[string]bool{
		"":                                 false,
		"bob:100000:65536\n":               false,
		"bob:1:2\nalice:100000:65536":      true,
		"1001:100000:65536\n":              true,
		"alicelike:100000:65536\n10011:1:": false,
	} {
		if got := hasRange(text, u); got != want {
			t.Errorf("hasRange(%q) = %v", text, got)
		}
	}
}

func TestCheckUserNamespace(t *testing.T) {
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	etc, proc := t.TempDir(), t.TempDir()
	expect := func(want string) {
		t.Helper()
		err := checkUserNamespace(etc, proc)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	expect("usermod --add-subuids")
	vmtest.Write(t, filepath.Join(etc, "subuid"), u.Username+":100000:65536\n")
	expect("/etc/subgid")
	vmtest.Write(t, filepath.Join(etc, "subgid"), u.Username+":100000:65536\n")
	expect("")
	vmtest.Write(t, filepath.Join(proc, "sys/kernel/unprivileged_userns_clone"), "0\n")
	expect("sysctl -w kernel.unprivileged_userns_clone=1")
	vmtest.Write(t, filepath.Join(proc, "sys/kernel/unprivileged_userns_clone"), "1\n")
	expect("")
}

// Debian has moved a program to another package.
func TestDebianPackage(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	aptCache := func(script string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(bin, "apt-cache"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	moved := Tool{Program: "q", Package: "new", Older: "old"}
	check := func(what, want string) {
		t.Helper()
		if got := moved.DebianPackage(); got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	check("without apt", "new")
	aptCache("echo newer")
	check("an older Debian", "old")
	aptCache("echo newer; echo $2")
	check("a newer Debian", "new")
	aptCache("exit 1")
	check("apt is broken", "new")
	moved.Older = ""
	aptCache("exit 0")
	check("a package that never moved", "new")
}
