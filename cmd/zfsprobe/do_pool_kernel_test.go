package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs/zfstest"
)

// doPoolStep is one command below do pool, and what zpool says then.
type doPoolStep struct {
	do   string // P is the pool, Q another, letters are files
	show string // what is asked then
	want string // is in the answer; with "-" before it, it is not
	// since leaves a step out on older releases.
	since string
}

// shortSteps is how many steps of a life are enough for a run with -short.
const shortSteps = 8

// do runs the steps in order.
func (p *statusPool) do(t *testing.T, steps []doPoolStep) {
	t.Helper()
	rel := zfstest.Release(t)
	for i, step := range steps {
		if testing.Short() && i == shortSteps {
			break
		}
		if step.since == "2.3" && (rel.Major == 2 && rel.Minor < 3) || step.since == "2.2" && (rel.Major == 2 && rel.Minor < 2) {
			continue
		}
		for do := range strings.SplitSeq(step.do, ";") {
			if w := p.words(do); w[0] == "settle" {
				p.settle(t, w[1])
			} else if out := probe(t, append([]string{"do", "pool"}, w...)...); len(out) > 0 {
				t.Errorf("do pool %s says %s", do, out)
			}
		}
		ask := p.words(step.show)
		if len(ask) == 0 {
			continue
		}
		got := zfstest.Run(t, ask[0], ask[1:]...)
		got = strings.ReplaceAll(strings.Join(strings.Fields(got), " "), p.dir+"/", "/")
		word, without := strings.CutPrefix(step.want, "-")
		if strings.Contains(got, word) == without {
			t.Errorf("after do pool %s: %s says %q, want %q", step.do, step.show, got, step.want)
		}
	}
}

// A life of a pool, and what zpool sees of it.
func TestKernelDoPool(t *testing.T) {
	zfstest.Kernel(t)
	p := newStatusPool(t, "dopool")
	t.Cleanup(func() { _, _ = zfstest.Try("zpool", "destroy", "-f", "dosplit") }) // it is gone by then
	const status = "zpool status P"
	p.do(t, []doPoolStep{
		{do: "create -O mountpoint=none -o comment=here P a", show: "zpool get -Hpo value comment,health P", want: "here ONLINE"},
		{do: "add P log b cache c", show: status, want: "logs /b ONLINE 0 0 0 cache /c ONLINE"},
		{do: "remove P b c", show: status, want: "-logs"},
		{do: "attach -w P a d", show: status, want: "mirror-0 ONLINE 0 0 0 /a ONLINE 0 0 0 /d ONLINE"},
		{do: "offline P d", show: status, want: "/d OFFLINE"},
		{do: "online P d;settle resilvered", show: status, want: "/d ONLINE"},
		{do: "offline -t P d;online -e P d;settle resilvered", show: status, want: "/d ONLINE"},
		{do: "offline -f P d", show: status, want: "external device fault"},
		{do: "clear P d;settle resilvered", show: status, want: "-external device fault"},
		{do: "add P spare e", show: status, want: "/e AVAIL"},
		{do: "replace P d e;settle INUSE", show: status, want: "spare-1"},
		{do: "detach P e", show: status, want: "/e AVAIL"},
		{do: "replace -w P d f;settle resilvered", show: status, want: "/f ONLINE"},
		{do: "detach P f", show: status, want: "-mirror"},
		{do: "add P g", show: status, want: "/g ONLINE"},
		{do: "remove -w P g", show: status, want: "Removal of vdev"},
		{do: "scrub -w P", show: status, want: "scrub repaired"},
		{do: "scrub -w -C P", show: status, want: "scrub repaired", since: "2.3"},
		{do: "initialize -w P", show: "zpool status -i P", want: "100% initialized"},
		{do: "checkpoint P", show: "zpool get -Hpo value checkpoint P", want: "--"},
		{do: "checkpoint -d -w P", show: "zpool get -Ho value checkpoint P", want: "-0"},
		{do: "set autotrim=on P", show: "zpool get -Hpo value autotrim P", want: "on"},
		{do: "set a:b=c P", show: "zpool get -Hpo value a:b P", want: "c", since: "2.2"},
		{do: "set io_n=5 P a", show: "zpool get -Hpo value io_n P a", want: "5", since: "2.2"},
		{do: "set a:b=d P root", show: "zpool get -Hpo value a:b P root", want: "d", since: "2.2"},
		{do: "sync P;reopen P;reopen -n P;reguid P;wait P", show: status, want: "ONLINE"},
		{do: "reguid -g 12345 P", show: "zpool get -Hpo value guid P", want: "12345", since: "2.3"},
		{do: "attach -w P a h;split P dosplit", show: "zpool import -d " + p.dir, want: "dosplit"},
		{do: "destroy P", show: "zpool list", want: "no pools available"},
		{do: "create -d -O mountpoint=none -o version=28 P a", show: "zpool get -Hpo value version P", want: "28"},
		{do: "upgrade P", show: "zpool get -Hpo value version,feature@lz4_compress,feature@encryption P", want: "active enabled"},
		{do: "destroy -f P", show: "zpool list", want: "no pools available"},
	})
}

// What cannot be done is refused in words, and nothing is changed.
func TestKernelDoPoolRefused(t *testing.T) {
	zfstest.Kernel(t)
	p := newStatusPool(t, "dorefused")
	p.run(t, "zpool create -O mountpoint=none P mirror a b")
	before := zfstest.Run(t, "zpool", "status", p.name)
	for i, tt := range []struct{ do, want string }{
		{"create P c", "exists"},
		{"create Q a", "dorefused"},
		{"create -o feature@lz4_compress=disabled Q c", "-d"},
		{"create Q mirror c", "mirror-0"},
		{"add P c", "mirror-0 1"},
		{"add P mirror c a", "dorefused"},
		{"add -o ashift=x P c", "number"},
		{"add -o comment=x P c", "only ashift"},
		{"attach P c d", "not exist"},
		{"attach P a b", "dorefused"},
		{"detach P mirror-0", ""},
		{"detach P c", "not exist"},
		{"remove P a", ""},
		{"remove P", "name the devices"},
		{"remove -s P", "progress"},
		{"remove -s P a", "no device"},
		{"offline P a b", "no other device"},
		{"online P c", "not exist"},
		{"split P", "arg"},
		{"split P dorefused", "exists"},
		{"scrub -p P", "progress"},
		{"scrub -s P", "progress"},
		{"scrub -p -s P", "either"},
		{"scrub Q", "not exist"},
		{"initialize -s P a", "no initialization is in progress"},
		{"trim -c P a", "no trim is in progress"},
		{"trim -r fast P", "bytes"},
		{"trim -c -s P", "only one"},
		{"checkpoint -d P", "has no checkpoint"},
		{"set size=3 P", "read-only"},
		{"set version=1 P", "version 1 is lower than the pool's, 5000"},
		{"set parity=3 P mirror-0", "read-only"},
		{"set io_n=5 P none", "not exist"},
		{"set io_n=5 P all-vdevs", "not exist"},
		{"upgrade -V 28 Q", "not exist"},
		{"upgrade -V 99 P", "28, or 5000"},
		{"set bootfs=nosuch/a P", "nosuch/a is not in the pool"},
		{"wait -t nothing P", "unknown activity"},
		{"destroy Q", "not exist"},
	} {
		if !zfstest.Share(t, i) {
			continue
		}
		var out, errOut bytes.Buffer
		code := run(t.Context(), append([]string{"do", "pool"}, p.words(tt.do)...), strings.NewReader(""), &out, &errOut)
		if code == exitFine || !strings.Contains(errOut.String(), tt.want) {
			t.Errorf("do pool %s: exit %d, it says %q, want %q", tt.do, code, errOut.String(), tt.want)
		}
		if strings.HasPrefix(tt.do, "offline") {
			p.run(t, "zpool online P a b") // one of them was taken offline
		}
	}
	p.settle(t, "ONLINE")
	after := zfstest.Run(t, "zpool", "status", p.name)
	if shorten(before) != shorten(after) {
		t.Errorf("what was refused has changed the pool:\n%s\nbefore:\n%s", after, before)
	}
}

// shorten leaves out what scans have left.
func shorten(status string) string {
	var lines []string
	for line := range strings.Lines(status) {
		if !strings.Contains(line, "scan:") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
