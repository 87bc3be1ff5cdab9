package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/label"
)

// importableText returns the relevant parts of the pools that were found.
func importableText(all *zfs.ImportablePools) (lines []string) {
	for _, p := range all.Pools {
		line := fmt.Sprintf("%s %s", p.Name, p.State)
		if p.Trial != nil {
			line += " " + p.Trial.Health
		}
		if p.OtherHost {
			line += " of " + p.HostName
		}
		if p.NameTaken {
			line += " taken"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestPoolImportable(t *testing.T) {
	dir := mustLabelled(t, "raidz0", "raidz1", "mirror0", "destroyed", "spare", "multihost")
	apart := guidOf(t, filepath.Join(dir, "multihost"))
	c, f := mustImporter(t)
	f.imported.SetList("elsewhere", testkit.ListOf(func(l *nvlist.List) { l.SetUint64("pool_guid", apart) }))
	f.imported.SetList("striped", testkit.ListOf(func(l *nvlist.List) { l.SetUint64("pool_guid", 1) }))
	search := &zfs.PoolSearch{Places: []string{dir}}
	all, err := c.PoolImportable(t.Context(), search)
	if err != nil || all.Incomplete != nil || len(all.Troubles) != 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	want := []string{"gold active ONLINE of zvm", "gone destroyed ONLINE of zvm", "striped exported ONLINE taken"}
	if diff := cmp.Diff(want, importableText(all)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The kernel's report on the host takes precedence over the label's, and
	// includes spares, with the paths where they were found.
	spare, err := label.ReadPath(filepath.Join(dir, "spare"), nil)
	if err != nil {
		t.Fatal(err)
	}
	f.trial = func(config *nvlist.List) {
		tree, _ := config.List("vdev_tree")
		tree.SetLists("spares", []*nvlist.List{testkit.ListOf(func(l *nvlist.List) {
			l.SetString("type", "file")
			l.SetUint64("guid", spare.Best().Config.GUID)
			l.SetString("path", "/old")
		})})
		config.SetList("load_info", testkit.ListOf(func(l *nvlist.List) {
			l.SetUint64("hostid", zfs.HostID())
			l.SetUint64("mmp_state", 1)
		}))
	}
	all, err = c.PoolImportable(t.Context(), search)
	want = []string{"gold active ONLINE", "gone destroyed ONLINE", "striped exported ONLINE taken"}
	if zfs.HostID() == 0 {
		want[0], want[1] = want[0]+" of zvm", want[1]+" of zvm"
	}
	if diff := cmp.Diff(want, importableText(all)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got := all.Pools[0].Trial.Spares[0].Path; got != filepath.Join(dir, "spare") {
		t.Errorf("the spare is at %s", got)
	}
	search.LabelsOnly = true
	f.tried = nil
	if all, err = c.PoolImportable(t.Context(), search); err != nil || f.tried != nil || all.Pools[0].Trial != nil {
		t.Errorf("labels only: %v, %v", f.tried, err)
	}
}

// A pool that the kernel cannot open is still shown, but not to callers without
// permission.
func TestPoolImportableFailures(t *testing.T) {
	dir := mustLabelled(t, "raidz0")
	for _, tt := range []struct {
		code ioctl.Code
		want error
	}{{ioctl.CodeInval, nil}, {ioctl.CodePerm, zfs.ErrPermission}} {
		c := testkit.Open(t, ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
			if op == ioctl.OpPoolConfigs {
				return c.Answer(&nvlist.List{})
			}
			return tt.code.Err()
		}))
		all, err := c.PoolImportable(t.Context(), &zfs.PoolSearch{Places: []string{dir}})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.code.Name(), err, tt.want)
		}
		if err == nil && (len(all.Pools) != 1 || !errors.Is(all.Pools[0].TrialErr, zfs.ErrInvalid)) {
			t.Errorf("%s: %+v", tt.code.Name(), all.Pools)
		}
		if _, err := c.PoolImport(t.Context(), "striped", &zfs.PoolImportOptions{Search: &zfs.PoolSearch{Places: []string{dir}}}); !errors.Is(err, tt.code.Err()) {
			t.Errorf("%s: import: %v", tt.code.Name(), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := testkit.NoKernel(t).PoolImportable(ctx, &zfs.PoolSearch{Places: []string{dir}}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context's end: %v", err)
	}
}

// Devices that cannot be read are reported, those without ZFS labels are not.
func TestPoolImportableTroubles(t *testing.T) {
	dir := mustLabelled(t, "raidz0")
	for _, name := range []string{"small", "large"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(filepath.Join(dir, "large"), label.MinDeviceSize); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("link", filepath.Join(dir, "link")); err != nil { // to itself
		t.Fatal(err)
	}
	damaged := mustLabelled(t, "log")
	f, err := os.OpenFile(filepath.Join(damaged, "log"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range label.Count {
		if _, err := f.WriteAt([]byte("damage"), label.Offset(label.MinDeviceSize, i)+100<<10); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := mustImporter(t)
	all, err := c.PoolImportable(t.Context(), &zfs.PoolSearch{Places: []string{dir, damaged}})
	if err != nil || len(all.Pools) != 1 || len(all.Troubles) != 2 || filepath.Base(all.Troubles[0].Path) != "link" ||
		!errors.Is(all.Troubles[1].Err, label.ErrChecksum) {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestPoolImportableCachefile(t *testing.T) {
	dir := mustLabelled(t)
	file := filepath.Join(dir, "cache")
	tree := testkit.ListOf(func(l *nvlist.List) { l.SetString("type", "root") })
	cached := testkit.ListOf(func(l *nvlist.List) {
		for _, name := range []string{"one", "two"} {
			l.SetList(name, testkit.ListOf(func(l *nvlist.List) {
				l.SetString("name", "twin")
				l.SetUint64("pool_guid", uint64(len(name)+int(name[0])))
				l.SetUint64("state", 0)
				l.SetList("vdev_tree", tree)
			}))
		}
	})
	b, err := cached.AppendXDR(nil)
	if err := errors.Join(err, os.WriteFile(file, b, 0o600)); err != nil {
		t.Fatal(err)
	}
	c, f := mustImporter(t)
	search := &zfs.PoolSearch{Cachefile: file}
	all, err := c.PoolImportable(t.Context(), search)
	if err != nil || len(all.Pools) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	if got, _ := f.tried.Text("cachefile"); got != file {
		t.Errorf("tried with cachefile %q", got)
	}
	_, err = c.PoolImport(t.Context(), "twin", &zfs.PoolImportOptions{Search: search})
	if !errors.Is(err, zfs.ErrInvalid) || !strings.Contains(err.Error(), "2 pools have this name, such as") {
		t.Errorf("one of two: %v", err)
	}
	if _, err := c.PoolImport(t.Context(), fmt.Sprint(all.Pools[1].GUID), &zfs.PoolImportOptions{Search: search, Force: true}); err != nil {
		t.Errorf("by GUID: %v", err)
	}
	if _, err := c.PoolImportable(t.Context(), &zfs.PoolSearch{Cachefile: file + "x"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no cachefile: %v", err)
	}
	if err := os.WriteFile(file, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PoolImportable(t.Context(), search); !errors.Is(err, label.ErrConfig) {
		t.Errorf("half a cachefile: %v", err)
	}
}

func TestPoolTryimport(t *testing.T) {
	leaf := func(path string) *nvlist.List {
		return testkit.ListOf(func(l *nvlist.List) {
			l.SetString("type", "file")
			l.SetString("path", path)
		})
	}
	answer := testkit.ListOf(func(l *nvlist.List) {
		l.SetString("name", "tank")
		l.SetUint64("timestamp", 100)
		l.SetList("vdev_tree", testkit.ListOf(func(l *nvlist.List) {
			l.SetString("type", "root")
			l.SetUint64Array("vdev_stats", []uint64{1, 6, 0})
			lost := leaf("/l")
			lost.SetUint64("is_log", 1)
			lost.SetUint64Array("vdev_stats", []uint64{0, 4, 1})
			l.SetLists("children", []*nvlist.List{leaf("/a"), lost})
			l.SetLists("spares", []*nvlist.List{leaf("/s")})
			l.SetLists("l2cache", []*nvlist.List{leaf("/c"), leaf("/d")})
		}))
		l.SetList("load_info", testkit.ListOf(func(l *nvlist.List) {
			l.SetUint64("hostid", 7)
			l.SetString("hostname", "h")
			l.SetUint64("mmp_state", 0)
			l.SetUint64("mmp_txg", 9)
			l.SetList("missing_vdevs", testkit.ListOf(func(l *nvlist.List) { l.SetLists("children", []*nvlist.List{leaf("/m")}) }))
			l.SetList("unsup_feat", testkit.ListOf(func(l *nvlist.List) {
				l.SetString("b", "")
				l.SetString("a", "text")
			}))
		}))
	})
	c := testkit.Open(t, ioctl.NewDevice(func(_ ioctl.Op, c *ioctl.Cmd) error { return c.Answer(answer) }))
	got, err := c.PoolTryimport(t.Context(), &nvlist.List{}, &zfs.PoolTryimportOptions{Txg: 3})
	if err != nil {
		t.Fatal(err)
	}
	if got.Health != "DEGRADED" || got.Time.Unix() != 100 || len(got.Spares) != 1 || len(got.Caches) != 2 || got.Missing[0].Path != "/m" ||
		got.HostID != 7 || len(got.MissingLogs()) != 1 || got.MissingLogs()[0].Path != "/l" || got.HostName != "h" || got.MMP != (zfs.PoolMMP{State: zfs.MMPActive, Txg: 9}) {
		t.Errorf("trial %+v", got)
	}
	if diff := cmp.Diff([]zfs.UnsupportedFeature{{GUID: "a", Description: "text"}, {GUID: "b"}}, got.Unsupported); diff != "" {
		t.Errorf("features (-want +got):\n%s", diff)
	}
	for _, edit := range []func(l *nvlist.List){
		func(l *nvlist.List) { l.Delete("vdev_tree") },
		func(l *nvlist.List) { l.SetList("vdev_tree", nil) },
	} {
		answer = answer.Clone()
		edit(answer)
		if _, err := c.PoolTryimport(t.Context(), nil, nil); err == nil {
			t.Errorf("an answer like %v is accepted", answer)
		}
	}
	f := &testkit.Fake{Bad: testkit.MalformedOn(ioctl.OpPoolTryimport)}
	if _, err := testkit.Open(t, ioctl.NewDevice(f.Answer)).PoolTryimport(t.Context(), nil, nil); !errors.Is(err, nvlist.ErrSyntax) {
		t.Errorf("malformed: %v", err)
	}
	f = &testkit.Fake{Bad: testkit.FailOn(ioctl.OpPoolTryimport, ioctl.CodeInval)}
	if _, err := testkit.Open(t, ioctl.NewDevice(f.Answer)).PoolTryimport(t.Context(), nil, nil); !errors.Is(err, zfs.ErrInvalid) {
		t.Errorf("no configuration: %v", err)
	}
}

func TestVdevHealth(t *testing.T) {
	for _, tt := range []struct {
		stats []uint64
		want  string
	}{
		{nil, "UNKNOWN"}, {[]uint64{0, 7}, "UNKNOWN"}, {[]uint64{0, 0, 0}, "UNKNOWN"}, {[]uint64{0, 2, 0}, "OFFLINE"}, {[]uint64{0, 3, 0}, "REMOVED"},
		{[]uint64{0, 4, 1}, "UNAVAIL cannot open"}, {[]uint64{0, 4, 2}, "FAULTED corrupted data"}, {[]uint64{0, 4, 15}, "SPLIT corrupted data"},
		{[]uint64{0, 4, 3}, "UNAVAIL insufficient replicas"}, {[]uint64{0, 4, 4}, "UNAVAIL missing device"}, {[]uint64{0, 4, 6}, "UNAVAIL invalid label"},
		{[]uint64{0, 4, 7}, "UNAVAIL newer version"}, {[]uint64{0, 4, 9}, "UNAVAIL unsupported feature(s)"}, {[]uint64{0, 5, 11}, "FAULTED too many errors"},
		{[]uint64{0, 4, 18}, "UNAVAIL currently in use"}, {[]uint64{0, 4, 19}, "UNAVAIL all children offline"}, {[]uint64{0, 5, 0}, "FAULTED"},
		{[]uint64{0, 6, 0}, "DEGRADED"}, {[]uint64{0, 7, 0, 1, 2, 3}, "ONLINE"},
	} {
		v := &label.Vdev{List: &nvlist.List{}}
		if tt.stats != nil {
			v.List.SetUint64Array("vdev_stats", tt.stats)
		}
		if got := strings.TrimSpace(zfs.VdevHealth(v) + " " + zfs.VdevReason(v)); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.stats, got, tt.want)
		}
	}
}
