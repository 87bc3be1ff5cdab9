package ioctl

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/purezfs/purezfs/nvlist"
)

// mustRow returns the row of op.
func mustRow(t *testing.T, op Op) *Descriptor {
	t.Helper()
	d := row(op)
	if d == nil {
		t.Fatalf("operation %#x has no row", uint8(op))
	}
	return d
}

func TestTableNumbers(t *testing.T) {
	var last int
	names := map[string]Op{}
	rows := 0
	for d := range All() {
		rows++
		if int(d.Op) < last {
			t.Errorf("%s: comes after %#x", d.C, last)
		}
		last = int(d.Op)
		if row(d.Op).C != d.C {
			t.Errorf("%s: stands in the row of %s", d.C, row(d.Op).C)
		}
		for _, name := range []string{d.C, d.Alias} {
			if other, ok := names[name]; ok && name != "" {
				t.Errorf("%s: name of %#x and %#x", name, uint8(other), uint8(d.Op))
			}
			names[name] = d.Op
		}
	}
	delete(names, "")
	if rows != 99 || len(names) != 101 {
		t.Errorf("%d rows with %d C names, want 99 with 101", rows, len(names))
	}
	// The numbers have no holes within each of their two ranges.
	for n := range 256 {
		want := n <= 0x5a || n >= 0x81 && n <= 0x88
		if got := row(Op(n)) != nil; got != want {
			t.Errorf("number %#x has a row: %v, want %v", n, got, want)
		}
		if _, got := Lookup(Op(n)); got != want {
			t.Errorf("Lookup(%#x) = %v, want %v", n, got, want)
		}
	}
}

// rooms says which files of the package zfs there are, how many operations
// each is the home of, and the nouns that its methods begin with.
var rooms = map[string]struct {
	rows  int
	nouns []string
}{
	"pool.go":             {6, []string{"Pool"}},
	"pool_create.go":      {2, []string{"Pool"}},
	"pool_status.go":      {1, []string{"Pool"}},
	"pool_props.go":       {2, []string{"Pool"}},
	"pool_import.go":      {1, []string{"Pool"}},
	"pool_tryimport.go":   {1, []string{"Pool"}},
	"pool_export.go":      {1, []string{"Pool"}},
	"pool_maint.go":       {8, []string{"Pool"}},
	"pool_wait.go":        {3, []string{"Pool"}},
	"pool_history.go":     {2, []string{"Pool", "WithHistory"}},
	"pool_errors.go":      {1, []string{"Pool"}},
	"vdev.go":             {8, []string{"Vdev"}},
	"vdev_props.go":       {2, []string{"Vdev"}},
	"dataset.go":          {5, []string{"Dataset"}},
	"dataset_clone.go":    {2, []string{"Dataset"}},
	"dataset_rename.go":   {1, []string{"Dataset"}},
	"dataset_rollback.go": {1, []string{"Dataset"}},
	"dataset_wait.go":     {1, []string{"Dataset"}},
	"dataset_props.go":    {4, []string{"Dataset"}},
	"snapshot.go":         {3, []string{"Snapshot"}},
	"snapshot_space.go":   {2, []string{"Snapshot"}},
	"snapshot_temp.go":    {1, []string{"Snapshot"}},
	"bookmark.go":         {5, []string{"Bookmark"}},
	"hold.go":             {3, []string{"Hold"}},
	"send.go":             {4, []string{"Send"}},
	"receive.go":          {2, []string{"Receive"}},
	"key.go":              {3, []string{"Key"}},
	"userspace.go":        {3, []string{"Userspace"}},
	"delegation.go":       {6, []string{"Delegation", "Userns"}},
	"object.go":           {4, []string{"Object"}},
	"object_diff.go":      {1, []string{"Object"}},
	"event.go":            {3, []string{"Event"}},
	"fault.go":            {3, []string{"Fault"}},
	"bootenv.go":          {3, []string{"Bootenv"}},
	"program.go":          {1, []string{"Program"}},
}

func TestTableHomes(t *testing.T) {
	count := map[string]int{}
	homes := map[string]string{} // method to file
	for d := range All() {
		room, ok := rooms[d.File]
		if !ok {
			t.Errorf("%s: no file %q in zfs", d.C, d.File)
			continue
		}
		count[d.File]++
		if d.Home == "-" {
			if d.Reason == "" {
				t.Errorf("%s: has neither a method nor a reason for that", d.C)
			}
			continue
		}
		if d.Reason != "" {
			t.Errorf("%s: has a method and a reason for having none", d.C)
		}
		if !hasNoun(d.Home, room.nouns) {
			t.Errorf("%s: method %s in %s does not begin with one of %v", d.C, d.Home, d.File, room.nouns)
		}
		if file, ok := homes[d.Home]; ok && file != d.File {
			t.Errorf("%s: method %s stands in %s and %s", d.C, d.Home, file, d.File)
		}
		homes[d.Home] = d.File
	}
	for file, room := range rooms {
		if count[file] != room.rows {
			t.Errorf("%s is the home of %d operations, want %d", file, count[file], room.rows)
		}
	}
}

// hasNoun reports whether a method's first word is one of the nouns, in the
// singular or in the plural.
func hasNoun(method string, nouns []string) bool {
	for _, noun := range nouns {
		rest, ok := strings.CutPrefix(method, noun)
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "ions"), "s")
		if ok && (rest == "" || rest[0] >= 'A' && rest[0] <= 'Z') {
			return true
		}
	}
	return false
}

// Pairs of operations of which the newer one supersedes the older one share a
// method. Nothing else does.
func TestTableSharedHomes(t *testing.T) {
	got := map[string][]Op{}
	for d := range All() {
		got[d.Home] = append(got[d.Home], d.Op)
	}
	delete(got, "-")
	for home, ops := range got {
		if len(ops) == 1 {
			delete(got, home)
		}
	}
	want := map[string][]Op{
		"Send":      {OpSend, OpSendNew},
		"Receive":   {OpRecv, OpRecvNew},
		"PoolScrub": {OpPoolScan, OpPoolScrub},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("methods with several operations (-want +got):\n%s", diff)
	}
}

func TestTableFlags(t *testing.T) {
	for d := range All() {
		check := func(broken bool, rule string) {
			if broken {
				t.Errorf("%s: %s", d.C, rule)
			}
		}
		check(d.Repeatable && d.Modifies, "repeatable, but modifies")
		// The one read that the kernel logs.
		check(d.Repeatable && d.LogsHistory && d.Op != OpGetBootenv, "repeatable, but logged")
		check(d.Smush && d.Style != StyleNvlist, "shortens answers, but is legacy")
		check(d.Target == TargetNone && (d.ChecksSuspended || d.ChecksReadonly), "checks a pool, but names none")
		check(!d.NvlistSince.IsZero() && d.Style != StyleNvlist, "turned nvlist, but is legacy")
		check(!d.NvlistSince.IsZero() && !d.NvlistSince.AtLeast(d.Since), "turned nvlist before it was there")
		check(d.Since.IsZero(), "has no release")
		check(d.Permission == "", "has no permission")
		check(d.Output == "", "does not say what comes back")
		check(!d.Linux && d.Home != "-", "is not on Linux, but has a method")
	}
}

// What must never be made twice, because its effect cannot be taken back even
// if nothing on disk has changed.
func TestTableNeverRepeated(t *testing.T) {
	for _, op := range []Op{
		OpSend, OpSendNew, OpRecv, OpRecvNew, OpDiff, OpEventsNext, OpChannelProgram,
		OpSnapshot, OpCreate, OpDestroySnaps, OpLogHistory, OpWait, OpWaitFs, OpHold,
	} {
		if mustRow(t, op).Repeatable {
			t.Errorf("%s is repeatable", op)
		}
	}
}

func TestTableKeys(t *testing.T) {
	for d := range All() {
		seen := map[string]bool{}
		for i, k := range d.Keys {
			switch {
			case k.Wildcard != (k.Name == ""):
				t.Errorf("%s: key %d is a wildcard with a name, or has none", d.C, i)
			case k.Wildcard && i != len(d.Keys)-1:
				t.Errorf("%s: key %d is a wildcard before named keys", d.C, i)
			case k.Any != (k.Type == nvlist.TypeUnknown):
				t.Errorf("%s: key %q has type %s and Any %v", d.C, k.Name, k.Type, k.Any)
			case !k.Any && !k.Type.Valid():
				t.Errorf("%s: key %q has no type", d.C, k.Name)
			case seen[k.Name]:
				t.Errorf("%s: key %q stands twice", d.C, k.Name)
			case !k.Since.IsZero() && !k.Optional:
				t.Errorf("%s: key %q came later, but is required", d.C, k.Name)
			case !k.Since.IsZero() && d.Since.AtLeast(k.Since):
				t.Errorf("%s: key %q is not newer than the operation", d.C, k.Name)
			case k.Secret != (k.Name == "hidden_args"):
				t.Errorf("%s: key %q: secret is %v", d.C, k.Name, k.Secret)
			}
			seen[k.Name] = true
		}
	}
}
