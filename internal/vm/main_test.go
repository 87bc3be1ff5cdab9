package vm

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMain lets the test binary stand in for qemu, see fakeqemu_test.go.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == qemuProgram {
		os.Exit(fakeQEMU(os.Args[1:]))
	}
	os.Exit(m.Run())
}
