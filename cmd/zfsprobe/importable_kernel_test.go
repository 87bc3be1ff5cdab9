package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// devicesOf are the lines of the devices below each heading, and whether there
// is a status.
func devicesOf(out string) (groups map[string][]string, status bool) {
	_, config, _ := strings.Cut(out, "config:\n")
	groups = make(map[string][]string)
	head := ""
	for line := range strings.Lines(config) {
		line = strings.TrimRight(line, " \t\n")
		switch {
		case strings.HasPrefix(line, "\t") && !strings.Contains(line[1:], " "):
			head = line[1:]
		case line != "":
			groups[head] = append(groups[head], line)
		}
	}
	return groups, strings.Contains(out, "\nstatus:") || strings.Contains(out, "\n status:")
}

// What zfsprobe importable shows of a pool's devices equals what zpool import
// shows, and both have advice or none.
func TestKernelImportableEqualsZpoolImport(t *testing.T) {
	zfstest.Kernel(t)
	p := newStatusPool(t, "importpool")
	for i, tt := range []struct {
		name, steps, say string
		code             int
	}{
		{"data and special devices after a log", "zpool create -O mountpoint=none P a log c;zpool add -f P b;zpool add -f P special d;zpool add -f P dedup e", "", exitFine},
		{"groups, cache and spare", "zpool create -f -O mountpoint=none P raidz a b c special mirror d e log mirror f g cache h", "", exitFine},
		{"legacy version", "zpool create -O mountpoint=none -o version=28 P a log b", "old version", exitFine},
		{"no features", "zpool create -O mountpoint=none -d P a", "features that are not enabled on the pool", exitFine},
		{"a device is missing", "zpool create -O mountpoint=none P mirror a b log c", "missing", exitFinding},
	} {
		if testing.Short() && i > 0 {
			break
		}
		p.run(t, tt.steps)
		p.run(t, "zpool export P")
		if tt.name == "a device is missing" {
			must(t, os.Rename(p.words("a")[0], p.dir+"/../gone"))
		}
		theirs, _ := zfstest.Try("zpool", "import", "-d", p.dir)
		var out, errOut bytes.Buffer
		code := run(t.Context(), []string{"importable", "-d", p.dir}, strings.NewReader(""), &out, &errOut)
		want, advice := devicesOf(theirs)
		got, advised := devicesOf(out.String())
		if diff := cmp.Diff(want, got); diff != "" || advice != advised {
			t.Errorf("%s: advice %v, zpool's %v (-zpool +zfsprobe):\n%s", tt.name, advised, advice, diff)
		}
		if code != tt.code || !strings.Contains(out.String(), tt.say) || errOut.Len() > 0 {
			t.Errorf("%s: exit %d, want %d, and %q in\n%s%s", tt.name, code, tt.code, tt.say, out.String(), errOut.String())
		}
		if tt.name == "a device is missing" {
			must(t, os.Rename(p.dir+"/../gone", p.words("a")[0]))
		}
		p.run(t, "zpool import -d "+p.dir+" P;zpool destroy P")
		for _, file := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			path := p.words(file)[0]
			must(t, os.Truncate(path, 0))
			must(t, os.Truncate(path, 512<<20))
		}
	}
}
