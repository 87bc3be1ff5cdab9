package zfs

import (
	"context"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// The default limits of a program, and the highest limits that a module allows
// unless its parameters zfs_lua_max_instrlimit and zfs_lua_max_memlimit were
// changed.
const (
	DefaultInstructionLimit = 10_000_000
	MaxInstructionLimit     = 100_000_000
	DefaultMemoryLimit      = 10 << 20
	MaxMemoryLimit          = 100 << 20
)

// Program is a channel program: Lua 5.2 code that the kernel runs on one pool,
// while nothing else changes that pool's datasets. Lua's library is limited to
// the basic functions without pcall, print and load, and to coroutine, string and
// table; numbers are int64 only. Functions on datasets are in the tables
// zfs.list, zfs.check and zfs.sync.
type Program struct {
	// Source is the program's text. It is stored in the pool's history, with
	// Args.
	Source string
	// Args is the value of the program's argument "...": nil for an empty table,
	// a bool, a string, an integer, a slice of strings or of integers, or a map
	// from strings to any of these and to maps, which becomes a table. A []any is
	// accepted if its elements are. Other types are an error.
	Args any
	// Sync runs the program while a transaction group is written. The program may
	// then call zfs.sync, and all its changes enter the pool together. The pool
	// writes nothing else meanwhile. Without Sync the program only reads.
	Sync bool
	// InstructionLimit and MemoryLimit, in bytes, stop a program that exceeds
	// them; zero is the kernel's default.
	InstructionLimit, MemoryLimit uint64
}

// ProgramResult is the result of a program.
type ProgramResult struct {
	// Value is nil, a bool, an int64, a string, or a map[string]any for a table.
	// Keys that are numbers or booleans in the program are converted to text.
	Value any
	// Answer is the kernel's list in its own order, with Value under the name
	// "return". It is empty if the program returned nothing, not even nil.
	Answer *nvlist.List
}

// ProgramRun runs a channel program on a pool. A call never runs it twice. It
// needs root.
//
// If a program fails, its earlier changes remain; Executed reports whether there
// may be any. If the context ends, the kernel stops the program between two of
// its instructions. An error of the program or of its syntax is a *LuaError,
// which errors.As finds. A result is at most as large as the memory limit.
//
// Errors match ErrProgramFailed, ErrProgramSyntax, ErrInstructionLimit,
// ErrMemoryLimit, ErrResultTooLarge, ErrInvalid (an argument that has no Lua
// type, or a limit above the module's), ErrNotFound, ErrPermission, ErrNoSpace,
// ErrReadOnly, ErrSuspended, ErrInvalidName.
//
// Kernel: ZFS_IOC_CHANNEL_PROGRAM (nvlist, since 0.8).
func (c *Client) ProgramRun(ctx context.Context, pool string, p Program) (*ProgramResult, error) {
	in, err := p.input(pool)
	if err != nil {
		return nil, inputError(ioctl.OpChannelProgram, pool, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetIn(in); err != nil {
		return nil, inputError(ioctl.OpChannelProgram, pool, err)
	}
	if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
		return nil, inputError(ioctl.OpChannelProgram, pool, err)
	}
	cmd.SetOutSize(p.room())
	err = c.dev.Call(ctx, ioctl.OpChannelProgram, cmd)
	out, decodeErr := cmd.OutList()
	switch {
	case err != nil:
		return nil, c.programFailed(ctx, c.failed(ctx, ioctl.OpChannelProgram, pool, err, nil), out, p.Sync)
	case out.Has(moreErrors):
		// The kernel truncates an answer that does not fit and reports a success.
		decodeErr = ErrResultTooLarge
	}
	if decodeErr != nil {
		return nil, &Error{Op: ioctl.OpChannelProgram, Name: pool, Executed: p.Sync, err: decodeErr}
	}
	res := &ProgramResult{Answer: out}
	if pair, ok := out.Lookup("return"); ok {
		res.Value = luaValue(pair)
	}
	return res, nil
}

// input returns the kernel's input of a program.
func (p *Program) input(pool string) (*nvlist.List, error) {
	n, err := parseHead(pool)
	if err != nil {
		return nil, err
	}
	if n.Dataset != n.Pool {
		return nil, fmt.Errorf("%w %q: a program runs on a pool", ErrInvalidName, pool)
	}
	if i := strings.IndexByte(p.Source, 0); i >= 0 {
		return nil, fmt.Errorf("%w: NUL at byte %d of the program", ErrInvalid, i)
	}
	in := &nvlist.List{}
	in.SetString("program", p.Source)
	args := luaArgs{left: maxLuaArgs}
	if err := args.set(in, "arg", p.Args); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	in.SetBooleanValue("sync", p.Sync)
	if p.InstructionLimit != 0 {
		in.SetUint64("instrlimit", p.InstructionLimit)
	}
	if p.MemoryLimit != 0 {
		in.SetUint64("memlimit", p.MemoryLimit)
	}
	return in, nil
}

// room returns the size of the answer's buffer in bytes. The system allocates
// only the pages that are written to.
func (p *Program) room() int {
	limit := p.MemoryLimit
	if limit == 0 {
		limit = DefaultMemoryLimit
	}
	return int(min(max(limit, 256<<10), MaxMemoryLimit))
}
