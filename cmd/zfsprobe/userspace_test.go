package main

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/zfs"
)

// fakeSpace are records by kind: domain, number, value, in turn. A kind that is
// missing is one that the filesystem does not count.
func fakeSpace() map[zfs.UserspaceKind][]any {
	return map[zfs.UserspaceKind][]any{
		zfs.UserUsed:     {"", 0, 512, "", 2000000001, 1572864, "S-1-5-21-1", 7, 4096},
		zfs.UserQuota:    {"", 2000000001, 5 << 20, "", 2000000000, 1 << 30},
		zfs.UserObjUsed:  {"", 0, 1, "", 2000000001, 2000},
		zfs.UserObjQuota: {},
		zfs.GroupUsed:    {"", 2000000009, 100},
		zfs.GroupQuota:   {},
		zfs.ProjectUsed:  {"", 0, 512, "", 42, 1024},
		zfs.ProjectQuota: {"", 42, 2048},
	}
}

// spaceDevice is a module with one filesystem, dozer0/a, whose users have a
// default quota of 77 bytes.
func spaceDevice() *ioctl.Device {
	return ioctltest.Device(map[ioctl.Op]ioctltest.Handler{ioctl.OpUserspaceMany: func(c *ioctl.Cmd) error {
		kind := zfs.UserspaceKind(c.Uint64(ioctl.FieldObjsetType))
		records, counted := fakeSpace()[kind]
		switch {
		case c.Text(ioctl.FieldName) != "dozer0/a":
			return ioctl.CodeNoent.Err()
		case !counted:
			return ioctl.CodeNotsup.Err()
		case c.Uint64(ioctl.FieldCookie) != 0:
			return c.AnswerBytes(nil)
		}
		c.SetUint64(ioctl.FieldCookie, 1)
		if kind == zfs.UserUsed {
			c.SetUint64(ioctl.FieldGUID, 77)
		}
		var out []byte
		for i := 0; i+2 < len(records); i += 3 {
			b := make([]byte, 272)
			copy(b, records[i].(string))
			binary.NativeEndian.PutUint32(b[256:], uint32(records[i+1].(int)))
			binary.NativeEndian.PutUint64(b[264:], uint64(records[i+2].(int)))
			out = append(out, b...)
		}
		return c.AnswerBytes(out)
	}})
}

func TestUserspace(t *testing.T) {
	tests := []struct{ name, args, want string }{
		{"users", "userspace -n dozer0/a", `
TYPE        NAME           USED  QUOTA  OBJUSED  OBJQUOTA
POSIX User  0              512B    77B        1      none
POSIX User  2000000000       0B     1G        -         -
POSIX User  2000000001    1.50M     5M    1.95K      none
SMB User    S-1-5-21-1-7     4K    77B        -         -
`},
		{"script, exact", "userspace -Hpn dozer0/a", `
POSIX User	0	512	77	1	0
POSIX User	2000000000	0	1073741824	-	-
POSIX User	2000000001	1572864	5242880	2000	0
SMB User	S-1-5-21-1-7	4096	77	-	-
`},
		{"names", "userspace -H -t posixuser -o name,used dozer0/a", "\nroot\t512B\n2000000000\t0B\n2000000001\t1.50M\n"},
		{"sorted", "userspace -Hpn -o name,used -S used dozer0/a", "\n2000000001\t1572864\nS-1-5-21-1-7\t4096\n0\t512\n2000000000\t0\n"},
		{"sorted by several", "userspace -Hpn -o name,quota -s quota -S name dozer0/a",
			"\nS-1-5-21-1-7\t77\n0\t77\n2000000001\t5242880\n2000000000\t1073741824\n"},
		{"everybody", "userspace -Hpn -t all -o type,name dozer0/a",
			"\nPOSIX Group\t2000000009\nPOSIX User\t0\nPOSIX User\t2000000000\nPOSIX User\t2000000001\nSMB User\tS-1-5-21-1-7\n"},
		{"groups", "groupspace -Hp dozer0/a", "\nPOSIX Group\t2000000009\t100\t0\t-\t-\n"},
		{"projects", "projectspace dozer0/a", `
TYPE     NAME  USED  QUOTA  OBJUSED  OBJQUOTA
Project  0     512B   none        -         -
Project  42      1K     2K        -         -
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, spaceDevice(), "", strings.Fields(tt.args)...)
			if diff := cmp.Diff(tt.want, "\n"+r.out); diff != "" || r.code != exitFine {
				t.Errorf("zfsprobe %s: exit %d, %s (-want +got):\n%s", tt.args, r.code, r.errOut, diff)
			}
		})
	}
}

func TestUserspaceJSON(t *testing.T) {
	r := runOn(t, spaceDevice(), "", "userspace", "--json", "-t", "posixuser", "dozer0/a")
	var doc userspaceDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatal(err)
	}
	n := func(n uint64) *uint64 { return &n }
	want := userspaceDoc{"zfsprobe.userspace/1", "dozer0/a", []owner{
		{Type: "posixuser", Name: "root", Used: n(512), Quota: n(77), ObjUsed: n(1), ObjQuota: n(0)},
		{Type: "posixuser", ID: 2000000000, Name: "2000000000", Used: n(0), Quota: n(1 << 30)},
		{Type: "posixuser", ID: 2000000001, Name: "2000000001", Used: n(1572864), Quota: n(5 << 20), ObjUsed: n(2000), ObjQuota: n(0)},
	}}
	if diff := cmp.Diff(want, doc, cmp.AllowUnexported(owner{})); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestUserspaceErrors(t *testing.T) {
	tests := []struct {
		name, args string
		code       int
		errOut     string
	}{
		{"nothing", "userspace", exitFailed, "accepts 1 arg"},
		{"two", "groupspace a b", exitFailed, "accepts 1 arg"},
		{"not there", "userspace dozer0/none", exitFinding, "does not exist"},
		{"name", "userspace dozer0//a", exitFailed, "invalid name"},
		{"column", "userspace -o colour dozer0/a", exitFailed, "type, name, used"},
		{"sort", "userspace -s colour dozer0/a", exitFailed, "type, name, used"},
		{"type", "userspace -t project dozer0/a", exitFailed, "posixuser, smbuser"},
		{"projects by number", "projectspace -n dozer0/a", exitFailed, "unknown shorthand"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, spaceDevice(), "", strings.Fields(tt.args)...)
			if r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) {
				t.Errorf("exit %d, want %d; it says %q, want %q", r.code, tt.code, r.errOut, tt.errOut)
			}
		})
	}
}
