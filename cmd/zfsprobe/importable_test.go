package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// importDevice is a module that opens every pool it is shown, and notes what it
// is told to import and export.
func importDevice(said *[]string) *ioctl.Device {
	return importDeviceOf(said, func(*nvlist.List) {})
}

// importDeviceOf is the same with an answer about a pool that edit has changed.
func importDeviceOf(said *[]string, edit func(*nvlist.List)) *ioctl.Device {
	var mu sync.Mutex
	return ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
		mu.Lock()
		defer mu.Unlock()
		switch op {
		case ioctl.OpPoolConfigs:
			return c.Answer(&nvlist.List{})
		case ioctl.OpPoolTryimport:
			conf, err := nvlist.Decode(c.Conf(), nil)
			if err != nil {
				return err
			}
			tree, _ := conf.List("vdev_tree")
			online(tree)
			conf.SetList("load_info", &nvlist.List{})
			edit(conf)
			return c.Answer(conf)
		case ioctl.OpPoolImport, ioctl.OpPoolExport:
			line := strings.TrimPrefix(op.String(), "ZFS_IOC_") + " " + c.Text(ioctl.FieldName)
			in, _ := nvlist.Decode(c.In(), nil) // there may be none
			for pair := range in.All() {
				line += fmt.Sprintf(" %s=%v", pair.Name(), pair.Value())
			}
			*said = append(*said, line)
			if op == ioctl.OpPoolImport {
				return c.Answer(&nvlist.List{})
			}
			return nil
		}
		return ioctl.CodeIocCmdUnavail.Err()
	})
}

// online makes all devices of a tree so.
func online(l *nvlist.List) {
	l.SetUint64Array("vdev_stats", []uint64{0, 7, 0})
	children, _ := l.Lists("children")
	for _, child := range children {
		online(child)
	}
}

func TestImportable(t *testing.T) {
	dir := mustLabelled(t, "2.4", "raidz0", "raidz1", "raidz2", "destroyed")
	for _, tt := range []struct {
		name, args, want string
		code             int
		errOut           string
	}{
		{"one", "striped", `
  pool: striped
 state: ONLINE
config:

	striped            ONLINE
	  raidz1-0         ONLINE
	    DIR/raidz0  ONLINE
	    DIR/raidz1  ONLINE
	    DIR/raidz2  ONLINE
`, exitFine, ""},
		{"all", "", "\n  pool: striped\n state: ONLINE\n", exitFine, ""},
		{"labels", "--labels", "\n  pool: striped\n state: ONLINE\n", exitFine, ""},
		{"destroyed", "-D", "\n  pool: gone\n state: ONLINE (DESTROYED)\nstatus: host zvm (hostid 4030201) had it last and did not export it: -f imports it\n", exitFinding, ""},
		{"missing", "none", "\nno pools to import\n", exitFinding, "no device has its labels"},
		{"too many", "a b", "\n", exitFailed, "accepts at most 1 arg"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, importDevice(new([]string)), "", append([]string{"importable", "-d", dir}, strings.Fields(tt.args)...)...)
			var lines []string
			for line := range strings.Lines(r.out) {
				if !strings.HasPrefix(line, "    id:") && !strings.HasPrefix(line, "  host:") {
					lines = append(lines, strings.ReplaceAll(foldColumns(line), dir, "DIR"))
				}
			}
			got := "\n" + strings.Join(lines, "")
			want := ""
			for line := range strings.Lines(tt.want) {
				want += foldColumns(line)
			}
			if tt.name != "one" && tt.name != "missing" {
				got = got[:min(len(got), len(want))]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) {
				t.Errorf("exit %d, want %d: %s", r.code, tt.code, r.errOut)
			}
		})
	}
}

// A place that was named and does not exist is an error, and keeps nothing else from
// being found.
func TestImportableMissingPlace(t *testing.T) {
	dir := mustLabelled(t, "2.4", "raidz0", "raidz1", "raidz2")
	for _, args := range []string{"importable -d /none/such", "importable -d /none/such -d DIR", "importable --labels -d DIR -d /none/such", "importable --json -d /none/such",
		"do pool import -d /none/such tank", "do pool import -a -d /none/such"} {
		r := runOn(t, importDevice(new([]string)), "", strings.Fields(strings.ReplaceAll(args, "DIR", dir))...)
		if r.code == exitFine || !strings.Contains(r.errOut, "/none/such: no such file or directory") {
			t.Errorf("%s: exit %d: %s", args, r.code, r.errOut)
		}
		if strings.Contains(args, "DIR") != strings.Contains(r.out, "pool: striped") {
			t.Errorf("%s says %s", args, r.out)
		}
		if strings.Contains(args, "json") && !strings.Contains(r.out, `"path": "/none/such"`) {
			t.Errorf("%s says %s", args, r.out)
		}
	}
}

// foldColumns makes the distance of columns, which depends on the paths, two.
func foldColumns(line string) string {
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	return line[:indent] + strings.ReplaceAll(foldSpaces(line[indent:]), " ONLINE", "  ONLINE")
}

func TestImportableJSON(t *testing.T) {
	dir := mustLabelled(t, "2.0", "mirror0", "log")
	r := runOn(t, importDevice(new([]string)), "", "importable", "--json", "--labels", "-d", dir)
	var doc importableDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.code != exitFinding {
		t.Fatalf("exit %d, %v in %s", r.code, err, r.out)
	}
	if len(doc.Pools) != 1 || doc.Asked || doc.Schema != "zfsprobe.importable/1" {
		t.Fatalf("document %+v", doc)
	}
	p := doc.Pools[0]
	if p.Name != "gold" || p.PoolState != "active" || p.State != "DEGRADED" || !p.OtherHost || p.HostName != "zvm" || len(p.Findings) != 2 {
		t.Errorf("pool %+v", p)
	}
	if diff := cmp.Diff([]string{"/tmp/d/mirror1"}, p.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if v := p.Vdevs[0].Children; len(p.Vdevs) != 2 || v[0].Name != filepath.Join(dir, "mirror0") || v[1].State != "UNAVAIL" || !p.Vdevs[1].Log {
		t.Errorf("devices %+v", p.Vdevs)
	}
}

// Devices stand below what they are for, and advice is as with zpool import.
func TestImportableAdvice(t *testing.T) {
	dir := mustLabelled(t, "2.4", "raidz0", "raidz1", "raidz2")
	tops := func(l *nvlist.List) {
		tree, _ := l.List("vdev_tree")
		all, _ := tree.Lists("children")
		for i, class := range []string{"log", "", "special", "dedup"} {
			top := &nvlist.List{}
			top.SetString("type", "file")
			top.SetString("path", "/p/"+class+"file")
			if class != "" {
				top.SetString("alloc_bias", class)
			}
			if class == "log" {
				top.SetUint64("is_log", 1)
			}
			top.SetUint64("id", uint64(i+1))
			online(top)
			all = append(all, top)
		}
		tree.SetLists("children", all)
	}
	number := func(key string, n uint64) func(*nvlist.List) {
		return func(l *nvlist.List) { l.SetUint64(key, n) }
	}
	for _, tt := range []struct {
		name string
		edit func(*nvlist.List)
		want []string // in the text
		json string
		code int
	}{
		{"classes", tops, []string{"  /p/file ", "dedup", "  /p/dedupfile ", "special", "  /p/specialfile ", "logs", "  /p/logfile "}, `"class": "special"`, exitFine},
		{"errata", number("errata", 4), []string{"status: Errata #4 detected.", "action: Enable the feature bookmark_v2", "see: "}, `"errata": 4`, exitFinding},
		{"unknown errata", number("errata", 1<<40), []string{"status: Errata #1099511627776 detected."}, `"errata": 1099511627776`, exitFinding},
		{"old", number("version", 28), []string{"status: The pool has an old version", "action: It can be imported as it is."}, `"spa_version": 28`, exitFine},
		{"without features", func(l *nvlist.List) {
			info := &nvlist.List{}
			info.SetList("enabled_feat", &nvlist.List{})
			l.SetList("load_info", info)
		}, []string{"status: The module has features that are not enabled on the pool."}, `"code": "FEAT_DISABLED"`, exitFine},
		{"no time, no host", func(l *nvlist.List) { l.SetUint64("timestamp", 0) }, []string{" state: ONLINE\n"}, `"code": "OK"`, exitFine},
	} {
		dev := importDeviceOf(new([]string), tt.edit)
		r := runOn(t, dev, "", "importable", "-d", dir, "striped")
		rest := r.out
		for _, want := range tt.want {
			_, after, ok := strings.Cut(rest, want)
			if !ok {
				t.Errorf("%s: %q is missing, or not in its place:\n%s", tt.name, want, r.out)
			}
			rest = after
		}
		if strings.Contains(r.out, "1970") || strings.Contains(r.out, "hostid 0") || r.code != tt.code {
			t.Errorf("%s: exit %d, want %d: %s%s", tt.name, r.code, tt.code, r.out, r.errOut)
		}
		if r := runOn(t, dev, "", "importable", "--json", "-d", dir, "striped"); !strings.Contains(r.out, tt.json) {
			t.Errorf("%s: %s is not in\n%s", tt.name, tt.json, r.out)
		}
	}
}

func TestDoPoolImport(t *testing.T) {
	dir := mustLabelled(t, "2.4", "raidz0", "raidz1", "raidz2", "destroyed", "mirror0")
	for _, tt := range []struct {
		args, want, errOut string
		code               int
	}{
		{"import -d DIR striped", "POOL_IMPORT striped", "", exitFine},
		{"import -d DIR -N -o readonly=on -o cachefile=none -o altroot=/mnt striped new", "POOL_IMPORT new readonly=1 altroot=/mnt cachefile=none", "", exitFine},
		{"import -d DIR -R /mnt -F -X -m -t striped new", "POOL_IMPORT new altroot=/mnt cachefile=none", "", exitFine},
		{"import -d DIR -D -f gone", "POOL_IMPORT gone", "", exitFine},
		{"import -d DIR gone", "", "does not exist", exitFinding},
		{"import -d DIR -D gone", "", "another host", exitFailed},
		{"import -d DIR -X striped", "", "-X needs -F", exitFailed},
		{"import -d DIR -s -o comment=here -o autotrim=on striped", "POOL_IMPORT striped autotrim=1 comment=here", "", exitFine},
		{"import -d DIR -o compression=lz4 striped", "", "no such property of a pool", exitFailed},
		{"import -d DIR -o readonly=on -o comment=x striped", "", "read-only", exitFailed},
		{"import -d DIR -o readonly=1 striped", "", "want on or off", exitFailed},
		{"import -d DIR -o readonly striped", "", "property=value", exitFailed},
		{"import -d DIR -a", "POOL_IMPORT striped", "gold: ", exitFailed},
		{"import -d DIR -a -f", "POOL_IMPORT gold,POOL_IMPORT striped", "", exitFine},
		{"import -d DIR -a -f -D", "POOL_IMPORT gone", "", exitFine},
		{"import -d DIR -a striped", "", "cannot be used with a name", exitFailed},
		{"import -d DIR -t striped", "", "temporary", exitFailed},
		{"import", "", "-a for all", exitFailed},
		{"import a b c", "", "accepts at most 2 arg", exitFailed},
		{"export tank dozer", "POOL_EXPORT tank,POOL_EXPORT dozer", "", exitFine},
		{"export -f -F tank", "POOL_EXPORT tank", "", exitFine},
		{"export tank/a", "", "one component", exitFailed},
	} {
		var said []string
		args := append([]string{"do", "pool"}, strings.Fields(strings.ReplaceAll(tt.args, "DIR", dir))...)
		r := runOn(t, importDevice(&said), "", args...)
		if got := strings.Join(said, ","); got != tt.want || r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) || r.out != "" {
			t.Errorf("%s: %q, exit %d, %s%s", tt.args, got, r.code, r.out, r.errOut)
		}
	}
	var said []string
	r := runOn(t, importDevice(&said), "", "do", "pool", "import", "--json", "-d", dir, "striped", "new")
	var doc doDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || doc.Command != "import" || len(doc.Names) != 1 || doc.Names[0] != "new" {
		t.Errorf("%v in %s%s", err, r.out, r.errOut)
	}
	if r := runOn(t, importDevice(&said), "", "do", "pool"); r.code != exitFine || !strings.Contains(r.out, "export") {
		t.Errorf("do pool: exit %d, %s", r.code, r.out)
	}
}
