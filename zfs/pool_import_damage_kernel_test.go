package zfs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/label"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustWipe destroys labels of a file.
func mustWipe(t *testing.T, path string, labels ...int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, i := range labels {
		if _, err := f.WriteAt(make([]byte, label.Size), label.Offset(64<<20, i)); err != nil {
			t.Fatal(err)
		}
	}
}

// Labels go one after the other, then whole devices: as long as the pool can do
// without them it is found and imported.
func TestKernelPoolImportDamaged(t *testing.T) {
	c := zfstest.Kernel(t)
	p := mustFilePool(t, "tdamaged", "raidz a b c")
	p.mustExport(t, c, p.name)
	for lost := range label.Count {
		mustWipe(t, p.file("a"), lost)
		found := p.mustFind(t, c, false)
		if lost == label.Count-1 {
			if found.Labels.Health() != label.HealthDegraded || len(found.Labels.Missing) != 1 || found.Labels.Missing[0].Path != p.file("a") {
				t.Errorf("all labels of a member lost: %s, %v", found.Labels.Health(), found.Labels.Missing)
			}
		} else if found.Labels.Health() != label.HealthOnline || found.Labels.Members[0].Labels != label.Count-1-lost {
			t.Errorf("%d labels lost: %s, %+v", lost+1, found.Labels.Health(), found.Labels.Members)
		}
	}
	p.mustImport(t, c, zfs.PoolImportOptions{})
	// At first 2.0 calls the pool and the raidz online.
	want := []string{"GUID UNAVAIL", p.file("b") + " ONLINE", p.file("c") + " ONLINE"}
	got := statusNames(t, p.name)[2:]
	got[0] = "GUID " + strings.Fields(got[0])[1]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	p.mustExport(t, c, p.name)
	if err := os.Remove(p.file("b")); err != nil {
		t.Fatal(err)
	}
	found := p.mustFind(t, c, true)
	if found.Labels.Health() != label.HealthUnavailable || found.Trial.Health == "ONLINE" || found.Trial.Health == "DEGRADED" {
		t.Errorf("one device of three: %s, %s", found.Labels.Health(), found.Trial.Health)
	}
	_, err := c.PoolImport(t.Context(), p.guid, &zfs.PoolImportOptions{Search: p.search()})
	if !errors.Is(err, zfs.ErrDeviceMissing) && !errors.Is(err, zfs.ErrDamaged) {
		t.Errorf("one device of three: %v", err)
	}
	mustWipe(t, p.file("c"), 0, 1, 2, 3)
	if all, err := c.PoolImportable(t.Context(), p.search()); err != nil || len(all.Pools) != 0 {
		t.Errorf("no labels: %v, %v", all, err)
	}
}

// A pool is rewound to an earlier transaction group and to its checkpoint, to
// look at it, and is the same as before when it is not.
func TestKernelPoolImportRewind(t *testing.T) {
	c := zfstest.Kernel(t)
	p := mustFilePool(t, "trewind", "a")
	early := p.name + "/early"
	zfstest.Run(t, "zfs", "create", early)
	zfstest.Run(t, "zpool", "checkpoint", p.name)
	kept := mustCheckpointTxg(t, c, p.name)
	var all []string
	for i := range 3 {
		all = append(all, fmt.Sprintf("%s/late%d", p.name, i))
		zfstest.Run(t, "zfs", "create", all[i])
	}
	all = append([]string{p.name, early}, all...)
	p.mustExport(t, c, p.name)
	for _, tt := range []struct {
		name string
		opts zfs.PoolImportOptions
		want []string
	}{
		// The checkpoint keeps the blocks of this group; those of any other group
		// may have been reused.
		{"group", zfs.PoolImportOptions{Txg: kept, ReadOnly: true}, all[:2]},
		{"checkpoint", zfs.PoolImportOptions{Checkpoint: true, ReadOnly: true}, all[:2]},
		{"not needed", zfs.PoolImportOptions{Rewind: zfs.RewindRecent}, all},
	} {
		p.mustImport(t, c, tt.opts)
		got, err := collect(c.Datasets(t.Context(), p.name, &zfs.DatasetsOptions{Recursive: true, NamesOnly: true, Sorted: true}))
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
		p.mustExport(t, c, p.name)
	}
}

// mustCheckpointTxg returns the transaction group of a pool's checkpoint, from
// the pool's history.
func mustCheckpointTxg(t *testing.T, c *zfs.Client, pool string) uint64 {
	t.Helper()
	for r, err := range c.PoolHistory(t.Context(), pool) {
		if err != nil {
			t.Fatal(err)
		}
		var txg uint64
		if _, err := fmt.Sscanf(r.Text, "checkpointed uberblock txg=%d", &txg); err == nil {
			return txg
		}
	}
	t.Fatal("the history does not have the checkpoint")
	return 0
}

// breakNewest destroys all copies of the block that the newest uberblock points
// to.
func breakNewest(t *testing.T, path string) {
	t.Helper()
	const pointer, copies, start = 40, 3, 4 << 20
	dev, err := label.ReadPath(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	address := make([]byte, 16)
	for i := range int64(copies) {
		_, err := f.ReadAt(address, dev.Uberblock().Offset+pointer+16*i)
		sector := int64(binary.LittleEndian.Uint64(address[8:]) &^ (1 << 63))
		if err == nil && sector != 0 {
			_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, 512), start+sector<<9)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A pool whose latest state cannot be read is imported in the state before it on
// request, and the result reports it.
func TestKernelPoolImportRewindNeeded(t *testing.T) {
	c := zfstest.Kernel(t)
	p := mustFilePool(t, "tback", "a")
	for i := range 3 {
		zfstest.Run(t, "zfs", "create", fmt.Sprintf("%s/d%d", p.name, i))
		zfstest.Run(t, "zpool", "sync", p.name)
	}
	// An export writes the labels again, and a pool is rewound to a state before
	// it only with force.
	testkit.Must(t, c.PoolExport(t.Context(), p.name, &zfs.PoolExportOptions{Hard: true}))
	breakNewest(t, p.file("a"))
	p.refuse(t, c, zfs.PoolImportOptions{}, zfs.ErrDamaged, "a rewind can import it as it was at 2")
	p.refuse(t, c, zfs.PoolImportOptions{DryRun: true}, zfs.ErrDamaged, "a rewind can import it as it was at 2")
	would, err := c.PoolImport(t.Context(), p.name, &zfs.PoolImportOptions{Search: p.search(), Rewind: zfs.RewindRecent, DryRun: true})
	if err != nil || would.Rewound == nil {
		t.Fatalf("a dry run: %+v, %v", would, err)
	}
	if out, err := zfstest.Try("zpool", "list", p.name); err == nil {
		t.Errorf("a dry run imported the pool: %s", out)
	}
	got, err := c.PoolImport(t.Context(), p.name, &zfs.PoolImportOptions{Search: p.search(), Rewind: zfs.RewindRecent})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(would.Rewound, got.Rewound); diff != "" {
		t.Errorf("the predicted and the actual rewind (-predicted +actual):\n%s", diff)
	}
	if r := got.Rewound; r == nil || r.Lost > time.Hour || time.Since(r.Time) > time.Hour {
		t.Errorf("it was rewound to %+v", r)
	}
	if health := poolGet(t, "health", p.name); health != "ONLINE" {
		t.Errorf("afterwards it is %s", health)
	}
	p.mustExport(t, c, p.name)
	for _, rewind := range []zfs.PoolRewind{zfs.RewindNone, zfs.RewindExtreme} {
		got, err = c.PoolImport(t.Context(), p.name, &zfs.PoolImportOptions{Search: p.search(), Rewind: rewind, DryRun: true})
		if err != nil || got.Rewound != nil || got.Name != p.name {
			t.Errorf("a dry run of a good pool: %+v, %v", got, err)
		}
	}
	if got, err = c.PoolImport(t.Context(), p.name, &zfs.PoolImportOptions{Search: p.search(), Rewind: zfs.RewindRecent}); err != nil || got.Rewound != nil {
		t.Errorf("again: %+v, %v", got, err)
	}
}

// setParameter changes a parameter of the module until the test ends.
func setParameter(t *testing.T, name, value string) {
	t.Helper()
	path := "/sys/module/zfs/parameters/" + name
	old, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(value), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(path, old, 0) })
}

// beat writes to a device what a host writes that has imported the pool, until
// the context ends: the last uberblock with a later time.
func beat(ctx context.Context, path string) error {
	const slot, at = 1 << 10, label.Size - 1<<10
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	b := make([]byte, slot)
	for ctx.Err() == nil {
		dev, err := label.ReadPath(path, nil)
		if err != nil {
			return err
		}
		if _, err := f.ReadAt(b, dev.Uberblock().Offset); err != nil {
			return err
		}
		binary.LittleEndian.PutUint64(b[32:], uint64(time.Now().Unix()+1))
		binary.LittleEndian.PutUint16(b[196:], uint16(time.Now().UnixMilli()))
		// The checksum covers the place.
		sum := b[slot-32:]
		clear(sum)
		binary.LittleEndian.PutUint64(sum, at)
		digest := sha256.Sum256(b)
		for i := 0; i < len(sum); i += 8 {
			binary.LittleEndian.PutUint64(sum[i:], binary.BigEndian.Uint64(digest[i:]))
		}
		if _, err := f.WriteAt(b, at); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// As long as a host writes to a pool, another one does not import it, not even
// by force.
func TestKernelPoolImportMultihost(t *testing.T) {
	c := zfstest.Kernel(t)
	setParameter(t, "zfs_multihost_interval", "100")
	setParameter(t, "zfs_multihost_import_intervals", "2")
	p := mustFilePool(t, "tapart", "a", "-o", "multihost=on", "-o", "ashift=9")
	if err := c.PoolExport(t.Context(), p.name, &zfs.PoolExportOptions{Hard: true}); err != nil {
		t.Fatal(err)
	}
	if found := p.mustFind(t, c, false); !found.Labels.Multihost() {
		t.Fatalf("labels of a pool with multihost: %+v", found.Labels.Uberblock)
	}
	setHostID(t, "4711")
	ctx, stop := context.WithCancel(t.Context())
	beating := make(chan error, 1)
	go func() { beating <- beat(ctx, p.file("a")) }()
	found := p.mustFind(t, c, true)
	if found.Trial.MMP.State != zfs.MMPActive || found.Trial.MMP.HostName != "zvm" || found.Trial.Health != "UNAVAIL" || !found.OtherHost {
		t.Errorf("while it is written to: %+v, %s", found.Trial.MMP, found.Trial.Health)
	}
	p.refuse(t, c, zfs.PoolImportOptions{}, zfs.ErrOtherHost, "imported on host zvm (hostid 4030201)")
	p.refuse(t, c, zfs.PoolImportOptions{Force: true}, zfs.ErrOtherHost, "EREMOTEIO")
	stop()
	if err := <-beating; err != nil {
		t.Fatal(err)
	}
	p.mustImport(t, c, zfs.PoolImportOptions{Force: true})
}

// mustGoldenPool unpacks a pool that a release has made.
func mustGoldenPool(t *testing.T, release string) *filePool {
	t.Helper()
	f, err := os.Open("../testdata/pools/" + release + ".gz.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	outer, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := gzip.NewReader(outer)
	if err != nil {
		t.Fatal(err)
	}
	p := &filePool{name: "old", dir: t.TempDir()}
	out, err := os.Create(p.file("disk"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	block, zeros, size := make([]byte, 64<<10), make([]byte, 64<<10), int64(0)
	for {
		n, err := io.ReadFull(inner, block)
		if n > 0 && !bytes.Equal(block[:n], zeros[:n]) {
			if _, err := out.WriteAt(block[:n], size); err != nil {
				t.Fatal(err)
			}
		}
		size += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Truncate(size); err != nil {
		t.Fatal(err)
	}
	return p
}

// Every release reads and imports a pool of the oldest.
func TestKernelPoolImportOld(t *testing.T) {
	c := zfstest.Kernel(t)
	p := mustGoldenPool(t, "2.0")
	found := p.mustFind(t, c, true)
	p.guid = fmt.Sprint(found.GUID)
	if found.Labels.Health() != label.HealthOnline || found.Trial.Health != "ONLINE" || found.OtherHost {
		t.Errorf("found %+v, %+v", found, found.Trial)
	}
	root := t.TempDir()
	p.mustImport(t, c, zfs.PoolImportOptions{AltRoot: root})
	t.Cleanup(func() { zfstest.Run(t, "zpool", "destroy", "-f", p.name) })
	zfstest.Run(t, "zfs", "mount", "-a")
	ds, err := c.DatasetStats(t.Context(), p.name+"/data", nil)
	if err != nil || ds.Props.Value("org.example:note").String() != "from afar" {
		t.Errorf("property %v, %v", ds, err)
	}
	b, err := os.ReadFile(filepath.Join(root, "tmp/m/data/.zfs/snapshot/then/numbers"))
	if err != nil || bytes.Count(b, []byte{'\n'}) != 5000 || !bytes.HasSuffix(b, []byte("\n5000\n")) {
		t.Errorf("the file has %d bytes, %v", len(b), err)
	}
	if err := c.PoolExport(t.Context(), p.name, nil); !errors.Is(err, zfs.ErrBusy) || !strings.Contains(err.Error(), "old is mounted") {
		t.Errorf("export of what is mounted: %v", err)
	}
	zfstest.Run(t, "umount", filepath.Join(root, "tmp/m/data/.zfs/snapshot/then"))
}

// A release imports a pool of the newest release, or names the features that it
// lacks.
func TestKernelPoolImportNew(t *testing.T) {
	c := zfstest.Kernel(t)
	p := mustGoldenPool(t, "2.4")
	found := p.mustFind(t, c, true)
	p.guid = fmt.Sprint(found.GUID)
	lacks := !zfstest.Release(t).AtLeast(ioctl.Release{Major: 2, Minor: 2})
	if !lacks {
		p.mustImport(t, c, zfs.PoolImportOptions{ReadOnly: true})
		zfstest.Run(t, "zpool", "export", p.name)
		return
	}
	const feature = "com.klarasystems:vdev_zaps_v2"
	if found.Trial.Health == "ONLINE" || len(found.Trial.Unsupported) == 0 || found.Trial.CanReadOnly {
		t.Errorf("trial %+v", found.Trial)
	}
	for _, readOnly := range []bool{false, true} {
		e := p.refuse(t, c, zfs.PoolImportOptions{ReadOnly: readOnly}, zfs.ErrNotSupported, feature)
		if e.Code != 0 || e.Hint != "" {
			t.Errorf("error %+v", e)
		}
	}
}

// What a boot loader stores through the kernel is in all labels. A device that
// was removed from its pool belongs to none.
func TestKernelLabelBootEnv(t *testing.T) {
	c := zfstest.Kernel(t)
	p := mustFilePool(t, "tboot", "mirror a b")
	for _, version := range []uint64{0, 1} {
		env := testkit.ListOf(func(l *nvlist.List) {
			l.SetUint64("version", version)
			l.SetString("grub:envmap", "saved_entry=2\n")
		})
		if _, err := c.Device().CallList(t.Context(), ioctl.OpSetBootenv, p.name, env); err != nil {
			t.Fatal(err)
		}
		dev, err := label.ReadPath(p.file("a"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range dev.Labels {
			l := &dev.Labels[i]
			if l.BootErr != nil || l.Boot == nil || l.Boot.Version != version {
				t.Fatalf("label %d: %+v, %v", i, l.Boot, l.BootErr)
			}
			text := l.Boot.Text
			if version == 1 {
				text, _ = l.Boot.List.Text("grub:envmap")
			}
			if text != "saved_entry=2\n" {
				t.Errorf("label %d of version %d holds %q", i, version, text)
			}
		}
	}
	zfstest.Run(t, "zpool", "detach", p.name, p.file("b"))
	if _, err := label.ReadPath(p.file("b"), nil); !errors.Is(err, label.ErrNoLabel) || !errors.Is(err, label.ErrCleared) {
		t.Errorf("a device that was detached: %v", err)
	}
	if all, err := c.PoolImportable(t.Context(), p.search()); err != nil || len(all.Pools)+len(all.Troubles) > 0 {
		t.Errorf("a device that was detached is found: %+v, %v", all, err)
	}
}
