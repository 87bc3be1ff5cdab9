package zfs

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// canMount reports whether the package can mount filesystems on this system.
const canMount = true

// maxMountData is the length of the longest text of options: the kernel reads one
// page.
const maxMountData = 4095

// initialNamespace is the number of the first user namespace, the same in every
// kernel.
const initialNamespace = "user:[4026531837]"

// initialUserns reports whether this process is in the first user namespace. If
// that is not known, it reports true.
func initialUserns() bool {
	link, err := os.Readlink("/proc/self/ns/user")
	return err != nil || link == initialNamespace
}

// mountFlag returns the kernel's flag for an option.
func mountFlag(word string) uintptr {
	switch word {
	case "ro":
		return syscall.MS_RDONLY
	case "nosuid":
		return syscall.MS_NOSUID
	case "nodev":
		return syscall.MS_NODEV
	case "noexec":
		return syscall.MS_NOEXEC
	case "noatime":
		return syscall.MS_NOATIME
	case "nodiratime":
		return syscall.MS_NODIRATIME
	case "relatime":
		return syscall.MS_RELATIME
	case "strictatime":
		return syscall.MS_STRICTATIME
	case "sync":
		return syscall.MS_SYNCHRONOUS
	case "dirsync":
		return syscall.MS_DIRSYNC
	case "mand":
		return syscall.MS_MANDLOCK
	}
	return 0
}

// mountData returns the text of options. It includes the path so that snapshots
// below .zfs can find it; a path with a comma would be truncated and is omitted.
func mountData(path string, words []string) (string, error) {
	data := strings.Join(append([]string{"defaults"}, words...), ",") + ",zfsutil"
	if !strings.Contains(path, ",") {
		data += ",mntpoint=" + path
	}
	if len(data) > maxMountData {
		return "", fmt.Errorf("%w: mount options of %d bytes, at most %d are allowed", ErrInvalid, len(data), maxMountData)
	}
	return data, nil
}

// systemMount mounts a dataset.
func systemMount(name, path string, words []string) error {
	data, err := mountData(path, words)
	if err != nil {
		return err
	}
	var flags uintptr
	for _, word := range words {
		flags |= mountFlag(word)
	}
	return explainMount(retried(func() error { return syscall.Mount(name, path, "zfs", flags, data) }), path)
}

// systemUnmount unmounts the topmost mount at a path. It does not follow a link.
func systemUnmount(path string, opts *DatasetUnmountOptions) error {
	const noFollow = 8
	flags := noFollow
	if opts.Force {
		flags |= syscall.MNT_FORCE
	}
	if opts.Lazy {
		flags |= syscall.MNT_DETACH
	}
	return explainMount(retried(func() error { return syscall.Unmount(path, flags) }), path)
}

// retried repeats a call that was interrupted by a signal of the runtime.
func retried(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// explainMount adds what the errno means for a mount at a path.
func explainMount(err error, path string) error {
	var kind error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EBUSY):
		kind = ErrBusy
	case errors.Is(err, syscall.EPERM):
		kind = ErrPermission
	case errors.Is(err, syscall.ENOENT):
		kind = ErrNotFound
	case errors.Is(err, syscall.ENODEV):
		// The system has no type of filesystem with that name.
		return fmt.Errorf("%w: no zfs module is loaded: %w", ErrNotSupported, err)
	case errors.Is(err, syscall.EOPNOTSUPP):
		return fmt.Errorf("%w: the filesystem's version is newer than its pool's or than the module: %w", ErrNotSupported, err)
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
	return fmt.Errorf("%s: %w (%w)", path, kind, err)
}
