package zfs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustMount creates a filesystem, mounted below /tmp, and returns its path.
func mustMount(t *testing.T, name string, args ...string) (path string) {
	t.Helper()
	path = "/tmp/" + name
	zfstest.Run(t, "zfs", append(append([]string{"create", "-o", "mountpoint=" + path}, args...), name)...)
	return path
}

// mustFile creates a file of that size for an owner.
func mustFile(t *testing.T, path string, size, uid, gid int) {
	t.Helper()
	if err := os.WriteFile(path, make([]byte, size), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}

// settle waits until all that was written is counted.
func settle(t *testing.T, pool string) {
	t.Helper()
	zfstest.Run(t, "zpool", "sync", pool)
}

// usage parses what zfs userspace and its sisters print, as one line of name,
// used, quota, objects used and allowed for each owner.
func usage(t *testing.T, c *zfs.Client, name string, kinds [4]zfs.UserspaceKind) []string {
	t.Helper()
	rows := make(map[uint32]*[4]uint64)
	for i, kind := range kinds {
		for entry, err := range c.Userspace(t.Context(), name, kind) {
			if err != nil {
				t.Fatal(err)
			}
			row := rows[entry.ID.RID]
			if row == nil {
				row = &[4]uint64{}
				rows[entry.ID.RID] = row
			}
			row[i] = entry.Value
			if !kind.IsQuota() {
				row[i+1] = entry.DefaultQuota
			}
		}
	}
	var lines []string
	for rid, row := range rows {
		lines = append(lines, fmt.Sprintf("%d\t%d\t%d\t%d\t%d", rid, row[0], row[1], row[2], row[3]))
	}
	slices.Sort(lines)
	return lines
}

var (
	userKinds    = [4]zfs.UserspaceKind{zfs.UserUsed, zfs.UserQuota, zfs.UserObjUsed, zfs.UserObjQuota}
	groupKinds   = [4]zfs.UserspaceKind{zfs.GroupUsed, zfs.GroupQuota, zfs.GroupObjUsed, zfs.GroupObjQuota}
	projectKinds = [4]zfs.UserspaceKind{zfs.ProjectUsed, zfs.ProjectQuota, zfs.ProjectObjUsed, zfs.ProjectObjQuota}
)

// zfsUsage is usage as zfs(8) has it.
func zfsUsage(t *testing.T, verb, name string) []string {
	t.Helper()
	args := []string{verb, "-Hp", "-o", "name,used,quota,objused,objquota"}
	if verb != "projectspace" {
		args = append(args, "-n")
	}
	lines := strings.Split(strings.TrimSpace(zfstest.Run(t, "zfs", append(args, name)...)), "\n")
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, "\t-", "\t0")
	}
	slices.Sort(lines)
	return lines
}

// Used space and limits equal what zfs userspace, groupspace and projectspace
// print, for a mounted filesystem, an unmounted one, and a snapshot.
func TestKernelUserspace(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := mustMount(t, pool+"/a")
	for i := range 20 {
		mustFile(t, filepath.Join(dir, strconv.Itoa(i)), 4096*i, 1000+i, 2000+i%3)
	}
	mustFile(t, filepath.Join(dir, "far"), 1<<20, 1<<31-1, 1<<31-2)
	zfstest.Run(t, "zfs", "project", "-p", "7", filepath.Join(dir, "3"))
	for _, property := range []string{"userquota@1003=10M", "userobjquota@1004=33", "userquota@5000=1G", "groupquota@2001=20M",
		"groupobjquota@2002=44", "projectquota@7=30M", "projectobjquota@8=55"} {
		zfstest.Run(t, "zfs", "set", property, pool+"/a")
	}
	settle(t, pool)
	zfstest.Run(t, "zfs", "snapshot", pool+"/a@s")
	check := func(name string) {
		t.Helper()
		for verb, kinds := range map[string][4]zfs.UserspaceKind{"userspace": userKinds, "groupspace": groupKinds, "projectspace": projectKinds} {
			theirs := zfsUsage(t, verb, name)
			if diff := cmp.Diff(theirs, usage(t, c, name, kinds)); diff != "" {
				t.Errorf("%s %s (-zfs +ours):\n%s", verb, name, diff)
			}
		}
	}
	check(pool + "/a")
	check(pool + "/a@s")
	if lines := usage(t, c, pool+"/a", userKinds); len(lines) != 23 {
		t.Errorf("%d users, want 20, one far, one without files, and root:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	zfstest.Run(t, "zfs", "umount", pool+"/a")
	check(pool + "/a")
}

// With more records than fit in one call, none is lost and none is repeated.
func TestKernelUserspaceBatches(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", nil)
	const total = 1500
	var quotas []zfs.UserspaceQuota
	for i := range uint32(total) {
		quotas = append(quotas, zfs.UserspaceQuota{Kind: zfs.GroupQuota, ID: zfs.UserspaceID{RID: 100 + i*7}, Value: uint64(i) + 1})
	}
	for batch := range slices.Chunk(quotas, 100) {
		if err := c.UserspaceSet(t.Context(), pool+"/a", batch); err != nil {
			t.Fatal(err)
		}
	}
	seen := make(map[uint32]uint64)
	for entry, err := range c.Userspace(t.Context(), pool+"/a", zfs.GroupQuota) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := seen[entry.ID.RID]; twice {
			t.Errorf("%s is repeated", entry.ID)
		}
		seen[entry.ID.RID] = entry.Value
	}
	if len(seen) != total {
		t.Errorf("%d records, want %d", len(seen), total)
	}
	for _, q := range quotas {
		if seen[q.ID.RID] != q.Value {
			t.Fatalf("%s has %d, want %d", q.ID, seen[q.ID.RID], q.Value)
		}
	}
}

func TestKernelUserspaceSet(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	name := pool + "/a"
	mustCreate(t, c, name, nil)
	for _, tc := range []struct {
		kind  zfs.UserspaceKind
		who   string
		value uint64
		get   string // the property and value that zfs get prints
	}{
		{zfs.UserQuota, "alice", 10 << 20, "userquota@alice 10485760"},
		{zfs.UserQuota, "1001", 11 << 20, "userquota@1001 11534336"},
		{zfs.UserObjQuota, "bob", 12, "userobjquota@bob 12"},
		{zfs.GroupQuota, "bob", 1 << 40, "groupquota@bob 1099511627776"},
		{zfs.GroupObjQuota, "4294967295", 13, "groupobjquota@4294967295 13"},
		{zfs.ProjectQuota, "42", 14 << 10, "projectquota@42 14336"},
		{zfs.ProjectObjQuota, "0", 15, "projectobjquota@0 15"},
		{zfs.UserQuota, "alice", 0, "userquota@alice 0"},
	} {
		id, err := zfs.ParseUserspaceID(tc.kind, tc.who)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.UserspaceSet(t.Context(), name, []zfs.UserspaceQuota{{Kind: tc.kind, ID: id, Value: tc.value}}); err != nil {
			t.Errorf("%s %s: %v", tc.kind, tc.who, err)
			continue
		}
		got, err := c.UserspaceGet(t.Context(), name, tc.kind, id)
		if err != nil || got != tc.value {
			t.Errorf("%s %s: %d, %v, want %d", tc.kind, tc.who, got, err, tc.value)
		}
		property, want, _ := strings.Cut(tc.get, " ")
		if theirs := strings.TrimSpace(zfstest.Run(t, "zfs", "get", "-Hp", "-o", "value", property, name)); theirs != want {
			t.Errorf("zfs get %s says %s, want %s", property, theirs, want)
		}
	}
}

// A domain and a number within it are stored unchanged.
func TestKernelUserspaceSID(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	name := pool + "/a"
	mustCreate(t, c, name, nil)
	sid := zfs.UserspaceID{Domain: "S-1-5-21-11-22-33", RID: 1104}
	if n, err := c.UserspaceGet(t.Context(), name, zfs.UserQuota, sid); n != 0 || err != nil {
		t.Errorf("before the domain is known: %d, %v", n, err)
	}
	err := c.UserspaceSet(t.Context(), name, []zfs.UserspaceQuota{
		{Kind: zfs.UserQuota, ID: sid, Value: 5 << 20}, {Kind: zfs.UserQuota, ID: zfs.UserspaceID{RID: 1104}, Value: 6 << 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]uint64)
	for entry, err := range c.Userspace(t.Context(), name, zfs.UserQuota) {
		if err != nil {
			t.Fatal(err)
		}
		got[entry.ID.String()] = entry.Value
	}
	if diff := cmp.Diff(map[string]uint64{"S-1-5-21-11-22-33-1104": 5 << 20, "1104": 6 << 20}, got); diff != "" {
		t.Errorf("quotas (-want +got):\n%s", diff)
	}
	if n, err := c.UserspaceGet(t.Context(), name, zfs.UserQuota, sid); n != 5<<20 || err != nil {
		t.Errorf("quota of %s: %d, %v", sid, n, err)
	}
}

// Since 2.4 a filesystem has default limits.
func TestKernelUserspaceDefaultQuota(t *testing.T) {
	c := zfstest.Kernel(t)
	zfstest.Since(t, "2.4", "a default quota")
	pool := zfstest.Pool(t, nil)
	dir := mustMount(t, pool+"/a")
	mustFile(t, filepath.Join(dir, "f"), 4096, 1000, 1000)
	settle(t, pool)
	err := c.DatasetSetProps(t.Context(), pool+"/a", prop.Values{
		prop.DefaultUserQuota: prop.String("5M"), prop.DefaultUserObjQuota: prop.Uint64(50),
	})
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[zfs.UserspaceKind]uint64{
		zfs.UserUsed: 5 << 20, zfs.UserObjUsed: 50, zfs.GroupUsed: 0, zfs.UserQuota: 0,
	} {
		for entry, err := range c.Userspace(t.Context(), pool+"/a", kind) {
			if err != nil || entry.DefaultQuota != want {
				t.Errorf("%s: default quota %d, %v, want %d", kind, entry.DefaultQuota, err, want)
			}
		}
	}
	if diff := cmp.Diff(zfsUsage(t, "userspace", pool+"/a"), usage(t, c, pool+"/a", userKinds)); diff != "" {
		t.Errorf("with default quotas (-zfs +ours):\n%s", diff)
	}
}

// Pools of version 14 and older count nothing. A filesystem of an upgraded pool
// begins to count on request, including existing files.
func TestKernelUserspaceUpgrade(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, &zfstest.PoolOptions{Args: []string{"-o", "version=14"}})
	mounted := mustMount(t, pool+"/mounted")
	mustFile(t, filepath.Join(mounted, "f"), 4096, 1001, 1001)
	mustCreate(t, c, pool+"/bare", nil)
	alice := zfs.UserspaceID{RID: 1001}
	if _, err := c.UserspaceGet(t.Context(), pool+"/mounted", zfs.UserUsed, alice); !errors.Is(err, zfs.ErrUpgrade) {
		t.Errorf("version 14: %v, want ErrUpgrade", err)
	}
	if err := c.UserspaceUpgrade(t.Context(), pool+"/mounted"); !errors.Is(err, zfs.ErrUpgrade) {
		t.Errorf("upgrade with version 14: %v, want ErrUpgrade", err)
	}
	quota := []zfs.UserspaceQuota{{Kind: zfs.UserQuota, ID: alice, Value: 1 << 20}}
	if err := c.UserspaceSet(t.Context(), pool+"/mounted", quota); !errors.Is(err, zfs.ErrUpgrade) {
		t.Errorf("quota with version 14: %v, want ErrUpgrade", err)
	}
	zfstest.Run(t, "zpool", "upgrade", "-V", "28", pool)
	for _, name := range []string{pool + "/mounted", pool + "/bare"} {
		for range 2 {
			if err := c.UserspaceUpgrade(t.Context(), name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	settle(t, pool)
	n, err := c.UserspaceGet(t.Context(), pool+"/mounted", zfs.UserUsed, alice)
	theirs := strings.TrimSpace(zfstest.Run(t, "zfs", "get", "-Hp", "-o", "value", "userused@alice", pool+"/mounted"))
	if err != nil || n == 0 || theirs != strconv.FormatUint(n, 10) {
		t.Errorf("after the upgrade alice uses %d, %v; zfs get says %s", n, err, theirs)
	}
	if err := c.UserspaceUpgrade(t.Context(), pool+"/none"); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("not there: %v, want ErrNotFound", err)
	}
}
