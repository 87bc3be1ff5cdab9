package zfs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
)

// after returns the names that exist once a plan is executed.
func after(names []string, plan *zfs.Plan) (left []string) {
	gone, moved := make(map[string]bool), make(map[string]string)
	for _, move := range plan.Moved {
		moved[move.From] = move.To
	}
	for _, loss := range plan.Lost {
		gone[loss.Name] = true
	}
	for _, name := range names {
		if to, ok := moved[name]; ok {
			left = append(left, to)
		} else if !gone[name] {
			left = append(left, name)
		}
	}
	slices.Sort(left)
	return left
}

// planLine returns a plan in one line: steps, blockers, losses, and moves,
// without the pool.
func planLine(plan *zfs.Plan) string {
	var parts, words []string
	part := func(title string) {
		if len(words) > 0 {
			parts = append(parts, title+strings.Join(words, ", "))
		}
		words = nil
	}
	for _, step := range plan.Steps {
		words = append(words, step.String())
	}
	part("")
	for _, item := range plan.Blocked {
		words = append(words, item.Name)
	}
	part("blocked: ")
	for _, loss := range plan.Lost {
		words = append(words, loss.Name)
	}
	part("lost: ")
	for _, move := range plan.Moved {
		words = append(words, move.From+" to "+move.To)
	}
	part("moved: ")
	if plan.Program {
		parts = append(parts, "program")
	}
	return strings.ReplaceAll(strings.Join(parts, "; "), "p/", "")
}

func TestPlans(t *testing.T) {
	const family = "fs o;snap o@1;clone o@1 x;snap o@2;clone o@2 y;mark o@1 o#m;mark o@2 o#n"
	destroy := func(name string, opts *zfs.PlanDestroyOptions) func(*zfs.Graph) (*zfs.Plan, error) {
		return func(g *zfs.Graph) (*zfs.Plan, error) { return g.PlanDestroy(name, opts) }
	}
	rollback := func(name string, opts *zfs.PlanRollbackOptions) func(*zfs.Graph) (*zfs.Plan, error) {
		return func(g *zfs.Graph) (*zfs.Plan, error) { return g.PlanRollback(name, opts) }
	}
	promote := func(name string, opts *zfs.PlanPromoteOptions) func(*zfs.Graph) (*zfs.Plan, error) {
		return func(g *zfs.Graph) (*zfs.Plan, error) { return g.PlanPromote(name, opts) }
	}
	away := &zfs.PlanDestroyOptions{Promote: true}
	treeAway := &zfs.PlanDestroyOptions{Promote: true, Recursive: true}
	newer := &zfs.PlanRollbackOptions{DestroyNewer: true}
	tree := &zfs.PlanRollbackOptions{DestroyNewer: true, Recursive: true}
	for _, tt := range []struct {
		name, setup string
		plan        func(*zfs.Graph) (*zfs.Plan, error)
		want        string
		err         error
	}{
		{"promote", family, promote("p/y", nil), "promote y; moved: o#m to y#m, o#n to y#n, o@1 to y@1, o@2 to y@2", nil},
		{"promote the clone of an older one", family, promote("p/x", nil), "promote x; moved: o#m to x#m, o@1 to x@1", nil},
		{"promote, a snapshot's name is taken", family + ";snap y@1", promote("p/y", nil), "promote y; blocked: y@1", nil},
		{"promote, a bookmark's name is taken", family + ";snap y@z;mark y@z y#m", promote("p/y", nil), "promote y; blocked: y#m", nil},
		{"promote once", family + ";snap y@3;clone y@3 z", promote("p/z", nil), "promote z; moved: y@3 to z@3", nil},
		{"promote to independence", family + ";snap y@3;clone y@3 z", promote("p/z", &zfs.PlanPromoteOptions{Independent: true}),
			"promote z, promote z; moved: o#m to z#m, o#n to z#n, o@1 to z@1, o@2 to z@2, y@3 to z@3", nil},
		{"promote no clone", family, promote("p/o", nil), "", zfs.ErrInvalid},
		{"promote nothing", family, promote("p/no", nil), "", zfs.ErrNotFound},
		{"promote a snapshot", family, promote("p/o@1", nil), "", zfs.ErrInvalidName},
		{"destroy, clones outside", family, destroy("p/o", &zfs.PlanDestroyOptions{Recursive: true}),
			"destroy o@1, o@2, destroy o; blocked: x, y; lost: o@1, o@2, o#m, o#n, o; program", nil},
		{"destroy with clones", family, destroy("p/o", &zfs.PlanDestroyOptions{Dependents: true}),
			"destroy x, destroy y, destroy o@1, o@2, destroy o; lost: x, y, o@1, o@2, o#m, o#n, o; program", nil},
		{"destroy after promotion", family, destroy("p/o", away),
			"promote y, destroy o; lost: o; moved: o#m to y#m, o#n to y#n, o@1 to y@1, o@2 to y@2; program", nil},
		{"destroy after promotion, newer snapshots", family + ";snap o@3", destroy("p/o", away),
			"promote y, destroy o; blocked: o@3; lost: o; moved: o#m to y#m, o#n to y#n, o@1 to y@1, o@2 to y@2; program", nil},
		{"destroy after promotion with newer snapshots", family + ";snap o@3;mark o@3 o#z", destroy("p/o", treeAway),
			"promote y, destroy o@3, destroy o; lost: o@3, o#z, o; moved: o#m to y#m, o#n to y#n, o@1 to y@1, o@2 to y@2; program", nil},
		{"destroy after promotion, name is taken", family + ";snap y@1", destroy("p/o", treeAway),
			"promote y, destroy o@1, o@2, destroy o; blocked: y@1, x, y; lost: o@1, o@2, o#m, o#n, o; program", nil},
		{"destroy a tree after promotions", "fs a;fs a/b;snap a@1;snap a/b@1;clone a@1 x;clone a/b@1 y", destroy("p/a", treeAway),
			"promote x, promote y, destroy a/b, destroy a; lost: a/b, a; moved: a/b@1 to y@1, a@1 to x@1", nil},
		{"destroy a chain after promotions", "fs a;snap a@1;clone a@1 a/b;snap a/b@2;clone a/b@2 x", destroy("p/a", treeAway),
			"promote x, promote x, destroy a/b, destroy a; lost: a/b, a; moved: a/b@2 to x@2, a@1 to x@1", nil},
		{"destroy what is mounted", "fs a;mount a", destroy("p/a", nil), "destroy a; blocked: a; lost: a; program", nil},
		{"destroy both ways", family, destroy("p/o", &zfs.PlanDestroyOptions{Promote: true, Dependents: true}), "", zfs.ErrInvalid},
		{"destroy a snapshot by promotion", family, destroy("p/o@1", away), "", zfs.ErrInvalid},
		{"rollback to the latest", "fs a;snap a@1", rollback("p/a@1", nil), "rollback a to a@1; program", nil},
		{"rollback", "fs a;snap a@1;snap a@2;snap a@3", rollback("p/a@1", newer), "destroy a@2, a@3, rollback a to a@1; lost: a@2, a@3; program", nil},
		{"rollback, newer ones", "fs a;snap a@1;snap a@2;mark a@2 a#m", rollback("p/a@1", nil), "rollback a to a@1; blocked: a@2, a#m", nil},
		{"rollback, bookmarks", "fs a;snap a@1;snap a@2;mark a@2 a#m;mark a@1 a#old", rollback("p/a@1", newer),
			"destroy a@2, destroy a#m, rollback a to a@1; lost: a@2, a#m", nil},
		{"rollback, clones", family, rollback("p/o@1", newer), "destroy o@2, destroy o#n, rollback o to o@1; blocked: y; lost: o@2, o#n", nil},
		{"rollback with clones", family, rollback("p/o@1", &zfs.PlanRollbackOptions{Dependents: true}),
			"destroy y, destroy o@2, destroy o#n, rollback o to o@1; lost: y, o@2, o#n", nil},
		{"rollback, held", "fs a;snap a@1;snap a@2;hold a@2", rollback("p/a@1", newer), "destroy a@2, rollback a to a@1; blocked: a@2; lost: a@2; program", nil},
		{"rollback what is mounted", "fs a;mount a;snap a@1;snap a@2", rollback("p/a@1", newer), "destroy a@2, rollback a to a@1; lost: a@2", nil},
		{"rollback a tree", "fs a;fs a/b;snap a@1;snap a/b@1;snap a/b@2", rollback("p/a@1", tree),
			"rollback a to a@1, destroy a/b@2, rollback a/b to a/b@1; lost: a/b@2; program", nil},
		{"rollback a tree, one lacks it", "fs a;fs a/b;snap a@1", rollback("p/a@1", tree), "rollback a to a@1; blocked: a/b@1; program", nil},
		{"rollback a tree, one is passed over", "fs a;fs a/b;snap a@1", rollback("p/a@1", &zfs.PlanRollbackOptions{Recursive: true, SkipMissing: true}),
			"rollback a to a@1; program", nil},
		{"rollback, its own child is a clone", "fs a;snap a@1;snap a@2;clone a@2 a/b", rollback("p/a@1", &zfs.PlanRollbackOptions{Dependents: true}),
			"destroy a@2, rollback a to a@1; blocked: a/b; lost: a@2; program", nil},
		{"rollback to nothing", "fs a", rollback("p/a@1", nil), "", zfs.ErrNotFound},
		{"rollback to a dataset", "fs a", rollback("p/a", nil), "", zfs.ErrInvalidName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			z := mustPretend(t, tt.setup)
			plan, err := tt.plan(z.graph())
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.want, planLine(plan)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			checkPlan(t, z, plan)
		})
	}
}

// checkPlan executes a plan that is not blocked, and checks its predictions.
func checkPlan(t *testing.T, z *pretend, plan *zfs.Plan) {
	t.Helper()
	if len(plan.Blocked) > 0 {
		return
	}
	want := after(z.names(), plan)
	if err := z.run(plan); err != nil {
		t.Fatalf("%v in\n%v", err, plan)
	}
	if diff := cmp.Diff(want, z.names()); diff != "" {
		t.Fatalf("what is left (-said +is):\n%s\n%v", diff, plan)
	}
}

// grow builds a pool in random steps, without those that ZFS refuses.
func grow(r *rand.Rand, steps int) *pretend {
	z := newPretend()
	z.heads["p"] = &pretendHead{}
	for range steps {
		names := z.names()
		name := names[r.IntN(len(names))]
		head, _, snapshot := strings.Cut(name, "@")
		free := fmt.Sprintf("%s/%c", head, 'a'+r.IntN(4))
		var line string
		switch what := r.IntN(12); {
		case strings.Contains(name, "#") || len(name) > 12:
			continue
		case snapshot && what < 6:
			beside := names[r.IntN(len(names))]
			beside, _, _ = strings.Cut(beside, "@")
			beside, _, _ = strings.Cut(beside, "#")
			line = fmt.Sprintf("clone %s %s/%c", name, beside, 'a'+r.IntN(4))
		case snapshot && what < 7:
			line = "hold " + name
		case snapshot:
			line = fmt.Sprintf("mark %s %s#%d", name, head, r.IntN(3))
		case what < 4:
			line = "fs " + free
		case what < 9:
			line = fmt.Sprintf("snap %s@%d", name, r.IntN(4))
		case what < 10:
			line = "promote " + name
		default:
			continue
		}
		_ = z.do(line) // a random step may be impossible
	}
	return z
}

// anyPlan makes a random plan.
func anyPlan(r *rand.Rand, z *pretend) (*zfs.Plan, error) {
	names := z.names()
	name, g := names[r.IntN(len(names))], z.graph()
	yes := func() bool { return r.IntN(2) == 0 }
	switch r.IntN(4) {
	case 0:
		return g.PlanRollback(name, &zfs.PlanRollbackOptions{Recursive: yes(), SkipMissing: yes(), DestroyNewer: yes(), Dependents: yes()})
	case 1:
		return g.PlanPromote(name, &zfs.PlanPromoteOptions{Independent: yes()})
	case 2:
		return g.PlanDestroy(name, &zfs.PlanDestroyOptions{Recursive: yes(), Promote: yes()})
	}
	return g.PlanDestroy(name, &zfs.PlanDestroyOptions{Recursive: yes(), Dependents: yes()})
}

// No plan of any graph does the impossible, and its predictions are true.
func FuzzGraphPlans(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, uint64(seed*7), uint8(20+seed%60))
	}
	f.Fuzz(func(t *testing.T, seed, choice uint64, steps uint8) {
		z := grow(rand.New(rand.NewPCG(seed, uint64(steps))), int(steps))
		plan, err := anyPlan(rand.New(rand.NewPCG(choice, 1)), z)
		if err != nil {
			return
		}
		checkPlan(t, z, plan)
	})
}

// Not all random plans are blocked, or the fuzzer would test nothing.
func TestPlansOfChance(t *testing.T) {
	kinds := make(map[zfs.PlanKind]int)
	r := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		z := grow(r, 60)
		plan, err := anyPlan(r, z)
		if err != nil || len(plan.Blocked) > 0 {
			continue
		}
		kinds[plan.Kind]++
		checkPlan(t, z, plan)
	}
	for _, kind := range []zfs.PlanKind{zfs.PlanKindDestroy, zfs.PlanKindRollback, zfs.PlanKindPromote} {
		if kinds[kind] < 15 {
			t.Errorf("of %s only %d plans could be executed", kind, kinds[kind])
		}
	}
}

func TestPlanForms(t *testing.T) {
	z := mustPretend(t, "fs a;snap a@1;clone a@1 b;hold a@1;mount b;mark a@1 a#m")
	g := z.graph()
	plan, err := g.PlanDestroy("p/a", &zfs.PlanDestroyOptions{Dependents: true})
	if err != nil {
		t.Fatal(err)
	}
	const text = `destroy p/a
blocked by:
  p/a@1: is held by keep
  p/b: is mounted at /mnt
steps, all or nothing:
  1. destroy p/b
  2. destroy p/a@1
  3. destroy p/a
lost:
  p/b (filesystem, a clone)
  p/a@1 (snapshot)
  p/a#m (bookmark)
  p/a (filesystem)
`
	if diff := cmp.Diff(text, plan.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	const picture = `digraph zfs {
	rankdir=LR;
	node [fontname="monospace"];
	"p" [shape=folder, label="p"];
	"p/a" [shape=folder, label="p/a", style=dashed];
	"p/a@1" [shape=box, label="@1\nheld by keep", style=dashed, color=red];
	"p/a#m" [shape=note, label="#m", style=dashed];
	"p/b" [shape=folder, label="p/b\nat /mnt", style=dashed, color=red];
	"p" -> "p/a";
	"p" -> "p/b";
	"p/a" -> "p/a#m" [style=dotted];
	"p/a" -> "p/a@1" [style=dotted];
	"p/a@1" -> "p/b" [label="clone"];
}
`
	if diff := cmp.Diff(picture, g.DOT(plan)); diff != "" {
		t.Errorf("picture (-want +got):\n%s", diff)
	}
	doc, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"kind":"destroy"`, `{"action":"destroy","names":["p/b"]}`, `"program":true`, `"moved":[]`,
		`{"name":"p/b","type":"filesystem","clone":true}`, `"error":"is held by keep"`} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("the document lacks %s:\n%s", want, doc)
		}
	}
}

// A graph is a value: encoded and decoded again it has the same plans.
func TestGraphJSON(t *testing.T) {
	for i := range 50 {
		z := grow(rand.New(rand.NewPCG(uint64(i), 3)), 80)
		g, again := z.graph(), &zfs.Graph{}
		doc, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(doc, again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g, again); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}
