package zfs

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// programs are the Lua programs of the composites: operations that ZFS has no
// call for, each carried out by one program.
//
//go:embed programs/*.lua
var programs embed.FS

// MaxCompositeItems is the largest number of datasets and snapshots that one
// composite works on. The pool writes nothing else while the program runs, and
// the program must not run out of memory or instructions halfway.
const MaxCompositeItems = 10000

// compositeMemory is the memory limit of a program that changes a pool: several
// times what MaxCompositeItems items need.
const compositeMemory = 32 << 20

// ErrTooMany means that there are more than MaxCompositeItems items. Nothing is
// changed; split the operation if possible.
var ErrTooMany = errors.New("too many items for one program")

// Composite is a channel program in the form of this package's composites: it
// records everything that blocks it before it changes anything.
//
// The functions that such programs share are put in front of it; they are
// described in programs/common.lua. The program's arguments are Args, and
// "limit", which is MaxCompositeItems. It returns a table with up to three keys.
// "done" lists what was done, in order. "failed" has for each dataset that blocks
// it an errno number ("code") or a word of programs/common.lua ("why"). "missing"
// names a function that the module does not have. Other keys are returned in
// Answer.
type Composite struct {
	// Name is the dataset that the caller named; it appears in errors. Its pool
	// runs the program.
	Name string
	// Source is the program. Its comments are not stored in the pool's history.
	Source string
	// Args are as in Program.
	Args map[string]any
	// ReadOnly is for a program that changes nothing. Such a program needs no
	// transaction group.
	ReadOnly bool
}

// CompositeResult is the result of a composite.
type CompositeResult struct {
	// Done lists what the program has done, in order.
	Done []string
	// Answer is the table that the program returned, or nil if it failed before
	// that.
	Answer *nvlist.List
}

// CompositeRun runs a composite, in one transaction group. The result is never
// nil and reports what was done, even on an error. Items of the error name what
// blocked the program.
//
// Other processes cannot make a program fail after its checks, since nothing else
// can change the datasets of the pool meanwhile. But its own steps use up the
// space and the limits of the pool. If they run out the program stops, and Done
// of the error lists the steps before that.
//
// Errors match ErrTooMany, ErrNotSupported, ErrInvalidProp, the errors that the
// program's words and codes stand for, and those of ProgramRun.
func (c *Client) CompositeRun(ctx context.Context, run *Composite) (*CompositeResult, error) {
	if run == nil {
		return &CompositeResult{}, inputError(ioctl.OpChannelProgram, "", fmt.Errorf("%w: no program", ErrInvalid))
	}
	source, err := withCommon(run.Source)
	if err != nil {
		return &CompositeResult{}, inputError(ioctl.OpChannelProgram, run.Name, err)
	}
	args := maps.Clone(run.Args)
	if args == nil {
		args = make(map[string]any)
	}
	args["limit"] = MaxCompositeItems
	p := Program{
		Source: source, Args: args, Sync: !run.ReadOnly,
		InstructionLimit: MaxInstructionLimit, MemoryLimit: compositeMemory,
	}
	if run.ReadOnly {
		p.MemoryLimit = MaxMemoryLimit
	}
	res, err := c.ProgramRun(ctx, poolOf(run.Name), p)
	if err != nil {
		return &CompositeResult{}, run.explain(err)
	}
	out, _ := res.Answer.List("return")
	list, _ := out.List("done")
	var done []string
	for i := range list.Len() {
		// A table with numbers as keys is a list with numbers as names.
		text, _ := list.Text(fmt.Sprint(i + 1))
		done = append(done, text)
	}
	return &CompositeResult{done, out}, run.failed(out, done)
}

// programSource reads a program of this package.
func programSource(name string) (string, error) {
	text, err := programs.ReadFile(path.Join("programs", name+".lua"))
	return string(text), err
}

// withCommon returns the program as it is sent to the kernel: the common
// functions and the program, without the text of comments. Empty lines replace
// comments, so that line numbers stay right.
func withCommon(source string) (string, error) {
	common, err := programSource("common")
	var b strings.Builder
	for line := range strings.Lines(common + source) {
		if line = strings.TrimLeft(line, "\t"); strings.HasPrefix(line, "--") {
			line = "\n"
		}
		b.WriteString(line)
	}
	return b.String(), err
}

// composite is one run of a program of this package.
type composite struct {
	program string // its file
	name    string // the dataset that the caller named
	args    map[string]any
	open    bool // it changes nothing
}

// compose runs a program of this package.
func (c *Client) compose(ctx context.Context, run *composite) (done []string, out *nvlist.List, err error) {
	source, err := programSource(run.program)
	if err != nil {
		return nil, nil, inputError(ioctl.OpChannelProgram, run.name, err)
	}
	res, err := c.CompositeRun(ctx, &Composite{Name: run.name, Source: source, Args: run.args, ReadOnly: run.open})
	return res.Done, res.Answer, err
}

// explain converts the error of a program that did not finish to that of the
// composite.
func (run *Composite) explain(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	e.Name = run.Name
	var lua *LuaError
	switch {
	case !errors.As(err, &lua):
	case strings.HasPrefix(lua.Message, "more than "):
		return inputError(ioctl.OpChannelProgram, run.Name, fmt.Errorf("%w: %s", ErrTooMany, lua.Message))
	case strings.Contains(lua.Message, "is not a valid property"):
		return inputError(ioctl.OpChannelProgram, run.Name, fmt.Errorf("%w: %s", ErrInvalidProp, lua.Message))
	}
	return err
}

// failed returns the error for what a program reports, or nil.
func (run *Composite) failed(out *nvlist.List, done []string) error {
	if call, ok := out.Text("missing"); ok {
		return inputError(ioctl.OpChannelProgram, run.Name, fmt.Errorf("%w: programs of this module have no %s", ErrNotSupported, call))
	}
	list, _ := out.List("failed")
	if list.Len() == 0 {
		return nil
	}
	e := &Error{Op: ioctl.OpChannelProgram, Name: run.Name, Done: done}
	mounts := readMounts()
	for pair := range list.All() {
		why, _ := pair.List()
		e.Items = append(e.Items, Item{Name: pair.Name(), Err: compositeItem(pair.Name(), why, mounts)})
	}
	text := "nothing is changed"
	if len(done) > 0 {
		text = "it stopped halfway"
	}
	e.err = &reason{blockedError(e.Items), text}
	return e
}

// errCloneCycle means that a clone and its origin cannot be destroyed in either
// order.
var errCloneCycle = because(ErrHasClones, "is a clone of what must be destroyed before it; promote it first")

// compositeReason returns the error for a reason that has no errno.
func compositeReason(why string) error {
	switch why {
	case "clones":
		return because(ErrHasClones, "is a clone of what would be destroyed")
	case "cycle":
		return errCloneCycle
	case "children":
		return because(ErrHasChildren, "is a child of what would be destroyed")
	case "snapshots":
		return because(ErrHasSnapshots, "is a snapshot that would be destroyed")
	case "newer":
		return because(ErrNewer, "is newer than the snapshot to roll back to")
	case "conflict":
		return because(ErrExists, "a snapshot or bookmark of that name would move to it")
	case "unplanned":
		return because(ErrInvalid, "is not what the plan was made for")
	case "prop":
		return fmt.Errorf("%w: one of the properties to set", ErrInvalidProp)
	case "noclone":
		return because(ErrInvalid, "is not a clone")
	case "noclones":
		return because(ErrInvalid, "has no clones")
	}
	return nil
}

// compositeItem returns the error of one item.
func compositeItem(name string, why *nvlist.List, mounts *mountTable) error {
	reason, _ := why.Text("why")
	if err := compositeReason(reason); err != nil {
		return err
	}
	n, _ := why.Int64("code")
	code := ioctl.Code(n)
	if m, ok := mounts.entries[name]; ok && code == ioctl.CodeBusy {
		return because(newItemError(ErrBusy, code), "is mounted at %s", m.path)
	}
	return itemError(ioctl.OpChannelProgram, name, code)
}
