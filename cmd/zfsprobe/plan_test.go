package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// plannable is the fake module with a clone "dozer0/c" of a snapshot, which also
// takes destructions and notes them.
func plannable(calls *[]string) *ioctl.Device {
	clone := fakeDataset{"dozer0/c", 2, 40, fakeStats("used", 1, "-")}
	return fakeDevice().Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		name := c.Text(ioctl.FieldName)
		switch op {
		case ioctl.OpObjsetStats:
			if name == clone.name {
				return clone.answer(c)
			}
		case ioctl.OpDatasetListNext, ioctl.OpSnapshotListNext:
			if name == clone.name {
				return ioctl.CodeSrch.Err()
			}
		case ioctl.OpDestroy, ioctl.OpDestroySnaps, ioctl.OpChannelProgram:
			*calls = append(*calls, strings.TrimPrefix(op.String(), "ZFS_IOC_")+" "+name)
			return c.Answer(&nvlist.List{})
		}
		return next()
	})
}

func TestPlan(t *testing.T) {
	tests := []struct {
		args, want string
		calls      []string
		code       int
		errOut     string
	}{
		{"destroy dozer0/vol", `
destroy dozer0/vol
steps:
  1. destroy dozer0/vol
lost:
  dozer0/vol (volume)
`, nil, exitFine, ""},
		{"destroy -r dozer0/a", `
destroy dozer0/a
blocked by:
  dozer0/c: is a clone of dozer0/a@new
  dozer0/d: is a clone of dozer0/a@new
steps, all or nothing:
  1. destroy dozer0/a@old, dozer0/a@new
  2. destroy dozer0/a
lost:
  dozer0/a@old (snapshot)
  dozer0/a@new (snapshot)
  dozer0/a#mark (bookmark)
  dozer0/a (filesystem)
`, nil, exitFinding, ""},
		{"destroy dozer0/a@old --run", `
destroy dozer0/a@old
steps:
  1. destroy dozer0/a@old
lost:
  dozer0/a@old (snapshot)
done
`, []string{"DESTROY_SNAPS dozer0"}, exitFine, ""},
		{"destroy dozer0/vol --run --steps", `
destroy dozer0/vol
steps:
  1. destroy dozer0/vol
lost:
  dozer0/vol (volume)
done
`, []string{"DESTROY dozer0/vol"}, exitFine, ""},
		{"rollback -R dozer0/a@old --dot", `
digraph zfs {
	rankdir=LR;
	node [fontname="monospace"];
	"dozer0/a" [shape=folder, label="dozer0/a", style=bold];
	"dozer0/a@old" [shape=box, label="@old"];
	"dozer0/a@new" [shape=box, label="@new", style=dashed];
	"dozer0/a#mark" [shape=note, label="#mark"];
	"dozer0/c" [shape=folder, label="dozer0/c", style=dashed];
	"dozer0" -> "dozer0/a";
	"dozer0" -> "dozer0/c";
	"dozer0/a" -> "dozer0/a#mark" [style=dotted];
	"dozer0/a" -> "dozer0/a@new" [style=dotted];
	"dozer0/a" -> "dozer0/a@old" [style=dotted];
	"dozer0/a@new" -> "dozer0/c" [label="clone"];
	"dozer0/a@new" -> "dozer0/d" [label="clone"];
}
`, nil, exitFine, ""},
		{"promote dozer0/a", "\n", nil, exitFailed, "it is not a clone"},
		{"promote dozer0/none", "\n", nil, exitFinding, "does not exist"},
		{"rollback dozer0/a", "\n", nil, exitFailed, "not a snapshot's name"},
		{"destroy dozer0", "\n", nil, exitFailed, "only be destroyed with its pool"},
		{"destroy -p -R dozer0/a", "\n", nil, exitFailed, "either destroyed or promoted"},
		{"destroy --json --dot dozer0/a", "\n", nil, exitFailed, "cannot be used together"},
		{"destroy", "\n", nil, exitFailed, "1 arg"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var calls []string
			r := runOn(t, plannable(&calls), "", append([]string{"plan"}, strings.Fields(tt.args)...)...)
			if diff := cmp.Diff(tt.want, "\n"+r.out); diff != "" {
				t.Errorf("it prints (-want +got):\n%s", diff)
			}
			if r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) || tt.errOut == "" && r.errOut != "" {
				t.Errorf("exit %d, want %d; it says %q, want %q", r.code, tt.code, r.errOut, tt.errOut)
			}
			if diff := cmp.Diff(tt.calls, calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanJSON(t *testing.T) {
	var calls []string
	r := runOn(t, plannable(&calls), "", "plan", "destroy", "--json", "-R", "dozer0/a")
	var doc struct {
		Schema string
		Plan   struct {
			Steps   []struct{ Names []string }
			Blocked []struct{ Name string }
		}
		Graph struct {
			Datasets []struct{ Name string }
		}
		Executed bool
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.code != exitFine {
		t.Fatalf("exit %d, %v in %s", r.code, err, r.out)
	}
	if doc.Schema != "zfsprobe.plan/1" || len(doc.Plan.Steps) != 3 || doc.Plan.Steps[0].Names[0] != "dozer0/c" || doc.Executed {
		t.Errorf("document %+v", doc)
	}
	if len(doc.Graph.Datasets) != 2 || len(calls) > 0 {
		t.Errorf("graph %+v, calls %v", doc.Graph, calls)
	}
}
