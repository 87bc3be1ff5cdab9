package zfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// steps returns what a plan's steps destroy, one line each, without the pool.
func steps(p *zfs.Plan, pool string) []string {
	var all []string
	for _, s := range p.Steps {
		line := strings.ReplaceAll(strings.Join(s.Names, " "), pool, "")
		if s.Defer {
			line += " later"
		}
		all = append(all, line)
	}
	return all
}

// blocked returns the names of a plan's blockers, without the pool.
func blocked(p *zfs.Plan, pool string) []string {
	var all []string
	for _, item := range p.Blocked {
		all = append(all, strings.TrimPrefix(item.Name, pool))
	}
	return all
}

// The tree has a clone outside of it, one beside its origin, one below it and
// one above it.
func mustPlanTree(t *testing.T, c *zfs.Client, pool string) {
	t.Helper()
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	mustCreate(t, c, pool+"/a/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	mustSnapshot(t, c, under(pool, "/a@1", "/a@2", "/a/b@1", "/a/v@1")...)
	mustClone(t, c, pool+"/a/aa", pool+"/a/v@1")
	mustClone(t, c, pool+"/a/below", pool+"/a@2")
	mustClone(t, c, pool+"/out", pool+"/a/b@1")
	mustCreate(t, c, pool+"/out/child", nil)
	mustSnapshot(t, c, pool+"/out@own")
	mustClone(t, c, pool+"/far", pool+"/out@own")
	mustCreate(t, c, pool+"/inner", nil)
	mustSnapshot(t, c, pool+"/inner@s")
	mustClone(t, c, pool+"/circle", pool+"/inner@s")
	if err := c.DatasetRename(t.Context(), pool+"/inner", pool+"/circle/inner", nil); err != nil {
		t.Fatal(err)
	}
}

func TestKernelPlanDestroy(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustPlanTree(t, c, pool)
	recursive := &zfs.PlanDestroyOptions{Recursive: true}
	dependents := &zfs.PlanDestroyOptions{Dependents: true}
	for _, tc := range []struct {
		name, target string
		opts         *zfs.PlanDestroyOptions
		steps        []string
		blocked      []string
		why          error
		testkit.Outcome
	}{
		{name: "leaf", target: "/out/child", steps: []string{"/out/child"}},
		{name: "what has children and snapshots", target: "/out", steps: []string{"/out"}, blocked: []string{"/out/child", "/out@own"}, why: zfs.ErrHasChildren},
		{name: "a snapshot of it", target: "/a@1", steps: []string{"/a@1"}},
		{name: "a snapshot with a clone", target: "/a@2", steps: []string{"/a@2"}, blocked: []string{"/a/below"}, why: zfs.ErrHasClones},
		{name: "later", target: "/a@2", opts: &zfs.PlanDestroyOptions{Defer: true}, steps: []string{"/a@2 later"}},
		{name: "snapshots of a tree", target: "/a@1", opts: recursive, steps: []string{"/a/b@1 /a/v@1 /a@1"}, blocked: []string{"/out", "/a/aa"}, why: zfs.ErrHasClones},
		{name: "snapshots of a tree with clones", target: "/a@1", opts: dependents,
			steps: []string{"/out/child", "/far", "/out@own", "/out", "/a/aa", "/a/b@1 /a/v@1 /a@1"}},
		{name: "tree with a clone outside", target: "/a", opts: recursive, blocked: []string{"/out"}, why: zfs.ErrHasClones,
			steps: []string{"/a/aa", "/a/b@1", "/a/b", "/a/below", "/a/v@1", "/a/v", "/a@1 /a@2", "/a"}},
		{name: "tree with its clones", target: "/a", opts: dependents,
			steps: []string{"/a/aa", "/out/child", "/far", "/out@own", "/out", "/a/b@1", "/a/b", "/a/below", "/a/v@1", "/a/v", "/a@1 /a@2", "/a"}},
		{name: "clone above its origin", target: "/circle", opts: dependents, blocked: []string{"/circle"}, why: zfs.ErrHasClones,
			steps: []string{"/circle/inner@s", "/circle/inner", "/circle"}},
		{name: "not there", target: "/no", opts: recursive, Outcome: testkit.Outcome{Want: zfs.ErrNotFound}},
		{name: "no such snapshot", target: "/a@no", Outcome: testkit.Outcome{Want: zfs.ErrNotFound}},
		{name: "no such snapshot in the tree", target: "/a@no", opts: recursive, Outcome: testkit.Outcome{Want: zfs.ErrNotFound}},
		{name: "bookmark", target: "/a#m", Outcome: testkit.Outcome{Want: zfs.ErrInvalidName}},
		{name: "pool", target: "", opts: recursive, Outcome: testkit.Outcome{Want: zfs.ErrInvalid}},
		{name: "filesystem later", target: "/a", opts: &zfs.PlanDestroyOptions{Defer: true}, Outcome: testkit.Outcome{Want: zfs.ErrInvalid}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			plan, err := planDestroy(t.Context(), c, pool+tc.target, tc.opts)
			tc.Check(t, err)
			if err != nil {
				return
			}
			if diff := cmp.Diff(tc.steps, steps(plan, pool)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.blocked, blocked(plan, pool)); diff != "" {
				t.Errorf("blocked (-want +got):\n%s", diff)
			}
			if tc.blocked == nil {
				return
			}
			before := names(t, c, pool, &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll})
			testkit.Outcome{Want: tc.why, Items: under(pool, tc.blocked...)}.Check(t, c.PlanExecute(t.Context(), plan, stepwise()))
			if diff := cmp.Diff(before, names(t, c, pool, &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll})); diff != "" {
				t.Errorf("a blocked plan did something (-before +after):\n%s", diff)
			}
		})
	}
	plan, err := planDestroy(t.Context(), c, pool+"/a", dependents)
	if err == nil {
		err = c.PlanExecute(t.Context(), plan, stepwise())
	}
	if err != nil {
		t.Fatal(err)
	}
	want := under(pool, "", "/circle", "/circle/inner", "/circle/inner@s")
	if diff := cmp.Diff(want, names(t, c, pool, &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll})); diff != "" {
		t.Errorf("left over (-want +got):\n%s", diff)
	}
	// A dataset that no longer exists is not a failure.
	if err := c.PlanExecute(t.Context(), plan, stepwise()); err != nil {
		t.Errorf("once more: %v", err)
	}
	// The way out of the circle is a promotion.
	if err := c.DatasetPromote(t.Context(), pool+"/circle"); err != nil {
		t.Fatal(err)
	}
	plan, err = planDestroy(t.Context(), c, pool+"/circle", recursive)
	if err == nil {
		err = c.PlanExecute(t.Context(), plan, stepwise())
	}
	if err != nil {
		t.Error(err)
	}
}

// Holds, mounts and receives that have not finished block a plan.
func TestKernelPlanDestroyBusy(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	dir := t.TempDir()
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+dir, "-o", "compression=off", pool+"/a/m")
	mustSnapshot(t, c, pool+"/a/b@1", pool+"/a/m@1")
	zfstest.Run(t, "zfs", "hold", "keep", pool+"/a/b@1")
	zfstest.Run(t, "zfs", "hold", "also", pool+"/a/b@1")
	plan, err := planDestroy(t.Context(), c, pool+"/a", &zfs.PlanDestroyOptions{Recursive: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/a/b@1", "/a/m"}, blocked(plan, pool)); diff != "" {
		t.Fatalf("blocked (-want +got):\n%s", diff)
	}
	for i, text := range []string{"keep", "is mounted at"} {
		if err := plan.Blocked[i].Err; !errors.Is(err, zfs.ErrBusy) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s is blocked by %v, want ErrBusy with %q", plan.Blocked[i].Name, err, text)
		}
	}
	testkit.Outcome{Want: zfs.ErrBusy, Items: under(pool, "/a/b@1", "/a/m")}.Check(t, c.PlanExecute(t.Context(), plan, stepwise()))
	// A held snapshot can go later, and does.
	plan, err = planDestroy(t.Context(), c, pool+"/a/b@1", &zfs.PlanDestroyOptions{Defer: true})
	if err == nil {
		err = c.PlanExecute(t.Context(), plan, stepwise())
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := zfsGet(t, "defer_destroy", pool+"/a/b@1"); got != "on" {
		t.Errorf("defer_destroy is %s, want on", got)
	}
	zfstest.Run(t, "zfs", "release", "keep", pool+"/a/b@1")
	zfstest.Run(t, "zfs", "release", "also", pool+"/a/b@1")
	if left := snapshots(t, c, pool+"/a/b", nil); left != nil {
		t.Errorf("left over: %v", left)
	}
	// The part of a stream that was received is a clone that no walk shows.
	if err := os.WriteFile(filepath.Join(dir, "file"), noise(2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	mustSnapshot(t, c, pool+"/a/m@2")
	zfstest.Run(t, "sh", "-c", "zfs send "+pool+"/a/m@1 | zfs receive -u "+pool+"/r")
	_, err = zfstest.Try("sh", "-c", "zfs send -i @1 "+pool+"/a/m@2 | head -c 1000000 | zfs receive -us "+pool+"/r")
	if token := zfsGet(t, "receive_resume_token", pool+"/r"); token == "-" || err == nil {
		t.Fatalf("the receive has left no partial state: %v", err)
	}
	plan, err = planDestroy(t.Context(), c, pool+"/r@1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/r/%recv"}, blocked(plan, pool)); diff != "" {
		t.Errorf("blocked by a receive (-want +got):\n%s", diff)
	}
	plan, err = planDestroy(t.Context(), c, pool+"/r", &zfs.PlanDestroyOptions{Recursive: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/r/%recv", "/r@1", "/r"}, steps(plan, pool)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if err := c.PlanExecute(t.Context(), plan, stepwise()); err != nil {
		t.Error(err)
	}
}

// The kernel finds changes between planning and execution, and the error has what
// was destroyed.
func TestKernelPlanDestroyChanged(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	for _, tc := range []struct {
		name   string
		change func(root string)
		testkit.Outcome
	}{
		{"nothing", func(string) {}, testkit.Outcome{}},
		{"a child is gone", func(root string) { zfstest.Run(t, "zfs", "destroy", root+"/b") }, testkit.Outcome{}},
		{"a snapshot is gone", func(root string) { zfstest.Run(t, "zfs", "destroy", root+"@1") }, testkit.Outcome{}},
		{"a new snapshot", func(root string) { mustSnapshot(t, c, root+"@new") },
			testkit.Outcome{Want: zfs.ErrHasSnapshots, Done: []string{"/b", "@1"}, Text: "@new"}},
		{"a new child", func(root string) { mustCreate(t, c, root+"/new", nil) },
			testkit.Outcome{Want: zfs.ErrHasChildren, Done: []string{"/b", "@1"}}},
		{"a hold", func(root string) { zfstest.Run(t, "zfs", "hold", "keep", root+"@1") },
			testkit.Outcome{Want: zfs.ErrBusy, Items: []string{"@1"}, Done: []string{"/b"}}},
		{"a clone", func(root string) { mustClone(t, c, root+"-clone", root+"@1") },
			testkit.Outcome{Want: zfs.ErrHasClones, Items: []string{"@1", "-clone"}, Done: []string{"/b"}}},
		{"another snapshot of that name", func(root string) {
			zfstest.Run(t, "zfs", "destroy", root+"@1")
			mustSnapshot(t, c, root+"@1")
		}, testkit.Outcome{Want: zfs.ErrInvalid, Done: []string{"/b"}, Text: "another dataset"}},
		{"another child of that name", func(root string) {
			zfstest.Run(t, "zfs", "destroy", root+"/b")
			mustCreate(t, c, root+"/b", nil)
		}, testkit.Outcome{Want: zfs.ErrInvalid, Text: "another dataset"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := pool + "/" + strings.ReplaceAll(tc.name, " ", "-")
			mustCreate(t, c, root+"/b", &zfs.DatasetCreateOptions{Parents: true})
			mustSnapshot(t, c, root+"@1")
			plan, err := planDestroy(t.Context(), c, root, &zfs.PlanDestroyOptions{Recursive: true})
			if err != nil {
				t.Fatal(err)
			}
			tc.change(root)
			tc.Items, tc.Done = under(root, tc.Items...), under(root, tc.Done...)
			tc.Check(t, c.PlanExecute(t.Context(), plan, stepwise()))
			exists, err := c.DatasetExists(t.Context(), root)
			if exists != (tc.Want != nil) || err != nil {
				t.Errorf("it exists: %t, %v", exists, err)
			}
		})
	}
}
