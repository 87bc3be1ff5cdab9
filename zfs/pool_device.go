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

// ErrDeviceInUse: a device holds something else: a pool, a filesystem, mounted or
// not, a partition table.
var ErrDeviceInUse = errors.New("device is in use")

// sizeSlack is how much the devices of one part may differ unnoticed.
const sizeSlack = 16 << 20

// Where a label has its configuration, in XDR.
const (
	labelConfigAt   = 16 << 10
	labelConfigSize = 112 << 10
)

// device is what is to know about a disk or file before the kernel gets it.
type device struct {
	path string
	disk bool
	size int64
	used string // by what, empty for nothing
	// active reports whether an imported pool has the device, which the kernel never takes.
	active bool
	// known reports whether the device has a label of ZFS, of a pool that is gone too.
	known bool
	// guid is the device's own in a label that somebody may still mean, 0 for
	// none, and pool the GUID of its pool, which spares and caches do not tell.
	guid, pool uint64
}

// examineDevice opens a disk or a file and looks for what is on it. A disk that
// something else has open for itself cannot be opened.
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
		d.used = "something that has it for itself: a mount, a pool or swap"
		return d, nil
	}
	if err != nil {
		return d, err
	}
	defer f.Close()
	if d.size, err = f.Seek(0, io.SeekEnd); err != nil {
		return d, err
	}
	// What ZFS leaves alone at the beginning of a device may still have the mark
	// of what was there before.
	if d.label(f); !d.known && d.used == "" {
		d.used = foreign(f)
	}
	return d, nil
}

// label finds out which pool the device belongs to by its labels. What cannot be
// read is nobody's, and the kernel has the last word. Checksums do not count: a
// label that is damaged may still be of a pool.
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

// owner notes what the configuration of a label makes of the device.
func (d *device) owner(config *nvlist.List) {
	n, ok := config.Uint("state")
	state := label.State(n)
	name, _ := config.Text("name")
	d.known = d.known || ok
	switch {
	case !ok:
	case state == label.StateActive && name != "":
		d.used = fmt.Sprintf("pool %q", name)
		d.guid, _ = config.Uint("guid")
		d.pool, _ = config.Uint("pool_guid")
	case state == label.StateExported:
		d.used = fmt.Sprintf("exported pool %q", name)
	case state.Auxiliary():
		d.guid, _ = config.Uint("guid")
	}
}

// confirm asks the imported pools whether the device is theirs. What an imported
// pool does not know is a leftover: of a device that was removed while it was
// away, of an add that has failed, of a spare whose pool is gone. A pool that is
// not imported may come back for its device.
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
			continue // it is gone by now
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

// unanswered is why the kernel did not answer, nil if it did.
func (s *PoolStatus) unanswered() error {
	if s == nil {
		return nil
	}
	return s.Unanswered
}

// examine looks at the devices of a layout. Without force it refuses devices
// that hold something, and parts that are unevenly large.
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

// check says what keeps a device that was looked at from being used.
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

// isDistributedSpare reports whether a name is one that a draid gives to its
// spare space: draid1-0-0 is the first of the first part.
func isDistributedSpare(name string) bool {
	rest, ok := strings.CutPrefix(name, "draid")
	return ok && strings.Count(rest, "-") == 2 && strings.Trim(rest, "0123456789-") == ""
}

// tree is the layout as the kernel wants it.
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

// mapSlice makes one slice of another.
func mapSlice[T, U any](all []T, fn func(T) U) []U {
	made := make([]U, 0, len(all))
	for _, one := range all {
		made = append(made, fn(one))
	}
	return made
}

// tree is the part as the kernel wants it.
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

// leafTree is one disk or file as the kernel wants it. Nothing is partitioned,
// and a disk is taken as it is.
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
