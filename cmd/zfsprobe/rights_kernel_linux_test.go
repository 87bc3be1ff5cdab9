package main

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/purezfs/purezfs/zfs/zfstest"
)

// A user who may not open the device is told who can help, and how.
func TestKernelDoctorWithoutRights(t *testing.T) {
	zfstest.Kernel(t)
	if err := os.Chmod("/dev/zfs", 0o600); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	if err := syscall.Seteuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Seteuid(0); err != nil {
			t.Error(err)
		}
	}()
	var report, errOut bytes.Buffer
	if code := run(t.Context(), []string{"doctor"}, nil, &report, &errOut); code != exitFinding {
		t.Errorf("exit %d, want %d", code, exitFinding)
	}
	if !strings.Contains(report.String(), "chmod 0666 /dev/zfs") || !strings.Contains(report.String(), "bad") {
		t.Errorf("doctor does not say what to do:\n%s%s", report.String(), errOut.String())
	}
}
