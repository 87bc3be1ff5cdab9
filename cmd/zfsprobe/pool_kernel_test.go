package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// What the readers below pool print equals what zpool(8) prints, on a pool that
// nothing is written to.
func TestKernelPoolReadersEqualZpool(t *testing.T) {
	zfstest.Kernel(t)
	p := newStatusPool(t, "poolreaders")
	p.run(t, "zpool create -O mountpoint=none -o comment=here P mirror a b")
	p.run(t, "zpool checkpoint P;zpool sync P;zpool export P;zpool import -d "+p.dir+" -o readonly=on P")
	for _, args := range []string{"list -H", "list -Hp", "list -H -o name,size,cap,frag,free,health", "get -H all", "get -Hp all", "get -H -o value,source comment,altroot,readonly"} {
		words := append(strings.Fields(args), p.name)
		theirs := zfstest.Run(t, "zpool", words...)
		ours := string(probe(t, append([]string{"pool"}, words...)...))
		want, got := strings.Split(theirs, "\n"), strings.Split(ours, "\n")
		if strings.Contains(args, "all") {
			slices.Sort(want) // releases differ in the order of features
			slices.Sort(got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-zpool +zfsprobe):\n%s", args, diff)
		}
	}
	testDeviceReaders(t, p)
	// Without a name these are about all pools.
	if want, got := zfstest.Run(t, "zpool", "list", "-Ho", "name"), string(probe(t, "pool", "ls", "-H", "-o", "name")); got != want {
		t.Errorf("all pools are %q, want %q", got, want)
	}
	if out, code := probeAny(t, "errors"); out != "" || code != exitFine {
		t.Errorf("errors of all pools: exit %d, %s", code, out)
	}
	if out, code := probeAny(t, "pool", "faults"); out != "" || code != exitFine {
		t.Errorf("without a fault: exit %d, %s", code, out)
	}
	p.run(t, "zinject -d a -e io -T read P")
	out, code := probeAny(t, "pool", "faults")
	p.run(t, "zinject -c all")
	if !strings.Contains(out, p.name+"  device  ") || !strings.Contains(out, "EIO") || code != exitFinding {
		t.Errorf("with a fault: exit %d, %s", code, out)
	}
	if out := string(probe(t, "pool", "config", p.name)); !strings.Contains(out, "pool_guid: uint64 = "+strings.TrimSpace(zfstest.Run(t, "zpool", "get", "-Hpo", "value", "guid", p.name))) {
		t.Errorf("the configuration has another GUID:\n%s", out)
	}
}

// testDeviceReaders compares the properties of devices.
func testDeviceReaders(t *testing.T, p *statusPool) {
	t.Helper()
	if rel := zfstest.Release(t); rel.Minor < 2 {
		var out, errOut bytes.Buffer
		code := run(t.Context(), []string{"pool", "get", "all", p.name, "mirror-0"}, strings.NewReader(""), &out, &errOut)
		if code != exitFailed || !strings.Contains(errOut.String(), "the operation was added in 2.2") {
			t.Errorf("devices before 2.2: exit %d, %s", code, errOut.String())
		}
		return
	}
	for _, args := range []string{"get -H all P mirror-0 D/a", "get -Hp all P all-vdevs", "get -H size,io_n,state P root", "get -H -o name,value a:b,path,comment P D/a"} {
		words := strings.Fields(strings.NewReplacer("P", p.name, "D", p.dir).Replace(args))
		tidy := func(out string) []string {
			// Looking reads devices, so what counts that changes on the way.
			lines := slices.DeleteFunc(strings.Split(out, "\n"), func(line string) bool {
				return strings.Contains(line, "_ops\t") || strings.Contains(line, "_bytes\t")
			})
			if strings.Contains(args, "-Hp") {
				for i, line := range lines {
					lines[i] = strings.ReplaceAll(line, "%", "")
				}
			}
			slices.Sort(lines)
			return lines
		}
		theirs := tidy(zfstest.Run(t, "zpool", words...))
		if diff := cmp.Diff(theirs, tidy(string(probe(t, append([]string{"pool"}, words...)...)))); diff != "" {
			t.Errorf("%s (-zpool +zfsprobe):\n%s", args, diff)
		}
	}
}

// The history is that of zpool history, with the kernel's own events and who
// did it.
func TestKernelHistoryEqualsZpool(t *testing.T) {
	zfstest.Kernel(t)
	p := newStatusPool(t, "oldstories")
	p.run(t, "zpool create -O mountpoint=none P mirror a b;zfs create P/x;zfs snapshot P/x@1 P@1;zfs set a:b=c P/x")
	p.run(t, "do --history snapshot P/x@2;do destroy P@1;zpool offline P b;zpool online P b;zfs destroy -r P/x;zpool sync P")
	for _, flags := range [][]string{nil, {"-l"}, {"-i"}, {"-i", "-l"}} {
		theirs := zfstest.Run(t, "zpool", append(append([]string{"history"}, flags...), p.name)...)
		ours := string(probe(t, append(append([]string{"history"}, flags...), p.name)...))
		if diff := cmp.Diff(strings.Split(theirs, "\n"), strings.Split(ours, "\n")); diff != "" || len(theirs) < 300 {
			t.Errorf("history %v (-zpool +zfsprobe):\n%s", flags, diff)
		}
	}
}
