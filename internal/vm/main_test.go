package vm

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// TestMain lets the test binary stand in for qemu, see fakeqemu_test.go.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == image.QEMU {
		os.Exit(fakeQEMU(os.Args[1:]))
	}
	os.Exit(m.Run())
}
