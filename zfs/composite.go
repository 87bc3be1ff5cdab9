package zfs

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// programs are the Lua programs of the composites: operations that ZFS has no
// call for, each made of one program.
//
//go:embed programs/*.lua
var programs embed.FS

// MaxCompositeItems is how many datasets and snapshots one composite works on.
// The pool writes nothing else while it does, and it must never run out of
// memory or instructions halfway.
const MaxCompositeItems = 10000

// compositeMemory is the memory limit of what changes a pool: several times what
// so many items take.
const compositeMemory = 32 << 20

// ErrTooMany: more than MaxCompositeItems items. Nothing is changed; what can be
// split has to be split.
var ErrTooMany = errors.New("too many items for one program")

// programSource is the text that the kernel gets. Comments stay at home, for it
// lies in the pool's history; their lines stay, so that numbers of lines fit.
func programSource(name string) (string, error) {
	var b strings.Builder
	for _, part := range []string{"common", name} {
		text, err := programs.ReadFile(path.Join("programs", part+".lua"))
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimLeft(line, "\t"); strings.HasPrefix(line, "--") {
				line = "\n"
			}
			b.WriteString(line)
		}
	}
	return b.String(), nil
}

// composite is one run of a program of ours.
type composite struct {
	program string // its file
	name    string // the dataset that the caller named
	args    map[string]any
	open    bool // it only reads, and needs no transaction group
}

// compose runs a program of ours. What it has done is returned also with an
// error, whose Items say what was in the way.
//
// A program notes all that is in the way before it acts. It cannot fail between
// that and its end by what others do, since nothing else can change the pool's
// datasets meanwhile, but the pool's space and limits are used up by its own
// steps. Then it stops, and reports what it has done.
func (c *Client) compose(ctx context.Context, run *composite) (done []string, out *nvlist.List, err error) {
	source, err := programSource(run.program)
	if err != nil {
		return nil, nil, inputError(ioctl.OpChannelProgram, run.name, err)
	}
	run.args["limit"] = MaxCompositeItems
	p := Program{
		Source: source, Args: run.args, Sync: !run.open,
		InstructionLimit: MaxInstructionLimit, MemoryLimit: compositeMemory,
	}
	if run.open {
		p.MemoryLimit = MaxMemoryLimit
	}
	res, err := c.ProgramRun(ctx, poolOf(run.name), p)
	if err != nil {
		return nil, nil, run.explain(err)
	}
	out, _ = res.Answer.List("return")
	list, _ := out.List("done")
	for i := range list.Len() {
		// A table with numbers as keys is a list with numbers as names.
		text, _ := list.Text(fmt.Sprint(i + 1))
		done = append(done, text)
	}
	return done, out, run.failed(out, done)
}

// explain makes the error of a program that did not come to its end that of the
// composite.
func (run *composite) explain(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	e.Name = run.name
	var lua *LuaError
	switch {
	case !errors.As(err, &lua):
	case strings.HasPrefix(lua.Message, "more than "):
		return inputError(ioctl.OpChannelProgram, run.name, fmt.Errorf("%w: %s", ErrTooMany, lua.Message))
	case strings.Contains(lua.Message, "is not a valid property"):
		return inputError(ioctl.OpChannelProgram, run.name, fmt.Errorf("%w: %s", ErrInvalidProp, lua.Message))
	}
	return err
}

// failed is the error of what a program reports, nil if there is none.
func (run *composite) failed(out *nvlist.List, done []string) error {
	if call, ok := out.Text("missing"); ok {
		return inputError(ioctl.OpChannelProgram, run.name, fmt.Errorf("%w: programs of this module have no %s", ErrNotSupported, call))
	}
	list, _ := out.List("failed")
	if list.Len() == 0 {
		return nil
	}
	e := &Error{Op: ioctl.OpChannelProgram, Name: run.name, Done: done}
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

// errCloneCycle: there is no order to destroy a clone and its origin in.
var errCloneCycle = because(ErrHasClones, "is a clone of what must be destroyed before it; promote it first")

// compositeReason is what a program says of things that no errno tells.
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

// compositeItem is the error of one item.
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
