package zfs

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree creates files, directories (with a slash at the end) and links (" -> ").
func tree(t *testing.T, root string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		path, text, file := strings.Cut(line, "=")
		link, target, isLink := strings.Cut(path, " -> ")
		full := filepath.Join(root, link)
		err := os.MkdirAll(filepath.Dir(full), 0o755)
		switch {
		case err != nil:
		case isLink:
			err = os.Symlink(target, full)
		case file:
			err = os.WriteFile(full, []byte(text), 0o644)
		default:
			err = os.MkdirAll(full, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fakeScan is a search for users of tank/a in a separate tree. The directory used
// is on a mount of tank/a there.
func fakeScan(t *testing.T) (s *userScan, used string) {
	t.Helper()
	root, used := t.TempDir(), t.TempDir()
	dev, rdev, err := deviceNumbers(used)
	if err != nil || rdev != "" {
		t.Fatalf("a directory is on %q and is the block device %q, %v", dev, rdev, err)
	}
	tree(t, used, "f=", "g=")
	const other = "30 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
	mount := "31 30 " + dev + " / /with\\040blank rw,xattr shared:2 master:1 - zfs tank/a rw\n"
	major, minor, _ := strings.Cut(dev, ":")
	mapped := "7f00-7f01 r--p 00000000 " + hexNumber(t, major) + ":" + hexNumber(t, minor) + " 12    "
	tree(t, root,
		"proc/self/ns/mnt -> mnt:[1]", "proc/self/mountinfo="+other+mount+"no line\n31 30 0:99 / /x rw - zfs tank/ab rw\n",
		"proc/10/ns/mnt -> mnt:[1]", "proc/10/comm=editor\n", "proc/10/cwd -> "+used, "proc/10/exe -> "+used+"/f",
		"proc/10/fd/0 -> "+used+"/f", "proc/10/fd/1 -> "+used+"/g", "proc/10/fd/2 -> /proc/version", "proc/10/fd/3 -> gone",
		"proc/10/maps="+mapped+used+"/f\n"+mapped+used+"/g\n"+mapped+used+"/g\nodd line\n7f00-7f01 r--p 0 00:00 0\n",
		"proc/9/ns/mnt -> mnt:[2]", "proc/9/comm=jailed\n", "proc/9/mountinfo="+strings.Replace(mount, "/with\\040blank", "/jail", 1)+
			"32 30 0:98 / /jail/s ro - zfs tank/a@s ro\n",
		"proc/9/fd/",
		"proc/swaps=Filename Type Size Used Priority\n/dev/nosuch partition 1 0 -2\n",
		"sys/block/loop0/loop/backing_file="+used+"/f\n", "sys/block/loop1/loop/backing_file=/nosuch\n", "sys/block/loop2/",
		"sys/class/block/zd0/holders/dm-1/",
	)
	s = newUserScan("tank/a")
	s.proc, s.sys = filepath.Join(root, "proc"), filepath.Join(root, "sys")
	return s, used
}

// hexNumber writes a decimal number as tables of maps do.
func hexNumber(t *testing.T, decimal string) string {
	t.Helper()
	const digits = "0123456789abcdef"
	n := 0
	for _, c := range decimal {
		n = 10*n + int(c-'0')
	}
	text := ""
	for ; n > 0 || len(text) < 2; n /= 16 {
		text = string(digits[n%16]) + text
	}
	return text
}

func TestUserScan(t *testing.T) {
	s, used := fakeScan(t)
	s.devices["230:0"] = "/dev/zd0"
	got := s.search(t.Context())
	want := &DatasetUsers{Users: []DatasetUser{
		{Use: UseMount, Dataset: "tank/a", Path: "/with blank", Count: 1},
		{Use: UseMount, Dataset: "tank/a", PID: 9, Command: "jailed", Path: "/jail", Namespace: "mnt:[2]", Count: 1},
		{Use: UseMount, Dataset: "tank/a@s", PID: 9, Command: "jailed", Path: "/jail/s", Namespace: "mnt:[2]", Count: 1},
		{Use: UseDirectory, Dataset: "tank/a", PID: 10, Command: "editor", Path: used, Count: 1},
		{Use: UseProgram, Dataset: "tank/a", PID: 10, Command: "editor", Path: used + "/f", Count: 1},
		{Use: UseFile, Dataset: "tank/a", PID: 10, Command: "editor", Path: used + "/f", Count: 2},
		{Use: UseMap, Dataset: "tank/a", PID: 10, Command: "editor", Path: used + "/g", Count: 1},
		{Use: UseHolder, Dataset: "tank/a", Path: "/dev/dm-1", Count: 1},
		{Use: UseLoop, Dataset: "tank/a", Path: "/dev/loop0", Count: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

// Without a mount and a device, no process is looked at.
func TestUserScanUnused(t *testing.T) {
	s, _ := fakeScan(t)
	s.name, s.volume = "tank/none", filepath.Join(s.proc, "nosuch")
	got := s.search(t.Context())
	if len(got.Users) > 0 || !strings.Contains(got.Incomplete, "does not lead to a device") {
		t.Errorf("users %v, incomplete %q", got.Users, got.Incomplete)
	}
}

// A search that cannot go on is left behind.
func TestUserScanTimeIsUp(t *testing.T) {
	s, _ := fakeScan(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if got := s.search(ctx); !strings.Contains(got.Incomplete, "time") {
		t.Errorf("incomplete %q", got.Incomplete)
	}
}

func TestUserScanWithoutProc(t *testing.T) {
	s := newUserScan("tank/a")
	s.proc, s.sys = t.TempDir()+"/nosuch", t.TempDir()
	if got := s.search(t.Context()); got.Incomplete == "" || len(got.Users) > 0 {
		t.Errorf("users %v, incomplete %q", got.Users, got.Incomplete)
	}
}

func TestControllers(t *testing.T) {
	root := t.TempDir()
	tree(t, root, "12/comm=zrepl\n", "12/fd/3 -> /dev/zfs", "12/fd/4 -> /dev/zfs", "13/comm=sh\n", "13/fd/0 -> /dev/null")
	want := []DatasetUser{{Use: UseFile, PID: 12, Command: "zrepl", Path: "/dev/zfs", Count: 1}}
	if diff := cmp.Diff(want, controllers(root, "/dev/zfs")); diff != "" {
		t.Errorf("controllers (-want +got):\n%s", diff)
	}
}

func TestDeviceText(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0:0", 0x2f: "0:47", 0xe600: "230:0", 0xe610: "230:16", 0x1000ff: "0:511", 0x1000_0000_0000: "4096:0",
	} {
		if got := deviceText(n); got != want {
			t.Errorf("deviceText(%#x) = %q, want %q", n, got, want)
		}
	}
}

func TestDecimalDevice(t *testing.T) {
	for hex, want := range map[string]string{"00:2f": "0:47", "e6:10": "230:16", "103:00001": "259:1", "": "", "x:1": "", "1": ""} {
		if got := decimalDevice(hex); got != want {
			t.Errorf("decimalDevice(%q) = %q, want %q", hex, got, want)
		}
	}
}
