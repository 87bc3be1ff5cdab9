package zfs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/label"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// filePool is a pool on files that a test exports and imports.
type filePool struct {
	name, dir string
	guid      string
}

// mustFilePool creates a pool of a layout in the words of zpool create, in which
// each word of one letter stands for a file of that name.
func mustFilePool(t *testing.T, name, layout string, args ...string) *filePool {
	t.Helper()
	p := &filePool{name: name, dir: filepath.Join(t.TempDir(), "d")}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	words := append([]string{"create", "-O", "mountpoint=none", "-o", "cachefile=none"}, args...)
	words = append(words, name)
	for word := range strings.FieldsSeq(layout) {
		if len(word) == 1 {
			word = p.file(word)
			if err := errors.Join(os.WriteFile(word, nil, 0o600), os.Truncate(word, 64<<20)); err != nil {
				t.Fatal(err)
			}
		}
		words = append(words, word)
	}
	zfstest.Run(t, "zpool", words...)
	p.guid = strings.TrimSpace(zfstest.Run(t, "zpool", "get", "-Hpo", "value", "guid", name))
	t.Cleanup(func() {
		for line := range strings.Lines(zfstest.Run(t, "zpool", "list", "-Hpo", "name,guid")) {
			if f := strings.Fields(line); f[1] == p.guid {
				zfstest.Run(t, "zpool", "destroy", "-f", f[0])
			}
		}
	})
	return p
}

// file is the path of one of the pool's files.
func (p *filePool) file(name string) string { return filepath.Join(p.dir, name) }

// search looks for the pool's files.
func (p *filePool) search() *zfs.PoolSearch { return &zfs.PoolSearch{Places: []string{p.dir}} }

// mustExport exports the pool under the name that it has now.
func (p *filePool) mustExport(t *testing.T, c *zfs.Client, name string) {
	t.Helper()
	err := c.PoolExport(t.Context(), name, nil)
	// After a read-only import the kernel does not wait until its reads are
	// released.
	for i := 0; i < 20 && errors.Is(err, zfs.ErrBusy); i++ {
		time.Sleep(100 * time.Millisecond)
		err = c.PoolExport(t.Context(), name, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, err := zfstest.Try("zpool", "list", name); err == nil {
		t.Fatalf("%s is exported and there:\n%s", name, out)
	}
}

// mustImport imports the pool.
func (p *filePool) mustImport(t *testing.T, c *zfs.Client, opts zfs.PoolImportOptions) {
	t.Helper()
	if opts.Search == nil {
		opts.Search = p.search()
	}
	got, err := c.PoolImport(t.Context(), p.name, &opts)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.GUID) != p.guid {
		t.Errorf("pool %d was imported, want %s", got.GUID, p.guid)
	}
}

// refuse checks that an import fails.
func (p *filePool) refuse(t *testing.T, c *zfs.Client, opts zfs.PoolImportOptions, want error, says string) *zfs.Error {
	t.Helper()
	if opts.Search == nil {
		opts.Search = p.search()
	}
	_, err := c.PoolImport(t.Context(), p.name, &opts)
	var e *zfs.Error
	if !errors.Is(err, want) || !errors.As(err, &e) || !strings.Contains(err.Error(), says) {
		t.Fatalf("error %v, want %v with %q", err, want, says)
	}
	return e
}

// mustFind returns the pool among those that can be imported, and the kernel's
// report if there is a trial.
func (p *filePool) mustFind(t *testing.T, c *zfs.Client, try bool) *zfs.ImportablePool {
	t.Helper()
	search := p.search()
	search.LabelsOnly = !try
	all, err := c.PoolImportable(t.Context(), search)
	if err != nil || all.Incomplete != nil || len(all.Pools) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	return all.Pools[0]
}

// poolGet reads one property with zpool(8).
func poolGet(t *testing.T, property, pool string) string {
	t.Helper()
	return strings.TrimSpace(zfstest.Run(t, "zpool", "get", "-Hpo", "value", property, pool))
}

// statusNames are the words of zpool status that are devices, with their states.
func statusNames(t *testing.T, pool string) (all []string) {
	t.Helper()
	inside := false
	for line := range strings.Lines(zfstest.Run(t, "zpool", "status", "-P", pool)) {
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "errors:"):
			inside = false
		case inside && len(f) > 1:
			all = append(all, f[0]+" "+f[1])
		case len(f) > 0 && f[0] == "NAME":
			inside = true
		}
	}
	return all
}

// One pool with all kinds of devices is exported and imported in every way.
func TestKernelPoolImport(t *testing.T) {
	c := zfstest.Kernel(t)
	p := mustFilePool(t, "timport", "mirror a b log c cache d spare e")
	if all, err := c.PoolImportable(t.Context(), p.search()); err != nil || len(all.Pools) != 0 {
		t.Errorf("an imported pool can be imported: %v, %v", all, err)
	}
	p.refuse(t, c, zfs.PoolImportOptions{}, zfs.ErrExists, "is imported")
	if _, err := c.PoolImport(t.Context(), p.guid, &zfs.PoolImportOptions{Search: p.search()}); !errors.Is(err, zfs.ErrExists) {
		t.Errorf("by GUID while imported: %v", err)
	}
	before := statusNames(t, p.name)
	p.mustExport(t, c, p.name)
	found := p.mustFind(t, c, true)
	if found.Trial == nil || found.Trial.Health != "ONLINE" || found.OtherHost || found.State != label.StateExported ||
		len(found.Trial.Spares) != 1 || len(found.Trial.Caches) != 1 || found.Labels.Health() != label.HealthOnline {
		t.Errorf("importable: %+v, %+v", found, found.Trial)
	}

	// Elsewhere, by GUID.
	moved := strings.ReplaceAll(strings.Join(before, "\n"), p.dir, p.dir+"2")
	if err := os.Rename(p.dir, p.dir+"2"); err != nil {
		t.Fatal(err)
	}
	p.dir += "2"
	if _, err := c.PoolImport(t.Context(), p.guid, &zfs.PoolImportOptions{Search: p.search()}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(moved, "\n"), statusNames(t, p.name)); diff != "" {
		t.Errorf("status elsewhere (-want +got):\n%s", diff)
	}
	p.mustExport(t, c, p.name)
	for i, step := range []struct {
		name string
		run  func(t *testing.T, c *zfs.Client, p *filePool)
	}{{"names", importNames}, {"properties", importProps}, {"other host", importHost}, {"missing log", importLog}} {
		if zfstest.Share(t, i) && !t.Run(step.name, func(t *testing.T) { step.run(t, c, p) }) {
			return
		}
	}
}

// importNames changes the pool's names.
func importNames(t *testing.T, c *zfs.Client, p *filePool) {
	p.mustImport(t, c, zfs.PoolImportOptions{NewName: "tother", Temporary: true})
	if got := poolGet(t, "cachefile", "tother"); got != "none" {
		t.Errorf("with a temporary name the cachefile is %q", got)
	}
	p.mustExport(t, c, "tother")
	if got := p.mustFind(t, c, false).Name; got != p.name {
		t.Errorf("behind a temporary name is %q", got)
	}
	other := mustFilePool(t, "ttaken", "a")
	p.refuse(t, c, zfs.PoolImportOptions{NewName: other.name}, zfs.ErrExists, "another pool is imported as ttaken")
	p.mustImport(t, c, zfs.PoolImportOptions{NewName: "tnew"})
	p.name = "tnew"
	p.mustExport(t, c, p.name)
	if got := p.mustFind(t, c, false).Name; got != "tnew" {
		t.Errorf("the new name is %q", got)
	}
	p.refuse(t, c, zfs.PoolImportOptions{Search: &zfs.PoolSearch{Places: []string{t.TempDir()}}}, zfs.ErrNotFound, "no device")
}

// importProps imports the pool with properties of the import.
func importProps(t *testing.T, c *zfs.Client, p *filePool) {
	cache := filepath.Join(t.TempDir(), "cache")
	p.mustImport(t, c, zfs.PoolImportOptions{ReadOnly: true, AltRoot: "/tmp/elsewhere"})
	for property, want := range map[string]string{"readonly": "on", "altroot": "/tmp/elsewhere", "cachefile": "none"} {
		if got := poolGet(t, property, p.name); got != want {
			t.Errorf("%s is %q, want %q", property, got, want)
		}
	}
	p.mustExport(t, c, p.name)
	p.mustImport(t, c, zfs.PoolImportOptions{Cachefile: cache, Props: prop.Values{
		prop.PoolComment: prop.String("found again"), prop.PoolAutoTrim: prop.String("on"),
	}})
	if comment, trim := poolGet(t, "comment", p.name), poolGet(t, "autotrim", p.name); comment != "found again" || trim != "on" {
		t.Errorf("imported with comment %q, autotrim %q", comment, trim)
	}
	cached, err := label.ReadCachefile(cache)
	if err != nil || len(cached) != 1 || fmt.Sprint(cached[0].PoolGUID) != p.guid {
		t.Errorf("cachefile: %v, %v", cached, err)
	}
	kept := cache + ".kept" // an export removes the pool from the file
	b, err := os.ReadFile(cache)
	if err := errors.Join(err, os.WriteFile(kept, b, 0o600)); err != nil {
		t.Fatal(err)
	}
	p.mustExport(t, c, p.name)
	p.mustImport(t, c, zfs.PoolImportOptions{Search: &zfs.PoolSearch{Cachefile: kept}})
	if got := poolGet(t, "health", p.name); got != "ONLINE" {
		t.Errorf("from a cachefile: %s", got)
	}
	p.mustExport(t, c, p.name)
}

// setHostID sets another hostid until the test ends.
func setHostID(t *testing.T, id string) {
	t.Helper()
	const parameter = "/sys/module/spl/parameters/spl_hostid"
	if err := os.WriteFile(parameter, []byte(id), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(parameter, []byte("0"), 0) })
}

// importHost leaves the pool behind as a host that crashed would, for another one.
func importHost(t *testing.T, c *zfs.Client, p *filePool) {
	p.mustImport(t, c, zfs.PoolImportOptions{})
	if err := c.PoolExport(t.Context(), p.name, &zfs.PoolExportOptions{Hard: true}); err != nil {
		t.Fatal(err)
	}
	if found := p.mustFind(t, c, false); found.OtherHost || found.State != label.StateActive {
		t.Errorf("left behind by this host: %+v", found)
	}
	setHostID(t, "4711")
	if got := zfs.HostID(); got != 4711 {
		t.Errorf("HostID is %d", got)
	}
	if found := p.mustFind(t, c, false); !found.OtherHost || found.HostName != "zvm" {
		t.Errorf("left behind by another host: %+v", found)
	}
	p.refuse(t, c, zfs.PoolImportOptions{}, zfs.ErrOtherHost, "zvm (hostid 4030201) had it last")
	p.mustImport(t, c, zfs.PoolImportOptions{Force: true})
	p.mustExport(t, c, p.name)
}

// importLog removes the log.
func importLog(t *testing.T, c *zfs.Client, p *filePool) {
	if err := os.Remove(p.file("c")); err != nil {
		t.Fatal(err)
	}
	if logs := p.mustFind(t, c, true).Trial.MissingLogs(); len(logs) != 1 || logs[0].Path != p.file("c") {
		t.Errorf("missing logs: %v", logs)
	}
	e := p.refuse(t, c, zfs.PoolImportOptions{}, zfs.ErrDeviceMissing, "without its log")
	if len(e.Items) != 1 || e.Items[0].Name != p.file("c") {
		t.Errorf("missing: %v", e.Items)
	}
	p.mustImport(t, c, zfs.PoolImportOptions{MissingLog: true})
	if got := poolGet(t, "health", p.name); got != "DEGRADED" {
		t.Errorf("without its log: %s", got)
	}
	zfstest.Run(t, "zpool", "destroy", p.name)
	p.refuse(t, c, zfs.PoolImportOptions{MissingLog: true}, zfs.ErrNotFound, "no device")
	p.mustImport(t, c, zfs.PoolImportOptions{MissingLog: true, Destroyed: true})
}
