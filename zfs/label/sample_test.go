package label

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/internal/golden"
	"github.com/purezfs/purezfs/nvlist"
)

// goldenDir holds labels that kernels wrote; its README says how it was made.
const goldenDir = "../../testdata/labels"

// goldenReleases are the releases that wrote them.
func goldenReleases() []string { return []string{"2.0", "2.4"} }

// goldenDevices are the devices of each release.
func goldenDevices() []string {
	return []string{"mirror0", "mirror1", "log", "cache", "spare", "raidz0", "raidz1", "raidz2", "multihost", "destroyed"}
}

// disk is a device of which only the labels are there.
type disk struct {
	labels []byte // the four, one after the other
	size   int64
	fail   error // what reading anything but label 0 returns, nil for nothing
}

// ReadAt reads what lies within one label, and zeros elsewhere.
func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	for i := range Count {
		at := off - Offset(d.size, i)
		if at < 0 || at >= Size {
			continue
		}
		if i > 0 && d.fail != nil {
			return 0, d.fail
		}
		return copy(p, d.labels[i*Size+int(at):(i+1)*Size]), nil
	}
	clear(p)
	return len(p), nil
}

// label returns the bytes of label i.
func (d *disk) label(i int) []byte { return d.labels[i*Size : (i+1)*Size] }

// config returns the block of the configuration in label i.
func (d *disk) config(i int) []byte { return d.label(i)[configOffset:][:configSize] }

// mustUnzip reads a golden file.
func mustUnzip(t testing.TB, name string) []byte {
	t.Helper()
	return golden.Unzip(t, filepath.Join(goldenDir, name+".gz"))
}

// mustDisk returns a golden device.
func mustDisk(t testing.TB, name string) *disk {
	t.Helper()
	d := &disk{labels: mustUnzip(t, name), size: MinDeviceSize}
	if len(d.labels) != Count*Size {
		t.Fatalf("%s has %d bytes", name, len(d.labels))
	}
	return d
}

// mustRead reads a device.
func mustRead(t testing.TB, d *disk, opts *ReadOptions) *Device {
	t.Helper()
	dev, err := Read(d, d.size, opts)
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

// mustFound is what a scan would find of a golden device.
func mustFound(t testing.TB, name string) *Found {
	t.Helper()
	return &Found{Path: "/dev/" + filepath.Base(name), Device: mustRead(t, mustDisk(t, name), &ReadOptions{Depth: DepthNewest})}
}

// write puts a configuration into all labels of a disk, with right checksums.
func (d *disk) write(t testing.TB, l *nvlist.List, order binary.ByteOrder) {
	t.Helper()
	b, err := l.AppendXDR(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range Count {
		block := d.config(i)
		clear(block)
		copy(block, b)
		seal(block, Offset(d.size, i)+configOffset, order)
	}
}

// writeUberblock puts an uberblock into a slot of label 0 with a right checksum.
func (d *disk) writeUberblock(slot, size int, order binary.ByteOrder, numbers map[int]uint64) {
	at := ringOffset + slot*size
	b := d.label(0)[at : at+size]
	clear(b)
	order.PutUint64(b, uberMagic)
	for offset, n := range numbers {
		order.PutUint64(b[offset:], n)
	}
	seal(b, int64(at), order)
}

// blank is a disk that nobody has written to.
func blank() *disk { return &disk{labels: make([]byte, Count*Size), size: MinDeviceSize} }

// member makes the configuration of a device: one of a top-level device that is a
// mirror of two, or a disk alone if it has no other.
type member struct {
	pool, top, id, guid, other, txg, tops uint64
	holes                                 []uint64
	kind                                  string
	parity                                uint64
}

func (m member) list() *nvlist.List {
	leaf := func(id, guid uint64) *nvlist.List {
		l := &nvlist.List{}
		l.SetString("type", "disk")
		l.SetUint64("id", id)
		l.SetUint64("guid", guid)
		l.SetString("path", "/old/"+string(rune('a'+guid%26)))
		l.SetString("devid", "ata-disk")
		return l
	}
	tree := leaf(m.id, m.guid)
	if m.other != 0 {
		tree = &nvlist.List{}
		tree.SetString("type", "mirror")
		if m.kind != "" {
			tree.SetString("type", m.kind)
		}
		tree.SetUint64("id", m.id)
		tree.SetUint64("guid", m.top)
		tree.SetUint64("nparity", m.parity)
		tree.SetLists("children", []*nvlist.List{leaf(0, m.guid), leaf(1, m.other)})
	}
	tree.SetUint64("ashift", 12)
	l := &nvlist.List{}
	l.SetUint64("version", 5000)
	l.SetString("name", "made")
	l.SetUint64("state", 0)
	l.SetUint64("txg", m.txg)
	l.SetUint64("pool_guid", m.pool)
	l.SetUint64("hostid", 7)
	l.SetString("hostname", "elsewhere")
	l.SetUint64("top_guid", m.top)
	l.SetUint64("guid", m.guid)
	if m.tops != 0 {
		l.SetUint64("vdev_children", m.tops)
	}
	if m.holes != nil {
		l.SetUint64Array("hole_array", m.holes)
	}
	l.SetList("vdev_tree", tree)
	return l
}

// found is what a scan would find of a made device.
func (m member) found(t testing.TB, path string) *Found {
	t.Helper()
	d := blank()
	d.write(t, m.list(), binary.LittleEndian)
	return &Found{Path: path, Device: mustRead(t, d, nil)}
}
