package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// permissionRow is an operation that a user tries.
type permissionRow struct {
	name string
	op   ioctl.Op
	// target is the target of the operation, with N for a unique number in each
	// try, below the pool. To is its new name.
	target, to string
	props      []prop.Prop
	prepare    []string // commands of zfs(8) that make the target, as words
	do         func(ctx context.Context, target, to string) error
}

// permissionRows are the operations.
func permissionRows(c *zfs.Client, pool string) []permissionRow {
	return []permissionRow{
		{"snapshot", ioctl.OpSnapshot, "a@sN", "", nil, nil,
			func(ctx context.Context, target, _ string) error {
				return c.SnapshotCreate(ctx, []string{target}, nil)
			}},
		{"bookmark", ioctl.OpBookmark, "a#bN", "", nil, nil,
			func(ctx context.Context, target, _ string) error {
				return c.BookmarkCreate(ctx, map[string]string{target: pool + "/a@1"})
			}},
		{"hold", ioctl.OpHold, "a@hN", "", nil, []string{"snapshot P/a@hN"},
			func(ctx context.Context, target, _ string) error {
				return c.HoldAdd(ctx, map[string]string{target: "tag"}, nil)
			}},
		{"release", ioctl.OpRelease, "a@rN", "", nil, []string{"snapshot P/a@rN", "hold tag P/a@rN"},
			func(ctx context.Context, target, _ string) error {
				return c.HoldRelease(ctx, map[string][]string{target: {"tag"}})
			}},
		{"create", ioctl.OpCreate, "a/cN", "", nil, nil,
			func(ctx context.Context, target, _ string) error { return c.DatasetCreate(ctx, target, nil) }},
		{"clone", ioctl.OpClone, "a@1", "b/cN", nil, nil,
			func(ctx context.Context, target, to string) error { return c.DatasetClone(ctx, to, target, nil) }},
		{"rename", ioctl.OpRename, "a/mN", "b/mN", nil, []string{"create P/a/mN"},
			func(ctx context.Context, target, to string) error { return c.DatasetRename(ctx, target, to, nil) }},
		{"rename a snapshot", ioctl.OpRename, "a@xN", "a@yN", nil, []string{"snapshot P/a@xN"},
			func(ctx context.Context, target, to string) error { return c.DatasetRename(ctx, target, to, nil) }},
		{"promote", ioctl.OpPromote, "b/pN", "", nil, []string{"create P/o/pN", "snapshot P/o/pN@1", "clone P/o/pN@1 P/b/pN"},
			func(ctx context.Context, target, _ string) error { return c.DatasetPromote(ctx, target) }},
		{"rollback", ioctl.OpRollback, "b", "", nil, nil,
			func(ctx context.Context, target, _ string) error {
				_, err := c.DatasetRollback(ctx, target, nil)
				return err
			}},
		{"destroy", ioctl.OpDestroy, "a/dN", "", nil, []string{"create P/a/dN"},
			func(ctx context.Context, target, _ string) error { return c.DatasetDestroy(ctx, target) }},
		{"destroy a snapshot", ioctl.OpDestroySnaps, "a@dN", "", nil, []string{"snapshot P/a@dN"},
			func(ctx context.Context, target, _ string) error {
				return c.SnapshotDestroy(ctx, []string{target}, nil)
			}},
		{"destroy a bookmark", ioctl.OpDestroyBookmarks, "a#dN", "", nil, []string{"bookmark P/a@1 P/a#dN"},
			func(ctx context.Context, target, _ string) error {
				return c.BookmarkDestroy(ctx, []string{target})
			}},
		{"set", ioctl.OpSetProp, "a", "", []prop.Prop{"compression", "a:b"}, nil,
			func(ctx context.Context, target, _ string) error {
				return c.DatasetSetProps(ctx, target, prop.Values{"compression": prop.String("lz4"), "a:b": prop.String("c")})
			}},
		{"inherit", ioctl.OpInheritProp, "a", "", []prop.Prop{"atime"}, nil,
			func(ctx context.Context, target, _ string) error {
				return c.DatasetInheritProp(ctx, target, "atime", nil)
			}},
		{"space of users", ioctl.OpUserspaceMany, "a", "", []prop.Prop{"userused@x"}, nil,
			func(ctx context.Context, target, _ string) (err error) {
				for _, err = range c.Userspace(ctx, target, zfs.UserUsed) {
					continue
				}
				return err
			}},
		{"for root only", ioctl.OpPoolReguid, "a", "", nil, nil,
			func(ctx context.Context, _, _ string) error {
				cmd := c.Device().Cmd()
				defer cmd.Release()
				if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
					return err
				}
				return c.Device().Call(ctx, ioctl.OpPoolReguid, cmd)
			}},
		{"read", ioctl.OpObjsetStats, "a", "", nil, nil,
			func(ctx context.Context, target, _ string) error {
				_, err := c.DatasetStats(ctx, target, nil)
				return err
			}},
	}
}

// grantsFor are ways to grant needs, by dataset: none, all of them to the user,
// to a group locally, by a set to everyone on descendants, and all but one.
func grantsFor(needs []zfs.PermissionNeed, pool string) []map[string][]zfs.Grant {
	user, group := zfs.Holder{Kind: zfs.HolderUser, ID: aliceID}, zfs.Holder{Kind: zfs.HolderGroup, ID: aliceID}
	grant := func(skip int, holder zfs.Holder, scope zfs.Scope) map[string][]zfs.Grant {
		by := make(map[string][]zfs.Grant)
		for i, need := range needs {
			head, _, _ := strings.Cut(need.Dataset, "@")
			if i != skip && !need.Admin {
				by[head] = append(by[head], zfs.Grant{Holder: holder, Scope: scope, Permissions: []string{need.Permission}})
			}
		}
		return by
	}
	all := []map[string][]zfs.Grant{nil, grant(-1, user, 0), grant(-1, group, zfs.ScopeLocal)}
	var perms []string
	for i, need := range needs {
		if !need.Admin {
			all = append(all, grant(i, user, 0))
			perms = append(perms, need.Permission)
		}
	}
	if len(perms) == 0 {
		return all
	}
	return append(all, map[string][]zfs.Grant{pool: {
		{Holder: zfs.Holder{Kind: zfs.HolderSet, Set: "@inner"}, Permissions: perms},
		{Holder: zfs.Holder{Kind: zfs.HolderSet, Set: "@outer"}, Permissions: []string{"@inner"}},
		{Holder: zfs.Holder{Kind: zfs.HolderEveryone}, Scope: zfs.ScopeDescendent, Permissions: []string{"@outer"}},
	}})
}

// The result of the check is the result of trying the operation as that user.
func TestKernelDelegationCheck(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll("set -e; for i in a b o; do zfs create P/$i; zfs snapshot P/$i@1; done", "P", pool))
	alice := zfs.Credentials{UID: aliceID, Groups: []uint32{aliceID}}
	serial, verdicts := 0, map[bool]int{}
	for i, row := range permissionRows(c, pool) {
		if !zfstest.Share(t, i) {
			continue
		}
		name := func(text string) string {
			if text == "" {
				return ""
			}
			return pool + "/" + strings.ReplaceAll(text, "N", fmt.Sprint(serial))
		}
		opts := &zfs.DelegationNeedsOptions{Props: row.props}
		needs := func() []zfs.PermissionNeed {
			opts.NewName = name(row.to)
			found, err := c.DelegationNeeds(t.Context(), row.op, name(row.target), opts)
			testkit.Must(t, err)
			return found
		}
		prepare := func() {
			serial++
			for _, command := range row.prepare {
				zfstest.Run(t, "zfs", strings.Fields(strings.NewReplacer("P", pool, "N", fmt.Sprint(serial)).Replace(command))...)
			}
		}
		prepare()
		for i := range grantsFor(needs(), pool) {
			grants := grantsFor(needs(), pool)[i] // names are new after a success
			for ds, g := range grants {
				testkit.Must(t, c.DelegationSet(t.Context(), ds, g, nil))
			}
			answers, err := c.DelegationCheck(t.Context(), needs(), alice)
			testkit.Must(t, err)
			told := true
			for _, answer := range answers {
				told = told && answer.Granted
			}
			verdicts[told]++
			err = as(t, aliceID, func() error { return row.do(context.Background(), name(row.target), name(row.to)) })
			if told != (err == nil) || err != nil && !errors.Is(err, zfs.ErrPermission) && !errors.Is(err, syscall.EPERM) {
				t.Errorf("%s, grants %d %v: the check reports %t, but trying returns: %v", row.name, i, grants, told, err)
			}
			for ds, g := range grants {
				// Renamed datasets keep their grants, destroyed ones lose them.
				rerr := c.DelegationSet(t.Context(), ds, g, &zfs.DelegationSetOptions{Revoke: true})
				if rerr != nil && !errors.Is(rerr, zfs.ErrNotFound) {
					t.Fatal(rerr)
				}
			}
			if err == nil {
				prepare()
			}
		}
	}
	if verdicts[true] < 8 || verdicts[false] < 8 {
		t.Errorf("only %d tries were predicted to succeed, and %d to fail", verdicts[true], verdicts[false])
	}
}

// Reasons why grants do not apply.
func TestKernelDelegationRefused(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	zfstest.Run(t, "zfs", "allow", "alice", "snapshot", pool)
	need := []zfs.PermissionNeed{{Dataset: pool + "/a", Permission: "snapshot"}}
	for i, tc := range []struct{ command, refused string }{
		{"true", ""},
		{"zfs set zoned=on P/a", "zoned"},
		{"zfs set zoned=off P/a; zpool set delegation=off P", "delegation"},
	} {
		zfstest.Run(t, "sh", "-c", strings.ReplaceAll(tc.command, "P", pool))
		answers, err := c.DelegationCheck(t.Context(), need, zfs.Credentials{UID: aliceID})
		testkit.Must(t, err)
		told := answers[0]
		err = as(t, aliceID, func() error {
			return c.SnapshotCreate(context.Background(), []string{fmt.Sprintf("%s/a@%d", pool, i)}, nil)
		})
		if told.Granted != (err == nil) || !strings.Contains(told.Refused, tc.refused) || (told.Refused == "") != told.Granted {
			t.Errorf("%s: the check reports %t, %q, but trying returns: %v", tc.command, told.Granted, told.Refused, err)
		}
	}
}
