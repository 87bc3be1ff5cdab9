package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// Each step of a life of datasets, and what zfs(8) sees of it.
func TestKernelDo(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	steps := []struct {
		do   string // P stands for the pool
		show string // what zfs is asked then
		want string
	}{
		{"create -o compression=gzip-3 -o quota=30M P/a", "get -Hpo value compression,quota P/a", "gzip-3\n31457280"},
		{"create -p P/x/y/z", "list -Ho name -r P/x", "P/x\nP/x/y\nP/x/y/z"},
		{"create -s -V 16M P/vol", "get -Hpo value type,volsize,refreservation P/vol", "volume\n16777216\n0"},
		{"create -V 1499K -b 4K P/thick", "get -Hpo value volsize,volblocksize,refreservation P/thick", "1536000\n4096\n3633152"},
		{"inherit -r recordsize P", "get -Ho source recordsize P P/a", "default\ndefault"},
		{"set volsize=2M P/thick", "get -Hpo value volsize,refreservation P/thick", "2097152\n4194304"},
		{"set refreservation=none P/thick", "get -Hpo value refreservation P/thick", "0"},
		{"destroy P/thick", "list -Ho name -r P", "P\nP/a\nP/vol\nP/x\nP/x/y\nP/x/y/z"},
		{"set atime=off com.example:owner=alice P/a P/x", "get -Hpo value atime,com.example:owner P/a P/x", "off\nalice\noff\nalice"},
		{"inherit -r atime P/x", "get -Ho source atime P/x/y", "default"},
		{"inherit com.example:owner P/a", "get -Ho value com.example:owner P/a", "-"},
		{"snapshot -o com.example:why=test P/a@1 P/x@1", "get -Ho value com.example:why P/a@1 P/x@1", "test\ntest"},
		{"snapshot -r P/x@2", "list -Ho name -t snapshot -r P/x", "P/x@1\nP/x@2\nP/x/y@2\nP/x/y/z@2"},
		{"rename -r P/x@2 two", "list -Ho name -t snapshot -r P/x", "P/x@1\nP/x@two\nP/x/y@two\nP/x/y/z@two"},
		{"bookmark P/a@1 #mark", "list -Ho name -t bookmark P/a", "P/a#mark"},
		{"hold -r keep P/x@two", "list -Hpo userrefs -t snapshot P/x@1 P/x@two P/x/y@two", "0\n1\n1"},
		{"release -r keep P/x@two", "list -Hpo userrefs -t snapshot P/x@two P/x/y@two", "0\n0"},
		{"clone -o readonly=on P/a@1 P/clone", "get -Ho value origin,readonly P/clone", "P/a@1\non"},
		{"promote P/clone", "get -Ho value origin P/a P/clone", "P/clone@1\n-"},
		{"rename -p P/a P/b/c/a", "get -Ho value origin P/b/c/a", "P/clone@1"},
		{"snapshot P/clone@2", "list -Ho name -t snapshot P/clone", "P/clone@1\nP/clone@2"},
		{"rollback -r P/clone@1", "list -Ho name -t snapshot P/clone", "P/clone@1"},
		{"destroy P/b/c/a", "list -Ho name -r P/b", "P/b\nP/b/c"},
		{"destroy -r P/x", "list -Ho name -r P", "P\nP/b\nP/b/c\nP/clone\nP/vol"},
		{"snapshot P/clone@2", "list -Hpo name -t snapshot P/clone", "P/clone@1\nP/clone@2"},
		{"destroy P/clone@1%2", "list -Hpo name -t snapshot P/clone", ""},
		{"snapshot P/clone@3", "list -Hpo name -t snapshot P/clone", "P/clone@3"},
		{"bookmark @3 P/clone#m", "list -Ho name -t bookmark P/clone", "P/clone#m\nP/clone#mark"},
		{"destroy P/clone#m", "list -Ho name -t bookmark P/clone", "P/clone#mark"},
		{"set mountpoint=/tmp/P-here canmount=on P/b", "get -Ho value mountpoint P/b", "/tmp/P-here"},
		{"mount -o noexec P/b", "get -Ho value mounted,exec P/b", "yes\noff"},
		{"unmount P/b", "get -Ho value mounted P/b", "no"},
		{"destroy -rn P/b", "list -Ho name P/b", "P/b"},
		{"destroy -R P/clone", "list -Ho name -r P", "P\nP/b\nP/b/c\nP/vol"},
	}
	for _, step := range steps {
		in := func(s string) []string { return strings.Fields(strings.ReplaceAll(s, "P", pool)) }
		if out := probe(t, append([]string{"do"}, in(step.do)...)...); len(out) > 0 {
			t.Errorf("do %s says %s", step.do, out)
		}
		got := strings.TrimSpace(zfstest.Run(t, "zfs", in(step.show)...))
		if diff := cmp.Diff(strings.ReplaceAll(step.want, "P", pool), got); diff != "" {
			t.Fatalf("after do %s: zfs %s (-want +got):\n%s", step.do, step.show, diff)
		}
	}
}

// What cannot be done is not done in part, and the message names what is in
// the way.
func TestKernelDoRefused(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	setup := "zfs create P/a && zfs create P/a/b && zfs snapshot -r P/a@s && zfs hold keep P/a/b@s && zfs clone P/a@s P/c"
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(setup, "P", pool))
	before := zfstest.Run(t, "zfs", "list", "-Ho", "name", "-r", "-t", "all", pool)
	for _, tt := range []struct{ do, want string }{
		{"create P/a", "exists"},
		{"create P/no/parent", "not exist"},
		{"create -o quota=lots P/n", "quota"},
		{"create -o quota P/n", "property=value"},
		{"set quota=10M quota=11M", "want properties"},
		{"snapshot P/n@s P/a@s", "exist"},
		{"destroy P/a", "P/a/b"},
		{"destroy -r P/a", "P/c"},
		{"destroy -R P/a", "P/a/b@s"},
		{"destroy -Rn P/a", "P/a/b@s"},
		{"destroy -r P/a@s%s", "range"},
		{"promote P/a", "not a clone"},
		{"rollback P/a@none", "not exist"},
		{"rename P/a P/c", "exists"},
		{"hold -r keep P/a@none", "not exist"},
		{"destroy P/a#none", "P/a#none"},
		{"inherit quota P/a@s", "quota is not inherited"},
		{"inherit compression P/a@s", "compression does not apply to a snapshot"},
		{"inherit -S used P/a", "used is read-only"},
		{"release none P/a/b@s", `release "P/a/b@s": hold "none" does not exist`},
		{"hold keep P/a/b@s", `hold "P/a/b@s": hold "keep" already exists`},
		{"clone P/a@s nosuchpool/c", "nosuchpool: pool does not exist"},
		{"rename P/a nosuchpool/a", "nosuchpool: pool does not exist"},
		{"clone nosuchpool/a@s P/c2", "nosuchpool/a@s: does not exist"},
		{"unmount P/none", "does not exist"},
		{"create -o keyformat=raw P/n", "encryption is off"},
		{"set version=4 P/a", "version 4 is lower than the filesystem's, 5"},
	} {
		var out, errOut bytes.Buffer
		args := append([]string{"do"}, strings.Fields(strings.ReplaceAll(tt.do, "P", pool))...)
		code := run(t.Context(), args, strings.NewReader(""), &out, &errOut)
		if code == exitFine || !strings.Contains(errOut.String(), strings.ReplaceAll(tt.want, "P", pool)) {
			t.Errorf("do %s: exit %d, it says %q, want %q", tt.do, code, errOut.String(), tt.want)
		}
	}
	if diff := cmp.Diff(before, zfstest.Run(t, "zfs", "list", "-Ho", "name", "-r", "-t", "all", pool)); diff != "" {
		t.Errorf("what was refused has changed datasets (-before +after):\n%s", diff)
	}
}

func TestKernelDoJSON(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "zfs", "create", pool+"/a")
	var doc doDoc
	if err := json.Unmarshal(probe(t, "do", "--json", "snapshot", "-r", pool+"@s"), &doc); err != nil {
		t.Fatal(err)
	}
	want := doDoc{"zfsprobe.do/1", "snapshot", []string{pool + "@s", pool + "/a@s"}}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("do --json snapshot (-want +got):\n%s", diff)
	}
	out := string(probe(t, "do", "destroy", "-rnv", pool+"/a"))
	if want := "would destroy " + pool + "/a@s\nwould destroy " + pool + "/a\n"; out != want {
		t.Errorf("do destroy -rnv says %q, want %q", out, want)
	}
}
