package zfs_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/golden"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/label"
	"github.com/purezfs/purezfs/zfs/prop"
)

// mustLabelled creates files with the labels of golden devices, and returns their
// directory.
func mustLabelled(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		b := golden.Unzip(t, "../testdata/labels/2.4/"+name+".gz")
		out, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		half := len(b) / 2
		_, err1 := out.WriteAt(b[:half], 0)
		_, err2 := out.WriteAt(b[half:], label.MinDeviceSize-int64(half))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// importFake is a module that imports pools.
type importFake struct {
	mu       sync.Mutex
	imported *nvlist.List // the configurations of pools by name
	// trial changes the answer to a try, result that to an import.
	trial, result func(config *nvlist.List)
	code          ioctl.Code // of an import or export, or 0
	tried, sent   *nvlist.List
	line          string // what else was sent
}

func (f *importFake) answer(op ioctl.Op, c *ioctl.Cmd) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	conf, err := nvlist.Decode(c.Conf(), nil)
	if err != nil && op != ioctl.OpPoolConfigs && op != ioctl.OpPoolExport {
		return err
	}
	switch op {
	case ioctl.OpPoolConfigs:
		return c.Answer(f.imported)
	case ioctl.OpPoolTryimport:
		f.tried = conf.Clone()
		conf.Delete("load-policy")
		tree, _ := conf.List("vdev_tree")
		tree.SetUint64Array("vdev_stats", []uint64{0, 7, 0})
		conf.SetUint64("timestamp", 1e9)
		conf.SetList("load_info", &nvlist.List{})
		if f.trial != nil {
			f.trial(conf)
		}
		return c.Answer(conf)
	case ioctl.OpPoolImport, ioctl.OpPoolExport:
		f.sent = conf
		f.line = fmt.Sprintf("%s guid=%d cookie=%d", c.Text(ioctl.FieldName), c.Uint64(ioctl.FieldGUID), c.Uint64(ioctl.FieldCookie))
		if in, err := nvlist.Decode(c.In(), nil); err == nil {
			for pair := range in.All() {
				f.line += fmt.Sprintf(" %s=%v", pair.Name(), pair.Value())
			}
		}
		if op == ioctl.OpPoolImport {
			if f.result != nil {
				f.result(conf)
			}
			if err := c.Answer(conf); err != nil {
				return err
			}
		}
		if f.code != 0 {
			return f.code.Err()
		}
		return nil
	}
	return ioctl.CodeIocCmdUnavail.Err()
}

// mustImporter returns a client of the fake.
func mustImporter(t *testing.T) (*zfs.Client, *importFake) {
	t.Helper()
	f := &importFake{imported: &nvlist.List{}}
	return testkit.Open(t, ioctl.NewDevice(f.answer)), f
}

// guidOf is the GUID of the pool that a file belongs to.
func guidOf(t *testing.T, path string) uint64 {
	t.Helper()
	dev, err := label.ReadPath(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dev.Best().Config.PoolGUID
}

func TestPoolImportSends(t *testing.T) {
	dir := mustLabelled(t, "raidz0", "raidz1", "raidz2")
	guid := guidOf(t, filepath.Join(dir, "raidz0"))
	for _, tt := range []struct {
		name string
		opts zfs.PoolImportOptions
		want string
		txg  uint64
		bits uint32
	}{
		{"nothing", zfs.PoolImportOptions{}, "striped guid=GUID cookie=0", math.MaxUint64, 1},
		{"new name", zfs.PoolImportOptions{NewName: "other"}, "other guid=GUID cookie=0", math.MaxUint64, 1},
		{"temporary name", zfs.PoolImportOptions{NewName: "other", Temporary: true}, "other guid=GUID cookie=16 cachefile=none", math.MaxUint64, 1},
		{"flags", zfs.PoolImportOptions{Force: true, MissingLog: true, Checkpoint: true}, "striped guid=GUID cookie=134", math.MaxUint64, 1},
		{"properties", zfs.PoolImportOptions{ReadOnly: true, AltRoot: "/mnt"}, "striped guid=GUID cookie=0 readonly=1 altroot=/mnt cachefile=none", math.MaxUint64, 1},
		{"cachefile", zfs.PoolImportOptions{AltRoot: "/mnt", Cachefile: "/c"}, "striped guid=GUID cookie=0 altroot=/mnt cachefile=/c", math.MaxUint64, 1},
		{"more properties", zfs.PoolImportOptions{AltRoot: "/mnt", Props: prop.Values{
			prop.PoolComment: prop.String("found"), prop.PoolAutoTrim: prop.String("on"),
		}}, "striped guid=GUID cookie=0 autotrim=1 comment=found altroot=/mnt cachefile=none", math.MaxUint64, 1},
		{"rewind", zfs.PoolImportOptions{Rewind: zfs.RewindRecent}, "striped guid=GUID cookie=0", math.MaxUint64, 8},
		{"extreme rewind", zfs.PoolImportOptions{Rewind: zfs.RewindExtreme}, "striped guid=GUID cookie=0", math.MaxUint64, 24},
		{"group", zfs.PoolImportOptions{Txg: 7}, "striped guid=GUID cookie=0", 7, 24},
	} {
		for _, name := range []string{"striped", strconv.FormatUint(guid, 10)} {
			c, f := mustImporter(t)
			tt.opts.Search = &zfs.PoolSearch{Places: []string{dir}}
			p, err := c.PoolImport(t.Context(), name, &tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(tt.want, "GUID", strconv.FormatUint(guid, 10))
			if diff := cmp.Diff(want, f.line); diff != "" || p.GUID != guid || p.Name != strings.Fields(want)[0] {
				t.Errorf("%s: %+v sent (-want +got):\n%s", tt.name, p, diff)
			}
			policy, _ := f.sent.List("load-policy")
			txg, _ := policy.Uint64("load-request-txg")
			bits, _ := policy.Uint32("load-rewind-policy")
			if txg != tt.txg || bits != tt.bits {
				t.Errorf("%s: policy %d, %d", tt.name, txg, bits)
			}
			tried, _ := f.tried.List("load-policy")
			txg, _ = tried.Uint64("load-request-txg")
			bits, _ = tried.Uint32("load-rewind-policy")
			if txg != tt.txg || bits != 1 && bits != 24 {
				t.Errorf("%s: tried with policy %d, %d", tt.name, txg, bits)
			}
			config, err := label.ParseConfig(f.sent)
			if err != nil || config.Tree.Children[0].Children[2].Path != filepath.Join(dir, "raidz2") {
				t.Errorf("%s: sent %v, %v", tt.name, f.sent, err)
			}
		}
	}
}

// An import reports the state that it has rewound to, if any.
func TestPoolImportRewound(t *testing.T) {
	dir := mustLabelled(t, "raidz0", "raidz1", "raidz2")
	for _, tt := range []struct {
		lost int64
		want *zfs.PoolRewound
	}{
		{-1000, nil}, // the kernel's answer if the latest state could be read
		{0, &zfs.PoolRewound{Time: time.Unix(1000, 0)}},
		{7, &zfs.PoolRewound{Time: time.Unix(1000, 0), Lost: 7 * time.Second}},
	} {
		c, f := mustImporter(t)
		f.result = func(config *nvlist.List) {
			config.SetList("load_info", testkit.ListOf(func(l *nvlist.List) {
				l.SetUint64("rewind_txg_ts", 1000)
				l.SetInt64("seconds_of_rewind", tt.lost)
			}))
		}
		p, err := c.PoolImport(t.Context(), "striped", &zfs.PoolImportOptions{Search: &zfs.PoolSearch{Places: []string{dir}}, Rewind: zfs.RewindRecent})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, p.Rewound); diff != "" {
			t.Errorf("%d s lost (-want +got):\n%s", tt.lost, diff)
		}
	}
}

func TestPoolImportRefuses(t *testing.T) {
	dir := mustLabelled(t, "raidz0", "raidz1", "mirror0", "destroyed")
	guid := guidOf(t, filepath.Join(dir, "raidz0"))
	there := func(name string, guid uint64) func(*importFake) {
		return func(f *importFake) {
			f.imported.SetList(name, testkit.ListOf(func(l *nvlist.List) { l.SetUint64("pool_guid", guid) }))
		}
	}
	info := func(fill func(l *nvlist.List)) func(*importFake) {
		return func(f *importFake) {
			f.trial = func(config *nvlist.List) { config.SetList("load_info", testkit.ListOf(fill)) }
		}
	}
	lacks := func(l *nvlist.List) {
		l.SetList("unsup_feat", testkit.ListOf(func(l *nvlist.List) { l.SetString("org.example:new", "newer than you") }))
		l.SetBoolean("can_rdonly")
	}
	mmp := func(state uint64) func(l *nvlist.List) {
		return func(l *nvlist.List) {
			l.SetUint64("mmp_state", state)
			l.SetString("mmp_hostname", "far")
			l.SetUint64("mmp_hostid", 0xabc)
		}
	}
	none := func(*importFake) {}
	for _, tt := range []struct {
		name, pool string
		edit       func(*importFake)
		opts       zfs.PoolImportOptions
		want       error
		says       string
	}{
		{"not there", "none", none, zfs.PoolImportOptions{}, zfs.ErrNotFound, "no device"},
		{"not there, GUID", "77", none, zfs.PoolImportOptions{}, zfs.ErrNotFound, "no device"},
		{"imported", "striped", there("striped", guid), zfs.PoolImportOptions{}, zfs.ErrExists, "a pool of this name is imported"},
		{"imported, GUID", fmt.Sprint(guid), there("x", guid), zfs.PoolImportOptions{}, zfs.ErrExists, "imported as x"},
		{"name taken", "striped", there("striped", 3), zfs.PoolImportOptions{}, zfs.ErrExists, "another pool is imported as striped"},
		{"new name taken", "striped", there("y", 3), zfs.PoolImportOptions{NewName: "y"}, zfs.ErrExists, "another pool is imported as y"},
		{"destroyed", "gone", none, zfs.PoolImportOptions{}, zfs.ErrNotFound, ""},
		{"not destroyed", "striped", none, zfs.PoolImportOptions{Destroyed: true}, zfs.ErrNotFound, ""},
		{"bad new name", "striped", none, zfs.PoolImportOptions{NewName: "a/b"}, zfs.ErrInvalidName, "one component"},
		{"bad new name", "striped", none, zfs.PoolImportOptions{NewName: "mirror"}, zfs.ErrInvalidName, "reserved"},
		{"temporary without a name", "striped", none, zfs.PoolImportOptions{Temporary: true}, zfs.ErrInvalid, "temporary"},
		{"relative root", "striped", none, zfs.PoolImportOptions{AltRoot: "mnt"}, zfs.ErrInvalidProp, "absolute"},
		{"relative cachefile", "striped", none, zfs.PoolImportOptions{Cachefile: "c"}, zfs.ErrInvalidProp, "cachefile"},
		{"property of an option", "striped", none, zfs.PoolImportOptions{Props: prop.Values{prop.PoolAltroot: prop.String("/mnt")}}, zfs.ErrInvalidProp, "altroot"},
		{"bad property", "striped", none, zfs.PoolImportOptions{Props: prop.Values{prop.PoolAutoTrim: prop.String("sometimes")}}, zfs.ErrInvalidProp, "off, on"},
		{"read-only and property", "striped", none, zfs.PoolImportOptions{ReadOnly: true, Props: prop.Values{prop.PoolComment: prop.String("x")}}, zfs.ErrInvalid, "read-only"},
		{"unknown rewind", "striped", none, zfs.PoolImportOptions{Rewind: 9}, zfs.ErrInvalid, "rewind policy"},
		{"dry run of a group", "striped", none, zfs.PoolImportOptions{DryRun: true, Txg: 7}, zfs.ErrInvalid, "cannot be tried"},
		{"search and found", "striped", none, zfs.PoolImportOptions{Search: &zfs.PoolSearch{}, Found: &zfs.ImportablePools{}}, zfs.ErrInvalid, "both a search"},
		{"cachefile and places", "striped", none, zfs.PoolImportOptions{Search: &zfs.PoolSearch{Places: []string{"/"}, Cachefile: "/c"}}, zfs.ErrInvalid, "not both"},
		{"other host", "gold", none, zfs.PoolImportOptions{}, zfs.ErrOtherHost, "zvm (hostid 4030201) had it last, written at 2001-09-09"},
		{"features", "striped", info(lacks), zfs.PoolImportOptions{}, zfs.ErrNotSupported, "org.example:new: newer than you (it can be imported read-only)"},
		{"features, by force", "striped", info(lacks), zfs.PoolImportOptions{Force: true}, zfs.ErrNotSupported, "org.example:new"},
		{"active", "striped", info(mmp(0)), zfs.PoolImportOptions{}, zfs.ErrOtherHost, "it is imported on host far (hostid abc)"},
		{"no number", "striped", info(mmp(2)), zfs.PoolImportOptions{}, zfs.ErrOtherHost, "requires a hostid on this host"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := mustImporter(t)
			tt.edit(f)
			if tt.opts.Search == nil {
				tt.opts.Search = &zfs.PoolSearch{Places: []string{dir}}
			}
			_, err := c.PoolImport(t.Context(), tt.pool, &tt.opts)
			var e *zfs.Error
			if !errors.Is(err, tt.want) || !errors.As(err, &e) || !strings.Contains(err.Error(), tt.says) || e.Executed {
				t.Errorf("error %v, want %v with %q", err, tt.want, tt.says)
			}
			if f.line != "" {
				t.Errorf("the kernel was called to import: %s", f.line)
			}
		})
	}
	// A pool that can be read without the features is imported read-only, and a
	// pool that no other host uses is imported.
	for _, tt := range []struct {
		pool string
		edit func(*importFake)
		opts zfs.PoolImportOptions
	}{
		{"striped", info(lacks), zfs.PoolImportOptions{ReadOnly: true}},
		{"striped", info(mmp(1)), zfs.PoolImportOptions{}},
		{"gold", none, zfs.PoolImportOptions{Force: true}},
		{"gone", none, zfs.PoolImportOptions{Force: true, Destroyed: true}},
	} {
		c, f := mustImporter(t)
		tt.edit(f)
		tt.opts.Search = &zfs.PoolSearch{Places: []string{dir}}
		if _, err := c.PoolImport(t.Context(), tt.pool, &tt.opts); err != nil {
			t.Errorf("%s with %+v: %v", tt.pool, tt.opts, err)
		}
	}
}

func TestPoolImportErrnos(t *testing.T) {
	dir := mustLabelled(t, "raidz0", "raidz1")
	missing := func(log uint64) func(l *nvlist.List) {
		return func(l *nvlist.List) {
			l.SetList("missing_vdevs", testkit.ListOf(func(l *nvlist.List) {
				l.SetLists("children", []*nvlist.List{testkit.ListOf(func(l *nvlist.List) {
					l.SetString("type", "file")
					l.SetString("path", "/lost")
					l.SetUint64("is_log", log)
					l.SetUint64Array("vdev_stats", []uint64{0, 4, 1})
				})})
			}))
		}
	}
	for _, tt := range []struct {
		code ioctl.Code
		info func(l *nvlist.List)
		want error
		says string
	}{
		{ioctl.CodeExist, nil, zfs.ErrExists, "a pool of this name"},
		{ioctl.CodeNotsup, func(l *nvlist.List) {
			l.SetList("unsup_feat", testkit.ListOf(func(l *nvlist.List) { l.SetString("org.example:new", "") }))
			l.SetBoolean("can_rdonly")
		}, zfs.ErrNotSupported, "org.example:new: unknown to the module (it can be imported read-only)"},
		{ioctl.CodeRemoteio, nil, zfs.ErrOtherHost, "EREMOTEIO"},
		{ioctl.CodeRofs, nil, zfs.ErrReadOnly, "read-only"},
		{ioctl.CodeNxio, missing(1), zfs.ErrDeviceMissing, "/lost: UNAVAIL (it can be imported without its log)"},
		{ioctl.CodeNxio, missing(0), zfs.ErrDeviceMissing, "/lost: UNAVAIL"},
		{ioctl.CodeIo, func(l *nvlist.List) {
			l.SetList("rewind_info", testkit.ListOf(func(l *nvlist.List) {
				l.SetUint64("rewind_txg_ts", 1)
				l.SetInt64("seconds_of_rewind", 5)
			}))
		}, zfs.ErrDamaged, "as it was at 1970-01-01 00:00:01 UTC; the last 5s would be lost"},
		{ioctl.CodeBade, nil, zfs.ErrDamaged, "EBADE"},
		{ioctl.CodeInval, nil, zfs.ErrInvalid, "EINVAL"},
		{ioctl.CodeBusy, nil, zfs.ErrBusy, "EBUSY"},
		{ioctl.CodeNametoolong, nil, zfs.ErrInvalidName, "ENAMETOOLONG"},
		{ioctl.CodePerm, nil, zfs.ErrPermission, "EPERM"},
	} {
		c, f := mustImporter(t)
		f.code = tt.code
		f.result = func(config *nvlist.List) {
			config.SetUint64("hostid", 5) // numbers in the answer are not errnos
			if tt.info != nil {
				config.SetList("load_info", testkit.ListOf(tt.info))
			}
		}
		_, err := c.PoolImport(t.Context(), "striped", &zfs.PoolImportOptions{Search: &zfs.PoolSearch{Places: []string{dir}}})
		if !errors.Is(err, tt.want) || !errors.Is(err, tt.code.Err()) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, want %v with %q", tt.code.Name(), err, tt.want, tt.says)
		}
		if strings.Contains(err.Error(), "without its log") != strings.Contains(tt.says, "without its log") {
			t.Errorf("%s: error %v", tt.code.Name(), err)
		}
	}
}

func TestPoolExport(t *testing.T) {
	for _, tt := range []struct {
		opts *zfs.PoolExportOptions
		want string
	}{
		{nil, "tank guid=0 cookie=0"},
		{&zfs.PoolExportOptions{Force: true}, "tank guid=0 cookie=1"},
		{&zfs.PoolExportOptions{Force: true, Hard: true}, "tank guid=1 cookie=1"},
	} {
		c, f := mustImporter(t)
		if err := c.PoolExport(t.Context(), "tank", tt.opts); err != nil || f.line != tt.want {
			t.Errorf("%q, %v, want %q", f.line, err, tt.want)
		}
	}
	for _, name := range []string{"", "a/b", "a@b", "1", "a\x00b"} {
		if err := testkit.NoKernel(t).PoolExport(t.Context(), name, nil); !errors.Is(err, zfs.ErrInvalidName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodeBusy: zfs.ErrBusy, ioctl.CodeXdev: zfs.ErrBusy, ioctl.CodeExportInProgress: zfs.ErrBusy,
		ioctl.CodeAgain: zfs.ErrSuspended, ioctl.CodePerm: zfs.ErrPermission,
	} {
		c, f := mustImporter(t)
		f.code = code
		if err := c.PoolExport(t.Context(), "tank", nil); !errors.Is(err, want) || !errors.Is(err, code.Err()) {
			t.Errorf("%s: %v, want %v", code.Name(), err, want)
		}
	}
}
