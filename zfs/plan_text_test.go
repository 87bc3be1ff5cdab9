package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/zfs"
)

// The tag of a hold, a path and the name of a program may have any bytes. They
// forge no line of a text, and are escaped once.
func TestTextsForgeNothing(t *testing.T) {
	const evil, harmless = "x\nsteps:\x1b[2J\x7f\u009b\xff", `x\nsteps:\x1b[2J\x7f\u009b\xff`
	user := &zfs.DatasetUser{Use: zfs.UseFile, PID: 7, Command: evil, Path: evil, Count: 2}
	blocked := &zfs.Plan{Name: "tank/a", Blocked: []zfs.Item{{Name: "tank/a@s", Err: errors.New("is held by " + evil)}}}
	graph := &zfs.Graph{Datasets: []zfs.GraphDataset{{Name: "tank/a", Mountpoint: evil, Snapshots: []zfs.GraphSnapshot{{Name: "tank/a@s", Holds: []string{evil}}}}}}
	quoted := strings.ReplaceAll(harmless, `\`, `\\`) // as Graphviz writes a backslash
	for what, tt := range map[string]struct {
		got, want string
		lines     int
	}{
		"a user":            {user.String(), "process 7 (" + harmless + "): open file " + harmless + " and 1 more", 0},
		"a mount":           {(&zfs.DatasetUser{Use: zfs.UseMount, Path: evil}).String(), "mounted at " + harmless, 0},
		"a blocker":         {(&zfs.Blocker{Kind: zfs.BlockerUser, Name: "tank/a", User: user}).String(), "tank/a: process 7 (" + harmless + "): open file", 0},
		"a hold":            {(&zfs.Blocker{Kind: zfs.BlockerHold, Name: "tank/a@s", Tag: evil}).String(), "tank/a@s is held by " + harmless, 0},
		"a plan":            {blocked.String(), "\n  tank/a@s: is held by " + harmless + "\nsteps:\n", 4},
		"a picture's mount": {graph.DOT(nil), `label="tank/a\nat ` + quoted + `"`, 8},
		"a picture's hold":  {graph.DOT(nil), `label="@s\nheld by ` + quoted + `"`, 8},
	} {
		if !strings.Contains(tt.got, tt.want) || strings.Count(tt.got, "\n") != tt.lines || text.EscapeLines(tt.got) != tt.got {
			t.Errorf("%s: %q, want %q in %d lines", what, tt.got, tt.want, tt.lines)
		}
	}
}
