package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
)

// permsDevice is the fake module with grants to the user root, who is the one
// that every system knows.
func permsDevice() *ioctl.Device {
	return fakeDevice().Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		if op != ioctl.OpGetFsacl {
			return next()
		}
		send, set, out, own := &nvlist.List{}, &nvlist.List{}, &nvlist.List{}, &nvlist.List{}
		send.SetBoolean("send")
		set.SetBoolean("@backup")
		own.SetList("ul$1", send)
		own.SetList("Ed$", set)
		own.SetList("s-$@backup", send)
		out.SetList("dozer0", own)
		return c.Answer(out)
	})
}

// ordinary is a document as of a user without rights.
func ordinary(t *testing.T, dev *ioctl.Device, verb, name string) *permsDoc {
	t.Helper()
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		t.Fatal(err)
	}
	o, err := findVerb(verb, name)
	if err != nil {
		t.Fatal(err)
	}
	who := userDoc{Name: "daemon", UID: 1, Groups: []uint32{1}}
	doc, err := permsOf(t.Context(), c, question{o, name, ""}, who)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestPermsText(t *testing.T) {
	for _, tc := range []struct{ verb, name, want string }{
		{"send", "dozer0/a@old", `
daemon (1) may send dozer0/a@old
NEEDS  ON            HAS  FROM
send   dozer0/a@old  yes  everyone, descendent, on dozer0, by @backup
`},
		{"destroy", "dozer0/a@old", `
daemon (1) may not destroy dozer0/a@old
NEEDS    ON            HAS  FROM
destroy  dozer0/a@old  no
mount    dozer0/a@old  no
missing: zfs allow -u daemon destroy,mount dozer0/a
`},
		{"snapshot", "dozer0/a@new", `
daemon (1) may not snapshot dozer0/a@new
NEEDS     ON        HAS  FROM
snapshot  dozer0/a  no
missing: zfs allow -u daemon snapshot dozer0/a
`},
		{"mount", "dozer0/a", `
daemon (1) may not mount dozer0/a
NEEDS          ON        HAS  FROM
CAP_SYS_ADMIN  dozer0/a  no
`},
		{"list", "dozer0", "\ndaemon (1) may list dozer0\n"},
		{"ZFS_IOC_GET_HOLDS", "dozer0/a@old", "\ndaemon (1) may ZFS_IOC_GET_HOLDS dozer0/a@old\n"},
		{"create", "dozer0/new", `
daemon (1) may not create dozer0/new
NEEDS   ON      HAS  FROM
create  dozer0  no
mount   dozer0  no
missing: zfs allow -u daemon create,mount dozer0
note: on Linux only root can mount and unmount: root must unmount mounted filesystems first, and new ones are not mounted
`},
	} {
		var out strings.Builder
		a := &app{out: &out}
		if err := a.printPerms(ordinary(t, permsDevice(), tc.verb, tc.name)); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(tc.want, "\n"+out.String()); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tc.verb, tc.name, diff)
		}
	}
}

func TestPermsJSON(t *testing.T) {
	got, err := json.Marshal(ordinary(t, permsDevice(), "send", "dozer0/a@old"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schema":"zfsprobe.perms/1","operation":"send","kernel":"ZFS_IOC_SEND_NEW","dataset":"dozer0/a@old",` +
		`"user":{"name":"daemon","uid":1,"groups":[1],"admin":false},"allowed":true,` +
		`"needs":[{"dataset":"dozer0/a@old","permission":"send","granted":true,` +
		`"from":{"dataset":"dozer0","kind":"everyone","scope":"descendent","permissions":["@backup"]},"set":"@backup"}],` +
		`"grant":[],"notes":[]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestPermsCommand(t *testing.T) {
	for _, tc := range []struct {
		args string
		code int
		text string // in either output
	}{
		{"perms destroy dozer0/a --user root", exitFine, "CAP_SYS_ADMIN"},
		{"perms snapshot dozer0/a --user 0", exitFine, "root (0) may snapshot"},
		{"perms set dozer0/a --user root --property atime", exitFine, "atime"},
		{"perms set dozer0/a --user root", exitFailed, "no property name"},
		{"perms fly dozer0/a --user root", exitFailed, "unknown operation"},
		{"perms send dozer0/a --user no-such-user", exitFailed, "unknown user"},
		{"perms promote dozer0/none --user root", exitFinding, "does not exist"},
		{"perms send", exitFailed, "accepts 2 arg"},
		{"__complete perms snap", exitFine, "snapshot"},
		{"__complete perms send d", exitFine, "dozer0/vol"},
	} {
		r := runOn(t, permsDevice(), "", strings.Fields(tc.args)...)
		if r.code != tc.code || !strings.Contains(r.out+r.errOut, tc.text) {
			t.Errorf("%s: exit %d, want %d; %q in\n%s%s", tc.args, r.code, tc.code, tc.text, r.out, r.errOut)
		}
	}
}

func TestDeviceBarred(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zfs")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	uid, gid := fileOwner(info)
	for _, tc := range []struct {
		mode   fs.FileMode
		who    userDoc
		barred bool
	}{
		{0o600, userDoc{UID: uid}, false},
		{0o600, userDoc{UID: uid + 1, Groups: []uint32{gid}}, true},
		{0o640, userDoc{UID: uid + 1, Groups: []uint32{gid}}, false},
		{0o604, userDoc{UID: uid + 1, Groups: []uint32{gid}}, true},
		{0o604, userDoc{UID: uid + 1, Groups: []uint32{gid + 1}}, false},
		{0o060, userDoc{UID: uid}, true},
		{0o000, userDoc{UID: uid + 1, Admin: true}, false},
	} {
		if err := os.Chmod(path, tc.mode); err != nil {
			t.Fatal(err)
		}
		if got := deviceBarred(path, tc.who); (got != "") != tc.barred {
			t.Errorf("mode %o, %+v: %q", tc.mode, tc.who, got)
		}
	}
	if got := deviceBarred(path+"-none", userDoc{UID: 1}); got != "" {
		t.Errorf("no device: %q", got)
	}
}
