package zfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/zfs/prop"
)

// ErrNotMounted means that the dataset is not mounted in this mount namespace.
var ErrNotMounted = errors.New("is not mounted")

// DatasetMountOptions are the options of DatasetMount.
type DatasetMountOptions struct {
	// Path mounts there, regardless of the properties mountpoint, canmount and
	// zoned, and even if the dataset is already mounted elsewhere. It must be
	// absolute. A snapshot can only be mounted with Path.
	Path string
	// Options override those of the properties: "ro", "noexec", "noatime". They
	// apply to this mount.
	Options []string
	// Overlay mounts over a directory that is not empty, even if the property
	// overlay is off.
	Overlay bool
	// Redacted also mounts a filesystem that was received from a redacted stream.
	Redacted bool
}

// DatasetMount mounts a filesystem with mount(2) and returns the directory: its
// property mountpoint, below the pool's altroot if there is one. The mount
// options follow from its properties. A missing directory is created. It does not
// mount children or ancestors, and does not share anything. It needs root's
// rights in the user namespace of the mount namespace.
//
// Errors match ErrBusy (already mounted, or the directory is not empty and
// overlay is off), ErrNotFound, ErrInvalidName, ErrInvalid (mountpoint none or
// legacy, canmount off, zoned, a volume), ErrRedacted, ErrKey, ErrPermission,
// ErrNotSupported (not Linux). If the context ends first, the kernel may still
// finish the mount.
func (c *Client) DatasetMount(ctx context.Context, name string, opts *DatasetMountOptions) (path string, err error) {
	if opts == nil {
		opts = &DatasetMountOptions{}
	}
	path, err = c.mount(ctx, name, opts)
	if err != nil {
		return "", mountError("mount", name, err)
	}
	return path, nil
}

// mountError adds the operation. An error of the ZFS module already has it.
func mountError(verb, name string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Op: NoOp, Name: name, verb: verb, err: err}
}

// mount is DatasetMount with errors that do not name the operation.
func (c *Client) mount(ctx context.Context, name string, opts *DatasetMountOptions) (string, error) {
	if err := checkMountOptions(name, opts); err != nil {
		return "", err
	}
	if !canMount {
		return "", ErrNotSupported
	}
	ds, err := c.DatasetStats(ctx, name, nil)
	if err != nil {
		return "", err
	}
	pool, err := c.poolProps(ctx, poolOf(name))
	if err != nil {
		return "", err
	}
	pair, _ := pool.List("altroot")
	ds.Props.altroot, _ = pair.Text(keyValue)
	path, err := mountPath(ds, opts)
	if err != nil {
		return "", err
	}
	words := mountWords(ds.Props, opts.Options)
	if importedReadOnly(pool) || ds.Type.Has(prop.TypeSnapshot) {
		words = append(slices.DeleteFunc(words, func(w string) bool { return w == "rw" }), "ro")
	}
	if err := makeMountpoint(path, opts.Overlay || ds.Props.Uint64(prop.Overlay) != 0); err != nil {
		return "", err
	}
	return path, detached(ctx, func() error { return systemMount(name, path, words) })
}

// checkMountOptions checks the arguments.
func checkMountOptions(name string, opts *DatasetMountOptions) error {
	n, err := ParseName(name)
	switch {
	case err != nil:
		return err
	case n.Bookmark != "":
		return fmt.Errorf("%w: a bookmark cannot be mounted", ErrInvalidName)
	case n.Snapshot != "" && opts.Path == "":
		return fmt.Errorf("%w: a snapshot has no mountpoint, so a path is required", ErrInvalid)
	case opts.Path != "" && !filepath.IsAbs(opts.Path), strings.IndexByte(opts.Path, 0) >= 0:
		return fmt.Errorf("%w: path %q: want an absolute one", ErrInvalid, opts.Path)
	}
	for _, word := range opts.Options {
		if word == "" || strings.ContainsAny(word, ",\x00") || word == "remount" {
			return fmt.Errorf("%w: mount option %q", ErrInvalid, word)
		}
	}
	return nil
}

// errVolumeMount is why a volume can neither be mounted nor unmounted.
var errVolumeMount = fmt.Errorf("%w: a volume is not a filesystem", ErrInvalid)

// mountPath says where to mount, or why not.
func mountPath(ds *Dataset, opts *DatasetMountOptions) (string, error) {
	p := ds.Props
	switch {
	case ds.Type.Has(prop.TypeVolume):
		return "", errVolumeMount
	case p.Text(prop.KeyStatus) == "unavailable":
		return "", ErrKey
	case ds.Redacted && !opts.Redacted:
		return "", fmt.Errorf("%w: it was received from a redacted stream", ErrRedacted)
	case opts.Path != "":
		return filepath.Clean(opts.Path), nil
	}
	path := p.Text(prop.Mountpoint)
	switch {
	case !filepath.IsAbs(path):
		return "", fmt.Errorf("%w: its mountpoint is %s, so a path is required", ErrInvalid, path)
	case p.Text(prop.CanMount) == "off":
		return "", fmt.Errorf("%w: its property canmount is off", ErrInvalid)
	case p.Uint64(prop.Zoned) != 0 && initialUserns():
		return "", fmt.Errorf("%w: its property zoned is on: it belongs to a user namespace", ErrInvalid)
	}
	if m, ok := readMounts().entries[ds.Name]; ok {
		return "", fmt.Errorf("%w: it is mounted at %s", ErrBusy, m.path)
	}
	return path, nil
}

// mountProps are the properties that become mount options, in the order in which
// zfs(8) writes them. Extended attributes are not included: the kernel reads that
// property itself.
var mountProps = [...]prop.Prop{prop.Atime, prop.Relatime, prop.Devices, prop.Exec, prop.Readonly, prop.SetUID, prop.NBMand}

// mountWords returns the options of the properties, after those of the caller.
func mountWords(p *Properties, given []string) []string {
	words := slices.Clone(given)
	for _, property := range mountProps {
		on, off, _ := prop.MountOptions(property)
		if property == prop.Relatime {
			if slices.Contains(words, "noatime") {
				continue // strictatime would enable atime
			}
			off = "strictatime"
		}
		v, _, ok := p.Lookup(property)
		switch {
		case !ok || slices.Contains(words, on) || slices.Contains(words, off):
		case v.Uint64() != 0:
			words = append(words, on)
		default:
			words = append(words, off)
		}
	}
	contexts := []prop.Prop{prop.Context, prop.FSContext, prop.DefContext, prop.RootContext}
	if p.isContext(prop.Context) {
		contexts = contexts[:1] // it excludes the others
	}
	for _, property := range contexts {
		if p.isContext(property) {
			words = append(words, fmt.Sprintf("%s=%q", property, p.Text(property)))
		}
	}
	return words
}

// isContext reports whether a security context is set.
func (p *Properties) isContext(property prop.Prop) bool {
	v, _, ok := p.Lookup(property)
	return ok && v.String() != "none" && v.String() != ""
}

// makeMountpoint creates the directory, or checks the existing one.
func makeMountpoint(path string, overlay bool) error {
	entries, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(path, 0o755)
	}
	if err != nil || overlay {
		entries.Close()
		return err
	}
	defer entries.Close()
	if names, _ := entries.Readdirnames(1); len(names) > 0 {
		return fmt.Errorf("%w: %s is not empty, and property overlay is off", ErrBusy, path)
	}
	return nil
}

// detached runs a system call that cannot be interrupted, and stops waiting for
// it when the context ends.
func detached(ctx context.Context, call func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if ctx.Done() == nil {
		return call()
	}
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w; it may have been carried out", ctx.Err())
	}
}

// DatasetUnmountOptions are the options of DatasetUnmount.
type DatasetUnmountOptions struct {
	// Force aborts requests under way. ZFS still does not unmount a busy
	// filesystem.
	Force bool
	// Lazy detaches the filesystem from the directory tree immediately, and
	// unmounts it when its last user has finished.
	Lazy bool
}

// maxMounts is the largest number of mounts of one dataset that are unmounted.
const maxMounts = 1000

// DatasetUnmount unmounts a filesystem or a snapshot with umount(2), wherever it
// is mounted in this mount namespace. It does not unmount children: a filesystem
// with mounted children is busy.
//
// Errors match ErrNotMounted, ErrNotFound (it does not exist, and is not mounted),
// ErrInvalid (a volume), ErrBusy (in use, or something else is mounted over it),
// ErrInvalidName, ErrPermission, ErrNotSupported (not Linux). A context
// that ends leaves an unmount that the kernel has not finished behind.
func (c *Client) DatasetUnmount(ctx context.Context, name string, opts *DatasetUnmountOptions) error {
	if opts == nil {
		opts = &DatasetUnmountOptions{}
	}
	err := unmount(ctx, name, opts)
	if errors.Is(err, ErrNotMounted) {
		if eerr := c.neverMounted(ctx, name); eerr != nil {
			err = eerr
		}
	}
	if errors.Is(err, ErrBusy) && ctx.Err() == nil {
		if hint, _ := c.busyCause(ctx, name, BlockedUnmount); hint != "" {
			err = fmt.Errorf("%w (%s)", err, hint)
		}
	}
	if err != nil {
		return mountError("unmount", name, err)
	}
	return nil
}

// neverMounted says why something that is not mounted cannot be: it does not exist,
// or is a volume. It returns nil for another reason, and if it cannot be read.
func (c *Client) neverMounted(ctx context.Context, name string) error {
	n, err := parseDataset(name, noProps)
	if err != nil {
		return nil
	}
	typ, err := c.typeOf(ctx, n)
	switch {
	case errors.Is(err, ErrPoolNotFound):
		return ErrPoolNotFound
	case errors.Is(err, ErrNotFound):
		return ErrNotFound
	case err == nil && typ.Has(prop.TypeVolume):
		return errVolumeMount
	}
	return nil
}

// unmount is DatasetUnmount with errors that do not say what was tried.
func unmount(ctx context.Context, name string, opts *DatasetUnmountOptions) error {
	n, err := ParseName(name)
	if err != nil {
		return err
	}
	if n.Bookmark != "" {
		return fmt.Errorf("%w: a bookmark is never mounted", ErrInvalidName)
	}
	if !canMount {
		return ErrNotSupported
	}
	for done := range maxMounts {
		table := readMounts()
		m, ok := table.entries[name]
		switch {
		case !ok && done == 0:
			return ErrNotMounted
		case !ok:
			return nil
		case table.tops[m.path] != name:
			return fmt.Errorf("%w: %s is mounted over it at %s", ErrBusy, table.tops[m.path], m.path)
		}
		if err := detached(ctx, func() error { return systemUnmount(m.path, opts) }); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: it is mounted more than %d times", ErrBusy, maxMounts)
}
