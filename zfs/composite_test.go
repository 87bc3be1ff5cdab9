package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// composites are the operations that are programs, each with good arguments.
func composites() map[string]func(context.Context, *zfs.Client) ([]string, error) {
	return map[string]func(context.Context, *zfs.Client) ([]string, error){
		"tree_destroy": func(ctx context.Context, c *zfs.Client) ([]string, error) {
			return c.TreeDestroy(ctx, "tank/a", &zfs.TreeDestroyOptions{Dependents: true})
		},
		"promote_destroy": func(ctx context.Context, c *zfs.Client) ([]string, error) {
			clone, err := c.DatasetDestroyPromoting(ctx, "tank/a", &zfs.PromoteDestroyOptions{Snapshots: true})
			return []string{clone}, err
		},
		"tree_rollback": func(ctx context.Context, c *zfs.Client) ([]string, error) {
			return c.TreeRollback(ctx, "tank/a@x", &zfs.TreeRollbackOptions{Recursive: true, SkipMissing: true, DestroyNewer: true})
		},
		"tree_snapshot": func(ctx context.Context, c *zfs.Client) ([]string, error) {
			return c.TreeSnapshot(ctx, "tank/a@x", &zfs.TreeSnapshotOptions{Exclude: []string{"tank/a/b"}, ChangedSince: "y"})
		},
		"snapshot_rename": func(ctx context.Context, c *zfs.Client) ([]string, error) {
			return c.SnapshotRenameChain(ctx, "tank/a", []zfs.SnapshotRename{{"b", "c"}, {"a", "b"}}, &zfs.SnapshotRenameOptions{Recursive: true})
		},
		"props_set": func(ctx context.Context, c *zfs.Client) ([]string, error) {
			return c.DatasetsSetProps(ctx, map[string]prop.Values{"tank/a": {"x:y": prop.String("1")}, "tank/b@s": {"x:z": prop.String("")}})
		},
		"tree_props": func(ctx context.Context, c *zfs.Client) ([]string, error) {
			_, err := c.TreeProps(ctx, "tank/a", []prop.Prop{"used", "x:y"}, &zfs.TreePropsOptions{Snapshots: true})
			return nil, err
		},
	}
}

// answeringProgram is answering with datasets behind it, and returns the inputs of the
// programs.
func answeringProgram(t *testing.T, out *nvlist.List, code ioctl.Code) (*zfs.Client, *[]*nvlist.List) {
	t.Helper()
	f := &testkit.Fake{}
	f.Add("tank", "tank/a", "tank/a@x")
	var inputs []*nvlist.List
	answer := answerOn(ioctl.OpChannelProgram, out, code)
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op == ioctl.OpGetBookmarks {
			return c.Answer(&nvlist.List{}), true
		}
		if op == ioctl.OpChannelProgram {
			in, err := nvlist.Decode(c.In(), nil)
			if err != nil || c.Text(ioctl.FieldName) != "tank" {
				t.Errorf("%v for %s", err, c.Text(ioctl.FieldName))
			}
			inputs = append(inputs, in)
		}
		return answer(op, c)
	}
	return testkit.Open(t, ioctl.NewDevice(f.Answer)), &inputs
}

func TestCompositesSend(t *testing.T) {
	want := map[string]string{
		"tree_destroy":    `map[dependents:true limit:10000 name:tank/a]`,
		"promote_destroy": `map[limit:10000 name:tank/a snapshots:true]`,
		"tree_rollback":   `map[destroy:true limit:10000 name:tank/a older:[] recursive:true skip:true snap:x]`,
		"tree_snapshot":   `map[exclude:[tank/a/b] limit:10000 name:tank/a since:y snap:x]`,
		"snapshot_rename": `map[from:[b a] limit:10000 name:tank/a recursive:true to:[c b]]`,
		"props_set":       `map[limit:10000 sets:map[tank/a:map[x:y:1] tank/b@s:map[x:z:]]]`,
		"tree_props":      `map[limit:10000 name:tank/a props:[used x:y] snapshots:true]`,
	}
	done := testkit.Returned(func(l *nvlist.List) {
		l.SetList("done", testkit.ListOf(func(l *nvlist.List) {
			l.SetString("1", "tank/c")
			l.SetString("2", "tank/b")
		}))
		l.SetList("failed", &nvlist.List{})
	})
	for name, call := range composites() {
		c, inputs := answeringProgram(t, done, 0)
		if _, err := call(t.Context(), c); err != nil || len(*inputs) != 1 {
			t.Fatalf("%s: %v, %d programs", name, err, len(*inputs))
		}
		in := (*inputs)[0]
		source, err := zfs.ProgramSource(name)
		if err != nil {
			t.Fatal(err)
		}
		if sent, _ := in.Text("program"); sent != source {
			t.Errorf("%s sends another program", name)
		}
		args, _ := in.List("arg")
		if diff := cmp.Diff(want[name], fmt.Sprint(plainList(args))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if sync, _ := in.BooleanValue("sync"); sync != (name != "tree_props") {
			t.Errorf("%s: sync is %t", name, sync)
		}
	}
}

// plainList converts lists to maps.
func plainList(l *nvlist.List) map[string]any {
	m := make(map[string]any)
	for pair := range l.All() {
		if inner, ok := pair.List(); ok {
			m[pair.Name()] = plainList(inner)
		} else {
			m[pair.Name()] = pair.Value()
		}
	}
	return m
}

// A reported failure is the error, with what was done before.
func TestCompositesReport(t *testing.T) {
	why := func(code ioctl.Code, reason string) *nvlist.List {
		return testkit.ListOf(func(l *nvlist.List) {
			l.SetInt64("code", int64(code))
			if reason != "" {
				l.SetString("why", reason)
			}
		})
	}
	for reason, want := range map[string]error{
		"clones": zfs.ErrHasClones, "cycle": zfs.ErrHasClones, "children": zfs.ErrHasChildren, "snapshots": zfs.ErrHasSnapshots,
		"newer": zfs.ErrNewer, "conflict": zfs.ErrExists, "prop": zfs.ErrInvalidProp, "noclone": zfs.ErrInvalid, "noclones": zfs.ErrInvalid, "": zfs.ErrBusy,
	} {
		for _, done := range []string{"", "tank/a@1"} {
			out := testkit.Returned(func(l *nvlist.List) {
				l.SetList("done", testkit.ListOf(func(l *nvlist.List) {
					if done != "" {
						l.SetString("1", done)
					}
				}))
				l.SetList("failed", testkit.ListOf(func(l *nvlist.List) { l.SetList("tank/a@2", why(ioctl.CodeBusy, reason)) }))
			})
			for name, call := range composites() {
				c, _ := answeringProgram(t, out, 0)
				_, err := call(t.Context(), c)
				var e *zfs.Error
				if !errors.Is(err, want) || !errors.As(err, &e) || strings.Join(e.Done, " ") != done || len(e.Items) != 1 || e.Executed {
					t.Errorf("%s, %q: %v, want %v", name, reason, err, want)
				}
				if half := strings.Contains(err.Error(), "halfway"); half != (done != "") {
					t.Errorf("%s: %v, done %q", name, err, done)
				}
			}
		}
	}
}

func TestCompositesFail(t *testing.T) {
	said := func(text string) *nvlist.List {
		return testkit.ListOf(func(l *nvlist.List) { l.SetString("error", text) })
	}
	for _, tc := range []struct {
		name     string
		out      *nvlist.List
		code     ioctl.Code
		want     error
		executed bool
	}{
		{"too many", said("more than 10000 items\nstack traceback:\n\t[C]: in ?"), ioctl.CodeChrng, zfs.ErrTooMany, false},
		{"no such property", said("[string \"channel program\"]:3: 'x' is not a valid property"), ioctl.CodeChrng, zfs.ErrInvalidProp, false},
		{"error", said(failedInLine3), ioctl.CodeChrng, zfs.ErrProgramFailed, true},
		{"no right", &nvlist.List{}, ioctl.CodePerm, zfs.ErrPermission, false},
		{"memory", &nvlist.List{}, ioctl.CodeNospc, zfs.ErrMemoryLimit, true},
		{"no such call", testkit.Returned(func(l *nvlist.List) { l.SetString("missing", "rename_snapshot") }), 0, zfs.ErrNotSupported, false},
	} {
		for name, call := range composites() {
			c, _ := answeringProgram(t, tc.out, tc.code)
			_, err := call(t.Context(), c)
			var e *zfs.Error
			if !errors.Is(err, tc.want) || !errors.As(err, &e) || e.Executed != (tc.executed && name != "tree_props") {
				t.Errorf("%s of %s: %v, want %v", tc.name, name, err, tc.want)
			}
		}
	}
}

func TestCompositesRefuse(t *testing.T) {
	ctx := t.Context()
	many := make(prop.Values)
	for i := range zfs.MaxCompositeItems {
		many[prop.Prop(fmt.Sprintf("x:%d", i))] = prop.String("1")
	}
	set := func(name string, props prop.Values) map[string]prop.Values {
		return map[string]prop.Values{"tank/a": {"x:y": prop.String("1")}, name: props}
	}
	for name, tc := range map[string]struct {
		call func(c *zfs.Client) error
		want error
	}{
		"destroy the root":  {func(c *zfs.Client) error { _, err := c.TreeDestroy(ctx, "tank", nil); return err }, zfs.ErrInvalid},
		"destroy a name":    {func(c *zfs.Client) error { _, err := c.TreeDestroy(ctx, "tank/a@x", nil); return err }, zfs.ErrInvalidName},
		"promote, the root": {func(c *zfs.Client) error { _, err := c.DatasetDestroyPromoting(ctx, "tank", nil); return err }, zfs.ErrInvalid},
		"promote a name":    {func(c *zfs.Client) error { _, err := c.DatasetPromoteDestroying(ctx, "tank#a", nil); return err }, zfs.ErrInvalidName},
		"rollback a name":   {func(c *zfs.Client) error { _, err := c.TreeRollback(ctx, "tank/a", nil); return err }, zfs.ErrInvalidName},
		"snapshot a name":   {func(c *zfs.Client) error { _, err := c.TreeSnapshot(ctx, "tank/a", nil); return err }, zfs.ErrInvalidName},
		"exclude what is elsewhere": {func(c *zfs.Client) error {
			_, err := c.TreeSnapshot(ctx, "tank/a@x", &zfs.TreeSnapshotOptions{Exclude: []string{"tank/ab"}})
			return err
		}, zfs.ErrInvalid},
		"exclude the dataset": {func(c *zfs.Client) error {
			_, err := c.TreeSnapshot(ctx, "tank/a@x", &zfs.TreeSnapshotOptions{Exclude: []string{"tank/a"}})
			return err
		}, zfs.ErrInvalid},
		"since no name": {func(c *zfs.Client) error {
			_, err := c.TreeSnapshot(ctx, "tank/a@x", &zfs.TreeSnapshotOptions{ChangedSince: "a@b"})
			return err
		}, zfs.ErrInvalidName},
		"rename nothing": {func(c *zfs.Client) error { _, err := c.SnapshotRenameChain(ctx, "tank/a", nil, nil); return err }, zfs.ErrInvalid},
		"rename a name": {func(c *zfs.Client) error {
			_, err := c.SnapshotRenameChain(ctx, "tank/a", []zfs.SnapshotRename{{"a", ""}}, nil)
			return err
		}, zfs.ErrInvalidName},
		"set nothing":     {func(c *zfs.Client) error { _, err := c.DatasetsSetProps(ctx, nil); return err }, zfs.ErrInvalid},
		"set no property": {func(c *zfs.Client) error { _, err := c.DatasetsSetProps(ctx, set("tank/b", nil)); return err }, zfs.ErrInvalid},
		"set in two pools": {func(c *zfs.Client) error {
			_, err := c.DatasetsSetProps(ctx, set("dozer/b", prop.Values{"x:y": prop.String("1")}))
			return err
		}, zfs.ErrCrossPool},
		"set a native property": {func(c *zfs.Client) error {
			_, err := c.DatasetsSetProps(ctx, set("tank/b", prop.Values{"atime": prop.String("off")}))
			return err
		}, zfs.ErrInvalidProp},
		"set a bookmark": {func(c *zfs.Client) error {
			_, err := c.DatasetsSetProps(ctx, set("tank/b#m", prop.Values{"x:y": prop.String("1")}))
			return err
		}, zfs.ErrInvalidName},
		"set too many": {func(c *zfs.Client) error { _, err := c.DatasetsSetProps(ctx, set("tank/b", many)); return err }, zfs.ErrTooMany},
		"read nothing": {func(c *zfs.Client) error { _, err := c.TreeProps(ctx, "tank/a", nil, nil); return err }, zfs.ErrInvalid},
		"read a property without a name": {func(c *zfs.Client) error {
			_, err := c.TreeProps(ctx, "tank/a", []prop.Prop{""}, nil)
			return err
		}, zfs.ErrInvalidProp},
		"read a snapshot": {func(c *zfs.Client) error {
			_, err := c.TreeProps(ctx, "tank/a@x", []prop.Prop{"used"}, nil)
			return err
		}, zfs.ErrInvalidName},
	} {
		if err := tc.call(testkit.NoKernel(t)); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

func TestTreePropsReads(t *testing.T) {
	value := func(fill func(l *nvlist.List)) *nvlist.List { return testkit.ListOf(fill) }
	out := testkit.Returned(func(l *nvlist.List) {
		l.SetList("failed", &nvlist.List{})
		l.SetList("read", testkit.ListOf(func(l *nvlist.List) {
			l.SetList("tank/a", testkit.ListOf(func(l *nvlist.List) {
				l.SetList("guid", value(func(l *nvlist.List) { l.SetInt64("value", -1) }))
				l.SetList("x:y", value(func(l *nvlist.List) {
					l.SetString("value", "1")
					l.SetString("source", "tank")
				}))
			}))
			l.SetList("tank/a/b", &nvlist.List{})
		}))
	})
	c, _ := answeringProgram(t, out, 0)
	got, err := c.TreeProps(t.Context(), "tank/a", []prop.Prop{"guid"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := got["tank/a"].Uint64("guid"); v != 1<<64-1 {
		t.Errorf("guid is %d", v)
	}
	if p, _ := got["tank/a"].Property("x:y"); p.Text != "1" || p.Source.From != "tank" || len(got) != 2 {
		t.Errorf("read %v", got)
	}
}

// The sources are stored in the pool's history without comments, and keep their
// number of lines.
func TestProgramSources(t *testing.T) {
	comment := regexp.MustCompile(`(?m)^\s*--`)
	for name := range composites() {
		source, err := zfs.ProgramSource(name)
		if err != nil {
			t.Fatal(err)
		}
		if comment.MatchString(source) || !strings.Contains(source, "args.limit") || !strings.HasSuffix(source, "\n") || len(source) > 4096 {
			t.Errorf("%s: %d bytes:\n%s", name, len(source), source)
		}
	}
	if _, err := zfs.ProgramSource("none"); err == nil {
		t.Error("a program that does not exist has a source")
	}
}
