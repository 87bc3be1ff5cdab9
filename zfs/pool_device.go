package zfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/label"
)

// sizeSlack is the largest difference in size between the devices of one part
// that is accepted.
const sizeSlack = 16 << 20

// The position of the configuration in a label, in XDR.
const (
	labelConfigAt   = 16 << 10
	labelConfigSize = 112 << 10
)

// device holds what is known about a disk or file before it is used.
type device struct {
	path string
	disk bool
	size int64
	used string // by what, or empty
	// active reports whether an imported pool has the device, so that the kernel
	// refuses it.
	active bool
	// known reports whether the device has a ZFS label, even of a pool that no
	// longer exists.
	known bool
	// guid is the device's own GUID in a label that may still be valid, or 0.
	// pool is the GUID of its pool, which the labels of spares and caches do not
	// have.
	guid, pool uint64
}

// examineDevice opens a disk or a file and looks for what is on it. A disk that
// is opened exclusively by something else cannot be opened.
func examineDevice(path string) (d device, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return d, err
	}
	d.path = path
	flags := os.O_RDWR
	switch mode := info.Mode(); {
	case mode.IsRegular():
	case mode&fs.ModeDevice != 0 && mode&fs.ModeCharDevice == 0:
		d.disk = true
		flags |= os.O_EXCL
	default:
		return d, errors.New("it is neither a disk nor a file")
	}
	f, err := os.OpenFile(path, flags, 0)
	if errors.Is(err, syscall.EBUSY) {
		d.used = "something with exclusive access: a mount, a pool or swap"
		return d, nil
	}
	if err != nil {
		return d, err
	}
	defer f.Close()
	if d.size, err = f.Seek(0, io.SeekEnd); err != nil {
		return d, err
	}
	// The beginning of a device, which ZFS does not write, may still have the
	// signature of its earlier content.
	if d.label(f); !d.known && d.used == "" {
		d.used = foreign(f)
	}
	return d, nil
}

// label finds the pool that the device belongs to by its labels. A label that
// cannot be read is ignored, and the kernel checks again. Checksums are ignored:
// a damaged label may still belong to a pool.
func (d *device) label(r io.ReaderAt) {
	for i := range label.Count {
		at := label.Offset(d.size, i)
		if at < 0 {
			continue
		}
		b := make([]byte, labelConfigSize)
		if _, err := r.ReadAt(b, at+labelConfigAt); err != nil {
			continue
		}
		config, _, err := nvlist.DecodePrefix(b, nil)
		if err != nil {
			continue
		}
		if d.owner(config); d.used != "" || d.guid != 0 {
			return
		}
	}
}

// owner sets what the configuration of a label means for the device.
func (d *device) owner(config *nvlist.List) {
	r := config.Reader()
	state, name, guid, pool := label.State(r.Uint("state")), r.Text("name"), r.Uint("guid"), r.Uint("pool_guid")
	d.known = d.known || r.Has("state")
	switch {
	case r.Err() != nil:
		d.used = fmt.Sprintf("a pool whose label is malformed: %v", r.Err())
	case !r.Has("state"):
	case state == label.StateActive && name != "":
		d.used = fmt.Sprintf("pool %q", name)
		d.guid, d.pool = guid, pool
	case state == label.StateExported:
		d.used = fmt.Sprintf("exported pool %q", name)
	case state.Auxiliary():
		d.guid = guid
	}
}

// confirm looks for the device in the imported pools. A label of an imported pool
// that lacks the device is stale: the device was removed while it was away, an
// add has failed, or the pool of a spare was destroyed. A pool that is not
// imported may still need its device.
func (c *Client) confirm(ctx context.Context, d *device) error {
	for pool, err := range c.Pools(ctx) {
		if err != nil {
			return err
		}
		if d.pool != 0 && pool.GUID != d.pool {
			continue
		}
		status, err := c.PoolStatus(ctx, pool.Name, nil)
		if errors.Is(err, ErrNotFound) {
			continue // it was exported or destroyed meanwhile
		}
		if err != nil || status.Unanswered != nil {
			return errors.Join(err, status.unanswered())
		}
		_, err = status.Vdev(fmt.Sprint(d.guid))
		switch {
		case err == nil:
			d.used, d.active = fmt.Sprintf("pool %q", pool.Name), d.pool != 0
			return nil
		case d.pool != 0:
			d.used = ""
		}
	}
	return nil
}

// unanswered returns why the kernel did not answer, or nil.
func (s *PoolStatus) unanswered() error {
	if s == nil {
		return nil
	}
	return s.Unanswered
}

// examine examines the devices of a layout. Without force it refuses devices in
// use, and parts of different sizes.
func (c *Client) examine(ctx context.Context, l *Layout, force bool) (map[string]device, error) {
	all := make(map[string]device)
	look := func(vdev string, paths []string) error {
		var first *device
		for _, path := range paths {
			if isDistributedSpare(path) {
				continue
			}
			d, err := examineDevice(path)
			if d.guid != 0 && err == nil {
				err = c.confirm(ctx, &d)
			}
			if err = d.check(vdev, path, err, force); err != nil {
				return err
			}
			if all[path] = d; first == nil {
				first = &d
			}
			if diff := d.size - first.size; !force && (diff > sizeSlack || -diff > sizeSlack) {
				return &LayoutError{Vdev: vdev, Device: path, Forced: true,
					Reason: fmt.Sprintf("it has %d bytes, %s has %d", d.size, first.path, first.size)}
			}
		}
		return nil
	}
	for i := range l.Vdevs {
		if err := look(l.Vdevs[i].name(i), l.Vdevs[i].Devices); err != nil {
			return nil, err
		}
	}
	for vdev, paths := range map[string][]string{"spares": l.Spares, "cache": l.Cache} {
		for _, path := range paths {
			if err := look(vdev, []string{path}); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// check returns an error if an examined device cannot be used.
func (d *device) check(vdev, path string, err error, force bool) error {
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		kind := ErrDevice
		if errors.Is(err, fs.ErrPermission) {
			kind = ErrPermission
		}
		return &LayoutError{Vdev: vdev, Device: path, Reason: pathErr.Err.Error(), err: fmt.Errorf("%w: %w", kind, err)}
	case err != nil:
		return &LayoutError{Vdev: vdev, Device: path, Reason: err.Error(), err: err}
	case d.used != "" && (!force || d.active):
		return &LayoutError{Vdev: vdev, Device: path, Reason: "it is used by " + d.used, Forced: d.size > 0 && !d.active, err: ErrDeviceInUse}
	case d.size < label.MinDeviceSize && d.used == "":
		return &LayoutError{Vdev: vdev, Device: path, Reason: fmt.Sprintf("it has %d bytes, want at least 64 MiB", d.size)}
	}
	return nil
}

// isDistributedSpare reports whether a name is that of a distributed spare of a
// draid: draid1-0-0 is the first spare of the first part.
func isDistributedSpare(name string) bool {
	rest, ok := strings.CutPrefix(name, "draid")
	return ok && strings.Count(rest, "-") == 2 && strings.Trim(rest, "0123456789-") == ""
}

// tree returns the layout in the kernel's form.
func (l *Layout) tree(devices map[string]device) *nvlist.List {
	root := &nvlist.List{}
	root.SetString("type", "root")
	root.SetLists("children", mapSlice(l.Vdevs, func(v LayoutVdev) *nvlist.List { return v.tree(devices) }))
	leaf := func(path string) *nvlist.List { return leafTree(devices[path], path, 0) }
	if len(l.Spares) > 0 {
		root.SetLists("spares", mapSlice(l.Spares, leaf))
	}
	if len(l.Cache) > 0 {
		root.SetLists("l2cache", mapSlice(l.Cache, leaf))
	}
	return root
}

// mapSlice converts the elements of a slice.
func mapSlice[T, U any](all []T, fn func(T) U) []U {
	made := make([]U, 0, len(all))
	for _, one := range all {
		made = append(made, fn(one))
	}
	return made
}

// tree returns the part in the kernel's form.
func (v *LayoutVdev) tree(devices map[string]device) *nvlist.List {
	leaf := func(path string) *nvlist.List { return leafTree(devices[path], path, v.Ashift) }
	var t *nvlist.List
	if v.Kind == LayoutSingle {
		t = leaf(v.Devices[0])
	} else {
		t = &nvlist.List{}
		t.SetString("type", v.Kind.String())
		t.SetLists("children", mapSlice(v.Devices, leaf))
		if v.Ashift != 0 {
			t.SetUint64("ashift", uint64(v.Ashift))
		}
	}
	t.SetUint64("is_log", 0)
	if v.Class == ClassLog {
		t.SetUint64("is_log", 1)
	}
	if v.Class != ClassNormal {
		t.SetString("alloc_bias", v.Class.String())
	}
	switch v.Kind {
	case LayoutRaidz:
		t.SetUint64("nparity", uint64(v.parity()))
	case LayoutDraid:
		t.SetUint64("nparity", uint64(v.parity()))
		t.SetUint64("draid_ndata", uint64(v.data()))
		t.SetUint64("draid_nspares", uint64(v.Spares))
		t.SetUint64("draid_ngroups", uint64(v.groups()))
	}
	return t
}

// leafTree returns one disk or file in the kernel's form. A disk is used whole,
// without partitions.
func leafTree(d device, path string, ashift int) *nvlist.List {
	t := &nvlist.List{}
	switch {
	case isDistributedSpare(path):
		t.SetString("type", "dspare")
		t.SetUint64("whole_disk", 1)
	case d.disk:
		t.SetString("type", "disk")
		t.SetUint64("whole_disk", 0)
	default:
		t.SetString("type", "file")
	}
	t.SetString("path", path)
	t.SetUint64("is_log", 0)
	if ashift != 0 {
		t.SetUint64("ashift", uint64(ashift))
	}
	return t
}
