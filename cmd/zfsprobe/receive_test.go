package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/stream"
)

func TestReceiveRefuses(t *testing.T) {
	for _, tc := range []struct{ name, args, text string }{
		{"nothing", "receive", "accepts 1 arg"},
		{"no stream", "receive dozer0/b", "ends too early"},
		{"no value", "receive -o atime dozer0/b", "not of the form"},
		{"two ways of naming", "receive -d -e dozer0/b", "cannot be used together"},
		{"a tree that heals", "receive -d -c dozer0/b", "-c is for the stream of one snapshot"},
		{"two permissions", "receive -o origin=dozer0/a@old --origins dozer0/a dozer0/b", "-o origin cannot be used with --origins"},
		{"no property", "receive -x no-such dozer0/b", "neither a native property"},
		{"nothing to abort", "receive -A dozer0/a", "holds no partial receive"},
	} {
		in := ""
		if tc.name == "no property" {
			in = string(mustSmallStream(t))
		}
		r := runOn(t, fakeDevice(), in, strings.Fields(tc.args)...)
		if r.code != exitFailed || !strings.Contains(r.errOut, tc.text) {
			t.Errorf("%s: exit %d, %q", tc.name, r.code, r.errOut)
		}
	}
}

// To abort is no dry run: nothing is destroyed if both are asked for, in any order
// of the flags, nor with flags of a receive that is to follow.
func TestReceiveAbort(t *testing.T) {
	var destroyed []string
	dev := fakeDeviceOf(append(fakeTree(), fakeDataset{"dozer0/a/%recv", 2, 40, fakeStats()})).Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		if op != ioctl.OpDestroy {
			return next()
		}
		destroyed = append(destroyed, c.Text(ioctl.FieldName))
		return nil
	})
	for _, args := range []string{"-n -A", "-A -n", "-nA", "-An", "--abort --dryrun", "--dryrun --abort -v", "-A -d", "-A -e", "-A -s"} {
		r := runOn(t, dev, "", strings.Fields("receive "+args+" dozer0/a")...)
		if r.code != exitFailed || r.out != "" || !strings.Contains(r.errOut, "-A cannot be used with -n, -d, -e or -s") || len(destroyed) > 0 {
			t.Errorf("%s: exit %d, %q, %q, %q destroyed", args, r.code, r.out, r.errOut, destroyed)
		}
	}
	r := runOn(t, dev, "", "receive", "-A", "dozer0/a")
	if r.code != exitFine || r.errOut != "" || !slices.Equal(destroyed, []string{"dozer0/a/%recv"}) {
		t.Errorf("-A: exit %d, %q, %q destroyed", r.code, r.errOut, destroyed)
	}
}

// mustSmallStream makes a stream of two records.
func mustSmallStream(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for _, rec := range []stream.Record{&stream.Begin{ObjsetType: 2, ToGUID: 42, ToName: "far/away@s"}, &stream.End{ToGUID: 42}} {
		if err := w.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// syncedDevice is the fake module with a pool that can be synced.
func syncedDevice() *ioctl.Device {
	return fakeDevice().Tap(func(op ioctl.Op, _ *ioctl.Cmd, next func() error) error {
		if op == ioctl.OpPoolSync {
			return nil
		}
		return next()
	})
}

func TestReceiveDryRun(t *testing.T) {
	whole := string(mustSmallStream(t))
	for _, tc := range []struct {
		name, in, args string
		want           result
	}{
		{"whole", whole, "receive -n dozer0/b", result{exitFine, "would receive dozer0/b@s: 624B\n", ""}},
		{"named", whole, "receive -n dozer0/b@x", result{exitFine, "would receive dozer0/b@x: 624B\n", ""}},
		{"by its path", whole, "receive -nd dozer0", result{exitFine, "would receive dozer0/away@s: 624B\n", ""}},
		{"broken off", whole[:400], "receive -n dozer0/b",
			result{exitFailed, "", "zfsprobe: zfs: receive \"dozer0/b@s\": the stream ends too early\n"}},
		{"nothing", "", "receive -n dozer0/b",
			result{exitFailed, "", "zfsprobe: zfs: receive \"dozer0/b\": the stream ends too early\n"}},
		{"the kernel's own", whole, "receive -n dozer0/b%recv",
			result{exitFailed, "", "zfsprobe: zfs: receive \"dozer0/b%recv\": invalid name \"dozer0/b%recv\": the name is reserved for the kernel\n"}},
		{"no parent", whole, "receive -n dozer0/no/b", result{exitFinding, "", "zfsprobe: zfs: receive \"dozer0/no/b@s\": dozer0/no: parent does not exist (ENOENT)\n"}},
		{"no property", whole, "receive -n -o no-such=1 dozer0/b", result{exitFailed, "",
			"zfsprobe: zfs: receive \"dozer0/b@s\": invalid property or value: zfs: property \"no-such\": neither a native property nor a user property (those have a colon)\n"}},
		{"json", whole, "--json receive -n dozer0/b", result{exitFine,
			"{\n  \"schema\": \"zfsprobe.receive/1\",\n  \"streams\": [\n    {\n      \"snapshot\": \"dozer0/b@s\",\n      \"guid\": 42,\n" +
				"      \"created\": true,\n      \"bytes\": 624\n    }\n  ]\n}\n", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := runOn(t, syncedDevice(), tc.in, strings.Fields(tc.args)...)
			if diff := cmp.Diff(tc.want, r, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

// The origin of a clone is looked for in the target, unless more is allowed. The
// error says what to allow.
func TestReceiveOrigins(t *testing.T) {
	all := fakeTree()
	for i := range all {
		v := &nvlist.List{}
		v.SetUint64("value", uint64(100+i))
		all[i].stats.SetList("guid", v)
	}
	dev := fakeDeviceOf(all).Tap(func(op ioctl.Op, _ *ioctl.Cmd, next func() error) error {
		if op == ioctl.OpPoolSync {
			return nil
		}
		return next()
	})
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	const old = 105 // dozer0/a@old
	must(t, w.WriteRecord(&stream.Begin{ObjsetType: 2, Flags: stream.FlagClone, FromGUID: old, ToGUID: 42, ToName: "far/c@s"}))
	must(t, w.WriteRecord(&stream.End{ToGUID: 42}))
	refused := result{exitFailed, "", `zfsprobe: zfs: receive "dozer0/c@s": dozer0/a@old: is not allowed by the options ` +
		"(the stream makes a clone of it; it is outside of dozer0/c, and Origins does not have dozer0/a)\n" +
		"  Pass '--origins dozer0/a' to allow clones of its snapshots.\n"}
	made := result{exitFine, "would receive dozer0/c@s: 624B\n", ""}
	for args, want := range map[string]result{
		"receive -n dozer0/c": refused, "receive -n dozer0/c@s": refused, "receive dozer0/c": refused, "receive -n --origins dozer0/vol dozer0/c": refused,
		"receive -n --origins dozer0/a dozer0/c": made, "receive -n --origins dozer0/vol --origins=dozer0/a dozer0/c": made,
		"receive -ne dozer0": made, "receive -n -o origin=dozer0/a@old dozer0/c": made,
	} {
		r := runOn(t, dev, b.String(), strings.Fields(args)...)
		if diff := cmp.Diff(want, r, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", args, diff)
		}
	}
}

func TestPrintReceived(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out}
	got := &zfs.ReceivedTree{
		Steps: []zfs.ReceiveStep{{Action: zfs.ActionDestroy, Name: "dozer0/b/old"}},
		Streams: []*zfs.Received{
			{Snapshot: "dozer0/b@s", Bytes: 3 << 20, Failed: []zfs.Item{{Name: "atime", Err: zfs.ErrInvalidProp}}},
			{Snapshot: "dozer0/b/c@s", Bytes: 1 << 20},
		},
		Skipped: []string{"dozer0/b@r"},
		Failed:  []zfs.Item{{Name: "dozer0/b@s#tag", Err: zfs.ErrExists}},
	}
	if err := a.printReceived(got, &receiveFlags{verbose: true}, 1500*time.Millisecond); err != errFound {
		t.Errorf("error %v, want a finding", err)
	}
	want := `destroy dozer0/b/old
dozer0/b@s: 3M
dozer0/b/c@s: 1M
dozer0/b@r: exists already
in all 4M in 1.5 seconds
not set: atime of dozer0/b@s: invalid property or value
not set: dozer0/b@s#tag: already exists
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}
