package zfs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// The errors of channel programs.
var (
	// ErrProgramFailed means that the program raised an error, used a function
	// wrongly, or returned a value of another type.
	ErrProgramFailed = errors.New("the program failed")
	// ErrProgramSyntax means that the program does not compile.
	ErrProgramSyntax = errors.New("the program does not compile")
	// ErrInstructionLimit means that the program exceeded its instruction limit.
	ErrInstructionLimit = errors.New("instruction limit reached")
	// ErrMemoryLimit means that the program exceeded its memory limit.
	ErrMemoryLimit = errors.New("memory limit reached")
	// ErrResultTooLarge means that the program finished, but its result is larger
	// than its memory limit and is lost.
	ErrResultTooLarge = errors.New("the program's result is too large")
)

// LuaError is Lua's error of a program that failed.
type LuaError struct {
	// Message is the error without line and traceback.
	Message string
	// Line is the line in the program, counted from 1; 0 if it is not known.
	Line int
	// Traceback has one line for each active function, innermost first. It may be
	// empty.
	Traceback string
	// Text is the kernel's complete text.
	Text string
	// Instructions is the number of instructions that were executed before the
	// limit was reached, otherwise 0.
	Instructions uint64

	kind error
}

// Error returns the message and the line.
func (e *LuaError) Error() string {
	s := e.kind.Error()
	if e.Line > 0 {
		s += fmt.Sprintf(" in line %d", e.Line)
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// Unwrap returns ErrProgramFailed, ErrProgramSyntax, ErrInstructionLimit, or
// the context's error.
func (e *LuaError) Unwrap() error { return e.kind }

// luaPlace matches a position in a program as Lua prints it.
var luaPlace = regexp.MustCompile(`\[string "channel program"\]:([0-9]+): ?`)

// parseLuaError parses the kernel's text.
func parseLuaError(text string, kind error) *LuaError {
	const traceback = "stack traceback:\n"
	e := &LuaError{Message: text, Text: text, kind: kind}
	if i := strings.LastIndex(text, traceback); i >= 0 {
		e.Message, e.Traceback = text[:i], strings.ReplaceAll(text[i+len(traceback):], "\t", "")
	}
	e.Message = strings.TrimSuffix(e.Message, "\n")
	if m := luaPlace.FindStringSubmatchIndex(e.Message); m != nil && m[0] == 0 {
		e.Line, _ = strconv.Atoi(e.Message[m[2]:m[3]])
		e.Message = e.Message[m[1]:]
	} else if m := luaPlace.FindStringSubmatch(e.Traceback); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
	}
	return e
}

// poolNotOpened matches the kernel's text if it did not run a program. Releases
// before 2.1 omit the reason.
var poolNotOpened = regexp.MustCompile(`^Could not open pool: \S+(?: errno: ([0-9]+))?$`)

// programFailed explains the error of a program that the kernel did not run, or
// did not finish. Sync is that of the program.
func (c *Client) programFailed(ctx context.Context, err error, out *nvlist.List, sync bool) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	text, said := out.Text("error")
	if m := poolNotOpened.FindStringSubmatch(text); m != nil && e.Code == ioctl.CodeChrng {
		n, _ := strconv.Atoi(m[1])
		if n == 0 {
			n = int(ioctl.CodeOf(c.lookUp(ctx, e.Name)))
		}
		e.kind = parseLuaError(text, ErrProgramFailed)
		if n > 0 && n < 4096 {
			e.Code = ioctl.Code(n)
			e.kind, e.err = commonMeaning(e.Code), e.Code.Err()
		}
		return c.explainPool(ctx, e)
	}
	// A program that only reads cannot have changed anything.
	e.Executed = e.Executed && sync
	switch e.Code {
	case ioctl.CodeInval:
		if said {
			e.kind = parseLuaError(text, ErrProgramSyntax)
		}
		return e
	case ioctl.CodeNomem:
		if e.Executed {
			e.kind = ErrResultTooLarge
		}
		return e
	case ioctl.CodeChrng, ioctl.CodeIntr:
		e.kind = parseLuaError(text, ErrProgramFailed)
	case ioctl.CodeTime:
		lua := parseLuaError(text, ErrInstructionLimit)
		lua.Instructions, _ = out.Uint64("instrlimit")
		e.kind = lua
	case ioctl.CodeNospc:
		e.kind = ErrMemoryLimit
	default:
		return e
	}
	e.Executed = sync
	return e
}
