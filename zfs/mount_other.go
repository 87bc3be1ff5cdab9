//go:build !linux

package zfs

// canMount reports whether this system mounts ZFS in the way that is known here.
const canMount = false

func initialUserns() bool { return true }

func systemMount(_, _ string, _ []string) error { return ErrNotSupported }

func systemUnmount(string, *DatasetUnmountOptions) error { return ErrNotSupported }
