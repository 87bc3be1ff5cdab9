package zfs_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustStart starts a process that does nothing, and returns a function that ends
// it.
func mustStart(t *testing.T, cmd *exec.Cmd) (end func()) {
	t.Helper()
	testkit.Must(t, cmd.Start())
	return func() {
		testkit.Must(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
	}
}

// opened is a process with a file open.
func opened(t *testing.T, path string, flags int) (end func()) {
	t.Helper()
	f, err := os.OpenFile(path, flags, 0o644)
	testkit.Must(t, err)
	defer f.Close()
	cmd := exec.Command("sleep", "1000")
	cmd.Stdin = f
	return mustStart(t, cmd)
}

// mustMapped maps a file into the test itself.
func mustMapped(t *testing.T, path string) (end func()) {
	t.Helper()
	testkit.Must(t, os.WriteFile(path, make([]byte, 8192), 0o644))
	f, err := os.Open(path)
	testkit.Must(t, err)
	defer f.Close()
	mem, err := syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ, syscall.MAP_SHARED)
	testkit.Must(t, err)
	return func() { testkit.Must(t, syscall.Munmap(mem)) }
}

// mustLink creates udev's link for the only volume.
func mustLink(t *testing.T, name string) (device string) {
	t.Helper()
	for len(devices(t)) == 0 {
		time.Sleep(time.Millisecond)
	}
	link := "/dev/zvol/" + name
	testkit.Must(t, os.MkdirAll(filepath.Dir(link), 0o755))
	testkit.Must(t, os.Symlink(devices(t)[0], link))
	t.Cleanup(func() { testkit.Must(t, os.Remove(link)) })
	return devices(t)[0]
}

// blockedRow is a state of a dataset, and the expected blockers.
type blockedRow struct {
	name string
	// prepare creates the dataset and its state, undo removes what would block
	// the test's end.
	prepare func(t *testing.T, ds string) (undo func())
	want    []string // with DS for the dataset, and without numbers of processes
}

// none is for rows that leave no blockers.
func none() {}

// blockedRows are states of filesystems and volumes.
func blockedRows(c *zfs.Client) []blockedRow {
	snap := func(t *testing.T, names ...string) { zfstest.Run(t, "zfs", append([]string{"snapshot"}, names...)...) }
	create := func(t *testing.T, ds string) { mustCreate(t, c, ds, nil) }
	return []blockedRow{
		{"nothing", func(t *testing.T, ds string) func() { create(t, ds); return none }, nil},
		{"mounted", func(t *testing.T, ds string) func() { mustMount(t, ds); return none }, []string{"DS: mounted at /tmp/DS"}},
		{"open file", func(t *testing.T, ds string) func() {
			return opened(t, mustMount(t, ds)+"/f", os.O_CREATE|os.O_WRONLY)
		}, []string{"DS: mounted at /tmp/DS", "DS: process N (sleep): open file /tmp/DS/f"}},
		{"working directory", func(t *testing.T, ds string) func() {
			cmd := exec.Command("sleep", "1000")
			cmd.Dir = mustMount(t, ds)
			return mustStart(t, cmd)
		}, []string{"DS: mounted at /tmp/DS", "DS: process N (sleep): working directory /tmp/DS"}},
		{"mapped", func(t *testing.T, ds string) func() { return mustMapped(t, mustMount(t, ds)+"/f") },
			[]string{"DS: mounted at /tmp/DS", "DS: process N (SELF): mapped file /tmp/DS/f"}},
		{"another namespace", func(t *testing.T, ds string) func() {
			path := mustMount(t, ds)
			cmd := exec.Command("sleep", "1000")
			cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
			end := mustStart(t, cmd)
			testkit.Must(t, syscall.Unmount(path, 0))
			return end
		}, []string{"DS: mounted at /tmp/DS in the namespace of process N (sleep)"}},
		{"child", func(t *testing.T, ds string) func() { create(t, ds); create(t, ds+"/b"); return none }, []string{"it has the child DS/b"}},
		{"snapshots", func(t *testing.T, ds string) func() { create(t, ds); snap(t, ds+"@2"); snap(t, ds+"@1"); return none },
			[]string{"it has 2 snapshots, the latest is DS@1"}},
		{"hold", func(t *testing.T, ds string) func() {
			create(t, ds)
			snap(t, ds+"@1")
			zfstest.Run(t, "zfs", "hold", "keep", ds+"@1")
			return func() { zfstest.Run(t, "zfs", "release", "keep", ds+"@1") }
		}, []string{"DS@1 is held by keep", "it has 1 snapshots, the latest is DS@1"}},
		{"clone", func(t *testing.T, ds string) func() {
			create(t, ds)
			snap(t, ds+"@1")
			mustClone(t, c, ds+"-clone", ds+"@1")
			return none
		}, []string{"DS-clone is a clone of DS@1", "it has 1 snapshots, the latest is DS@1"}},
		{"newer bookmark", func(t *testing.T, ds string) func() {
			create(t, ds)
			snap(t, ds+"@1")
			snap(t, ds+"@2")
			zfstest.Run(t, "zfs", "bookmark", ds+"@2", ds+"#2")
			zfstest.Run(t, "zfs", "destroy", ds+"@2")
			return none
		}, []string{"it has 1 snapshots, the latest is DS@1", "DS#2 is newer than the latest snapshot"}},
		{"bookmark", func(t *testing.T, ds string) func() {
			create(t, ds)
			snap(t, ds+"@1")
			zfstest.Run(t, "zfs", "bookmark", ds+"@1", ds+"#1")
			zfstest.Run(t, "zfs", "destroy", ds+"@1")
			return none
		}, nil},
		{"snapshot in use", func(t *testing.T, ds string) func() {
			create(t, ds)
			snap(t, ds+"@1")
			dir := t.TempDir()
			testkit.Must(t, syscall.Mount(ds+"@1", dir, "zfs", syscall.MS_RDONLY, ""))
			return func() { testkit.Must(t, syscall.Unmount(dir, 0)) }
		}, []string{"DS@1: mounted at DIR", "it has 1 snapshots, the latest is DS@1"}},
		{"unfinished receive", func(t *testing.T, ds string) func() {
			testkit.Must(t, os.WriteFile(mustMount(t, ds+"-src")+"/f", noise(2<<20), 0o600))
			snap(t, ds+"-src@1")
			_, err := zfstest.Try("sh", "-c", "zfs send "+ds+"-src@1 | head -c 1000000 | zfs receive -us "+ds)
			if err == nil {
				t.Error("the receive has finished")
			}
			return none
		}, []string{"a receive into DS has not finished"}},
		{"open volume", func(t *testing.T, ds string) func() {
			mustCreate(t, c, ds, &zfs.DatasetCreateOptions{VolumeSize: 8 << 20})
			return opened(t, mustLink(t, ds), os.O_RDWR)
		}, []string{"DS: process N (sleep): open device /dev/zd0"}},
	}
}

// processNumber matches what differs from run to run.
var processNumber = regexp.MustCompile(`process \d+ \(([^)]*)\)`)

// blockers returns the blockers of a dataset, as texts, and what they block.
func blockers(t *testing.T, c *zfs.Client, ds string) (texts []string, blocked zfs.Blocked) {
	t.Helper()
	b, err := c.DatasetBlockers(t.Context(), ds, nil)
	testkit.Must(t, err)
	if b.Unseen > 0 || b.Incomplete != "" {
		t.Errorf("%d processes unseen, incomplete: %q", b.Unseen, b.Incomplete)
	}
	self, _ := os.ReadFile("/proc/self/comm")
	for _, one := range b.Blockers {
		blocked |= one.Blocks
		text := strings.ReplaceAll(one.String(), ds, "DS")
		text = processNumber.ReplaceAllString(text, "process N ($1)")
		text = strings.ReplaceAll(text, strings.TrimSpace(string(self)), "SELF")
		if at := strings.Index(text, os.TempDir()+"/Test"); at >= 0 {
			text = text[:at] + "DIR"
		}
		texts = append(texts, text)
	}
	return texts, blocked
}

// checkBlocked tries an operation, and compares its result with the blockers.
func checkBlocked(t *testing.T, told zfs.Blocked, op zfs.Blocked, err error) {
	t.Helper()
	if told&op != 0 != (err != nil) {
		t.Errorf("%v: reported as blocked: %t, but the operation returns: %v", op.Words(), told&op != 0, err)
	}
}

// An operation with a blocker fails, and without blockers it succeeds.
func TestKernelDatasetBlockers(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	for i, row := range blockedRows(c) {
		t.Run(row.name, func(t *testing.T) {
			ds := pool + "/" + string(rune('a'+i))
			defer row.prepare(t, ds)()
			texts, told := blockers(t, c, ds)
			if diff := cmp.Diff(row.want, texts); diff != "" {
				t.Errorf("blockers (-want +got):\n%s", diff)
			}
			if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, "the latest is") }) {
				_, err := c.DatasetRollback(t.Context(), ds, nil)
				checkBlocked(t, told, zfs.BlockedRollback, err)
			}
			if mountLine(t, ds) != "" {
				_, err := zfstest.Try("zfs", "rename", ds, ds+"-new")
				checkBlocked(t, told, zfs.BlockedRename, err)
				if err == nil {
					zfstest.Run(t, "zfs", "rename", ds+"-new", ds)
				}
			}
			mounted := mountLine(t, ds) != ""
			checkBlocked(t, told, zfs.BlockedDestroy, c.DatasetDestroy(t.Context(), ds))
			if mounted {
				err := c.DatasetUnmount(t.Context(), ds, nil)
				checkBlocked(t, told, zfs.BlockedUnmount, err)
				// A slow machine runs out of the time that an error takes to search.
				if err != nil && !strings.Contains(err.Error(), "process") && !strings.Contains(err.Error(), "time for the search was up") {
					t.Errorf("the error does not say who uses it: %v", err)
				}
			}
		})
	}
}

// The same for snapshots.
func TestKernelSnapshotBlockers(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	testkit.Must(t, os.WriteFile(mustMount(t, pool+"/a")+"/f", noise(2<<20), 0o600))
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, snap string) (undo func())
		want    []string
		hint    string
	}{
		{"nothing", func(*testing.T, string) func() { return none }, nil, ""},
		{"holds", func(t *testing.T, snap string) func() {
			zfstest.Run(t, "zfs", "hold", "keep", snap)
			zfstest.Run(t, "zfs", "hold", "also", snap)
			return func() { zfstest.Run(t, "zfs", "release", "keep", snap) }
		}, []string{"DS is held by also", "DS is held by keep"}, "is held by also; "},
		{"clone", func(t *testing.T, snap string) func() { mustClone(t, c, pool+"/clone", snap); return none },
			[]string{"POOL/clone is a clone of DS"}, "/clone is a clone of "},
		{"mounted", func(t *testing.T, snap string) func() {
			dir := t.TempDir()
			testkit.Must(t, syscall.Mount(snap, dir, "zfs", syscall.MS_RDONLY, ""))
			end := opened(t, dir+"/f", os.O_RDONLY)
			return func() {
				end()
				testkit.Must(t, syscall.Unmount(dir, 0))
			}
		}, []string{"DS: mounted at DIR", "DS: process N (sleep): open file DIR"}, "it is mounted at "},
		{"a receive", func(t *testing.T, snap string) func() {
			zfstest.Run(t, "sh", "-c", "zfs send "+snap+" | zfs receive -u "+pool+"/r")
			testkit.Must(t, os.WriteFile("/tmp/"+pool+"/a/g", noise(2<<20), 0o600))
			mustSnapshot(t, c, pool+"/a@more")
			_, _ = zfstest.Try("sh", "-c", "zfs send -i "+snap+" "+pool+"/a@more | head -c 1000000 | zfs receive -us "+pool+"/r")
			return none
		}, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			snap := pool + "/a@" + strings.ReplaceAll(tc.name, " ", "-")
			mustSnapshot(t, c, snap)
			undo := tc.prepare(t, snap)
			texts, told := blockers(t, c, snap)
			for i := range texts {
				texts[i] = strings.ReplaceAll(texts[i], pool, "POOL")
			}
			if diff := cmp.Diff(tc.want, texts); diff != "" {
				t.Errorf("blockers (-want +got):\n%s", diff)
			}
			err := c.SnapshotDestroy(t.Context(), []string{snap}, nil)
			checkBlocked(t, told, zfs.BlockedDestroy, err)
			var e *zfs.Error
			if tc.hint != "" && (!errors.As(err, &e) || !strings.Contains(e.Hint, tc.hint)) {
				t.Errorf("error %v, want one with %q", err, tc.hint)
			}
			undo()
		})
	}
	// The last row has left a receive that works upon its snapshot's copy.
	texts, told := blockers(t, c, pool+"/r@a-receive")
	if diff := cmp.Diff([]string{"a receive into " + pool + "/r has not finished"}, texts); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	checkBlocked(t, told, zfs.BlockedDestroy, c.SnapshotDestroy(t.Context(), []string{pool + "/r@a-receive"}, nil))
}
