package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelTreeSnapshot(t *testing.T) {
	by := func(name string, opts *zfs.TreeSnapshotOptions, exclude ...string) func(context.Context, *zfs.Client, string) ([]string, error) {
		return func(ctx context.Context, c *zfs.Client, base string) ([]string, error) {
			full := *opts
			for _, e := range exclude {
				full.Exclude = append(full.Exclude, base+"/"+e)
			}
			made, err := c.TreeSnapshot(ctx, base+"/"+name, &full)
			slices.Sort(made)
			return made, err
		}
	}
	all, changed := &zfs.TreeSnapshotOptions{}, &zfs.TreeSnapshotOptions{ChangedSince: "1"}
	playScenes(t, []scene{
		{"tree", "fs a;fs a/b;vol a/v;fs b", by("a@1", all), nil, "a/b@1 a/v@1 a@1", "a a/b a/b@1 a/v a/v@1 a@1 b"},
		{"exclusions", "fs a;fs a/b;fs a/b/c;fs a/c;vol a/v", by("a@1", all, "a/b", "a/none"), nil, "a/c@1 a/v@1 a@1",
			"a a/b a/b/c a/c a/c@1 a/v a/v@1 a@1"},
		{"one exists", "fs a;fs a/b;snap a/b@1", by("a@1", all), zfs.ErrExists, "a/b@1 already exists", ""},
		{"missing", "fs a", by("b@1", all), zfs.ErrNotFound, "b does not exist", ""},
		{"changed", "mounted a;mounted a/b;snap a@1;snap a/b@1;write a/b;fs a/c", by("a@2", changed), nil, "a/b@2 a/c@2",
			"a a/b a/b@1 a/b@2 a/c a/c@2 a@1"},
		{"nothing has changed", "fs a;snap a@1", by("a@2", changed), nil, "", ""},
		{"long name", "fs a;fs a/" + strings.Repeat("b", 190), by("a@"+strings.Repeat("s", 60), all), zfs.ErrInvalidName,
			"a/" + strings.Repeat("b", 190) + "@" + strings.Repeat("s", 60) + " invalid name", ""},
	})
}

func TestKernelSnapshotRenameChain(t *testing.T) {
	by := func(recursive bool, steps ...string) func(context.Context, *zfs.Client, string) ([]string, error) {
		return func(ctx context.Context, c *zfs.Client, base string) ([]string, error) {
			var chain []zfs.SnapshotRename
			for _, step := range steps {
				from, to, _ := strings.Cut(step, ">")
				chain = append(chain, zfs.SnapshotRename{From: from, To: to})
			}
			return c.SnapshotRenameChain(ctx, base+"/a", chain, &zfs.SnapshotRenameOptions{Recursive: recursive})
		}
	}
	zfstest.Kernel(t)
	if r := zfstest.Release(t); r.Major == 2 && r.Minor < 2 {
		playScenes(t, []scene{{"no such call", "fs a;snap a@1", by(false, "1>2"), zfs.ErrNotSupported, "", ""}})
		return
	}
	playScenes(t, []scene{
		{"chain", "fs a;snap a@1;snap a@2", by(false, "2>3", "1>2"), nil, "a@3 a@2", "a a@2 a@3"},
		{"swap", "fs a;snap a@1;snap a@2", by(false, "1>tmp", "2>1", "tmp>2"), nil, "a@tmp a@1 a@2", "a a@1 a@2"},
		{"tree", "fs a;fs a/b;snap a@1;snap a@2;snap a/b@1", by(true, "2>3", "1>2"), nil, "a@3 a@2 a/b@2", "a a/b a/b@2 a@2 a@3"},
		{"taken", "fs a;snap a@1;snap a@2", by(false, "1>2", "2>3"), zfs.ErrExists, "a@2 already exists", ""},
		{"missing", "fs a;snap a@1", by(false, "1>2", "3>4"), zfs.ErrNotFound, "a@3 does not exist", ""},
		{"missing everywhere", "fs a;snap a@1", by(true, "3>4"), zfs.ErrNotFound, "a@3 does not exist", ""},
		{"missing dataset", "fs b", by(true, "3>4"), zfs.ErrNotFound, "a does not exist", ""},
	})
}

func TestKernelDatasetsSetProps(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSetUp(t, c, pool, "fs a;fs b;snap a@1")
	user := func(value string) prop.Values {
		return prop.Values{"com.example:x": prop.String(value), "com.example:y": prop.String("y" + value)}
	}
	set, err := c.DatasetsSetProps(t.Context(), map[string]prop.Values{pool + "/b": user("1"), pool + "/a": user("2"), pool + "/a@1": user("3")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a a@1 b", belowBase(pool, set)); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	_, err = c.DatasetsSetProps(t.Context(), map[string]prop.Values{
		pool + "/b": user("9"), pool + "/none": user("9"), pool + "/a": {"com.example:X Y": prop.String("9")},
	})
	if diff := cmp.Diff("a invalid property or value, none does not exist", inTheWay(pool, err)); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	if !errors.Is(err, zfs.ErrNotFound) || !errors.Is(err, zfs.ErrInvalidProp) {
		t.Errorf("error %v", err)
	}
	for name, want := range map[string]string{"/b": "1", "/a": "2", "/a@1": "3"} {
		if x, y := zfsGet(t, "com.example:x", pool+name), zfsGet(t, "com.example:y", pool+name); x != want || y != "y"+want {
			t.Errorf("%s has %s and %s, want %s", name, x, y, want)
		}
	}
}

// TreeProps reads what zfs get prints.
func TestKernelTreeProps(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSetUp(t, c, pool, "fs a;fs a/b;vol a/v;snap a@1;snap a/v@1;clone a/c a@1;set a com.example:x=ex;set a/b compression=gzip-3")
	props := []prop.Prop{"guid", "type", "compression", "com.example:x", "origin", "createtxg"}
	read, err := c.TreeProps(t.Context(), pool+"/a", props, &zfs.TreePropsOptions{Snapshots: true})
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for name, values := range read {
		for p := range values.All() {
			ours = append(ours, fmt.Sprintf("%s\t%s\t%s\t%s", name, p.Name, p.Text, p.Source))
		}
	}
	slices.Sort(ours)
	var theirs []string
	names := make([]string, len(props))
	for i, property := range props {
		names[i] = string(property)
	}
	for line := range strings.Lines(zfstest.Run(t, "zfs", "get", "-rHp", "-t", "all", "-o", "name,property,value,source", strings.Join(names, ","), pool+"/a")) {
		if line = strings.TrimSuffix(line, "\n"); strings.Split(line, "\t")[2] != "-" {
			theirs = append(theirs, line)
		}
	}
	slices.Sort(theirs)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("zfs get and TreeProps differ (-zfs +ours):\n%s", diff)
	}
	if got, want := read[pool+"/a/b"].Uint64(prop.Compression), uint64(7); got != want { // gzip-3
		t.Errorf("compression is %d, want %d", got, want)
	}
	if _, err := c.TreeProps(t.Context(), pool+"/a", []prop.Prop{"nosuchprop"}, nil); !errors.Is(err, zfs.ErrInvalidProp) {
		t.Errorf("no such property: %v, want ErrInvalidProp", err)
	}
	if _, err := c.TreeProps(t.Context(), pool+"/none", props, nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no such dataset: %v, want ErrNotFound", err)
	}
}

// Each of our programs, run with a lower limit, does nothing if there are more
// items.
func TestKernelCompositesAreBounded(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSetUp(t, c, pool, "fs a;fs a/b;fs a/c;snap a@1;snap a/b@1;snap a/c@1;snap a@2;clone x a@1")
	before := everything(t, c, pool)
	a := pool + "/a"
	for name, args := range map[string]map[string]any{
		"tree_destroy":    {"name": a, "dependents": true},
		"promote_destroy": {"name": a, "snapshots": true},
		"tree_rollback":   {"name": a, "snap": "1", "recursive": true, "destroy": true, "older": []string{}},
		"tree_snapshot":   {"name": a, "snap": "9", "exclude": []string{}},
		"snapshot_rename": {"name": a, "from": []string{"1"}, "to": []string{"9"}, "recursive": true},
		"props_set":       {"sets": map[string]map[string]string{a: {"x:y": "1"}, pool: {"x:y": "1"}}},
		"tree_props":      {"name": a, "props": []string{"used"}},
	} {
		source, err := zfs.ProgramSource(name)
		if err != nil {
			t.Fatal(err)
		}
		args["limit"] = 2
		res, err := c.ProgramRun(t.Context(), pool, zfs.Program{Source: source, Args: args, Sync: true})
		var lua *zfs.LuaError
		if errors.As(err, &lua) && lua.Message == "more than 2 items" {
			continue
		}
		if r := zfstest.Release(t); name == "snapshot_rename" && r.Major == 2 && r.Minor < 2 && err == nil {
			continue // it does not come so far
		}
		t.Errorf("%s with more items than its limit: %v, %v", name, res, err)
	}
	if diff := cmp.Diff(before, everything(t, c, pool)); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}
}

// In a full pool, a composite refuses the operation or does all of it.
func TestKernelCompositeOnAFullPool(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, &zfstest.PoolOptions{Size: 64 << 20})
	mustSetUp(t, c, pool, "fs a;fs a/b;snap a@1;snap a/b@1;mounted full")
	// The filesystem is written to until the system reports that it is full.
	_ = exec.Command("sh", "-c", "cat /dev/urandom > /tmp/"+pool+"/full/file").Run()
	before := everything(t, c, pool)
	made, err := c.TreeSnapshot(t.Context(), pool+"/a@2", nil)
	if err != nil && (!errors.Is(err, zfs.ErrNoSpace) || before != everything(t, c, pool)) {
		t.Errorf("snapshot of a tree: %v; state afterwards %s", err, everything(t, c, pool))
	}
	t.Logf("on a full pool %d snapshots were made, %v", len(made), err)
	if _, err := c.TreeDestroy(t.Context(), pool+"/a", nil); err != nil {
		t.Errorf("destroy on a full pool: %v", err)
	}
	if diff := cmp.Diff("full", everything(t, c, pool)); diff != "" {
		t.Errorf("state afterwards (-want +got):\n%s", diff)
	}
}

// A step that fails after successful checks ends a composite, which then reports
// what it has done before, or has undone it.
func TestKernelCompositesFailHalfway(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustSetUp(t, c, pool, "fs a;snap a@1;snap a@2;clone x a@1;fs b;fs b/c;snap b@1;snap b/c@1;snap b/c@2;snap b@2")
	before := everything(t, c, pool)
	// The third step fails.
	const fault = `local n = 0
for name, call in pairs(zfs.sync) do
	zfs.sync[name] = function(...)
		n = n + 1
		if n == 3 then return EIO end
		return call(...)
	end
end
`
	for _, tc := range []struct {
		program string
		args    map[string]any
		done    string
		left    string // empty for unchanged
	}{
		{"tree_snapshot", map[string]any{"name": pool, "snap": "9", "exclude": []string{}}, "", ""},
		{"props_set", map[string]any{"sets": map[string]map[string]string{pool + "/a": {"x:y": "1"}, pool + "/b": {"x:y": "1"}, pool + "/b/c": {"x:y": "1"}}}, "2", ""},
		{"tree_rollback", map[string]any{"name": pool + "/b", "snap": "1", "recursive": true, "destroy": true, "older": []string{}}, "b b@2",
			"a a@1 a@2 b b/c b/c@1 b/c@2 b@1 x"},
		{"promote_destroy", map[string]any{"clone": pool + "/x", "snapshots": true}, "a@2 x", "a b b/c b/c@1 b/c@2 b@1 x x@1"},
		{"tree_destroy", map[string]any{"name": pool + "/b"}, "b/c@1 b/c@2", "a b b/c b@1 x x@1"},
	} {
		source, err := zfs.ProgramSource(tc.program)
		if err != nil {
			t.Fatal(err)
		}
		tc.args["limit"] = 100
		res, err := c.ProgramRun(t.Context(), pool, zfs.Program{Source: fault + source, Args: tc.args, Sync: true})
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := res.Answer.List("return")
		list, _ := answer.List("done")
		var done []string
		for pair := range list.All() {
			text, _ := pair.Text()
			done = append(done, text)
		}
		if failed, _ := answer.List("failed"); failed.Len() != 1 {
			t.Errorf("%s: failed %v", tc.program, failed)
		}
		slices.Sort(done)
		if got := belowBase(pool, done); got != tc.done && fmt.Sprint(len(done)) != tc.done {
			t.Errorf("%s: done %q, want %q", tc.program, got, tc.done)
		}
		want := tc.left
		if want == "" {
			want = before
		}
		if diff := cmp.Diff(want, everything(t, c, pool)); diff != "" {
			t.Errorf("%s: state afterwards (-want +got):\n%s", tc.program, diff)
		}
	}
}
