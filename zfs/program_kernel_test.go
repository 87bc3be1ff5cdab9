package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// Every form of argument is returned as the program received it.
func TestKernelProgramRunArgs(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	deep := map[string]any{"end": int64(1)}
	for range 16 {
		deep = map[string]any{"t": deep}
	}
	for _, tc := range []struct {
		name, source string
		args, want   any
	}{
		{"none", "local a = ... return a", nil, map[string]any{}},
		{"integer", "local a = ... return a", -5, int64(-5)},
		{"text", "local a = ... return a .. 'x'", "\x01é\"\n", "\x01é\"\nx"},
		{"boolean", "local a = ... return a == false", false, true},
		{"texts", "local a = ... return #a .. a[1] .. a[2]", []string{"a", "b"}, "2ab"},
		{"numbers", "local a = ... return a[1] + a[2]", []int{40, 2}, int64(42)},
		{"no texts", "local a = ... return #a", []string{}, int64(0)},
		{"table", "local a = ... return a", map[string]any{"n": 1, "t": map[string]string{"x": "y"}, "l": []int{7}, "e": map[string]int{}},
			map[string]any{"n": int64(1), "t": map[string]any{"x": "y"}, "l": map[string]any{"1": int64(7)}, "e": map[string]any{}}},
		{"deep", "local a = ... return a", deep, deep},
		{"keys", "return {[1]='a', [true]='b', x={}}", nil, map[string]any{"1": "a", "true": "b", "x": map[string]any{}}},
		{"nil", "return nil", nil, nil},
		{"what is not defined", "return print", nil, nil},
		{"nothing", "", nil, nil},
	} {
		for _, sync := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s sync %t", tc.name, sync), func(t *testing.T) {
				res, err := c.ProgramRun(t.Context(), pool, zfs.Program{Source: tc.source, Args: tc.args, Sync: sync})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, res.Value); diff != "" {
					t.Errorf("result (-want +got):\n%s", diff)
				}
				if got := res.Answer.Has("return"); got != (tc.source != "") {
					t.Errorf("the answer has a value: %t", got)
				}
			})
		}
	}
	// The deepest argument that is accepted is one that the kernel accepts.
	args := any(map[string]any{})
	for range 17 {
		args = map[string]any{"t": args}
	}
	if _, err := c.ProgramRun(t.Context(), pool, zfs.Program{Source: "return 1", Args: args}); err != nil {
		t.Errorf("the deepest argument: %v", err)
	}
}

func TestKernelProgramRunErrors(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dag := "local t = 'x' for i = 1, 13 do t = {t, t} end return t"
	for _, tc := range []struct {
		name string
		p    zfs.Program
		want error
		line int    // of the LuaError, or 0
		says string // its message
	}{
		{"error", zfs.Program{Source: "local x = 1\nerror('boom ' .. x)"}, zfs.ErrProgramFailed, 2, "boom 1"},
		{"error without a value", zfs.Program{Source: "error()"}, zfs.ErrProgramFailed, 1, ""},
		{"table as an error", zfs.Program{Source: "\nerror({})"}, zfs.ErrProgramFailed, 2, ""},
		{"wrong use", zfs.Program{Source: "zfs.exists('a', 6)"}, zfs.ErrProgramFailed, 1, "too many positional arguments: exists{<dataset(string)>}"},
		{"another pool", zfs.Program{Source: "return zfs.exists('nosuchpool/a')"}, zfs.ErrProgramFailed, 1, "dataset 'nosuchpool/a' is not in the target pool"},
		{"no such dataset", zfs.Program{Source: "return zfs.get_prop(... .. '/none', 'used')", Args: pool}, zfs.ErrProgramFailed, 1,
			"bad argument #1 to 'get_prop' (no such dataset '" + pool + "/none')"},
		{"syntax", zfs.Program{Source: "\n\nx = = 1"}, zfs.ErrProgramSyntax, 3, "unexpected symbol near '='"},
		{"bytecode", zfs.Program{Source: "\x1bLua"}, zfs.ErrProgramSyntax, 1, "unexpected symbol near char(27)"},
		{"loop", zfs.Program{Source: "while true do end", InstructionLimit: 1000}, zfs.ErrInstructionLimit, 1, "Channel program timed out."},
		{"memory", zfs.Program{Source: "local t = {} while true do t[#t + 1] = ('x'):rep(999) .. #t end", MemoryLimit: 200000}, zfs.ErrMemoryLimit, 0, ""},
		{"recursion", zfs.Program{Source: "local function f() return 1 + f() end return f()", MemoryLimit: 200000}, zfs.ErrMemoryLimit, 0, ""},
		{"two results", zfs.Program{Source: "return 1, 2"}, zfs.ErrProgramFailed, 0, "Multiple return values not supported"},
		{"cycle", zfs.Program{Source: "local t = {} t.t = t return t"}, zfs.ErrProgramFailed, 0, "Maximum table depth (20) exceeded for table"},
		{"function as a result", zfs.Program{Source: "return {zfs.exists}"}, zfs.ErrProgramFailed, 0, "Invalid value type 'function' for key '1'"},
		{"keys that collide", zfs.Program{Source: "return {['1'] = 1, [1] = 2}"}, zfs.ErrProgramFailed, 0, "Collision of key '1' in table"},
		{"large result", zfs.Program{Source: dag, MemoryLimit: 300000}, zfs.ErrResultTooLarge, 0, ""},
		{"limits above the module's", zfs.Program{MemoryLimit: zfs.MaxMemoryLimit + 1}, zfs.ErrInvalid, 0, ""},
		{"instructions above the module's", zfs.Program{InstructionLimit: zfs.MaxInstructionLimit + 1}, zfs.ErrInvalid, 0, ""},
	} {
		for _, sync := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s sync %t", tc.name, sync), func(t *testing.T) {
				tc.p.Sync = sync
				_, err := c.ProgramRun(t.Context(), pool, tc.p)
				if !errors.Is(err, tc.want) {
					t.Fatalf("error %v, want %v", err, tc.want)
				}
				lua := &zfs.LuaError{}
				errors.As(err, &lua)
				if lua.Line != tc.line || lua.Message != tc.says {
					t.Errorf("line %d, message %q; want %d, %q", lua.Line, lua.Message, tc.line, tc.says)
				}
				if errors.Is(err, zfs.ErrInstructionLimit) && (lua.Instructions < 1000 || lua.Instructions > 1200) {
					t.Errorf("%d instructions", lua.Instructions)
				}
			})
		}
	}
	if _, err := c.ProgramRun(t.Context(), "nosuchpool", zfs.Program{}); !errors.Is(err, zfs.ErrPoolNotFound) {
		t.Errorf("no such pool: %v, want ErrNotFound", err)
	}
}

// What a program has done remains when it fails afterwards.
func TestKernelProgramRunSync(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	const fail = "local p = ... assert(zfs.sync.snapshot(p .. '@' .. NAME) == 0) "
	for name, tc := range map[string]struct {
		source string
		p      zfs.Program
		want   error
	}{
		"fine":   {"return 1", zfs.Program{}, nil},
		"error":  {"error('late')", zfs.Program{}, zfs.ErrProgramFailed},
		"loop":   {"while true do end", zfs.Program{InstructionLimit: 10000}, zfs.ErrInstructionLimit},
		"memory": {"local s = 'xx' while true do s = s .. s end", zfs.Program{MemoryLimit: 2 << 20}, zfs.ErrMemoryLimit},
		"large":  {"local t = 'x' for i = 1, 14 do t = {t, t} end return t", zfs.Program{MemoryLimit: 300000}, zfs.ErrResultTooLarge},
		"cycle":  {"local t = {} t.t = t return t", zfs.Program{}, zfs.ErrProgramFailed},
	} {
		tc.p.Source, tc.p.Args, tc.p.Sync = strings.Replace(fail, "NAME", "'"+name+"'", 1)+tc.source, pool, true
		_, err := c.ProgramRun(t.Context(), pool, tc.p)
		var e *zfs.Error
		if !errors.Is(err, tc.want) || tc.want != nil && (!errors.As(err, &e) || !e.Executed) {
			t.Errorf("%s: %v, want %v, executed", name, err, tc.want)
		}
	}
	var got []string
	for snap, err := range c.Snapshots(t.Context(), pool, &zfs.SnapshotsOptions{NamesOnly: true}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimPrefix(snap.Name, pool+"@"))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"cycle", "error", "fine", "large", "loop", "memory"}, got); diff != "" {
		t.Errorf("snapshots (-want +got):\n%s", diff)
	}
	// Outside of a transaction group nothing can be changed.
	_, err := c.ProgramRun(t.Context(), pool, zfs.Program{Source: "zfs.sync.snapshot(... .. '@no')", Args: pool})
	if lua := (*zfs.LuaError)(nil); !errors.As(err, &lua) || !strings.Contains(lua.Message, "sync=TRUE") {
		t.Errorf("zfs.sync in a program that only reads: %v", err)
	}
}

// A context ends a program that runs, of either kind.
func TestKernelProgramRunCancel(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	for _, sync := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		// A call whose context has ended is not executed.
		dev := c.Device().Tap(func(_ ioctl.Op, _ *ioctl.Cmd, next func() error) error {
			time.AfterFunc(200*time.Millisecond, cancel)
			return next()
		})
		tapped, err := zfs.Open(&zfs.Options{Device: dev})
		testkit.Must(t, err)
		_, err = tapped.ProgramRun(ctx, pool, zfs.Program{Source: "while true do end", InstructionLimit: zfs.MaxInstructionLimit, Sync: sync})
		var e *zfs.Error
		if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Executed != sync {
			t.Errorf("sync %t: %v, want the context's error", sync, err)
		}
	}
}

// The calls that a program finds, by release.
func TestKernelProgramRunCalls(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	want := []string{"bookmark", "destroy", "inherit", "promote", "rollback", "set_prop", "snapshot"}
	release := zfstest.Release(t)
	if release.Major > 2 || release.Minor >= 2 {
		want = append(want, "rename_snapshot")
	}
	if release.Major > 2 || release.Minor >= 4 {
		want = append(want, "clone")
	}
	slices.Sort(want)
	res, err := c.ProgramRun(t.Context(), pool, zfs.Program{Source: "local r = {} for k in pairs(zfs.sync) do r[k] = true end return r"})
	if err != nil {
		t.Fatal(err)
	}
	table, _ := res.Value.(map[string]any)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(table))); diff != "" {
		t.Errorf("calls of zfs.sync (-want +got):\n%s", diff)
	}
}
