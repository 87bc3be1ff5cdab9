package zfs_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// allowed converts grants to what zfs allow prints about one dataset.
func allowed(name string, grants []zfs.Grant) string {
	names := map[uint32]string{0: "root", aliceID: "alice", bobID: "bob"}
	var b strings.Builder
	title := ""
	for _, g := range grants {
		head := map[zfs.Scope]string{zfs.ScopeLocal: "Local", zfs.ScopeDescendent: "Descendent", zfs.ScopeBoth: "Local+Descendent"}[g.Scope] + " permissions"
		holder := g.Holder.String() + " "
		switch g.Holder.Kind {
		case zfs.HolderSet:
			head = "Permission sets"
		case zfs.HolderCreator:
			head, holder = "Create time permissions", ""
		case zfs.HolderUser, zfs.HolderGroup:
			holder = fmt.Sprintf("%s %s ", g.Holder.Kind, names[g.Holder.ID])
		}
		if g.Dataset == name && head != title {
			title = head
			b.WriteString(title + ":\n")
		}
		if g.Dataset == name {
			b.WriteString("\t" + holder + strings.Join(g.Permissions, ",") + "\n")
		}
	}
	return b.String()
}

// checkAllow compares with zfs allow, dataset by dataset.
func checkAllow(t *testing.T, c *zfs.Client, name string) {
	t.Helper()
	grants, err := c.Delegation(t.Context(), name)
	testkit.Must(t, err)
	var ours strings.Builder
	seen := map[string]bool{}
	for _, g := range grants {
		if !seen[g.Dataset] {
			seen[g.Dataset] = true
			head := "---- Permissions on " + g.Dataset + " "
			ours.WriteString(head + strings.Repeat("-", max(0, 70-len(head))) + "\n" + allowed(g.Dataset, grants))
		}
	}
	if diff := cmp.Diff(zfstest.Run(t, "zfs", "allow", name), ours.String()); diff != "" {
		t.Errorf("zfs allow %s (-zfs +ours):\n%s", name, diff)
	}
}

// Grants by zfs allow are read, and grants made here are shown by zfs allow.
func TestKernelDelegation(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	name := pool + "/a/b"
	mustCreate(t, c, name, &zfs.DatasetCreateOptions{Parents: true})
	if grants, err := c.Delegation(t.Context(), name); err != nil || grants != nil {
		t.Errorf("before anything is granted: %v, %v", grants, err)
	}
	for _, args := range [][]string{
		{"-s", "@backup", "snapshot,send,hold", pool},
		{"-s", "@all", "@backup,compression", pool + "/a"},
		{"-c", "destroy,@backup", pool + "/a"},
		{"-l", "alice", "create,mount", pool + "/a"},
		{"-d", "alice", "create,clone,@backup", pool + "/a"},
		{"-g", "bob", "quota", pool + "/a"},
		{"-u", "bob,root", "userprop", pool + "/a/b"},
		{"-e", "diff", pool + "/a/b"},
		{"-l", "-e", "rename", pool + "/a/b"},
	} {
		zfstest.Run(t, "zfs", append([]string{"allow"}, args...)...)
	}
	checkAllow(t, c, name)
	testkit.Must(t, c.DelegationSet(t.Context(), name, []zfs.Grant{
		{Holder: zfs.Holder{Kind: zfs.HolderSet, Set: "@mine"}, Permissions: []string{"rollback", "@backup", "recordsize"}},
		{Holder: zfs.Holder{Kind: zfs.HolderCreator}, Permissions: []string{"release"}},
		{Holder: zfs.Holder{Kind: zfs.HolderGroup, ID: aliceID}, Permissions: []string{"allow", "@mine"}},
		{Holder: zfs.Holder{Kind: zfs.HolderEveryone}, Scope: zfs.ScopeDescendent, Permissions: []string{"bookmark"}},
		{Holder: zfs.Holder{Kind: zfs.HolderUser, ID: bobID}, Scope: zfs.ScopeLocal, Permissions: []string{"load-key", "change-key"}},
	}, nil))
	checkAllow(t, c, name)
	if out := zfstest.Run(t, "zfs", "allow", name); !strings.Contains(out, "group alice @mine,allow\n") {
		t.Errorf("zfs allow does not show what was granted:\n%s", out)
	}
	revoke := &zfs.DelegationSetOptions{Revoke: true}
	testkit.Must(t, c.DelegationSet(t.Context(), name, []zfs.Grant{
		{Holder: zfs.Holder{Kind: zfs.HolderUser, ID: bobID}},
		{Holder: zfs.Holder{Kind: zfs.HolderGroup, ID: aliceID}, Scope: zfs.ScopeLocal},
		{Holder: zfs.Holder{Kind: zfs.HolderEveryone}, Scope: zfs.ScopeDescendent, Permissions: []string{"bookmark", "diff", "send"}},
		{Holder: zfs.Holder{Kind: zfs.HolderSet, Set: "@nosuch"}},
	}, revoke))
	checkAllow(t, c, name)
	grants, err := c.Delegation(t.Context(), name)
	testkit.Must(t, err)
	for _, g := range grants {
		if g.Dataset == name && g.Holder.Kind == zfs.HolderUser && g.Holder.ID == bobID {
			t.Errorf("bob still has %v", g.Permissions)
		}
	}
	all := []zfs.Grant{}
	for _, g := range grants {
		if g.Dataset == name {
			all = append(all, g)
		}
	}
	testkit.Must(t, c.DelegationSet(t.Context(), name, all, revoke))
	if left, err := c.Delegation(t.Context(), name); err != nil || allowed(name, left) != "" {
		t.Errorf("after everything was revoked: %v, %v", left, err)
	}
}

// A user may do what was granted, where it was granted, and nothing else.
func TestKernelDelegationRights(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	user := zfs.Holder{Kind: zfs.HolderUser, ID: aliceID}
	snapshot := func(scope zfs.Scope) []zfs.Grant {
		return []zfs.Grant{{Holder: user, Scope: scope, Permissions: []string{"snapshot"}}}
	}
	serial := 0
	check := func(what string, uid int, ds string, want error) {
		t.Helper()
		serial++
		err := as(t, uid, func() error { return c.SnapshotCreate(t.Context(), []string{fmt.Sprintf("%s@%d", ds, serial)}, nil) })
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	check("before", aliceID, pool+"/a", zfs.ErrPermission)
	testkit.Must(t, c.DelegationSet(t.Context(), pool+"/a", snapshot(zfs.ScopeLocal), nil))
	check("local", aliceID, pool+"/a", nil)
	check("local, below", aliceID, pool+"/a/b", zfs.ErrPermission)
	check("someone else", bobID, pool+"/a", zfs.ErrPermission)
	testkit.Must(t, c.DelegationSet(t.Context(), pool+"/a", snapshot(zfs.ScopeDescendent), nil))
	check("both, below", aliceID, pool+"/a/b", nil)
	testkit.Must(t, c.DelegationSet(t.Context(), pool+"/a", snapshot(zfs.ScopeLocal), &zfs.DelegationSetOptions{Revoke: true}))
	check("descendent", aliceID, pool+"/a", zfs.ErrPermission)
	check("descendent, below", aliceID, pool+"/a/b", nil)
	testkit.Must(t, c.DelegationSet(t.Context(), pool, []zfs.Grant{
		{Holder: zfs.Holder{Kind: zfs.HolderSet, Set: "@snap"}, Permissions: []string{"snapshot"}},
		{Holder: zfs.Holder{Kind: zfs.HolderGroup, ID: bobID}, Permissions: []string{"@snap"}},
	}, nil))
	check("a group by a set", bobID, pool+"/a", nil)
	grant := func() error { return c.DelegationSet(t.Context(), pool+"/a", snapshot(zfs.ScopeLocal), nil) }
	if err := as(t, aliceID, grant); !errors.Is(err, zfs.ErrPermission) {
		t.Errorf("a user grants: %v, want ErrPermission", err)
	}
	testkit.Must(t, c.DelegationSet(t.Context(), pool+"/a", []zfs.Grant{{Holder: user, Permissions: []string{"allow", "snapshot"}}}, nil))
	if err := as(t, aliceID, grant); err != nil {
		t.Errorf("a user who may grant what she has: %v", err)
	}
}

// A process in a namespace sees what is attached to it, and its ancestors.
func TestKernelUserns(t *testing.T) {
	c := zfstest.Kernel(t)
	zfstest.Since(t, "2.2", "user namespaces on Linux")
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/in", nil)
	mustCreate(t, c, pool+"/out", nil)
	testkit.Must(t, os.Chmod("/dev/zfs", 0o666))
	child := exec.Command("sh", "-c", "while read x; do zfs list -H -o name -r "+pool+" 2>&1; echo end; done")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}}
	in, err := child.StdinPipe()
	testkit.Must(t, err)
	out, err := child.StdoutPipe()
	testkit.Must(t, err)
	testkit.Must(t, child.Start())
	defer child.Wait()
	defer in.Close()
	lines := bufio.NewScanner(out)
	list := func() (names []string) {
		t.Helper()
		fmt.Fprintln(in, "go")
		for lines.Scan() && lines.Text() != "end" {
			names = append(names, lines.Text())
		}
		return names
	}
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/user", child.Process.Pid))
	testkit.Must(t, err)
	defer ns.Close()
	testkit.Must(t, c.UsernsAttach(t.Context(), pool+"/in", ns))
	if diff := cmp.Diff([]string{pool, pool + "/in"}, list()); diff != "" {
		t.Errorf("the namespace sees (-want +got):\n%s", diff)
	}
	if err := c.UsernsAttach(t.Context(), pool+"/in", ns); !errors.Is(err, zfs.ErrExists) {
		t.Errorf("attached twice: %v, want ErrExists", err)
	}
	zfstest.Run(t, "zfs", "unzone", ns.Name(), pool+"/in")
	if err := c.UsernsDetach(t.Context(), pool+"/in", ns); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("detached by zfs unzone before: %v, want ErrNotFound", err)
	}
	zfstest.Run(t, "zfs", "zone", ns.Name(), pool+"/out")
	testkit.Must(t, c.UsernsDetach(t.Context(), pool+"/out", ns))
	if got := list(); strings.Contains(strings.Join(got, " "), pool+"/out") {
		t.Errorf("after it was detached the namespace sees %v", got)
	}
	none, err := os.Open("/proc/self/ns/net")
	testkit.Must(t, err)
	defer none.Close()
	if err := c.UsernsAttach(t.Context(), pool+"/in", none); !errors.Is(err, zfs.ErrInvalid) {
		t.Errorf("another kind of namespace: %v, want ErrInvalid", err)
	}
	if err := c.UsernsAttach(t.Context(), pool+"/none", ns); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no such dataset: %v, want ErrNotFound", err)
	}
}

// A module without the operation is reported.
func TestKernelUsernsNotSupported(t *testing.T) {
	c := zfstest.Kernel(t)
	if r := zfstest.Release(t); r.Major > 2 || r.Minor >= 2 {
		return // TestKernelUserns tests it
	}
	pool := zfstest.Pool(t, nil)
	ns, err := os.Open("/proc/self/ns/user")
	testkit.Must(t, err)
	defer ns.Close()
	err = c.UsernsAttach(t.Context(), pool, ns)
	if !errors.Is(err, zfs.ErrNotSupported) || !strings.Contains(err.Error(), "added in 2.2") {
		t.Errorf("attach: %v, want ErrNotSupported with the release", err)
	}
	if err := c.UsernsDetach(t.Context(), pool, ns); !errors.Is(err, zfs.ErrNotSupported) {
		t.Errorf("detach: %v, want ErrNotSupported", err)
	}
}
