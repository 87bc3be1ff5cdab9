package main

import (
	"slices"
	"testing"
)

// coreOfZFS are the files of package zfs that everything else in it stands on: the
// client, names, errors and what an errno means. Explanations that read something are
// called by the methods that want them, from above.
var coreOfZFS = []string{
	"client.go", "error.go", "hold_owner.go", "meaning.go", "meaning_pool.go", "meaning_stream.go", "module.go", "name.go", "sentinel.go",
}

// upwards lists the references of core files to others.
func upwards(core []string, e edges) (found []string) {
	for pair := range e {
		if slices.Contains(core, pair.from) && !slices.Contains(core, pair.to) {
			found = append(found, pair.from+" refers to "+pair.to)
		}
	}
	slices.Sort(found)
	return found
}

func TestCoreRefersToNothingAbove(t *testing.T) {
	pkgs, err := load([]string{"github.com/purezfs/purezfs/zfs"})
	if err != nil || len(pkgs) != 1 {
		t.Fatalf("%d packages, %v", len(pkgs), err)
	}
	for _, file := range coreOfZFS {
		if !slices.Contains(pkgs[0].GoFiles, file) {
			t.Errorf("there is no %s", file)
		}
	}
	uses, err := pkgs[0].uses()
	if err != nil || len(uses) < 100 {
		t.Fatalf("%d edges, %v", len(uses), err)
	}
	for _, fault := range upwards(coreOfZFS, uses) {
		t.Error(fault)
	}
	uses[edge{"error.go", "plan.go"}] = 1
	if got := upwards(coreOfZFS, uses); !slices.Equal(got, []string{"error.go refers to plan.go"}) {
		t.Errorf("a reference upwards is reported as %q", got)
	}
}
