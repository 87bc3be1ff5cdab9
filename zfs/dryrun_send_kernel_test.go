package zfs_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// An estimate and the plan of a package fail as the send that follows.
func TestKernelDryRunSendEqualsSend(t *testing.T) {
	w := mustDryWorld(t)
	ctx := t.Context()
	testkit.Must(t, w.c.BookmarkCreate(ctx, map[string]string{w.pool + "/s#m": w.pool + "/s@1"}))
	testkit.Must(t, w.c.DatasetCreate(ctx, w.pool+"/locked", &zfs.DatasetCreateOptions{Key: dryKey()}))
	testkit.Must(t, w.c.SnapshotCreate(ctx, []string{w.pool + "/locked@1"}, nil))
	testkit.Must(t, w.c.KeyUnload(ctx, w.pool+"/locked"))
	names := strings.Fields("s@1 s@2 s@3 s@9 c@1 v@2 e@2 locked@1 no@1 s/k@2 s/@1 s#m")
	sources := []string{"", "", "@1", "@2", "1", "@9", "#m", "#no", w.pool + "/s@1", w.pool + "/s@3", w.pool + "/v@1", "nosuchpool/x@1", "@"}
	first := mustSeed(t)
	for i := range soaks(t, 60) {
		w.seed = first + uint64(i)
		rnd := rand.New(rand.NewPCG(w.seed, 2))
		name, from := w.pool+"/"+names[rnd.IntN(len(names))], sources[rnd.IntN(len(sources))]
		raw := rnd.IntN(3) == 0
		what := fmt.Sprintf("%s from %q, raw %t", name, from, raw)
		if rnd.IntN(2) == 0 {
			opts := &zfs.SendOptions{From: from, Raw: raw}
			_, dry := w.c.SendEstimate(ctx, name, opts)
			w.same("send of "+what, dry, w.c.Send(ctx, name, io.Discard, opts))
			continue
		}
		opts := &zfs.SendTreeOptions{
			From: from, Raw: raw, Recursive: rnd.IntN(2) == 0, Intermediates: rnd.IntN(2) == 0, Props: rnd.IntN(2) == 0, SkipMissing: rnd.IntN(4) == 0,
		}
		plan, _, dry := w.c.SendTreePlan(ctx, name, opts)
		sent, real := w.c.SendTree(ctx, name, io.Discard, opts)
		w.same(fmt.Sprintf("tree of %s, %+v", what, *opts), dry, real)
		if dry == nil && real == nil && len(plan.Streams) != len(sent.Streams) {
			t.Errorf("PUREZFS_SEED=%d: %s: %d streams were planned, %d sent", w.seed, what, len(plan.Streams), len(sent.Streams))
		}
	}
	for _, token := range []string{"1-2-3-4", ""} {
		_, dry := w.c.SendResumeEstimate(ctx, token, nil)
		w.same("resume of "+token, dry, w.c.SendResume(ctx, token, io.Discard, nil))
	}
}

// A plan without blockers is executed, and a blocked plan would fail if it were
// executed nevertheless.
func TestKernelDryRunPlanEqualsExecution(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	w := &dryWorld{t: t, c: c, pool: pool}
	first := mustSeed(t)
	for i := range soaks(t, 12) {
		w.seed = first + uint64(i)
		rnd := rand.New(rand.NewPCG(w.seed, 3))
		base := w.next()
		made := w.growGraph(rnd, base)
		graph, err := c.DatasetGraph(t.Context(), pool, nil)
		testkit.Must(t, err)
		name := made[rnd.IntN(len(made))]
		kinds := []string{"destroy", "destroy -r", "destroy -R", "destroy -p", "destroy -rp"}
		if strings.Contains(name, "@") {
			kinds = []string{"destroy", "destroy -r", "destroy -R", "destroy -d", "rollback", "rollback -r", "rollback -R", "rollback -ts -r"}
		} else if rnd.IntN(3) == 0 {
			kinds = []string{"promote", "promote -i"}
		}
		line := kinds[rnd.IntN(len(kinds))] + " " + strings.TrimPrefix(name, base+"/")
		plan, err := makePlan(graph, base, line)
		what := fmt.Sprintf("%s in %s", line, everything(t, c, base))
		if err != nil {
			t.Logf("%d: %s: %v", w.seed, what, err)
			continue
		}
		open := *plan
		open.Blocked = nil
		blocked, real := c.PlanExecute(t.Context(), plan, &zfs.PlanExecuteOptions{Stepwise: true}), error(nil)
		if len(plan.Blocked) > 0 {
			real = c.PlanExecute(t.Context(), &open, &zfs.PlanExecuteOptions{Stepwise: true})
		}
		switch {
		case len(plan.Blocked) == 0 && blocked != nil:
			t.Errorf("PUREZFS_SEED=%d: %s: nothing blocks it, and it fails: %v", w.seed, what, blocked)
		case len(plan.Blocked) > 0 && (blocked == nil || real == nil):
			t.Errorf("PUREZFS_SEED=%d: %s: it is blocked (%v), and it is possible", w.seed, what, plan.Blocked)
		}
		t.Logf("%d: %s: %v", w.seed, what, blocked)
	}
}

// growGraph creates filesystems, snapshots, clones, holds and bookmarks at
// random, and returns the names of filesystems and snapshots.
func (w *dryWorld) growGraph(rnd *rand.Rand, base string) []string {
	ctx := w.t.Context()
	heads, snaps := []string{}, []string{}
	for i := range 9 {
		parent := base
		if len(heads) > 0 && rnd.IntN(2) == 0 {
			parent = heads[rnd.IntN(len(heads))]
		}
		name := fmt.Sprintf("%s/d%d", parent, i)
		switch k := rnd.IntN(8); {
		case k < 2 || len(heads) == 0:
			testkit.Must(w.t, w.c.DatasetCreate(ctx, name, nil))
			heads = append(heads, name)
		case k < 5 || len(snaps) == 0:
			name = fmt.Sprintf("%s@s%d", heads[rnd.IntN(len(heads))], i)
			testkit.Must(w.t, w.c.SnapshotCreate(ctx, []string{name}, nil))
			snaps = append(snaps, name)
		case k < 7:
			testkit.Must(w.t, w.c.DatasetClone(ctx, name, snaps[rnd.IntN(len(snaps))], nil))
			heads = append(heads, name)
		default:
			testkit.Must(w.t, w.c.HoldAdd(ctx, map[string]string{snaps[rnd.IntN(len(snaps))]: fmt.Sprint("h", i)}, nil))
		}
	}
	return slices.Concat(heads, snaps)
}
