package zfs_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// planFake is a fake whose snapshots have clones and holds.
type planFake struct {
	*testkit.Fake
	clones  map[string][]string // names by snapshot
	hidden  map[string]bool     // snapshots with a clone more than they list
	holds   map[string]string   // a tag by snapshot
	handles map[string]byte     // how a dataset's GUID differs from the planned one
}

func mustPlanFake(t *testing.T, names ...string) (*zfs.Client, *planFake) {
	t.Helper()
	c, f := testkit.OpenFake(t, names...)
	p := &planFake{Fake: f, clones: map[string][]string{}, hidden: map[string]bool{}, holds: map[string]string{}, handles: map[string]byte{}}
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) { return p.answer(op, c) }
	return c, p
}

// answer adds the data that the plan reads to the fake's answers.
func (p *planFake) answer(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	var err error
	switch op {
	case ioctl.OpGetBookmarks:
		return c.Answer(&nvlist.List{}), true
	case ioctl.OpGetHolds:
		l := &nvlist.List{}
		l.SetUint64(p.holds[c.Text(ioctl.FieldName)], 1)
		return c.Answer(l), true
	case ioctl.OpObjsetStats:
		err = p.Stats(c.Text(ioctl.FieldName), c)
	case ioctl.OpDatasetListNext:
		err = p.Next(c, "/")
	case ioctl.OpSnapshotListNext:
		err = p.Next(c, "@")
	default:
		return nil, false
	}
	if name := c.Text(ioctl.FieldName); err == nil && c.Uint64(ioctl.FieldSimple) == 0 {
		p.dependents(name, c)
	}
	return err, true
}

// dependents puts clones and holds into an answer.
func (p *planFake) dependents(name string, c *ioctl.Cmd) {
	n := len(p.clones[name])
	if p.hidden[name] {
		n++
	}
	testkit.SetStats(c, testkit.StatsClones, uint64(n))
	testkit.StatsAt(c, testkit.StatsGUID, func(guid uint64) uint64 { return guid + uint64(p.handles[name]) })
	l := &nvlist.List{}
	if p.holds[name] != "" {
		l = testkit.Numbers("userrefs", 1)
	}
	names, v := &nvlist.List{}, &nvlist.List{}
	for _, clone := range p.clones[name] {
		names.SetBoolean(clone)
	}
	v.SetList("value", names)
	l.SetList("clones", v)
	_ = c.Answer(l) // the fake's own answer has fitted
}

// planDestroy reads the graph and plans.
func planDestroy(ctx context.Context, c *zfs.Client, name string, opts *zfs.PlanDestroyOptions) (*zfs.Plan, error) {
	head, _, _ := strings.Cut(name, "@")
	alone := opts == nil || !opts.Recursive && !opts.Dependents
	g, err := c.DatasetGraph(ctx, head, &zfs.GraphOptions{Alone: alone})
	if err != nil {
		return nil, err
	}
	return g.PlanDestroy(name, opts)
}

// stepwise does not use programs.
func stepwise() *zfs.PlanExecuteOptions { return &zfs.PlanExecuteOptions{Stepwise: true} }

func TestPlanDestroy(t *testing.T) {
	tree := []string{
		"tank", "tank/a", "tank/a@2", "tank/a@1", "tank/a/c", "tank/a/c@1", "tank/a/b", "tank/v", "tank/v@1", "tank/v/odd",
	}
	recursive := zfs.PlanDestroyOptions{Recursive: true}
	dependents := zfs.PlanDestroyOptions{Dependents: true}
	for _, tt := range []struct {
		name, target string
		opts         zfs.PlanDestroyOptions
		setup        func(*planFake)
		steps        []string
		blocked      []string
		why          error
	}{
		{name: "leaf", target: "tank/a/b", steps: []string{"tank/a/b"}},
		{name: "not recursive", target: "tank/a", steps: []string{"tank/a"}, blocked: []string{"tank/a/b", "tank/a/c", "tank/a@2", "tank/a@1"}, why: zfs.ErrHasChildren},
		{name: "recursive", target: "tank/a", opts: recursive, steps: []string{"tank/a/b", "tank/a/c@1", "tank/a/c", "tank/a@2 tank/a@1", "tank/a"}},
		{name: "clone inside", target: "tank/a", opts: recursive, setup: func(p *planFake) { p.clones["tank/a@1"] = []string{"tank/a/c"} },
			steps: []string{"tank/a/b", "tank/a/c@1", "tank/a/c", "tank/a@2 tank/a@1", "tank/a"}},
		{name: "clone beside that comes first", target: "tank/a", opts: recursive, setup: func(p *planFake) {
			p.clones["tank/a/c@1"] = []string{"tank/a/b"}
		}, steps: []string{"tank/a/b", "tank/a/c@1", "tank/a/c", "tank/a@2 tank/a@1", "tank/a"}},
		{name: "clone outside", target: "tank/a", opts: recursive, setup: func(p *planFake) { p.clones["tank/a@1"] = []string{"tank/v"} },
			steps: []string{"tank/a/b", "tank/a/c@1", "tank/a/c", "tank/a@2 tank/a@1", "tank/a"}, blocked: []string{"tank/v"}, why: zfs.ErrHasClones},
		{name: "clone outside with it", target: "tank/a/c", opts: dependents, setup: func(p *planFake) { p.clones["tank/a/c@1"] = []string{"tank/v"} },
			steps: []string{"tank/v@1", "tank/v", "tank/a/c@1", "tank/a/c"}},
		{name: "clone that has gone", target: "tank/a/c", opts: dependents, setup: func(p *planFake) { p.clones["tank/a/c@1"] = []string{"tank/gone"} },
			steps: []string{"tank/a/c@1", "tank/a/c"}},
		{name: "circle", target: "tank/a", opts: dependents, setup: func(p *planFake) { p.clones["tank/a/c@1"] = []string{"tank/a"} },
			steps: []string{"tank/a/b", "tank/a/c@1", "tank/a/c", "tank/a@2 tank/a@1", "tank/a"}, blocked: []string{"tank/a"}, why: zfs.ErrHasClones},
		{name: "held", target: "tank/a@1", setup: func(p *planFake) { p.holds["tank/a@1"] = "keep" },
			steps: []string{"tank/a@1"}, blocked: []string{"tank/a@1"}, why: zfs.ErrBusy},
		{name: "held, later", target: "tank/a@1", opts: zfs.PlanDestroyOptions{Defer: true}, setup: func(p *planFake) {
			p.holds["tank/a@1"] = "keep"
			p.clones["tank/a@1"] = []string{"tank/v"}
		}, steps: []string{"tank/a@1 later"}},
		{name: "receive into a snapshot's dataset", target: "tank/a/c@1", setup: func(p *planFake) { p.clones["tank/a/c@1"] = []string{"tank/a/c/%recv"} },
			steps: []string{"tank/a/c@1"}, blocked: []string{"tank/a/c/%recv"}, why: zfs.ErrHasClones},
		{name: "receive inside", target: "tank/a/c", opts: recursive, setup: func(p *planFake) {
			p.clones["tank/a/c@1"] = []string{"tank/a/c/%recv"}
			p.Kinds["tank/a/c/%recv"] = testkit.KindFilesystem
		}, steps: []string{"tank/a/c/%recv", "tank/a/c@1", "tank/a/c"}},
		{name: "more clones than are listed", target: "tank/a@1", opts: dependents, setup: func(p *planFake) { p.hidden["tank/a@1"] = true },
			steps: []string{"tank/a/c@1 tank/a@1"}, blocked: []string{"tank/a@1"}, why: zfs.ErrHasClones},
		{name: "snapshots of a tree", target: "tank/a@1", opts: recursive, steps: []string{"tank/a/c@1 tank/a@1"}},
		{name: "snapshots of descendants only", target: "tank@1", opts: recursive, steps: []string{"tank/a/c@1 tank/a@1 tank/v@1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, p := mustPlanFake(t, tree...)
			if tt.setup != nil {
				tt.setup(p)
			}
			plan, err := planDestroy(t.Context(), c, tt.target, &tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.steps, steps(plan, "")); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.blocked, blocked(plan, "")); diff != "" {
				t.Errorf("blocked (-want +got):\n%s", diff)
			}
			for _, call := range p.Sent {
				if strings.HasPrefix(call, "DESTROY") {
					t.Errorf("planning sent %s", call)
				}
			}
			p.Sent = nil
			err = c.PlanExecute(t.Context(), plan, stepwise())
			testkit.Outcome{Want: tt.why, Items: tt.blocked}.Check(t, err)
			if (err != nil) != (len(p.Sent) == 0) {
				t.Errorf("error %v, and the kernel was sent %v", err, p.Sent)
			}
		})
	}
}

func TestPlanDestroyErrors(t *testing.T) {
	for _, tt := range []struct {
		target string
		opts   zfs.PlanDestroyOptions
		want   error
	}{
		{"", zfs.PlanDestroyOptions{}, zfs.ErrInvalidName},
		{"tank/a#m", zfs.PlanDestroyOptions{}, zfs.ErrInvalidName},
		{"tank/a\x00", zfs.PlanDestroyOptions{}, zfs.ErrInvalidName},
		{"tank", zfs.PlanDestroyOptions{Recursive: true}, zfs.ErrInvalid},
		{"tank/a", zfs.PlanDestroyOptions{Defer: true}, zfs.ErrInvalid},
	} {
		_, err := (&zfs.Graph{}).PlanDestroy(tt.target, &tt.opts)
		testkit.Outcome{Want: tt.want}.Check(t, err)
	}
	for _, target := range []string{"tank/none", "tank/none@s", "tank/a@none"} {
		for _, recursive := range []bool{false, true} {
			c, _ := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1")
			plan, err := planDestroy(t.Context(), c, target, &zfs.PlanDestroyOptions{Recursive: recursive})
			testkit.Outcome{Want: zfs.ErrNotFound}.Check(t, err)
			if plan != nil {
				t.Errorf("%s: there is a plan %v", target, plan.Steps)
			}
		}
	}
	c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@1")
	f.Bad = testkit.FailOn(ioctl.OpSnapshotListNext, ioctl.CodeIo)
	for _, target := range []string{"tank/a", "tank/a@1"} {
		if _, err := planDestroy(t.Context(), c, target, &zfs.PlanDestroyOptions{Recursive: true}); ioctl.CodeOf(err) != ioctl.CodeIo {
			t.Errorf("a walk that fails: %v", err)
		}
	}
}

// The first step that fails ends the execution, and Done has what was done
// before.
func TestPlanExecute(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*planFake)
		op     ioctl.Op
		code   ioctl.Code
		item   string
		sent   int
		testkit.Outcome
	}{
		{name: "success", sent: 5},
		{name: "busy", op: ioctl.OpDestroy, code: ioctl.CodeBusy, Outcome: testkit.Outcome{Want: zfs.ErrHasSnapshots}, sent: 3},
		{name: "held", op: ioctl.OpDestroySnaps, code: ioctl.CodeBusy, item: "tank/a@1", sent: 3,
			Outcome: testkit.Outcome{Want: zfs.ErrBusy, Items: []string{"tank/a@1"}, Done: []string{"tank/a/b"}}},
		{name: "cloned", op: ioctl.OpDestroySnaps, code: ioctl.CodeExist, item: "tank/a@1", sent: 4, change: func(p *planFake) {
			p.clones["tank/a@1"] = []string{"tank/new"}
		}, Outcome: testkit.Outcome{Want: zfs.ErrHasClones, Items: []string{"tank/a@1", "tank/new"}, Done: []string{"tank/a/b"}}},
		{name: "gone", op: ioctl.OpDestroy, code: ioctl.CodeNoent, sent: 5},
		{name: "replaced", change: func(p *planFake) { p.handles["tank/a"] = 1 }, sent: 4,
			Outcome: testkit.Outcome{Want: zfs.ErrInvalid, Done: []string{"tank/a/b", "tank/a@1"}, Text: "another dataset"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, p := mustPlanFake(t, "tank", "tank/a", "tank/a@1", "tank/a/b")
			plan, err := planDestroy(t.Context(), c, "tank/a", &zfs.PlanDestroyOptions{Recursive: true})
			if err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(p)
			}
			p.Sent = nil
			p.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
				if tt.code == 0 || op != tt.op {
					return p.answer(op, c)
				}
				l := &nvlist.List{}
				if tt.item != "" {
					l.SetInt32(tt.item, int32(tt.code))
				}
				return errors.Join(c.Answer(l), tt.code.Err()), true
			}
			tt.Check(t, c.PlanExecute(t.Context(), plan, stepwise()))
			if len(p.Sent) < tt.sent {
				t.Errorf("sent %d calls, want %d at least: %v", len(p.Sent), tt.sent, p.Sent)
			}
		})
	}
}
