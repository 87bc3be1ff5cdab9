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

// maxMountData is the longest text of options: the kernel takes one page.
const maxMountData = 4095

// initialNamespace is the number of the first user namespace, the same in every
// kernel.
const initialNamespace = "user:[4026531837]"

// initialUserns reports whether this process lives in the first user namespace.
// Where there is no telling, it does.
func initialUserns() bool {
	link, err := os.Readlink("/proc/self/ns/user")
	return err != nil || link == initialNamespace
}

// mountFlag is the flag that the kernel wants for an option beside its name.
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

// mountData is the text of options. The path is among them so that snapshots
// below .zfs find it; with a comma it would be cut and is left out.
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

// systemUnmount unmounts what lies uppermost at a path, which is no link.
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

// retried makes a call again that one of the runtime's signals has ended.
func retried(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// explainMount says what the errno means for a mount at a path.
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
		// The system knows no type of filesystem with that name.
		return fmt.Errorf("%w: no zfs module is loaded: %w", ErrNotSupported, err)
	case errors.Is(err, syscall.EOPNOTSUPP):
		return fmt.Errorf("%w: the filesystem's version is newer than its pool's or than the module: %w", ErrNotSupported, err)
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
	return fmt.Errorf("%s: %w (%w)", path, kind, err)
}
