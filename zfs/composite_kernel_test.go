package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// scene is one row of a composite's test: the initial state, the operation, its
// result, and the state afterwards.
type scene struct {
	name  string
	setup string // steps, separated by semicolons
	run   func(ctx context.Context, c *zfs.Client, base string) ([]string, error)
	want  error
	says  string // the result, or the items of the error
	left  string // all names, empty for unchanged
}

// mustSetUp carries out steps below a dataset: "fs a", "vol v", "snap a@s",
// "clone a@s b", "hold a@s", "mark a@s a#m", "set a prop value", "write v".
func mustSetUp(t *testing.T, c *zfs.Client, base, steps string) {
	t.Helper()
	ctx := t.Context()
	for step := range strings.SplitSeq(steps, ";") {
		f := strings.Fields(step)
		name := base + "/" + f[1]
		var err error
		switch f[0] {
		case "fs":
			err = c.DatasetCreate(ctx, name, nil)
		case "mounted":
			zfstest.Run(t, "zfs", "create", "-o", "mountpoint=/tmp/"+name, name)
		case "vol":
			err = c.DatasetCreate(ctx, name, &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
		case "snap":
			err = c.SnapshotCreate(ctx, []string{name}, nil)
		case "clone":
			err = c.DatasetClone(ctx, name, base+"/"+f[2], nil)
		case "hold":
			err = c.HoldAdd(ctx, map[string]string{name: "keep"}, nil)
		case "mark":
			err = c.BookmarkCreate(ctx, map[string]string{base + "/" + f[2]: name})
		case "set":
			zfstest.Run(t, "zfs", "set", f[2], name)
		case "partial": // the partial state of a receive
			zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -o mountpoint=/tmp/B.src B.src; zfs snapshot B.src@1; zfs send B.src@1 | zfs receive -u B
dd if=/dev/urandom of=/tmp/B.src/file bs=1k count=500 2>/dev/null; zfs snapshot B.src@2
zfs send -i @1 B.src@2 | head -c 300000 | zfs receive -u -s B || true
zfs destroy -r B.src`, "B", name))
		case "write":
			zfstest.Run(t, "sh", "-c", "echo "+step+" > /tmp/"+name+"/file; sync")
		default:
			t.Fatalf("no step %q", step)
		}
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
}

// belowBase returns a list of names relative to a dataset.
func belowBase(base string, names []string) string {
	return strings.ReplaceAll(strings.Join(names, " "), base+"/", "")
}

// everything lists all descendants of a dataset.
func everything(t *testing.T, c *zfs.Client, base string) string {
	t.Helper()
	var names []string
	for ds, err := range c.Datasets(t.Context(), base, &zfs.DatasetsOptions{
		Recursive: true, Types: prop.TypeFilesystem | prop.TypeVolume | prop.TypeSnapshot,
	}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, ds.Name)
	}
	slices.Sort(names)
	return belowBase(base, names[1:])
}

// inTheWay returns the items of an error as text.
func inTheWay(base string, err error) string {
	var e *zfs.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	var words []string
	for _, item := range e.Items {
		text, _, _ := strings.Cut(item.Err.Error(), ":")
		text, _, _ = strings.Cut(text, " (")
		words = append(words, item.Name+" "+text)
	}
	slices.Sort(words)
	if len(e.Done) > 0 {
		words = append(words, "done "+strings.Join(e.Done, " "))
	}
	return strings.ReplaceAll(strings.Join(words, ", "), base+"/", "")
}

// playScenes runs the rows, each below its own dataset.
func playScenes(t *testing.T, scenes []scene) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	for i, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			base := fmt.Sprintf("%s/%d", pool, i)
			mustCreate(t, c, base, nil)
			mustSetUp(t, c, base, s.setup)
			left := strings.TrimSpace(s.left)
			if s.left == "" {
				left = everything(t, c, base)
			}
			done, err := s.run(t.Context(), c, base)
			says := belowBase(base, done)
			if err != nil {
				says = inTheWay(base, err)
			}
			if !errors.Is(err, s.want) {
				t.Errorf("error %v, want %v", err, s.want)
			}
			if diff := cmp.Diff(s.says, says); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(left, everything(t, c, base)); diff != "" {
				t.Errorf("state afterwards (-want +got):\n%s", diff)
			}
		})
	}
}

func treeDestroy(name string, opts *zfs.TreeDestroyOptions) func(context.Context, *zfs.Client, string) ([]string, error) {
	return func(ctx context.Context, c *zfs.Client, base string) ([]string, error) {
		done, err := c.TreeDestroy(ctx, base+"/"+name, opts)
		slices.Sort(done) // the kernel's order is that of a hash
		return done, err
	}
}

func TestKernelTreeDestroy(t *testing.T) {
	dependents := &zfs.TreeDestroyOptions{Dependents: true}
	playScenes(t, []scene{
		{"one", "fs a;fs b", treeDestroy("a", nil), nil, "a", "b"},
		{"tree", "fs a;fs a/b;fs a/b/c;vol a/v;snap a@1;snap a/b@1;snap a/b@2;snap a/v@1;mark a@1 a#m;fs b",
			treeDestroy("a", nil), nil, "a a/b a/b/c a/b@1 a/b@2 a/v a/v@1 a@1", "b"},
		{"missing", "fs a", treeDestroy("b", nil), zfs.ErrNotFound, "b does not exist", ""},
		{"clone within", "fs a;fs a/b;snap a/b@1;clone a/c a/b@1;snap a/c@2", treeDestroy("a", nil), nil, "a a/b a/b@1 a/c a/c@2", " "},
		{"clone elsewhere", "fs a;snap a@1;clone b a@1", treeDestroy("a", nil), zfs.ErrHasClones, "b is a clone of what would be destroyed", ""},
		{"dependents", "fs a;snap a@1;clone b a@1;fs b/c;snap b/c@1;clone d b/c@1;snap d@x;fs e", treeDestroy("a", dependents), nil,
			"a a@1 b b/c b/c@1 d d@x", "e"},
		{"dependent above what it depends on", "fs a;snap a@1;clone a/k a@1", treeDestroy("a", nil), nil, "a a/k a@1", " "},
		{"held", "fs a;snap a@1;hold a@1;snap a@2", treeDestroy("a", nil), zfs.ErrBusy, "a@1 is busy", ""},
		{"mounted", "mounted a;fs a/b;snap a@1;snap a/b@1", treeDestroy("a", nil), zfs.ErrBusy, "a is mounted at /tmp/a", ""},
		{"unfinished receive", "partial a;fs b", treeDestroy("a", nil), nil, "a a/%recv a@1", "b"},
		{"mounted below, no snapshots", "fs a;mounted a/b;fs a/c;snap a/c@1", treeDestroy("a", nil), zfs.ErrBusy, "a/b is mounted at /tmp/a/b", ""},
	})
}

func TestKernelDatasetDestroyPromoting(t *testing.T) {
	by := func(name string, opts *zfs.PromoteDestroyOptions) func(context.Context, *zfs.Client, string) ([]string, error) {
		return func(ctx context.Context, c *zfs.Client, base string) ([]string, error) {
			clone, err := c.DatasetDestroyPromoting(ctx, base+"/"+name, opts)
			return []string{clone}, err
		}
	}
	to := func(name string, opts *zfs.PromoteDestroyOptions) func(context.Context, *zfs.Client, string) ([]string, error) {
		return func(ctx context.Context, c *zfs.Client, base string) ([]string, error) {
			origin, err := c.DatasetPromoteDestroying(ctx, base+"/"+name, opts)
			return []string{origin}, err
		}
	}
	const family = "fs o;snap o@1;clone x o@1;snap o@2;clone y o@2;clone z o@1"
	rest := &zfs.PromoteDestroyOptions{Snapshots: true}
	playScenes(t, []scene{
		{"newest", family, by("o", nil), nil, "y", "x y y@1 y@2 z"},
		{"two of one snapshot", "fs o;snap o@1;clone x o@1;clone y o@1", by("o", nil), nil, "y", "x y y@1"},
		{"snapshots in the way", family + ";snap o@3", by("o", nil), zfs.ErrHasSnapshots, "o@3 is a snapshot that would be destroyed", ""},
		{"snapshots that go", family + ";snap o@3;snap o@4", by("o", rest), nil, "y", "x y y@1 y@2 z"},
		{"held", family + ";snap o@3;hold o@3", by("o", rest), zfs.ErrBusy, "o@3 is busy", ""},
		{"children", family + ";fs o/c", by("o", nil), zfs.ErrHasChildren, "o/c is a child of what would be destroyed", ""},
		{"conflict", family + ";snap y@1", by("o", nil), zfs.ErrExists, "y already exists, y@1 a snapshot or bookmark of that name would move to it", ""},
		{"mounted", "mounted o;snap o@1;clone x o@1", by("o", nil), zfs.ErrBusy, "o is mounted at /tmp/o", ""},
		{"no clones", "fs o;snap o@1", by("o", nil), zfs.ErrInvalid, "o has no clones", ""},
		{"missing", "fs o", by("none", nil), zfs.ErrNotFound, "none does not exist", ""},
		{"chosen clone", "fs o;snap o@1;clone x o@1;clone y o@1", to("x", nil), nil, "o", "x x@1 y"},
		{"chosen clone of an earlier snapshot", family, to("x", rest), zfs.ErrHasClones, "y is a clone of what would be destroyed", ""},
		{"volume", "vol o;snap o@1;clone x o@1", to("x", nil), nil, "o", "x x@1"},
		{"not a clone", "fs o", to("o", nil), zfs.ErrInvalid, "o is not a clone", ""},
		{"no such clone", "fs o", to("none", nil), zfs.ErrNotFound, "none does not exist", ""},
	})
}

func TestKernelTreeRollback(t *testing.T) {
	to := func(name string, opts *zfs.TreeRollbackOptions) func(context.Context, *zfs.Client, string) ([]string, error) {
		return func(ctx context.Context, c *zfs.Client, base string) ([]string, error) {
			return c.TreeRollback(ctx, base+"/"+name, opts)
		}
	}
	newer := &zfs.TreeRollbackOptions{DestroyNewer: true}
	tree := &zfs.TreeRollbackOptions{DestroyNewer: true, Recursive: true}
	skip := &zfs.TreeRollbackOptions{DestroyNewer: true, Recursive: true, SkipMissing: true}
	playScenes(t, []scene{
		{"latest", "fs a;snap a@1;snap a@2", to("a@2", nil), nil, "a", "a a@1 a@2"},
		{"newer in the way", "fs a;snap a@1;snap a@2", to("a@1", nil), zfs.ErrNewer, "a@2 is newer than the snapshot to roll back to", ""},
		{"newer", "fs a;snap a@1;snap a@2", to("a@1", newer), nil, "a@2 a", "a a@1"},
		{"volume", "vol a;snap a@1;snap a@2", to("a@1", newer), nil, "a@2 a", "a a@1"},
		{"held", "fs a;snap a@1;snap a@2;snap a@3;hold a@2", to("a@1", newer), zfs.ErrBusy, "a@2 is busy", ""},
		{"clone", "fs a;snap a@1;snap a@2;clone b a@2", to("a@1", newer), zfs.ErrHasClones, "b is a clone of what would be destroyed", ""},
		{"newer bookmark", "fs a;snap a@1;snap a@2;mark a@2 a#m;mark a@1 a#old", to("a@1", newer), zfs.ErrNewer, "a#m is newer than the snapshot to roll back to", ""},
		{"older bookmark", "fs a;snap a@1;mark a@1 a#old;snap a@2", to("a@1", newer), nil, "a@2 a", "a a@1"},
		{"mounted", "mounted a;snap a@1;snap a@2", to("a@1", newer), zfs.ErrBusy, "a is mounted at /tmp/a", ""},
		{"missing", "fs a;snap a@1", to("a@2", newer), zfs.ErrNotFound, "a@2 does not exist", ""},
		{"tree", "fs a;fs a/b;snap a@1;snap a/b@1;snap a/b@2", to("a@1", tree), nil, "a a/b@2 a/b", "a a/b a/b@1 a@1"},
		{"tree, one is missing", "fs a;fs a/b;snap a@1;snap a@2", to("a@1", tree), zfs.ErrNotFound, "a/b@1 does not exist", ""},
		{"tree, one is passed over", "fs a;fs a/b;snap a@1;snap a@2", to("a@1", skip), nil, "a@2 a", "a a/b a@1"},
		{"tree, one is held", "fs a;fs a/b;snap a@1;snap a/b@1;snap a@2;snap a/b@2;hold a/b@2", to("a@1", tree), zfs.ErrBusy, "a/b@2 is busy", ""},
	})
}
