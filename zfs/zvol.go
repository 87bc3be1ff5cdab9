package zfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// volumeDir is where udev links the volumes' devices.
const volumeDir = "/dev/zvol"

// statisticsDir is where the module shows, among others, one file for each
// volume that has a device.
const statisticsDir = "/proc/spl/kstat/zfs"

// VolumeWaitOptions says what VolumeWait waits for.
type VolumeWaitOptions struct {
	// Gone waits until the volume's device is away, instead of there.
	Gone bool
	// Dir holds the links to the devices, by name; empty is /dev/zvol.
	Dir string
}

// VolumeWait waits until the device of a volume can be used, and returns its
// path, such as "/dev/zd0": the kernel makes devices and takes them away some
// time after the operation that leads to it, and udev then the links by name.
// Of a snapshot's device it does the same. It looks at the links without asking
// udev, more rarely the longer it takes, until the context ends. With Gone it
// waits for the end of the link, and returns an empty path.
//
// The kernel tells nobody which device is which volume's but through the open
// device, which would keep the volume busy. So where no udev makes links, the
// error reports whether the kernel has a device for the volume, and no more.
//
// Errors match the context's error, ErrInvalidName.
func (c *Client) VolumeWait(ctx context.Context, name string, opts *VolumeWaitOptions) (device string, err error) {
	if opts == nil {
		opts = &VolumeWaitOptions{}
	}
	if _, err := parseDataset(name, "a bookmark has no device"); err != nil {
		return "", mountError("wait for the device of", name, err)
	}
	link := volumeLink(name, opts.Dir)
	for wait := time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		device, err := volumeDevice(link)
		if err != nil || opts.Gone == (device == "") {
			return device, err
		}
		select {
		case <-ctx.Done():
			return "", mountError("wait for the device of", name, volumeHint(ctx.Err(), name, link, opts.Gone))
		case <-time.After(wait):
		}
	}
}

// volumeLink is the path that udev gives a device. A blank has no place in it.
func volumeLink(name, dir string) string {
	if dir == "" {
		dir = volumeDir
	}
	return filepath.Join(dir, strings.ReplaceAll(name, " ", "+"))
}

// volumeDevice returns the device that a link leads to, empty if there is none.
// A link whose device is away is left over, and nothing but a device counts.
func volumeDevice(link string) (string, error) {
	info, err := os.Stat(link)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if info.Mode()&fs.ModeDevice == 0 {
		return "", nil // a directory of further volumes
	}
	return filepath.EvalSymlinks(link)
}

// volumeHint says how far the kernel has got.
func volumeHint(err error, name, link string, gone bool) error {
	known, has := kernelVolume(statisticsDir, name)
	switch {
	case !known:
		return err
	case gone && has:
		return fmt.Errorf("%w: the kernel still has the device of %s", err, link)
	case gone:
		return fmt.Errorf("%w: the kernel has removed the device, but %s remains: is udev running?", err, link)
	case has:
		return fmt.Errorf("%w: the kernel has created the device, but %s does not appear: is udev running?", err, link)
	}
	return fmt.Errorf("%w: the kernel has not created the device: check property volmode, or snapdev of snapshots", err)
}

// kernelVolume reports whether the kernel has a device for a volume: a file of
// statistics in the pool's directory names it then. Known is false where there is
// no such directory.
func kernelVolume(dir, name string) (known, has bool) {
	files, err := os.ReadDir(filepath.Join(dir, poolOf(name)))
	if err != nil {
		return false, false
	}
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), "objset-") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, poolOf(name), file.Name()))
		if err == nil && statisticsName(string(b)) == name {
			return true, true
		}
	}
	return true, false
}

// statisticsName is the dataset that a file of statistics is about: a row of
// name, type and value.
func statisticsName(text string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "dataset_name "); ok {
			rest = strings.TrimLeft(rest, " ")
			_, name, _ := strings.Cut(rest, " ")
			return strings.TrimSpace(name)
		}
	}
	return ""
}
