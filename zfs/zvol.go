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

// statisticsDir is where the module shows, among others, one file for each volume
// that has a device.
const statisticsDir = "/proc/spl/kstat/zfs"

// VolumeWaitOptions are the options of VolumeWait.
type VolumeWaitOptions struct {
	// Gone waits until the volume's device has disappeared.
	Gone bool
	// Dir is the directory of the links to the devices, by name; empty is
	// /dev/zvol.
	Dir string
}

// VolumeWait waits until the device of a volume can be used, and returns its
// path, such as "/dev/zd0": the kernel creates and removes devices some time
// after the operation, and udev creates and removes the links afterwards. It also
// works for a snapshot's device. It polls the links at growing intervals until
// the context ends. With Gone it waits until the link is removed, and returns an
// empty path.
//
// The kernel identifies the volume of a device only through the open device,
// which would keep the volume busy. So without links by udev, the error only
// reports whether the kernel has a device for the volume.
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

// volumeLink returns the path of udev's link. It replaces a blank.
func volumeLink(name, dir string) string {
	if dir == "" {
		dir = volumeDir
	}
	return filepath.Join(dir, strings.ReplaceAll(name, " ", "+"))
}

// volumeDevice returns the device that a link leads to, or "". A link to a
// missing device, or to anything other than a device, is ignored.
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

// volumeHint adds what the kernel has done so far.
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

// kernelVolume reports whether the kernel has a device for a volume: the pool's
// directory then has a file of statistics for it. Known is false without that
// directory.
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

// statisticsName returns the dataset of a file of statistics: a row of name, type
// and value.
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
