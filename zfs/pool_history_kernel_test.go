package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// commandLine is a record of a command in zpool history -l, of user root.
var commandLine = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d\.\d\d:\d\d:\d\d (.*) \[user 0 \(root\) on [^\]]*\]$`)

// commands are the texts of a pool's records that tests have left, in order.
// The module also shows its own notes, which have another form.
func commands(t *testing.T, pool string) (texts []string) {
	t.Helper()
	zfstest.Run(t, "zpool", "sync", pool)
	for _, line := range commandLine.FindAllStringSubmatch(zfstest.Run(t, "zpool", "history", "-il", pool), -1) {
		if strings.HasPrefix(line[1], "test ") {
			texts = append(texts, line[1])
		}
	}
	return texts
}

// diskOf returns the file of a test's pool.
func diskOf(t *testing.T, pool string) string {
	t.Helper()
	return strings.Fields(zfstest.Run(t, "zpool", "list", "-vHPp", "-o", "name", pool))[1]
}

// historyRow is a call that writes a record, or none.
type historyRow struct {
	name string
	none bool
	do   func(ctx context.Context) error
}

// historyRows change the dataset a of a pool, one after the other.
func historyRows(c *zfs.Client, pool string, key []byte) []historyRow {
	a, everyone := pool+"/a", []zfs.Grant{{Holder: zfs.Holder{Kind: zfs.HolderEveryone}, Permissions: []string{"send"}}}
	return []historyRow{
		{"create", false, func(ctx context.Context) error {
			return c.DatasetCreate(ctx, a+"/b/c", &zfs.DatasetCreateOptions{Parents: true})
		}},
		{"create encrypted", false, func(ctx context.Context) error {
			return c.DatasetCreate(ctx, pool+"/e", &zfs.DatasetCreateOptions{Key: &zfs.NewKey{Key: key, Format: zfs.KeyRaw}})
		}},
		{"create again", true, func(ctx context.Context) error {
			if err := c.DatasetCreate(ctx, a, nil); !errors.Is(err, zfs.ErrExists) {
				return fmt.Errorf("error %w, want ErrExists", err)
			}
			return nil
		}},
		{"snapshot", false, func(ctx context.Context) error { return c.SnapshotCreate(ctx, []string{a + "@1", a + "/b@1"}, nil) }},
		{"bookmark", false, func(ctx context.Context) error {
			return c.BookmarkCreate(ctx, map[string]string{a + "#1": a + "@1"})
		}},
		{"hold", false, func(ctx context.Context) error { return c.HoldAdd(ctx, map[string]string{a + "@1": "tag"}, nil) }},
		{"release", false, func(ctx context.Context) error {
			return c.HoldRelease(ctx, map[string][]string{a + "@1": {"tag"}})
		}},
		{"clone", false, func(ctx context.Context) error { return c.DatasetClone(ctx, pool+"/c", a+"@1", nil) }},
		{"promote", false, func(ctx context.Context) error { return c.DatasetPromote(ctx, pool+"/c") }},
		{"set", false, func(ctx context.Context) error {
			return c.DatasetSetProps(ctx, a, prop.Values{"a:b": prop.String("c")})
		}},
		{"inherit", false, func(ctx context.Context) error { return c.DatasetInheritProp(ctx, a, "a:b", nil) }},
		{"allow", false, func(ctx context.Context) error { return c.DelegationSet(ctx, a, everyone, nil) }},
		{"rename", false, func(ctx context.Context) error {
			return c.DatasetRename(ctx, a+"/b", a+"/x/y/b", &zfs.DatasetRenameOptions{Parents: true})
		}},
		{"rollback", false, func(ctx context.Context) error {
			_, err := c.DatasetRollback(ctx, pool+"/c", nil)
			return err
		}},
		{"read", true, func(ctx context.Context) error {
			_, err := c.DatasetStats(ctx, a, nil)
			return err
		}},
		{"temporary snapshot", true, func(ctx context.Context) error {
			s, err := c.SnapshotTemp(ctx, a, nil)
			if err != nil {
				return err
			}
			return s.Close()
		}},
		{"destroy a tree", false, func(ctx context.Context) error {
			plan, err := planDestroy(ctx, c, a, &zfs.PlanDestroyOptions{Recursive: true})
			if err != nil {
				return err
			}
			return c.PlanExecute(ctx, plan, stepwise())
		}},
	}
}

// Exactly the operations that changed something have logged their text, with a
// context that can end and with one that cannot. No record contains a key.
func TestKernelWithHistory(t *testing.T) {
	c := zfstest.Kernel(t)
	cancelable, cancel := context.WithCancel(t.Context())
	defer cancel()
	key := "KEYMATERIALKEYMATERIALKEYMATERIA"
	for name, ctx := range map[string]context.Context{"cancelable": cancelable, "not cancelable": context.Background()} {
		t.Run(name, func(t *testing.T) {
			pool := zfstest.Pool(t, nil)
			mustCreate(t, c, pool+"/a", nil)
			var want []string
			for _, row := range historyRows(c, pool, []byte(key)) {
				text := `test ` + row.name + ` "quoted" ` + pool
				if !row.none {
					want = append(want, text)
				}
				if err := row.do(zfs.WithHistory(ctx, text)); err != nil {
					t.Errorf("%s: %v", row.name, err)
				}
			}
			if diff := cmp.Diff(want, commands(t, pool)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if all := zfstest.Run(t, "zpool", "history", "-il", pool); strings.Contains(all, key[:8]) || strings.Contains(all, "wkeydata") {
				t.Error("the history shows the key")
			}
		})
	}
}

// Many concurrent threads each log their own texts, the longest among them.
func TestKernelWithHistoryAtOnce(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	want := map[string]int{}
	var wg sync.WaitGroup
	for i := range 8 {
		name := fmt.Sprintf("%s/%d", pool, i)
		text := "test " + name + " "
		if i == 0 {
			text += strings.Repeat("x", ioctl.MaxHistory-len(text))
		}
		want[text] = 3
		wg.Go(func() {
			ctx := zfs.WithHistory(ctx, text)
			if err := errors.Join(c.DatasetCreate(ctx, name, nil), c.SnapshotCreate(ctx, []string{name + "@s"}, nil), c.SnapshotDestroy(ctx, []string{name + "@s"}, nil)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := map[string]int{}
	for _, text := range commands(t, pool) {
		got[text]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// If a record cannot be written, the operation does not fail.
func TestKernelWithHistoryRefused(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	key := strings.Repeat("k", 32)
	testkit.Must(t, c.DatasetCreate(t.Context(), pool+"/e", &zfs.DatasetCreateOptions{Key: &zfs.NewKey{Key: []byte(key), Format: zfs.KeyRaw}}))
	file := diskOf(t, pool)
	zfstest.Run(t, "zpool", "export", pool)
	zfstest.Run(t, "zpool", "import", "-N", "-o", "readonly=on", "-d", filepath.Dir(file), pool)
	// Keys can be loaded on such a pool, but nothing can be written.
	err := c.KeyLoad(zfs.WithHistory(t.Context(), "test load"), pool+"/e", []byte(key))
	var e *zfs.Error
	if !errors.As(err, &e) || !errors.Is(err, zfs.ErrHistory) || !e.Executed {
		t.Errorf("load a key: %v, want ErrHistory, carried out", err)
	}
	if got := zfsGet(t, "keystatus", pool+"/e"); got != "available" {
		t.Errorf("the key is %s", got)
	}
	if all := zfstest.Run(t, "zpool", "history", "-il", pool); strings.Contains(all, "test load") {
		t.Error("there is a record")
	}
}

// A pool that is exported has its record when it is there again.
func TestKernelWithHistoryOfExport(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	file := diskOf(t, pool)
	cmd := c.Device().Cmd()
	defer cmd.Release()
	testkit.Must(t, cmd.SetText(ioctl.FieldName, pool))
	testkit.Must(t, c.Device().Call(zfs.WithHistory(t.Context(), "test export"), ioctl.OpPoolExport, cmd))
	zfstest.Run(t, "zpool", "import", "-N", "-d", filepath.Dir(file), pool)
	if diff := cmp.Diff([]string{"test export"}, commands(t, pool)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
