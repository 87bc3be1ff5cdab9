package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// What a plan has shown is what is there once it was run.
func TestKernelPlan(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create P/o; zfs create P/o/c; zfs snapshot -r P/o@1; zfs clone P/o@1 P/x; zfs snapshot P/o@2; zfs clone P/o/c@1 P/y
zfs create -V 1M P/v; zfs snapshot P/v@1; zfs snapshot P/v@2; zfs hold keep P/v@2`, "P", pool))
	for _, step := range []struct {
		plan string // P stands for the pool
		code int
		left string // all there is
	}{
		{"destroy -r P/o", exitFinding, "P P/o P/o/c P/o/c@1 P/o@1 P/o@2 P/v P/v@1 P/v@2 P/x P/y"},
		{"destroy -rp P/o", exitFine, "P P/v P/v@1 P/v@2 P/x P/x@1 P/y P/y@1"},
		{"rollback -r P/v@1", exitFinding, "P P/v P/v@1 P/v@2 P/x P/x@1 P/y P/y@1"},
		{"rollback P/x@1 --steps", exitFine, "P P/v P/v@1 P/v@2 P/x P/x@1 P/y P/y@1"},
		{"promote P/x", exitFailed, "P P/v P/v@1 P/v@2 P/x P/x@1 P/y P/y@1"},
		{"destroy -R P/y", exitFine, "P P/v P/v@1 P/v@2 P/x P/x@1"},
	} {
		args := strings.Fields("plan --run " + strings.ReplaceAll(step.plan, "P", pool))
		code, out := outcomeOf(t, args...)
		if code != step.code || strings.HasSuffix(out, "done\n") != (code == exitFine) {
			t.Errorf("plan %s: exit %d, want %d\n%s", step.plan, code, step.code, out)
		}
		left := strings.Fields(zfstest.Run(t, "zfs", "list", "-Ho", "name", "-t", "all", "-s", "name", "-r", pool))
		want := strings.Fields(strings.ReplaceAll(step.left, "P", pool))
		if diff := cmp.Diff(want, left, cmp.Transformer("set", func(names []string) map[string]bool {
			set := make(map[string]bool)
			for _, name := range names {
				set[name] = true
			}
			return set
		})); diff != "" {
			t.Errorf("plan %s leaves (-want +got):\n%s", step.plan, diff)
		}
	}
	var doc planDoc
	code, out := outcomeOf(t, "plan", "--json", "destroy", pool+"/v@2")
	if err := json.Unmarshal([]byte(strings.Replace(out, `"plan":`, `"ignored":`, 1)), &doc); err != nil || code != exitFinding {
		t.Errorf("exit %d, %v in\n%s", code, err, out)
	}
	if len(doc.Graph.Datasets) != 1 || len(doc.Graph.Datasets[0].Snapshots) != 2 {
		t.Errorf("graph %+v", doc.Graph)
	}
}
