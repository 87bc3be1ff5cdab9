package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// busyDevice is the fake module with a hold on a snapshot.
func busyDevice() *ioctl.Device {
	return fakeDevice().Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		if op != ioctl.OpGetHolds {
			return next()
		}
		return c.Answer(&nvlist.List{})
	})
}

func TestBusy(t *testing.T) {
	tests := []struct {
		name, args, want string
		code             int
		errOut           string
	}{
		{"snapshots and clones", "busy dozer0/a", `
BLOCKS   BY
destroy  dozer0/c is a clone of dozer0/a@new
destroy  dozer0/d is a clone of dozer0/a@new
destroy  it has 2 snapshots, the latest is dozer0/a@new
`, exitFinding, ""},
		{"clones of a snapshot", "busy dozer0/a@new", `
BLOCKS   BY
destroy  dozer0/c is a clone of dozer0/a@new
destroy  dozer0/d is a clone of dozer0/a@new
`, exitFinding, ""},
		{"nothing", "busy dozer0/a@old", "\nnothing blocks operations on dozer0/a@old\n", exitFine, ""},
		{"missing", "busy dozer0/none", "\n", exitFinding, "does not exist"},
		{"bookmark", "busy dozer0/a#mark", "\n", exitFailed, "bookmark"},
		{"no name", "busy", "\n", exitFailed, "accepts 1 arg"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, busyDevice(), "", strings.Fields(tt.args)...)
			if diff := cmp.Diff(tt.want, "\n"+r.out); diff != "" {
				t.Errorf("zfsprobe %s (-want +got):\n%s", tt.args, diff)
			}
			if r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) || tt.errOut == "" && r.errOut != "" {
				t.Errorf("exit %d, want %d; it says %q, want %q", r.code, tt.code, r.errOut, tt.errOut)
			}
		})
	}
}

func TestBusyJSON(t *testing.T) {
	r := runOn(t, busyDevice(), "", "busy", "--json", "dozer0/a@new")
	var doc busyDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.code != exitFinding {
		t.Fatalf("exit %d, %v in %s", r.code, err, r.out)
	}
	clone := func(name string) blockerDoc {
		return blockerDoc{Kind: "clone", Name: name, Of: "dozer0/a@new", Blocks: []string{"destroy"}, Text: name + " is a clone of dozer0/a@new"}
	}
	want := busyDoc{Schema: "zfsprobe.busy/1", Name: "dozer0/a@new", Blockers: []blockerDoc{clone("dozer0/c"), clone("dozer0/d")}}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestBusyCompletion(t *testing.T) {
	for typed, want := range map[string]string{"": "dozer0/vol\n", "dozer0/a@": "dozer0/a@old\n"} {
		r := runOn(t, fakeDevice(), "", "__complete", "busy", typed)
		if !strings.Contains(r.out, want) || strings.Contains(r.out, "$MOS") {
			t.Errorf("%q completes to %q, want %q among them", typed, r.out, want)
		}
	}
}
