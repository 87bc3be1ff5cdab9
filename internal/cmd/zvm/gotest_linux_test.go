package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// guestTest is a package whose tests look around in the guest.
const guestTest = `package x

import (
	"os"
	"testing"
)

func TestPass(t *testing.T) {
	if os.Getenv("ZVM_GUEST") != "1" {
		t.Error("not in a guest")
	}
	for _, name := range []string{"testdata/own", "../testdata/shared"} {
		if _, err := os.ReadFile(name); err != nil {
			t.Error(err)
		}
	}
	if Covered() != 1 {
		t.Error("wrong")
	}
}

func TestFail(t *testing.T) { t.Error("as it should") }

func TestHang(t *testing.T) { select {} }
`

// mustModule writes a module with the package above.
func mustModule(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.test/m\n\ngo 1.25.0\n", "testdata/shared": "s", "x/testdata/own": "o",
		"x/x.go":      "package x\n\n// Covered is run.\nfunc Covered() int { return 1 }\n",
		"x/x_test.go": guestTest,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestVMGoTest(t *testing.T) {
	zvm, image := mustZVM(t)
	root := mustModule(t)
	run := func(args ...string) result {
		args = append([]string{"test", "-count=1", "-exec", zvm + " exec -image " + image}, args...)
		return mustRun(t, root, "go", append(args, "./x")...)
	}
	t.Run("pass with coverage", func(t *testing.T) {
		got := run("-run", "TestPass", "-coverprofile=c.out")
		profile, err := os.ReadFile(filepath.Join(root, "c.out"))
		if got.code != 0 || err != nil || !strings.Contains(string(profile), "x.go:4.") {
			t.Errorf("exit code %d, %v\n%s%s%s", got.code, err, got.out, got.errOut, profile)
		}
	})
	t.Run("fail in JSON", func(t *testing.T) {
		got := run("-run", "TestFail", "-json")
		if got.code != 1 || !strings.Contains(got.out, `"Action":"fail","Package":"example.test/m/x","Test":"TestFail"`) {
			t.Errorf("exit code %d\n%s%s", got.code, got.out, got.errOut)
		}
	})
	t.Run("hang", func(t *testing.T) {
		got := run("-run", "TestHang", "-timeout", "3s")
		if got.code != 1 || !strings.Contains(got.out, "panic: test timed out") {
			t.Errorf("exit code %d\n%s%s", got.code, got.out, got.errOut)
		}
	})
}
