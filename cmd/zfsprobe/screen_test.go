package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// hostile is a value that would draw on a terminal, end a line and a column, and
// is not UTF-8.
const hostile = "x\x1b[2Jy\r\n\tFAKE\u202ez\xff\u009b"

// hostilePool is a pool whose devices have such paths, and the file that is lost.
func hostilePool() *ioctl.Device {
	config := fakePoolConfig()
	root, _ := config.List("vdev_tree")
	tops, _ := root.Lists("children")
	tops = append(tops, fakeDisk("/dev/"+hostile, 99, 7, 0, 0))
	root.SetLists("children", tops)
	config.SetList("vdev_tree", root)
	config.SetString("comment", hostile)
	return poolDevice(config)
}

func hostileTree() *ioctl.Device {
	return fakeDeviceOf([]fakeDataset{
		{"dozer0", 2, 1, fakeStats("com.x:a", hostile, "dozer0", "mountpoint", "/"+hostile, "dozer0")},
	})
}

// On a terminal nothing that comes from elsewhere is anything but text, and no
// line of it looks like one of ours.
func TestScreen(t *testing.T) {
	dir := mustLabelled(t, "2.4", "raidz0", "raidz1", "raidz2")
	importing := importDeviceOf(new([]string), func(l *nvlist.List) {
		info := &nvlist.List{}
		info.SetUint64("hostid", 1)
		info.SetString("hostname", hostile)
		l.SetList("load_info", info)
	})
	list := &nvlist.List{}
	list.SetString("name", hostile)
	packed := filepath.Join(t.TempDir(), "list")
	b, err := list.AppendAs(nil, nvlist.HostHeader(nvlist.XDR))
	must(t, err)
	must(t, os.WriteFile(packed, b, 0o600))
	for _, tt := range []struct {
		dev  *ioctl.Device
		args string
	}{
		{hostileTree(), "get com.x:a dozer0"}, {hostileTree(), "get -H -o value com.x:a dozer0"}, {hostileTree(), "get all dozer0"},
		{hostileTree(), "ls -o name,com.x:a,mountpoint"}, {hostileTree(), "ls -H -o com.x:a"}, {hostileTree(), "get --json com.x:a dozer0"},
		{hostilePool(), "status -v tank"}, {hostilePool(), "status --json tank"}, {importing, "importable -d " + dir},
		{nil, "nv " + packed},
	} {
		var plain, screen, errOut bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &plain, opened: tt.dev}
		a.run(t.Context(), strings.Fields(tt.args), &errOut)
		a = &app{in: strings.NewReader(""), out: show.Screen(&screen), opened: tt.dev}
		if code := a.run(t.Context(), strings.Fields(tt.args), &errOut); code == exitFailed {
			t.Fatalf("%s: %s", tt.args, errOut.String())
		}
		shown, json := screen.String(), strings.Contains(tt.args, "--json")
		for _, r := range shown {
			if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
				t.Errorf("%s writes %q to a terminal:\n%q", tt.args, r, shown)
				break
			}
		}
		if !utf8.ValidString(shown) || strings.Contains(shown, "\n\tFAKE") || json == strings.Contains(shown, "FAKE") {
			t.Errorf("%s: %q", tt.args, shown)
		}
		if !json && !strings.HasPrefix(tt.args, "nv") && !strings.Contains(plain.String(), hostile) {
			t.Errorf("%s does not keep the bytes: %q", tt.args, plain.String())
		}
	}
}
