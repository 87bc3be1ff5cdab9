//go:build !linux

package zfs

// canMount reports whether the package can mount filesystems on this system.
const canMount = false

func initialUserns() bool { return true }

func systemMount(_, _ string, _ []string) error { return ErrNotSupported }

func systemUnmount(string, *DatasetUnmountOptions) error { return ErrNotSupported }
