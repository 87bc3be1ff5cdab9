package zfs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustTree reads a tree from a text: names of filesystems with their snapshots,
// each with its GUID, which also orders them, and the GUID of an origin.
//
//	"t f=1 g=2; t/a f=3; t/b<3 g=4"
func mustTree(t *testing.T, text string) *localTree {
	t.Helper()
	tree := &localTree{}
	for entry := range strings.SplitSeq(text, ";") {
		f := strings.Fields(entry)
		if len(f) == 0 {
			continue
		}
		name, origin, _ := strings.Cut(f[0], "<")
		h := &localHead{name: name, origin: mustNumber(t, origin)}
		for _, s := range f[1:] {
			snap, guid, _ := strings.Cut(s, "=")
			n := mustNumber(t, guid)
			h.snaps = append(h.snaps, localSnap{name: snap, guid: n, txg: n})
		}
		tree.heads = append(tree.heads, h)
	}
	return tree
}

func mustNumber(t *testing.T, text string) uint64 {
	t.Helper()
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// mustTreeOf returns the replication stream of a sender with such a tree, from
// f to g.
func mustTreeOf(t *testing.T, text string) *treeIndex {
	t.Helper()
	p := &stream.Tree{FromSnap: "f", ToSnap: "g"}
	tree := mustTree(t, text)
	for i, h := range tree.heads {
		ds := stream.TreeDataset{GUID: uint64(1000 + i), Name: h.name, Origin: h.origin}
		for _, s := range h.snaps {
			ds.Snapshots = append(ds.Snapshots, stream.TreeSnapshot{Name: s.name, GUID: s.guid})
		}
		dir, _ := splitPath(h.name)
		if parent := tree.find(dir); parent != nil {
			for _, name := range []string{"g", "f"} {
				if s := parent.named(name); s != nil {
					ds.ParentFromSnap = s.guid
				}
			}
		}
		p.Datasets = append(p.Datasets, ds)
	}
	return indexTree(p)
}

// text writes a tree down as mustTree reads it.
func (t *localTree) text() string {
	var all []string
	for _, h := range t.heads {
		entry := h.name
		if h.origin != 0 {
			entry += fmt.Sprintf("<%d", h.origin)
		}
		for _, s := range h.snaps {
			entry += fmt.Sprintf(" %s=%d", s.name, s.guid)
		}
		all = append(all, entry)
	}
	return strings.Join(all, "; ")
}

func TestPlanSteps(t *testing.T) {
	tests := []struct {
		name   string
		local  string
		sender string
		force  bool
		steps  []string
		after  string
	}{
		{"alike", "t f=1; t/a f=2", "s f=1 g=11; s/a f=2 g=12", true, nil, "t f=1; t/a f=2"},
		{"nothing there", "", "s f=1 g=11", true, nil, ""},
		{"new at the sender", "t f=1", "s f=1 g=11; s/a g=12", true, nil, "t f=1"},
		{"snapshot gone, no force", "t e=9 f=10", "s f=10 g=11", false, nil, "t e=9 f=10"},
		{"snapshot gone", "t e=9 f=10", "s f=10 g=11", true, []string{"destroy t@e"}, "t f=10"},
		{"snapshot added here", "t f=10 x=12", "s f=10 g=11", true, []string{"destroy t@x"}, "t f=10"},
		{"snapshot renamed", "t e=9 f=10", "s old=9 f=10 g=11", false, []string{"rename t@e to t@old"}, "t old=9 f=10"},
		{"two snapshots swapped", "t a=1 b=2 f=3", "s b=1 a=2 f=3 g=4", false, []string{
			"rename t@a to t@recv-1", "rename t@b to t@a", "rename t@recv-1 to t@b",
		}, "t b=1 a=2 f=3"},
		{"snapshot's new name taken for good", "t a=1 b=2 f=3", "s b=1 f=3 g=4", false, nil, "t a=1 b=2 f=3"},
		{"snapshot's new name taken, force", "t a=1 b=2 f=3", "s b=1 f=3 g=4", true, []string{
			"destroy t@b", "rename t@a to t@b",
		}, "t b=1 f=3"},
		{"dataset gone, no force", "t f=1; t/a f=2", "s f=1 g=11", false, nil, "t f=1; t/a f=2"},
		{"dataset gone", "t f=1; t/a f=2", "s f=1 g=11", true, []string{"destroy t/a@f", "destroy t/a"}, "t f=1"},
		{"dataset gone with children", "t f=1; t/a f=2; t/a/b f=3", "s f=1 g=11", true, []string{
			"destroy t/a@f", "destroy t/a/b@f", "destroy t/a/b", "destroy t/a",
		}, "t f=1"},
		{"dataset without snapshots", "t f=1; t/a", "s f=1 g=11", true, []string{"destroy t/a"}, "t f=1"},
		{"a gone one's child has moved up", "t f=1; t/a f=2; t/a/b f=3", "s f=1 g=11; s/b f=3 g=13", true, []string{
			"destroy t/a@f", "rename t/a/b to t/b", "destroy t/a",
		}, "t f=1; t/b f=3"},
		{"the target is somebody else's", "t x=5 y=6; t/a x=7", "s f=1 g=11", true, []string{"destroy t/a@x", "destroy t/a"}, "t x=5 y=6"},
		{"clone and its origin gone", "t f=1; t/a o=2; t/b<2 f=3", "s f=1 g=11", true, []string{
			"destroy t/b@f", "destroy t/b", "destroy t/a@o", "destroy t/a",
		}, "t f=1"},
		{"renamed", "t f=1; t/a f=2", "s f=1 g=11; s/b f=2 g=12", false, []string{"rename t/a to t/b"}, "t f=1; t/b f=2"},
		{"the target has another name", "t f=1; t/a f=2", "s/x f=1 g=11; s/x/a f=2 g=12", true, nil, "t f=1; t/a f=2"},
		{"moved", "t f=1; t/a f=2; t/b f=3", "s f=1 g=11; s/a f=2 g=12; s/a/b f=3 g=13", false, []string{
			"rename t/b to t/a/b",
		}, "t f=1; t/a f=2; t/a/b f=3"},
		{"moved and renamed with children", "t f=1; t/a f=2; t/b f=3; t/b/c f=4",
			"s f=1 g=11; s/a f=2 g=12; s/a/x f=3 g=13; s/a/x/c f=4 g=14", false, []string{"rename t/b to t/a/x"},
			"t f=1; t/a f=2; t/a/x f=3; t/a/x/c f=4"},
		{"swapped", "t f=1; t/a f=2; t/b f=3", "s f=1 g=11; s/b f=2 g=12; s/a f=3 g=13", false, []string{
			"rename t/a to t/recv-1", "rename t/b to t/a", "rename t/recv-1 to t/b",
		}, "t f=1; t/a f=3; t/b f=2"},
		{"child and parent swapped", "t f=1; t/a f=2; t/a/b f=3", "s f=1 g=11; s/b f=3 g=13; s/b/a f=2 g=12", false, []string{
			"rename t/a/b to t/b", "rename t/a to t/b/a",
		}, "t f=1; t/b f=3; t/b/a f=2"},
		{"name taken for good", "t f=1; t/a f=2; t/b x=3", "s f=1 g=11; s/b f=2 g=12", false, nil, "t f=1; t/a f=2; t/b x=3"},
		{"name taken, force", "t f=1; t/a f=2; t/b x=3", "s f=1 g=11; s/b f=2 g=12", true, []string{
			"destroy t/b@x", "destroy t/b", "rename t/a to t/b",
		}, "t f=1; t/b f=2"},
		{"below a new one", "t f=1; t/a f=2", "s f=1 g=11; s/n g=20; s/n/a f=2 g=12", false, nil, "t f=1; t/a f=2"},
		{"renamed, but without the snapshot all is from", "t f=1; t/a x=2", "s f=1 g=11; s/b x=2 f=3 g=12", false, nil, "t f=1; t/a x=2"},
		{"promoted", "t f=1; t/a o=2 f=3; t/b<2 f=4", "s f=1 g=11; s/a<2 f=3 g=12; s/b o=2 f=4 g=13", false, []string{"promote t/b"},
			"t f=1; t/a<2 f=3; t/b o=2 f=4"},
		{"promoted and the old one gone", "t f=1; t/a o=2 f=3; t/b<2 f=4", "s f=1 g=11; s/b o=2 f=4 g=13", true, []string{
			"promote t/b", "destroy t/a@f", "destroy t/a",
		}, "t f=1; t/b o=2 f=4"},
		{"promoted and renamed into the other's place", "t f=1; t/a o=2 f=3; t/b<2 f=4", "s f=1 g=11; s/a o=2 f=4 g=13", true, []string{
			"promote t/b", "destroy t/a@f", "destroy t/a", "rename t/b to t/a",
		}, "t f=1; t/a o=2 f=4"},
		{"origin unknown here", "t f=1; t/b<99 f=4", "s f=1 g=11; s/b f=4 g=13", false, nil, "t f=1; t/b<99 f=4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := mustTree(t, tt.local)
			var got []string
			for _, s := range planSteps(tree, mustTreeOf(t, tt.sender), "t", tt.force) {
				got = append(got, s.String())
			}
			if diff := cmp.Diff(tt.steps, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.after, tree.text()); diff != "" {
				t.Errorf("afterwards (-want +got):\n%s", diff)
			}
		})
	}
}

// Only incremental replication streams of trees change existing datasets.
func TestPlanStepsNone(t *testing.T) {
	for _, change := range []func(*stream.Tree){
		func(p *stream.Tree) { p.FromSnap = "" },
		func(p *stream.Tree) { p.NotRecursive = true },
	} {
		x := mustTreeOf(t, "s f=1 g=11")
		change(x.Tree)
		if steps := planSteps(mustTree(t, "t e=9 f=1; t/x y=3"), x, "t", true); steps != nil {
			t.Errorf("steps %v", steps)
		}
	}
}

// A package that contradicts itself ends.
// What cannot be destroyed stays in the tree, which the receives of a dry run are
// checked against.
func TestPlanStepsKept(t *testing.T) {
	x := mustTreeOf(t, "t f=1 g=5")
	tree := mustTree(t, "t f=1 held=2 free=3; t/a held=4; t/b free=6; t/c")
	tree.heads[0].snaps[1].holds, tree.heads[1].snaps[0].clones, tree.heads[3].state.mounted = 1, 1, true
	var got []string
	for _, s := range planSteps(tree, x, "t", true) {
		got = append(got, fmt.Sprint(s, " ", s.blocked != nil))
	}
	want := []string{"destroy t@held true", "destroy t@free false", "destroy t/a@held true", "destroy t/b@free false", "destroy t/c true", "destroy t/b false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	var left []string
	for _, h := range tree.heads {
		left = append(left, fmt.Sprint(h.name, len(h.snaps)))
	}
	if diff := cmp.Diff([]string{"t2", "t/a1", "t/c0"}, left); diff != "" {
		t.Errorf("state afterwards (-want +got):\n%s", diff)
	}
}

func TestPlanStepsEnds(t *testing.T) {
	x := mustTreeOf(t, "s f=1 g=11; s/a<4 o=2 f=3; s/b<3 f=4")
	steps := planSteps(mustTree(t, "t f=1; t/a o=2 f=3; t/b<2 f=4"), x, "t", true)
	if len(steps) > 1000 {
		t.Errorf("%d steps", len(steps))
	}
}

// Whatever the sender's tree has become, the steps produce the same tree.
func FuzzPlanSteps(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte{4, 5, 6})
	f.Add([]byte{0, 1, 1, 0, 2, 2}, []byte{2, 0, 1, 1})
	f.Fuzz(func(t *testing.T, local, sender []byte) {
		a, b := randomTree("t", local), randomTree("s", sender)
		x := mustTreeOf(t, b.text())
		for range planSteps(a, x, "t", true) {
			names := make(map[string]bool)
			for _, h := range a.heads {
				if names[h.name] {
					t.Fatalf("two are named %s", h.name)
				}
				names[h.name] = true
			}
		}
		again := planSteps(a, x, "t", true)
		if len(again) > 0 {
			t.Fatalf("from %s to %s: afterwards %s, and again %v", randomTree("t", local).text(), b.text(), a.text(), again)
		}
		if !slices.ContainsFunc(a.heads, func(h *localHead) bool { return h.name == "t" }) {
			t.Fatal("the target does not exist")
		}
	})
}

// randomTree returns a tree with a head for each byte, each below an earlier one.
func randomTree(top string, b []byte) *localTree {
	tree := &localTree{heads: []*localHead{{name: top, snaps: []localSnap{{name: "f", guid: 1, txg: 1}}}}}
	used := map[uint64]bool{}
	for i, c := range b[:min(len(b), 12)] {
		parent := tree.heads[int(c>>4)%len(tree.heads)]
		guid := uint64(2 + c%16)
		if used[guid] {
			continue
		}
		used[guid] = true
		name := parent.name + "/" + string(rune('a'+(int(c)+i)%5))
		if tree.find(name) == nil {
			tree.heads = append(tree.heads, &localHead{name: name, snaps: []localSnap{{name: "f", guid: guid, txg: guid}}})
		}
	}
	slices.SortStableFunc(tree.heads, func(a, b *localHead) int { return comparePaths(a.name, b.name) })
	return tree
}
