package zfs_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// pretend is a pool that behaves as ZFS does, as far as plans go, and was
// written without a look at the planner.
type pretend struct {
	txg    uint64
	heads  map[string]*pretendHead
	snaps  map[string]*pretendSnap
	marks  map[string]uint64 // transaction groups
	number uint64
}

type pretendHead struct {
	guid, txg uint64
	origin    *pretendSnap
	mounted   bool
}

type pretendSnap struct {
	name      string
	guid, txg uint64
	held      bool
}

func newPretend() *pretend {
	return &pretend{heads: make(map[string]*pretendHead), snaps: make(map[string]*pretendSnap), marks: make(map[string]uint64)}
}

// do carries out one line: "fs p/a", "snap p/a@s", "clone p/a@s p/b", "hold
// p/a@s", "mark p/a@s p/a#m", "mount p/a", "destroy NAME", "promote p/b",
// "rollback p/a p/a@s". It fails where ZFS does.
func (z *pretend) do(line string) error {
	f := strings.Fields(line)
	z.txg++
	z.number++
	last := f[len(f)-1]
	at := strings.LastIndexAny(last, "/@#")
	if f[0] == "fs" || f[0] == "snap" || f[0] == "clone" || f[0] == "mark" {
		_, isHead := z.heads[last]
		_, isMark := z.marks[last]
		if isHead || isMark || z.snaps[last] != nil || at >= 0 && z.heads[last[:at]] == nil {
			return fmt.Errorf("%s: the name is in use, or has no parent", line)
		}
	}
	switch f[0] {
	case "fs":
		z.heads[last] = &pretendHead{guid: z.number, txg: z.txg}
	case "snap":
		z.snaps[last] = &pretendSnap{name: last, guid: z.number, txg: z.txg}
	case "clone":
		if z.snaps[f[1]] == nil {
			return fmt.Errorf("%s: no such origin", line)
		}
		z.heads[last] = &pretendHead{guid: z.number, txg: z.txg, origin: z.snaps[f[1]]}
	case "mark":
		z.marks[last] = z.snaps[f[1]].txg
	case "hold":
		z.snaps[last].held = true
	case "mount":
		z.heads[last].mounted = true
	case "destroy":
		return z.destroy(last)
	case "promote":
		return z.promote(last)
	case "rollback":
		return z.rollback(f[1], last)
	default:
		return fmt.Errorf("%s: what?", line)
	}
	return nil
}

// clones are the names of a snapshot's clones.
func (z *pretend) clones(s *pretendSnap) (names []string) {
	for name, head := range z.heads {
		if head.origin == s {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (z *pretend) destroy(name string) error {
	if strings.Contains(name, "#") {
		delete(z.marks, name)
		return nil
	}
	if s := z.snaps[name]; s != nil {
		if s.held || len(z.clones(s)) > 0 {
			return fmt.Errorf("%s is held or has clones", name)
		}
		delete(z.snaps, name)
		return nil
	}
	if z.heads[name] == nil || z.heads[name].mounted {
		return fmt.Errorf("%s is not there or mounted", name)
	}
	for _, other := range z.names() {
		if strings.HasPrefix(other, name+"/") || strings.HasPrefix(other, name+"@") {
			return fmt.Errorf("%s has %s", name, other)
		}
	}
	for mark := range z.marks {
		if strings.HasPrefix(mark, name+"#") {
			delete(z.marks, mark)
		}
	}
	delete(z.heads, name)
	return nil
}

func (z *pretend) promote(name string) error {
	clone := z.heads[name]
	if clone == nil || clone.origin == nil {
		return fmt.Errorf("%s is not a clone", name)
	}
	owner, _, _ := strings.Cut(clone.origin.name, "@")
	moves := make(map[string]string)
	for _, old := range z.names() {
		head := strings.HasPrefix(old, owner+"@") || strings.HasPrefix(old, owner+"#")
		if !head || z.born(old) > clone.origin.txg {
			continue
		}
		moves[old] = name + strings.TrimPrefix(old, owner)
		if z.born(moves[old]) > 0 {
			return fmt.Errorf("%s blocks it", moves[old])
		}
	}
	for old, now := range moves {
		if s := z.snaps[old]; s != nil {
			s.name = now
			z.snaps[now] = s
			delete(z.snaps, old)
		} else {
			z.marks[now] = z.marks[old]
			delete(z.marks, old)
		}
	}
	clone.origin, z.heads[owner].origin = z.heads[owner].origin, clone.origin
	return nil
}

// born returns when a snapshot, or that of a bookmark, was taken; 0 for none.
func (z *pretend) born(name string) uint64 {
	if s := z.snaps[name]; s != nil {
		return s.txg
	}
	return z.marks[name]
}

func (z *pretend) rollback(name, snap string) error {
	for _, other := range z.names() {
		mine := strings.HasPrefix(other, name+"@") || strings.HasPrefix(other, name+"#")
		if mine && z.born(other) > z.born(snap) {
			return fmt.Errorf("%s is newer than %s", other, snap)
		}
	}
	if z.snaps[snap] == nil || !strings.HasPrefix(snap, name+"@") {
		return fmt.Errorf("%s has no %s", name, snap)
	}
	return nil
}

// names are those of all there is.
func (z *pretend) names() (all []string) {
	for name := range z.heads {
		all = append(all, name)
	}
	for name := range z.snaps {
		all = append(all, name)
	}
	for name := range z.marks {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// graph returns what DatasetGraph would read of the whole pool.
func (z *pretend) graph() *zfs.Graph {
	g := &zfs.Graph{}
	for _, name := range z.names() {
		head := z.heads[name]
		if head == nil {
			continue
		}
		ds := zfs.GraphDataset{Name: name, Type: prop.TypeFilesystem, GUID: head.guid, CreateTxg: head.txg}
		if head.origin != nil {
			ds.Origin = head.origin.name
		}
		if head.mounted {
			ds.Mountpoint = "/mnt"
		}
		for _, other := range z.names() {
			if s := z.snaps[other]; s != nil && strings.HasPrefix(other, name+"@") {
				snap := zfs.GraphSnapshot{Name: other, GUID: s.guid, CreateTxg: s.txg, Clones: z.clones(s)}
				if s.held {
					snap.Holds = []string{"keep"}
				}
				ds.Snapshots = append(ds.Snapshots, snap)
			} else if strings.HasPrefix(other, name+"#") {
				ds.Bookmarks = append(ds.Bookmarks, zfs.GraphBookmark{Name: other, CreateTxg: z.marks[other]})
			}
		}
		slices.SortFunc(ds.Snapshots, func(a, b zfs.GraphSnapshot) int { return cmp.Compare(a.CreateTxg, b.CreateTxg) })
		slices.SortFunc(ds.Bookmarks, func(a, b zfs.GraphBookmark) int { return cmp.Compare(a.CreateTxg, b.CreateTxg) })
		g.Datasets = append(g.Datasets, ds)
	}
	return g
}

// mustPretend returns a pool "p" from lines separated by semicolons, with names
// below it.
func mustPretend(t *testing.T, setup string) *pretend {
	t.Helper()
	z := newPretend()
	z.heads["p"] = &pretendHead{}
	for line := range strings.SplitSeq(setup, ";") {
		f := strings.Fields(line)
		for i := range f[1:] {
			f[i+1] = "p/" + f[i+1]
		}
		if err := z.do(strings.Join(f, " ")); err != nil {
			t.Fatal(err)
		}
	}
	return z
}

// run carries out a plan's steps.
func (z *pretend) run(plan *zfs.Plan) error {
	for _, step := range plan.Steps {
		for _, name := range step.Names {
			line := string(step.Action) + " " + name
			if step.Snapshot != "" {
				line += " " + step.Snapshot
			}
			if err := z.do(line); err != nil {
				return fmt.Errorf("%q: %w", line, err)
			}
		}
	}
	return nil
}
