package transfer

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func mustFile(t *testing.T, f *os.File, err error) *os.File {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// The kernel gets a descriptor that blocks, or none, and the caller's file stays
// as it was.
func TestFileForKernel(t *testing.T) {
	r, w, err := os.Pipe()
	mustFile(t, r, err)
	mustFile(t, w, err)
	path := filepath.Join(t.TempDir(), "f")
	file, err := os.Create(path)
	mustFile(t, file, err)
	readOnly, err := os.Open(path)
	mustFile(t, readOnly, err)
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	mustFile(t, null, err)
	directory, err := os.Open(t.TempDir())
	mustFile(t, directory, err)
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	both, err := os.OpenFile(fifo, os.O_RDWR, 0)
	mustFile(t, both, err)
	closed, err := os.Open(path)
	mustFile(t, closed, err).Close()
	for _, tc := range []struct {
		name  string
		f     *os.File
		write bool
		there bool
		want  error
	}{
		{"pipe, its end to write to", w, true, true, nil},
		{"pipe, its end to read from", r, false, true, nil},
		{"pipe, the wrong end", r, true, false, syscall.EBADF},
		{"pipe, the other wrong end", w, false, false, syscall.EBADF},
		{"fifo", both, true, true, nil},
		{"file", file, true, true, nil},
		{"file to read", readOnly, false, true, nil},
		{"file for reading only", readOnly, true, false, syscall.EBADF},
		{"device", null, true, false, nil},
		{"directory", directory, false, false, nil},
		{"closed", closed, false, false, os.ErrClosed},
		{"none", nil, false, false, os.ErrInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := KernelFile(tc.f, tc.write)
			if !errors.Is(err, tc.want) || (got != nil) != tc.there {
				t.Fatalf("file %v, %v, want %v", got != nil, err, tc.want)
			}
			if got == nil {
				return
			}
			defer got.Close()
			flags, err := fcntl(int(FD(got)), syscall.F_GETFL, 0)
			if err != nil || flags&syscall.O_NONBLOCK != 0 {
				t.Errorf("flags %#x, %v", flags, err)
			}
		})
	}
	conn, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Control(func(fd uintptr) {
		if flags, err := fcntl(int(fd), syscall.F_GETFL, 0); err != nil || flags&syscall.O_NONBLOCK == 0 {
			t.Errorf("the caller's pipe blocks now: %#x, %v", flags, err)
		}
	})
}
