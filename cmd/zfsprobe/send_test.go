package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/stream"
)

// sendDevice is the fake module that estimates 3 MiB for every stream, and notes
// the input.
func sendDevice(sent *string) *ioctl.Device {
	return fakeDevice().Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		if op != ioctl.OpSendSpace {
			return next()
		}
		in, err := nvlist.Decode(c.In(), nil)
		if err != nil {
			return err
		}
		var keys []string
		for p := range in.All() {
			keys = append(keys, p.Name())
		}
		*sent = c.Text(ioctl.FieldName) + " " + strings.Join(keys, ",")
		out := &nvlist.List{}
		out.SetUint64("space", 3<<20)
		return c.Answer(out)
	})
}

func TestSendDryRun(t *testing.T) {
	token, err := (&stream.Token{ToName: "dozer0/a@new", ToGUID: 0, Object: 1}).Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, args, sent, want string
	}{
		{"silent", "send -n dozer0/a@new", "dozer0/a@new ", ""},
		{"for a person", "send -nv dozer0/a@new", "dozer0/a@new ", "dozer0/a@new: about 3M\n"},
		{"incremental", "send -nvi @old dozer0/a@new", "dozer0/a@new from", "dozer0/a@new since dozer0/a@old: about 3M\n"},
		{"for programs", "send -nPv dozer0/a@new", "dozer0/a@new ", "full\tdozer0/a@new\t3145728\nsize\t3145728\n"},
		{"incremental, for programs", "send -nPi #mark dozer0/a@new", "dozer0/a@new from", "incremental\tdozer0/a#mark\tdozer0/a@new\t3145728\nsize\t3145728\n"},
		{"flags", "send -nLec dozer0/a@new", "dozer0/a@new largeblockok,embedok,compressok", ""},
		{"raw", "send -nw dozer0/a@new", "dozer0/a@new largeblockok,embedok,compressok,rawok", ""},
		{"redacted", "send -n --redact book dozer0/a@new", "dozer0/a@new redactbook", ""},
		{"the rest", "send -nv -t " + token, "dozer0/a@new resume_object,resume_offset", "the rest of a stream: about 3M\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var sent string
			r := runOn(t, sendDevice(&sent), "", strings.Fields(tc.args)...)
			if diff := cmp.Diff(result{exitFine, tc.want, ""}, r, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if sent != tc.sent {
				t.Errorf("asked for %q, want %q", sent, tc.sent)
			}
		})
	}
	var sent string
	r := runOn(t, sendDevice(&sent), "", "--json", "send", "-n", "-i", "@old", "dozer0/a@new")
	want := "{\n  \"schema\": \"zfsprobe.send/1\",\n  \"snapshot\": \"dozer0/a@new\",\n  \"from\": \"@old\",\n  \"size\": 3145728\n}\n"
	if r.out != want {
		t.Errorf("document %s", r.out)
	}
}

func TestSendRefuses(t *testing.T) {
	var sent string
	for _, tc := range []struct{ name, args, text string }{
		{"nothing", "send", "accepts 1 arg"},
		{"a token and a name", "send -t 1-2-3-4 dozer0/a@new", "unknown command"},
		{"no token", "send -t 1-2-3-4", "invalid resume token"},
		{"deduplicated", "send -D dozer0/a@new", "deduplicated"},
		{"a bookmark", "send dozer0/a#mark", "invalid name"},
		{"two sources", "send -I @old -i @old dozer0/a@new", "cannot be used together"},
		{"a tree from a bookmark", "send -R -i #mark dozer0/a@new", "cannot be incremental from a bookmark"},
		{"a tree from elsewhere", "send -R -i dozer0/b@old dozer0/a@new", "neither a snapshot of dozer0/a nor its origin"},
		{"a tree of the rest", "send -R -t 1-2-3-4", "for the stream of one snapshot"},
		{"a part of no tree", "send -s dozer0/a@new", "-s needs -R"},
	} {
		r := runOn(t, sendDevice(&sent), "", strings.Fields(tc.args)...)
		if r.code != exitFailed || !strings.Contains(r.errOut, tc.text) {
			t.Errorf("%s: exit %d, %q", tc.name, r.code, r.errOut)
		}
	}
}
