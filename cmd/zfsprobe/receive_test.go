package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/stream"
)

func TestReceiveRefuses(t *testing.T) {
	for _, tc := range []struct{ name, args, text string }{
		{"nothing", "receive", "accepts 1 arg"},
		{"no stream", "receive dozer0/b", "ends too early"},
		{"no value", "receive -o atime dozer0/b", "not of the form"},
		{"two ways of naming", "receive -d -e dozer0/b", "exclude each other"},
		{"a tree that heals", "receive -d -c dozer0/b", "-c is for the stream of one snapshot"},
		{"no property", "receive -x nosuch dozer0/b", "neither a native property"},
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

func TestReceiveDryRun(t *testing.T) {
	whole := string(mustSmallStream(t))
	for _, tc := range []struct {
		name, in, args string
		want           result
	}{
		{"whole", whole, "receive -n dozer0/b", result{exitFine, "far/away@s would become dozer0/b@s, 624B\n", ""}},
		{"named", whole, "receive -n dozer0/b@x", result{exitFine, "far/away@s would become dozer0/b@x, 624B\n", ""}},
		{"broken off", whole[:400], "receive -n dozer0/b",
			result{exitFinding, "standard input: malformed: stream: unexpected end of the stream at byte 400, record 1\n", ""}},
		{"nothing", "", "receive -n dozer0/b",
			result{exitFinding, "standard input: malformed: stream: unexpected end of the stream at byte 0, record 0\n", ""}},
		{"json", whole, "--json receive -n dozer0/b", result{exitFine,
			"{\n  \"schema\": \"zfsprobe.receive/1\",\n  \"streams\": [\n    {\n      \"snapshot\": \"dozer0/b@s\",\n      \"guid\": 42,\n" +
				"      \"created\": false,\n      \"bytes\": 624\n    }\n  ]\n}\n", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := runOn(t, nil, tc.in, strings.Fields(tc.args)...)
			if diff := cmp.Diff(tc.want, r, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrintReceived(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out}
	got := &zfs.ReceivedPackage{
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
dozer0/b@r: is there already
in all 4M in 1.5 seconds
not set: atime of dozer0/b@s: invalid property or value
not set: dozer0/b@s#tag: already exists
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}
