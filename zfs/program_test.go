package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// answering is a client of a module that answers a program with a list and a
// code, and notes its input.
func answering(t *testing.T, out *nvlist.List, code ioctl.Code) (*zfs.Client, *testkit.Fake) {
	t.Helper()
	f := &testkit.Fake{Bad: answerOn(ioctl.OpChannelProgram, out, code)}
	return testkit.Open(t, ioctl.NewDevice(f.Answer)), f
}

func TestProgramRunSends(t *testing.T) {
	type text string
	for _, tc := range []struct {
		name string
		p    zfs.Program
		want func(l *nvlist.List)
	}{
		{"nothing", zfs.Program{}, func(l *nvlist.List) {
			l.SetString("program", "")
			l.SetList("arg", &nvlist.List{})
			l.SetBooleanValue("sync", false)
		}},
		{"limits", zfs.Program{Source: "return 1", Sync: true, InstructionLimit: 5, MemoryLimit: 6, Args: true}, func(l *nvlist.List) {
			l.SetString("program", "return 1")
			l.SetBooleanValue("arg", true)
			l.SetBooleanValue("sync", true)
			l.SetUint64("instrlimit", 5)
			l.SetUint64("memlimit", 6)
		}},
		{"table", zfs.Program{Args: map[string]any{
			"t": map[string]int{"b": 1, "a": -1}, "s": text("x"), "n": uint8(7), "f": false, "names": []string{"a", "b"},
			"numbers": [2]uint16{1, 2}, "mixed": []any{int8(1), uint64(2)}, "texts": []any{"x"}, "none": []any{}, "empty": map[string]any{},
		}}, func(l *nvlist.List) {
			l.SetString("program", "")
			l.SetList("arg", testkit.ListOf(func(l *nvlist.List) {
				l.SetList("empty", &nvlist.List{})
				l.SetBooleanValue("f", false)
				l.SetInt64Array("mixed", []int64{1, 2})
				l.SetInt64("n", 7)
				l.SetStringArray("names", []string{"a", "b"})
				l.SetStringArray("none", nil)
				l.SetInt64Array("numbers", []int64{1, 2})
				l.SetString("s", "x")
				l.SetList("t", testkit.ListOf(func(l *nvlist.List) {
					l.SetInt64("a", -1)
					l.SetInt64("b", 1)
				}))
				l.SetStringArray("texts", []string{"x"})
			}))
			l.SetBooleanValue("sync", false)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := answering(t, &nvlist.List{}, 0)
			res, err := c.ProgramRun(t.Context(), "tank", tc.p)
			if err != nil || res.Value != nil || res.Answer.Len() != 0 {
				t.Fatalf("result %v, %v", res, err)
			}
			want := []string{"CHANNEL_PROGRAM tank\n" + strings.TrimSuffix(fmt.Sprint(testkit.ListOf(tc.want)), "\n")}
			if diff := cmp.Diff(want, f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProgramRunRefuses(t *testing.T) {
	cycle := map[string]any{}
	cycle["again"] = cycle
	wide := map[string]any{}
	for range 17 {
		wide = map[string]any{"a": wide, "b": wide, "c": wide}
	}
	for _, tc := range []struct {
		name, pool string
		p          zfs.Program
		want       error
		says       string
	}{
		{"dataset", "tank/a", zfs.Program{}, zfs.ErrInvalidName, "runs on a pool"},
		{"snapshot", "tank@s", zfs.Program{}, zfs.ErrInvalidName, "neither"},
		{"no name", "", zfs.Program{}, zfs.ErrInvalidName, "empty"},
		{"NUL in the program", "tank", zfs.Program{Source: "a\x00b"}, zfs.ErrInvalid, "NUL at byte 1"},
		{"float", "tank", zfs.Program{Args: 1.5}, zfs.ErrInvalid, "arg: Lua has no type for float64"},
		{"pointer", "tank", zfs.Program{Args: map[string]any{"p": new(int)}}, zfs.ErrInvalid, "p: Lua has no type for *int"},
		{"struct", "tank", zfs.Program{Args: zfs.Program{}}, zfs.ErrInvalid, "no type for zfs.Program"},
		{"function", "tank", zfs.Program{Args: func() {}}, zfs.ErrInvalid, "no type for func()"},
		{"keys that are no text", "tank", zfs.Program{Args: map[int]int{}}, zfs.ErrInvalid, "no type for map[int]int"},
		{"nil in a table", "tank", zfs.Program{Args: map[string]any{"x": nil}}, zfs.ErrInvalid, "x: a table cannot hold nil"},
		{"large number", "tank", zfs.Program{Args: uint64(math.MaxInt64 + 1)}, zfs.ErrInvalid, "does not fit in an int64"},
		{"large number in a slice", "tank", zfs.Program{Args: []uint64{math.MaxUint64}}, zfs.ErrInvalid, "does not fit in an int64"},
		{"texts and numbers", "tank", zfs.Program{Args: []any{1, "a"}}, zfs.ErrInvalid, "mixes strings and integers"},
		{"booleans", "tank", zfs.Program{Args: []bool{true}}, zfs.ErrInvalid, "element 0"},
		{"nil in a slice", "tank", zfs.Program{Args: []any{"a", nil}}, zfs.ErrInvalid, "element 1"},
		{"NUL in a text", "tank", zfs.Program{Args: "a\x00"}, zfs.ErrInvalid, "NUL"},
		{"NUL in a slice", "tank", zfs.Program{Args: []string{"a\x00"}}, zfs.ErrInvalid, "element 0"},
		{"NUL in a key", "tank", zfs.Program{Args: map[string]int{"a\x00": 1}}, zfs.ErrInvalid, "NUL"},
		{"cycle", "tank", zfs.Program{Args: cycle}, zfs.ErrInvalid, "deep"},
		{"one table in many", "tank", zfs.Program{Args: wide}, zfs.ErrInvalid, "more than 262144 values"},
		{"long slice", "tank", zfs.Program{Args: make([]int, 1<<18+1)}, zfs.ErrInvalid, "more than 262144 values"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := testkit.NoKernel(t).ProgramRun(t.Context(), tc.pool, tc.p)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want %v with %q", err, tc.want, tc.says)
			}
		})
	}
}

func TestProgramRunResults(t *testing.T) {
	for _, tc := range []struct {
		name string
		out  func(l *nvlist.List)
		want any
	}{
		{"nothing", func(*nvlist.List) {}, nil},
		{"nil", func(l *nvlist.List) { l.SetBoolean("return") }, nil},
		{"number", func(l *nvlist.List) { l.SetInt64("return", -3) }, int64(-3)},
		{"text", func(l *nvlist.List) { l.SetString("return", "") }, ""},
		{"boolean", func(l *nvlist.List) { l.SetBooleanValue("return", false) }, false},
		{"table", func(l *nvlist.List) {
			l.SetList("return", testkit.ListOf(func(l *nvlist.List) {
				l.SetInt64("1", 10)
				l.SetList("t", &nvlist.List{})
			}))
		}, map[string]any{"1": int64(10), "t": map[string]any{}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := testkit.ListOf(tc.out)
			c, _ := answering(t, out, 0)
			res, err := c.ProgramRun(t.Context(), "tank", zfs.Program{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, res.Value); diff != "" || !res.Answer.Equal(out) {
				t.Errorf("answer %v (-want +got):\n%s", res.Answer, diff)
			}
		})
	}
}

const failedInLine3 = "[string \"channel program\"]:3: boom\nstack traceback:\n\t[C]: in function 'error'\n\t[string \"channel program\"]:3: in main chunk"

func TestProgramRunErrors(t *testing.T) {
	said := func(text string) *nvlist.List {
		return testkit.ListOf(func(l *nvlist.List) { l.SetString("error", text) })
	}
	limit := said("Channel program timed out.\nstack traceback:\n\t[string \"channel program\"]:7: in function 'f'")
	limit.SetUint64("instrlimit", 1100)
	tests := []struct {
		name     string
		out      *nvlist.List
		code     ioctl.Code
		want     error
		executed bool // of a syncing program
		lua      *zfs.LuaError
	}{
		{"error", said(failedInLine3), ioctl.CodeChrng, zfs.ErrProgramFailed, true, &zfs.LuaError{
			Message: "boom", Line: 3, Traceback: "[C]: in function 'error'\n[string \"channel program\"]:3: in main chunk", Text: failedInLine3,
		}},
		{"error without a value", said("stack traceback:\n\t[C]: in function 'error'"), ioctl.CodeChrng, zfs.ErrProgramFailed, true,
			&zfs.LuaError{Traceback: "[C]: in function 'error'", Text: "stack traceback:\n\t[C]: in function 'error'"}},
		{"two results", said("Multiple return values not supported"), ioctl.CodeChrng, zfs.ErrProgramFailed, true,
			&zfs.LuaError{Message: "Multiple return values not supported", Text: "Multiple return values not supported"}},
		{"error without words", &nvlist.List{}, ioctl.CodeChrng, zfs.ErrProgramFailed, true, &zfs.LuaError{}},
		{"syntax", said("[string \"channel program\"]:1: unexpected symbol near '='"), ioctl.CodeInval, zfs.ErrProgramSyntax, false,
			&zfs.LuaError{Message: "unexpected symbol near '='", Line: 1, Text: "[string \"channel program\"]:1: unexpected symbol near '='"}},
		{"limits of the module", &nvlist.List{}, ioctl.CodeInval, zfs.ErrInvalid, false, nil},
		{"instructions", limit, ioctl.CodeTime, zfs.ErrInstructionLimit, true, &zfs.LuaError{
			Message: "Channel program timed out.", Line: 7, Traceback: "[string \"channel program\"]:7: in function 'f'", Instructions: 1100,
			Text: "Channel program timed out.\nstack traceback:\n\t[string \"channel program\"]:7: in function 'f'",
		}},
		{"memory", &nvlist.List{}, ioctl.CodeNospc, zfs.ErrMemoryLimit, true, nil},
		{"pool is full", said("Could not open pool: tank errno: 28"), ioctl.CodeChrng, zfs.ErrNoSpace, false, nil},
		{"pool is gone, 2.0", said("Could not open pool: tank"), ioctl.CodeChrng, zfs.ErrPoolNotFound, false, nil},
		{"no pool", &nvlist.List{}, ioctl.CodeNoent, zfs.ErrNotFound, false, nil},
		{"no right", &nvlist.List{}, ioctl.CodePerm, zfs.ErrPermission, false, nil},
		{"read-only pool", &nvlist.List{}, ioctl.CodeRofs, zfs.ErrReadOnly, false, nil},
		{"shortened", testkit.ListOf(func(l *nvlist.List) { l.SetInt32("N_MORE_ERRORS", 1) }), 0, zfs.ErrResultTooLarge, true, nil},
	}
	for _, tc := range tests {
		for _, sync := range []bool{false, true} {
			c, _ := answering(t, tc.out, tc.code)
			res, err := c.ProgramRun(t.Context(), "tank", zfs.Program{Sync: sync})
			var e *zfs.Error
			if !errors.Is(err, tc.want) || !errors.As(err, &e) || res != nil {
				t.Fatalf("%s: error %v, want %v", tc.name, err, tc.want)
			}
			if e.Executed != (sync && tc.executed) {
				t.Errorf("%s, sync %t: Executed is %t", tc.name, sync, e.Executed)
			}
			var lua *zfs.LuaError
			if errors.As(err, &lua); lua != nil {
				bare := &zfs.LuaError{Message: lua.Message, Line: lua.Line, Traceback: lua.Traceback, Text: lua.Text, Instructions: lua.Instructions}
				if diff := cmp.Diff(tc.lua, bare, cmp.AllowUnexported(zfs.LuaError{})); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.name, diff)
				}
			} else if tc.lua != nil {
				t.Errorf("%s: no LuaError in %v", tc.name, err)
			}
		}
	}
}

// A result that does not fit anywhere is lost, and the error says so.
func TestProgramRunCutAnswer(t *testing.T) {
	big := testkit.ListOf(func(l *nvlist.List) { l.SetString("return", strings.Repeat("x", 300<<10)) })
	c, f := answering(t, big, 0)
	for _, sync := range []bool{false, true} {
		_, err := c.ProgramRun(t.Context(), "tank", zfs.Program{Sync: sync, MemoryLimit: 1})
		var e *zfs.Error
		if !errors.As(err, &e) || e.Executed != sync || !errors.Is(err, ioctl.CodeNomem.Err()) {
			t.Errorf("sync %t: %v", sync, err)
		}
		if sync && !errors.Is(err, zfs.ErrResultTooLarge) {
			t.Errorf("%v does not match ErrResultTooLarge", err)
		}
	}
	if len(f.Sent) != 2 {
		t.Errorf("the kernel was called %d times, want 2", len(f.Sent))
	}
	if _, err := c.ProgramRun(t.Context(), "tank", zfs.Program{}); err != nil {
		t.Errorf("with the room of the default limit: %v", err)
	}
	bad := testkit.Open(t, ioctl.NewDevice((&testkit.Fake{Bad: testkit.MalformedOn(ioctl.OpChannelProgram)}).Answer))
	_, err := bad.ProgramRun(t.Context(), "tank", zfs.Program{Sync: true})
	var e *zfs.Error
	if !errors.As(err, &e) || !e.Executed || !errors.Is(err, nvlist.ErrSyntax) {
		t.Errorf("a malformed answer: %v", err)
	}
}

func TestProgramRunContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := testkit.NoKernel(t).ProgramRun(ctx, "tank", zfs.Program{Sync: true})
	var e *zfs.Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Executed {
		t.Errorf("a program that was never wanted: %v", err)
	}
}
