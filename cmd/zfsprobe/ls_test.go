package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestLs(t *testing.T) {
	tests := []struct {
		name string
		args string
		want string
	}{
		{"aligned", "ls -o name,used,avail,refer", `
NAME         USED  AVAIL  REFER
dozer0      1.50M     1G    96K
dozer0/a     512B    30M   512B
dozer0/vol    16M     1G    12K
`},
		{"alias, script, exact", "list -H -p -o name,used,type dozer0/a", "\ndozer0/a\t512\tfilesystem\n"},
		{"mountpoints", "ls -H -o name,mountpoint -r dozer0", "\ndozer0\t/dozer0\ndozer0/a\t/dozer0/a\ndozer0/vol\t-\n"},
		{"depth 0", "ls -H -o name -d 0 dozer0", "\ndozer0\n"},
		{"depth 1", "ls -H -o name -d 1 dozer0", "\ndozer0\ndozer0/a\ndozer0/vol\n"},
		{"depth of all pools", "ls -H -o name -d 0", "\ndozer0\n"},
		{"not recursive", "ls -H -o name dozer0", "\ndozer0\n"},
		{"volumes", "ls -H -o name,volsize -r -t volume dozer0", "\ndozer0/vol\t16M\n"},
		{"snapshots by age", "ls -H -p -o name,used -t snapshot -r dozer0", "\ndozer0/a@old\t100\ndozer0/a@new\t0\n"},
		{"everything", "ls -H -o name -t all -r dozer0/a", "\ndozer0/a\ndozer0/a@old\ndozer0/a@new\ndozer0/a#mark\n"},
		{"snapshots are a level", "ls -H -o name -t all -d 1 dozer0", "\ndozer0\ndozer0/a\ndozer0/vol\n"},
		{"snapshots on the second level", "ls -H -o name -t snapshot -d 2 dozer0", "\ndozer0/a@old\ndozer0/a@new\n"},
		{"bookmarks on the second level", "ls -H -o name -t bookmark -d 2 dozer0", "\ndozer0/a#mark\n"},
		{"bookmarks", "ls -H -p -o name,guid -t bookmark -r dozer0", "\ndozer0/a#mark\t7\n"},
		{"a snapshot by name", "ls -H -o name,used dozer0/a@old", "\ndozer0/a@old\t100B\n"},
		{"a bookmark by name", "ls -H -o name dozer0/a#mark", "\ndozer0/a#mark\n"},
		{"several names", "ls -H -o name dozer0/vol dozer0/a", "\ndozer0/a\ndozer0/vol\n"},
		{"user property", "ls -H -o com.example:owner,name -r dozer0", "\nalice\tdozer0\nalice\tdozer0/a\n-\tdozer0/vol\n"},
		{"ascending", "ls -H -o name -s used", "\ndozer0/a\ndozer0\ndozer0/vol\n"},
		{"descending", "ls -H -o name -S used", "\ndozer0/vol\ndozer0\ndozer0/a\n"},
		{"absent last", "ls -H -o name -s volsize -S name", "\ndozer0/vol\ndozer0/a\ndozer0\n"},
		{"the first key counts first", "ls -H -o name -S avail -s used", "\ndozer0\ndozer0/vol\ndozer0/a\n"},
		{"by mountpoint", "ls -H -o name -S mountpoint -d 1 -t filesystem dozer0", "\ndozer0/a\ndozer0\n"},
		{"heading of a user property", "ls -o com.example:owner,compress dozer0", "\nCOM.EXAMPLE:OWNER  COMPRESS\nalice              lz4\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := "\n" + mustRun(t, strings.Fields(tt.args)...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("zfsprobe %s (-want +got):\n%s", tt.args, diff)
			}
		})
	}
}

func TestLsSpaceAndAll(t *testing.T) {
	space, _, _ := strings.Cut(mustRun(t, "ls", "-o", "space"), "\n")
	if diff := cmp.Diff(strings.Fields("NAME AVAIL USED USEDSNAP USEDDS USEDREFRESERV USEDCHILD"), strings.Fields(space)); diff != "" {
		t.Errorf("columns of space (-want +got):\n%s", diff)
	}
	all, _, _ := strings.Cut(mustRun(t, "ls", "-o", "all", "-r"), "\n")
	for _, want := range []string{"NAME", "USED", "VOLSIZE", "VERSION", "MOUNTED", "COM.EXAMPLE:OWNER"} {
		if strings.Count(" "+all+" ", " "+want+" ") != 1 {
			t.Errorf("%s is not one column of %s", want, all)
		}
	}
}

func TestLsJSON(t *testing.T) {
	var doc lsDoc
	mustJSON(t, "zfsprobe.ls/1", &doc, "ls", "-o", "used,compression,com.example:owner,volsize", "-r")
	want := []datasetDoc{
		{"dozer0", "filesystem", 1, map[string]propertyDoc{
			"used":              {float64(1572864), "1572864", sourceDoc{"NONE", "-"}, nil},
			"compression":       {"lz4", "lz4", sourceDoc{"LOCAL", "-"}, nil},
			"com.example:owner": {"alice", "alice", sourceDoc{"LOCAL", "-"}, nil},
			"volsize":           {nil, "-", sourceDoc{"NONE", "-"}, nil},
		}},
		{"dozer0/a", "filesystem", 9, map[string]propertyDoc{
			"used":              {float64(512), "512", sourceDoc{"NONE", "-"}, nil},
			"compression":       {"lz4", "lz4", sourceDoc{"INHERITED", "dozer0"}, nil},
			"com.example:owner": {"alice", "alice", sourceDoc{"INHERITED", "dozer0"}, nil},
			"volsize":           {nil, "-", sourceDoc{"NONE", "-"}, nil},
		}},
	}
	if len(doc.Datasets) != 3 || doc.Datasets[2].Type != "volume" {
		t.Fatalf("datasets %v, want three", doc.Datasets)
	}
	if diff := cmp.Diff(want, doc.Datasets[:2]); diff != "" {
		t.Errorf("datasets (-want +got):\n%s", diff)
	}
	mustJSON(t, "zfsprobe.ls/1", &doc, "ls", "-o", "clones,creation", "dozer0/a@new")
	snap := doc.Datasets[0]
	if diff := cmp.Diff([]any{"dozer0/c", "dozer0/d"}, snap.Properties["clones"].Value); diff != "" || snap.Type != "snapshot" {
		t.Errorf("clones of a %s (-want +got):\n%s", snap.Type, diff)
	}
}

// An empty list is a list in JSON, and not null.
func TestLsJSONEmpty(t *testing.T) {
	for args, code := range map[string]int{"ls --json dozer0/none": exitFinding, "ls --json -t snapshot dozer0/vol": exitFine} {
		r := runOn(t, fakeDevice(), "", strings.Fields(args)...)
		if want := "{\n  \"schema\": \"zfsprobe.ls/1\",\n  \"datasets\": []\n}\n"; r.code != code || r.out != want {
			t.Errorf("%s: exit %d: %s", args, r.code, r.out)
		}
	}
}

func TestLsErrors(t *testing.T) {
	tests := []struct {
		name, args string
		code       int
		errOut     string
	}{
		{"not there", "ls dozer0/none", exitFinding, "does not exist"},
		{"bookmark is not there", "ls dozer0/a#none", exitFinding, "dozer0/a#none does not exist"},
		{"snapshot is not there", "ls dozer0/a@none", exitFinding, "does not exist"},
		{"bookmark of nothing", "ls dozer0/none#m", exitFinding, "does not exist"},
		{"no bookmarks of nothing", "ls -t bookmark dozer0/none", exitFinding, "does not exist"},
		{"name", "ls dozer0//a", exitFailed, "invalid name"},
		{"column", "ls -o Colour", exitFailed, `"Colour"`},
		{"type", "ls -t disk", exitFailed, `"disk"`},
		{"sort key", "ls -s Colour", exitFailed, `"Colour"`},
		{"flag", "ls --colour", exitFailed, "unknown flag"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, fakeDevice(), "", strings.Fields(tt.args)...)
			if r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) {
				t.Errorf("exit %d, want %d; it says %q, want %q", r.code, tt.code, r.errOut, tt.errOut)
			}
		})
	}
}

// What is there is shown even if something else is not.
func TestLsPartly(t *testing.T) {
	r := runOn(t, fakeDevice(), "", "ls", "-H", "-o", "name", "dozer0/none", "dozer0/a")
	if r.code != exitFinding || r.out != "dozer0/a\n" || !strings.Contains(r.errOut, "dozer0/none") {
		t.Errorf("exit %d, printed %q and %q", r.code, r.out, r.errOut)
	}
}

// A pool that answers no more ends the listing with the reason.
func TestLsFailingDevice(t *testing.T) {
	for _, op := range []ioctl.Op{ioctl.OpPoolConfigs, ioctl.OpDatasetListNext, ioctl.OpGetBookmarks, ioctl.OpPoolGetProps} {
		dev := fakeDevice().Tap(func(got ioctl.Op, _ *ioctl.Cmd, next func() error) error {
			if got == op {
				return ioctl.CodeAgain.Err()
			}
			return next()
		})
		r := runOn(t, dev, "", "ls", "-t", "all")
		if r.code != exitFailed || !strings.Contains(r.errOut, "suspended") {
			t.Errorf("%s fails: exit %d, %s", op, r.code, r.errOut)
		}
	}
}

func TestCompareNames(t *testing.T) {
	at := func(name string, txg uint64) item { return item{name: name, createTxg: txg} }
	tests := []struct {
		name string
		a, b item
		want int
	}{
		{"by name", at("tank/a", 9), at("tank/b", 1), -1},
		{"dataset before its snapshot", at("tank/a", 9), at("tank/a@s", 1), -1},
		{"snapshot behind its dataset", at("tank/a@s", 1), at("tank/a", 9), 1},
		{"snapshots by age", at("tank/a@z", 1), at("tank/a@a", 2), -1},
		{"snapshots of one age by name", at("tank/a@a", 2), at("tank/a@b", 2), -1},
		{"snapshot before the next dataset", at("tank/a@z", 9), at("tank/b", 1), -1},
		{"equal", at("tank", 1), at("tank", 1), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := compareNames(tt.a, tt.b); got != tt.want {
				t.Errorf("compareNames = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestCompareValues(t *testing.T) {
	one, two, text := prop.Uint64(1), prop.Uint64(2), prop.String("b")
	tests := []struct {
		name string
		a, b prop.Value
		want int
	}{
		{"numbers", one, two, -1},
		{"numbers, not texts", prop.Uint64(9), prop.Uint64(10), -1},
		{"equal", two, two, 0},
		{"texts", text, prop.String("a"), 1},
		{"absent last", prop.Value{}, one, 1},
		{"absent behind", one, prop.Value{}, -1},
		{"both absent", prop.Value{}, prop.Value{}, 0},
		{"number and text", one, text, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := compareValues(tt.a, tt.b); got != tt.want {
				t.Errorf("compareValues = %d, want %d", got, tt.want)
			}
		})
	}
}
