package zfs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// allNames lists all below a dataset, bookmarks too, without its own name.
func allNames(t *testing.T, c *zfs.Client, base string) []string {
	t.Helper()
	all := strings.Fields(everything(t, c, base))
	for mark, err := range c.Bookmarks(t.Context(), base, &zfs.BookmarksOptions{Recursive: true}) {
		testkit.Must(t, err)
		all = append(all, strings.TrimPrefix(mark.Name, base+"/"))
	}
	slices.Sort(all)
	return all
}

// makePlan plans by a line: "destroy -r a", "rollback -n a@1", "promote x". The
// letters are those of the options.
func makePlan(g *zfs.Graph, base, line string) (*zfs.Plan, error) {
	f := strings.Fields(line)
	name, letters := base+"/"+f[len(f)-1], strings.Join(f[1:len(f)-1], "")
	has := func(letter string) bool { return strings.Contains(letters, letter) }
	switch f[0] {
	case "rollback":
		return g.PlanRollback(name, &zfs.PlanRollbackOptions{Recursive: has("t"), SkipMissing: has("s"), DestroyNewer: has("r"), Dependents: has("R")})
	case "promote":
		return g.PlanPromote(name, &zfs.PlanPromoteOptions{Independent: has("i")})
	}
	return g.PlanDestroy(name, &zfs.PlanDestroyOptions{Recursive: has("r"), Dependents: has("R"), Promote: has("p"), Defer: has("d")})
}

// After a plan is executed, by a program or by steps, all is as it said.
func TestKernelPlans(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	const family = "fs o;snap o@1;clone x o@1;snap o@2;clone y o@2;mark o@1 o#m;mark o@2 o#n"
	for i, tc := range []struct {
		name, setup, plan string
		program           bool
		change            string // between plan and execution
		want              error  // nothing is then changed
		says              string // the items of the error
	}{
		{"tree", "fs a;fs a/b;vol a/v;snap a@1;snap a/b@1;snap a/v@1;clone a/k a/b@1;mark a@1 a#m;fs z", "destroy -r a", true, "", nil, ""},
		{"dependents", family + ";fs y/z;snap y/z@1;clone w y/z@1", "destroy -R o", true, "", nil, ""},
		{"clones outside", family, "destroy -r o", true, "", zfs.ErrHasClones, "x is a clone of o@1, y is a clone of o@2"},
		{"promote and destroy newer", family + ";snap o@3;mark o@3 o#z", "destroy -rp o", true, "", nil, ""},
		{"promote and destroy a tree", "fs a;fs a/b;snap a@1;snap a/b@1;clone x a@1;clone y a/b@1;snap a@9", "destroy -rp a", false, "", nil, ""},
		{"promote and destroy a chain", "fs a;snap a@1;clone a/b a@1;snap a/b@2;clone x a/b@2", "destroy -rp a", false, "", nil, ""},
		{"snapshots of a tree", "fs a;fs a/b;snap a@1;snap a/b@1;snap a/b@2", "destroy -r a@1", false, "", nil, ""},
		{"held", "fs a;snap a@1;hold a@1", "destroy -r a", true, "", zfs.ErrBusy, "a@1 is held by keep"},
		{"held, later", "fs a;snap a@1;hold a@1;snap a@2", "destroy -d a@1", false, "", nil, ""},
		{"unfinished receive", "partial a;fs b", "destroy -r a", true, "", nil, ""},
		{"rollback", "fs a;snap a@1;snap a@2;snap a@3;mark a@1 a#m", "rollback -r a@1", true, "", nil, ""},
		{"rollback with bookmarks", "fs a;snap a@1;snap a@2;mark a@2 a#m", "rollback -r a@1", false, "", nil, ""},
		{"rollback with clones", family, "rollback -R o@1", false, "", nil, ""},
		{"rollback what is mounted", "mounted a;snap a@1;snap a@2", "rollback -r a@1", false, "", nil, ""},
		{"rollback a tree", "fs a;fs a/b;fs a/c;snap a@1;snap a/b@1;snap a/b@2", "rollback -rts a@1", true, "", nil, ""},
		{"promote", family, "promote y", false, "", nil, ""},
		{"promote to independence", family + ";snap y@3;clone z y@3", "promote -i z", false, "", nil, ""},
		{"promote, names taken", family + ";snap y@1", "promote y", false, "", zfs.ErrExists, "y@1 exists, and o@1 would become it"},
		{"a snapshot came", "fs a;snap a@1;snap a@2", "destroy -r a", true, "snap a@3", zfs.ErrInvalid, "a@3 is not what the plan was made for"},
		{"a child came", "fs a;snap a@1", "destroy -r a", true, "fs a/b", zfs.ErrInvalid, "a/b is not what the plan was made for"},
		{"a clone came", "fs a;snap a@1", "destroy -r a", true, "clone x a@1", zfs.ErrInvalid, "x is not what the plan was made for"},
		{"a newer one came", "fs a;snap a@1;snap a@2", "rollback -r a@1", true, "snap a@3", zfs.ErrInvalid, "a@3 is not what the plan was made for"},
		{"a snapshot came before promotion", family, "destroy -p o", true, "snap o@4", zfs.ErrInvalid, "o@4 is not what the plan was made for"},
	} {
		if !zfstest.Share(t, i) {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			base := fmt.Sprintf("%s/%d", pool, i)
			mustCreate(t, c, base, nil)
			mustSetUp(t, c, base, tc.setup)
			g, err := c.DatasetGraph(t.Context(), base, nil)
			testkit.Must(t, err)
			plan, err := makePlan(g, base, tc.plan)
			testkit.Must(t, err)
			if plan.Program != tc.program {
				t.Errorf("one program can do it: %t", plan.Program)
			}
			var under []string
			if tc.change != "" {
				mustSetUp(t, c, base, tc.change)
			}
			before := allNames(t, c, base)
			for _, name := range before {
				under = append(under, base+"/"+name)
			}
			want := strings.Fields(belowBase(base, after(under, plan)))
			if tc.want != nil {
				want = before
			}
			err = c.PlanExecute(t.Context(), plan, nil)
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if err != nil {
				if diff := cmp.Diff(tc.says, inTheWay(base, err)); diff != "" {
					t.Errorf("result (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(want, allNames(t, c, base)); diff != "" {
				t.Errorf("state afterwards (-want +got):\n%s", diff)
			}
		})
	}
}

// A graph of one clone has its origin, over which it can be promoted, and is
// partial for the rest.
func TestKernelDatasetGraph(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSetUp(t, c, pool, "fs o;fs o/c;snap o@1;hold o@1;clone x o@1;fs x/c;mounted m;mark o@1 o#m;vol v")
	read := func(name string, opts *zfs.GraphOptions) map[string]zfs.GraphDataset {
		g, err := c.DatasetGraph(t.Context(), pool+"/"+name, opts)
		testkit.Must(t, err)
		all := make(map[string]zfs.GraphDataset)
		for _, ds := range g.Datasets {
			all[strings.TrimPrefix(ds.Name, pool+"/")] = ds
		}
		return all
	}
	x := read("x", nil)
	if len(x) != 3 || !x["o"].Partial || x["x"].Partial || x["x"].Origin != pool+"/o@1" || x["x/c"].GUID == 0 {
		t.Errorf("of a clone: %+v", x)
	}
	snaps, marks := x["o"].Snapshots, x["o"].Bookmarks
	if len(snaps) != 1 || !slices.Equal(snaps[0].Holds, []string{"keep"}) || !slices.Equal(snaps[0].Clones, []string{pool + "/x"}) {
		t.Errorf("snapshots of the origin: %+v", snaps)
	}
	if len(marks) != 1 || marks[0].Name != pool+"/o#m" || marks[0].CreateTxg != snaps[0].CreateTxg {
		t.Errorf("bookmarks of the origin: %+v", marks)
	}
	if o := read("o", nil); len(o) != 4 || o["o"].Partial || o["x"].Partial {
		t.Errorf("of an origin: %+v", o)
	}
	if o := read("o", &zfs.GraphOptions{Alone: true}); len(o) != 4 || !o["o/c"].Partial || o["x/c"].Partial {
		t.Errorf("of an origin alone: %+v", o)
	}
	if m := read("m", nil); m["m"].Mountpoint != "/tmp/"+pool+"/m" {
		t.Errorf("what is mounted: %+v", m)
	}
	if v := read("v", nil); v["v"].Type != prop.TypeVolume {
		t.Errorf("a volume: %+v", v)
	}
	if _, err := c.DatasetGraph(t.Context(), pool+"/none", nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
}
