package vm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test binary stand in for qemu, see fakeqemu_test.go.
func TestMain(m *testing.M) {
	if strings.HasPrefix(filepath.Base(os.Args[0]), "qemu-system-") {
		os.Exit(fakeQEMU(os.Args[1:]))
	}
	os.Exit(m.Run())
}
