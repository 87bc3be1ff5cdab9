package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// guestDisks is the directory with a link to each disk that the host attached.
const guestDisks = "/dev/zvm"

// linkDisks names the attached disks after their serial numbers.
func linkDisks() error {
	serials, err := filepath.Glob("/sys/block/*/serial")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(guestDisks, 0o755); err != nil {
		return err
	}
	for _, file := range serials {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "zvm-")
		if !ok {
			continue
		}
		device := "/dev/" + filepath.Base(filepath.Dir(file))
		if err := os.Symlink(device, filepath.Join(guestDisks, name)); err != nil {
			return err
		}
	}
	return nil
}

// sendResults sends the files that the host wants back: over the scratch disk
// when there is one, else over the wire.
func sendResults(w *frameWriter, j *job) error {
	scratch := filepath.Join(guestDisks, strings.TrimPrefix(scratchSerial, "zvm-"))
	disk, err := os.OpenFile(scratch, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return sendAll(w, j.Get)
	}
	if err != nil {
		return err
	}
	defer disk.Close()
	onDisk := &frameWriter{w: disk}
	if err := sendAll(onDisk, j.Get); err != nil {
		return err
	}
	if err := onDisk.send(frameEnd, nil); err != nil {
		return err
	}
	if err := disk.Sync(); err != nil {
		return fmt.Errorf("writing the scratch disk: %w", err)
	}
	return nil
}

// sendAll stops at the first file that cannot be sent, because an incomplete
// answer could be mistaken for a complete one.
func sendAll(w *frameWriter, names []string) error {
	for _, name := range names {
		if err := sendTree(w, name); err != nil {
			return err
		}
	}
	return nil
}

// flushDisks writes the cached blocks of the attached disks, because the host
// kills the machine. It does not wait for a disk that hangs.
func flushDisks() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		disks, _ := filepath.Glob(guestDisks + "/disk*")
		for _, name := range disks {
			if fd, err := unix.Open(name, unix.O_RDWR, 0); err == nil {
				_ = unix.Fsync(fd)
				_ = unix.Close(fd)
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
	}
}
