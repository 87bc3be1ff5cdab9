package zfs_test

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// destroyVolume is the program of package volumes.
//
//go:embed volumes/destroy.lua
var destroyVolume string

// aLargePool replaces the real pool before a program: half the items are datasets
// with names of almost the maximal length, each with one snapshot. Everything is
// allowed and nothing happens.
const aLargePool = `
local long, half = ("x"):rep(200), HALF
local function names(of, mark, n)
	local i = 0
	return function()
		i = i + 1
		if i <= n then return of .. mark .. long .. i end
	end
end
local function fine() return 0 end
local all = setmetatable({}, {__index = function() return fine end})
zfs = {check = all, sync = all,
	exists = function(name) return not name:find("%recv", 1, true) and not name:find("@new", 1, true) end,
	get_prop = function(name, prop)
		if prop == "origin" then return "p/a@old" end
		if prop == "refquota" then return 0 end
		return name:find("@old", 1, true) and 1 or 2
	end,
	list = {
		children = function(name) return names(name, "/", name == "p/a" and not FLAT and half or 0) end,
		snapshots = function(name) return names(name, "@", FLAT and half or 1) end,
		clones = function() return names("", "", 0) end,
		bookmarks = function() return names("", "", 0) end,
	}}
`

// With the largest number of items, no program comes near its limits, so that
// none can run out of memory or instructions while it makes changes.
func TestKernelCompositesFitTheirLimits(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	const half = zfs.MaxCompositeItems/2 - 10
	sets := make(map[string]map[string]string)
	for i := range half {
		sets["p/"+strings.Repeat("x", 200)+fmt.Sprint(i)] = map[string]string{"x:y": strings.Repeat("v", 100)}
	}
	for _, tc := range []struct {
		program string
		args    map[string]any
		flat    bool // one dataset with many snapshots
		least   int  // items that are done
	}{
		{"tree_destroy", map[string]any{"name": "p/a", "dependents": true}, false, 2 * half},
		{"tree_rollback", map[string]any{"name": "p/a", "snap": "old", "recursive": true, "destroy": true, "older": []string{}}, false, 2 * half},
		{"tree_snapshot", map[string]any{"name": "p/a", "snap": "new", "exclude": []string{}}, false, half},
		{"snapshot_rename", map[string]any{"name": "p/a", "from": []string{"old"}, "to": []string{"new"}, "recursive": true}, false, half},
		{"promote_destroy", map[string]any{"clone": "p/c", "snapshots": true}, true, half},
		{"volumes/destroy", map[string]any{
			"name": "p/a", "snapshots": true, "kept": []string{}, "read": map[string]bool{}, "parent": "p", "hidden": "p/.volumes",
		}, true, half},
		{"props_set", map[string]any{"sets": sets}, false, half},
	} {
		source, err := zfs.ProgramSource(tc.program)
		if tc.program == "volumes/destroy" {
			source, err = zfs.WithCommon(destroyVolume)
		}
		if err != nil {
			t.Fatal(err)
		}
		tc.args["limit"] = zfs.MaxCompositeItems
		prefix := strings.NewReplacer("HALF", fmt.Sprint(half), "FLAT", fmt.Sprint(tc.flat)).Replace(aLargePool)
		// A quarter of the instructions and half the memory of a composite.
		res, err := c.ProgramRun(t.Context(), pool, zfs.Program{
			Source: prefix + source, Args: tc.args, InstructionLimit: zfs.MaxInstructionLimit / 4, MemoryLimit: 16 << 20,
		})
		if err != nil {
			t.Errorf("%s: %v", tc.program, err)
			continue
		}
		answer, _ := res.Answer.List("return")
		done, _ := answer.List("done")
		failed, _ := answer.List("failed")
		if done.Len() < tc.least || failed.Len() != 0 {
			t.Errorf("%s: %d done, want %d; failed %v", tc.program, done.Len(), tc.least, failed)
		}
	}
}
