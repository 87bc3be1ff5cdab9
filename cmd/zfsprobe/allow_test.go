package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// allowDevice is a module on which permissions were granted.
func allowDevice() *ioctl.Device {
	perms := func(names ...string) *nvlist.List {
		l := &nvlist.List{}
		for _, name := range names {
			l.SetBoolean(name)
		}
		return l
	}
	return ioctltest.Device(map[ioctl.Op]ioctltest.Handler{ioctl.OpGetFsacl: func(c *ioctl.Cmd) error {
		own, root, out := &nvlist.List{}, &nvlist.List{}, &nvlist.List{}
		switch c.Text(ioctl.FieldName) {
		case "dozer0/a":
			own.SetList("ul$0", perms("send", "hold"))
			own.SetList("ud$0", perms("send"))
			own.SetList("gl$4000000009", perms("diff"))
			own.SetList("Ed$", perms("@backup"))
			out.SetList("dozer0/a", own)
			root.SetList("s-$@backup", perms("snapshot"))
			root.SetList("c-$", perms("destroy", "create"))
			out.SetList("dozer0", root)
		case "dozer0":
		default:
			return ioctl.CodeNoent.Err()
		}
		return c.Answer(out)
	}})
}

func TestAllow(t *testing.T) {
	r := runOn(t, allowDevice(), "", "allow", "dozer0/a")
	want := `---- Permissions on dozer0/a -----------------------------------------
Local permissions:
	user root hold
	group (unknown: -294967287) diff
Descendent permissions:
	everyone @backup
Local+Descendent permissions:
	user root send
---- Permissions on dozer0 -------------------------------------------
Permission sets:
	@backup snapshot
Create time permissions:
	create,destroy
`
	if diff := cmp.Diff(want, r.out); diff != "" || r.code != exitFine {
		t.Errorf("exit %d, %s (-want +got):\n%s", r.code, r.errOut, diff)
	}
	if r := runOn(t, allowDevice(), "", "allow", "dozer0"); r.out != "" || r.code != exitFine {
		t.Errorf("where nothing is granted: exit %d, %q", r.code, r.out)
	}
}

func TestAllowJSON(t *testing.T) {
	r := runOn(t, allowDevice(), "", "allow", "--json", "dozer0/a")
	var doc allowDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatal(err)
	}
	id := func(n uint32) *uint32 { return &n }
	want := allowDoc{"zfsprobe.allow/1", "dozer0/a", []grantDoc{
		{"dozer0/a", "user", id(0), "root", "local", []string{"hold"}},
		{"dozer0/a", "group", id(4000000009), "", "local", []string{"diff"}},
		{"dozer0/a", "everyone", nil, "", "descendent", []string{"@backup"}},
		{"dozer0/a", "user", id(0), "root", "local+descendent", []string{"send"}},
		{"dozer0", "set", nil, "@backup", "", []string{"snapshot"}},
		{"dozer0", "create", nil, "", "", []string{"create", "destroy"}},
	}}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestAllowErrors(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"allow":               {exitFailed, "accepts 1 arg"},
		"allow dozer0/none":   {exitFinding, "does not exist"},
		"allow dozer0/a@snap": {exitFailed, "invalid name"},
	} {
		r := runOn(t, allowDevice(), "", strings.Fields(args)...)
		if r.code != want.code || !strings.Contains(r.errOut, want.text) {
			t.Errorf("%s: exit %d, %q, want %d with %q", args, r.code, r.errOut, want.code, want.text)
		}
	}
}
