package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// interfere starts two loops that make snapshots, clones and holds below a
// dataset, one in this process and one in another, and returns a function that
// stops them. They do not destroy anything, never use a name twice, and use one
// name that composites use too. They pause before each operation.
func interfere(t *testing.T, base string, rest time.Duration) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	// Everything that it has started ends before the shell does, except its
	// pause.
	other := exec.CommandContext(ctx, "sh", "-c", strings.ReplaceAll(`trap 'exit 0' TERM
i=0
while :; do
	sleep $0 & wait $!
	zfs snapshot B/a@sh$i; zfs hold sh B/a@sh$i; zfs clone B/a@2 B/sh$i; zfs snapshot -r B/a@all$i; zfs release sh B/a@sh$i
	i=$((i+1))
done 2>/dev/null`, "B", base), fmt.Sprint(rest.Seconds()))
	other.Cancel = func() error { return other.Process.Signal(syscall.SIGTERM) }
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := zfs.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		// Their calls may fail, because their operands may have been destroyed.
		taken := false
		for i := 0; ctx.Err() == nil; i++ {
			select {
			case <-time.After(rest / 4):
			case <-ctx.Done():
			}
			switch rand.IntN(9) {
			case 0:
				_ = c.SnapshotCreate(ctx, []string{fmt.Sprintf("%s/a@n%d", base, i), fmt.Sprintf("%s/a/b@n%d", base, i)}, nil)
			case 1:
				_ = c.HoldAdd(ctx, map[string]string{base + "/a@2": "keep"}, nil)
			case 2:
				_ = c.DatasetClone(ctx, fmt.Sprintf("%s/c%d", base, i), base+"/a@2", nil)
			case 3:
				_ = c.HoldAdd(ctx, map[string]string{base + "/o@2": "keep"}, nil)
			case 4:
				_ = c.DatasetClone(ctx, fmt.Sprintf("%s/p%d", base, i), base+"/o@2", nil)
			case 5:
				if !taken {
					taken = c.SnapshotCreate(ctx, []string{base + "/a/b@made"}, nil) == nil
				}
			default:
				_ = c.HoldRelease(ctx, map[string][]string{base + "/a@2": {"keep"}, base + "/o@2": {"keep"}})
			}
		}
	})
	return func() {
		cancel()
		_ = other.Wait() // the context's end is its error
		group.Wait()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// clearUp releases all holds and then destroys everything, which is no longer in
// use.
func clearUp(t *testing.T, c *zfs.Client, base string) {
	t.Helper()
	release := make(map[string][]string)
	for snap, err := range c.Snapshots(t.Context(), base, &zfs.SnapshotsOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if snap.Props.Uint64(prop.UserRefs) > 0 {
			release[snap.Name] = heldTags(t, c, snap.Name)
		}
	}
	if len(release) > 0 {
		if err := c.HoldRelease(t.Context(), release); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.TreeDestroy(t.Context(), base, nil); err != nil {
		t.Error(err)
	}
}

// contest is a composite that the interference meets.
type contest struct {
	name string
	rest time.Duration // of the interfering loops, at most: some operations must succeed
	act  func(t *testing.T, c *zfs.Client, base string) contestResult
}

// contestResult is what a composite reports as created and as destroyed.
type contestResult struct {
	made, gone []string
	err        error
	steps      bool // it is not a program, and it may fail at any step
}

func contests() []contest {
	return []contest{
		{"destroy", time.Second, func(t *testing.T, c *zfs.Client, base string) (res contestResult) {
			res.gone, res.err = c.TreeDestroy(t.Context(), base+"/a", nil)
			return res
		}},
		{"destroy dependents", time.Second, func(t *testing.T, c *zfs.Client, base string) (res contestResult) {
			res.gone, res.err = c.TreeDestroy(t.Context(), base+"/a", &zfs.TreeDestroyOptions{Dependents: true})
			return res
		}},
		{"rollback", time.Second, func(t *testing.T, c *zfs.Client, base string) (res contestResult) {
			res.gone, res.err = c.TreeRollback(t.Context(), base+"/a@1", &zfs.TreeRollbackOptions{DestroyNewer: true, Recursive: true})
			res.gone = slices.DeleteFunc(res.gone, func(name string) bool { return !strings.Contains(name, "@") })
			return res
		}},
		{"snapshot", time.Second, func(t *testing.T, c *zfs.Client, base string) (res contestResult) {
			res.made, res.err = c.TreeSnapshot(t.Context(), base+"/a@made", nil)
			return res
		}},
		{"promote", time.Second, func(t *testing.T, c *zfs.Client, base string) (res contestResult) {
			origin, err := c.DatasetPromoteDestroying(t.Context(), base+"/y", &zfs.PromoteDestroyOptions{Snapshots: true})
			if err != nil {
				return contestResult{err: err}
			}
			return contestResult{made: []string{base + "/y@1"}, gone: []string{origin, origin + "@1", origin + "@2"}}
		}},
		{"set", time.Second, func(t *testing.T, c *zfs.Client, base string) (res contestResult) {
			mark := prop.Values{"com.example:x": prop.String("1")}
			_, res.err = c.DatasetsSetProps(t.Context(), map[string]prop.Values{base + "/a": mark, base + "/a/b@made": mark, base + "/o": mark})
			for _, name := range []string{"/a", "/o"} {
				if got := zfsGet(t, "com.example:x", base+name); (got == "1") != (res.err == nil) {
					t.Errorf("%s has %s after %v", name, got, res.err)
				}
			}
			return res
		}},
		{"plan", 3 * time.Second, func(t *testing.T, c *zfs.Client, base string) contestResult {
			return contestPlan(t, c, base, &zfs.PlanExecuteOptions{})
		}},
		{"plan in steps", 4 * time.Second, func(t *testing.T, c *zfs.Client, base string) contestResult {
			return contestPlan(t, c, base, &zfs.PlanExecuteOptions{Stepwise: true})
		}},
		{"rename", time.Second, func(t *testing.T, c *zfs.Client, base string) (res contestResult) {
			res.made, res.err = c.SnapshotRenameChain(t.Context(), base+"/a", []zfs.SnapshotRename{{From: "2", To: "made"}, {From: "1", To: "2"}},
				&zfs.SnapshotRenameOptions{Recursive: true})
			if res.err == nil {
				res.gone = []string{base + "/a@1", base + "/a/b@1"}
			}
			return res
		}},
	}
}

// contestPlan plans to destroy the datasets that the others work on, and executes
// the plan. Only steps may stop halfway, and must then report where.
func contestPlan(t *testing.T, c *zfs.Client, base string, opts *zfs.PlanExecuteOptions) (res contestResult) {
	t.Helper()
	graph, err := c.DatasetGraph(t.Context(), base+"/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := graph.PlanDestroy(base+"/a", &zfs.PlanDestroyOptions{Dependents: true})
	if err != nil {
		t.Fatal(err)
	}
	res.steps = opts.Stepwise
	res.err = c.PlanExecute(t.Context(), plan, opts)
	var e *zfs.Error
	switch {
	case res.err == nil:
		for _, step := range plan.Steps {
			res.gone = append(res.gone, step.Names...)
		}
	case res.steps && errors.As(res.err, &e):
		res.gone, e.Done = e.Done, nil
	}
	return res
}

// While others make snapshots, clones and holds in the same tree, a composite
// does all or nothing, and reports which. Everything that it did not destroy
// still exists.
func TestKernelCompositesUnderInterference(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	kinds := contests()
	if r := zfstest.Release(t); r.Major == 2 && r.Minor < 2 {
		kinds = kinds[:len(kinds)-1] // their programs cannot rename
	}
	runs := soaks(t, len(kinds))
	outcomes := make(map[string]int)
	for run := range runs {
		base := fmt.Sprintf("%s/r%d", pool, run)
		kind := kinds[run%len(kinds)]
		mustCreate(t, c, base, nil)
		mustSetUp(t, c, base, "fs a;fs a/b;snap a@1;snap a/b@1;snap a@2;snap a/b@2;fs o;snap o@1;clone y o@1;snap o@2")
		before := strings.Fields(everything(t, c, base))
		stop := interfere(t, base, rand.N(kind.rest))
		time.Sleep(rand.N(300 * time.Millisecond))
		if rand.IntN(2) == 0 { // new datasets are read as well, and the others gain time
			before = strings.Fields(everything(t, c, base))
		}
		res := kind.act(t, c, base)
		stop()
		after := strings.Fields(everything(t, c, base))
		for _, wrong := range notDescribed(base, before, after, res) {
			t.Errorf("run %d, %s: %s; %v", run, kind.name, wrong, res.err)
		}
		outcomes[fmt.Sprintf("%s %t", kind.name, res.err == nil)]++
		clearUp(t, c, base)
		if t.Failed() {
			return
		}
		if (run+1)%100 == 0 || run+1 == runs {
			t.Logf("outcomes of %d runs: %v", run+1, outcomes)
		}
	}
	for _, kind := range kinds {
		enough := 50 * len(kinds) // runs for rare events
		if kind.name == "destroy" {
			enough = 100
		}
		if done, not := outcomes[kind.name+" true"], outcomes[kind.name+" false"]; runs >= enough && (done == 0 || not == 0) {
			t.Errorf("the interference never or always disturbed %s: %v", kind.name, outcomes)
		}
	}
}

// notDescribed compares what exists before and after a composite with its result.
func notDescribed(base string, before, after []string, res contestResult) (wrong []string) {
	var e *zfs.Error
	if errors.As(res.err, &e) && (len(e.Done) > 0 || e.Executed) {
		wrong = append(wrong, "it stopped halfway")
	}
	if e != nil && !res.steps && len(e.Items) == 0 {
		wrong = append(wrong, "it does not say what was in the way")
	}
	is := make(map[string]bool)
	for _, name := range after {
		is[base+"/"+name] = true
	}
	for _, name := range res.made {
		if !is[name] {
			wrong = append(wrong, name+" was made and is not there")
		}
	}
	for _, name := range res.gone {
		if is[name] {
			wrong = append(wrong, name+" was destroyed and is there")
		}
	}
	if res.err != nil && is[base+"/a@made"] {
		wrong = append(wrong, "a snapshot was made")
	}
	for _, name := range before {
		if !is[base+"/"+name] && !slices.Contains(res.gone, base+"/"+name) {
			wrong = append(wrong, name+" is gone")
		}
	}
	return wrong
}
