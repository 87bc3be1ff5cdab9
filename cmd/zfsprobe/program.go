package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// programFlags are the flags of program. The limits are text, since zero is a
// limit here and not the absence of one.
type programFlags struct {
	instructions, memory string
	readOnly, json       bool
}

func (a *app) programCommand() *cobra.Command {
	var f programFlags
	cmd := &cobra.Command{
		Use:   "program POOL FILE [ARG...]",
		Short: "Run a channel program",
		Long: `Program runs a Lua program on a pool, in the kernel. Without -n it may change
the pool. Flags, output and exit codes are those of zfs program: the program gets the arguments as
argv in its argument table, and its return value is printed. FILE may be - for standard input.

Two things differ. A result that is too large is an error; zfs program prints a part of it and
succeeds. JSON is UTF-8 in every locale.`,
		Example: `  zfsprobe program -n tank count.lua tank/home
  echo 'return zfs.exists("tank/a")' | zfsprobe program -nj tank -`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runProgram(cmd.Context(), &f, args, cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVarP(&f.readOnly, "no-sync", "n", false, "run it read-only, without a transaction group")
	cmd.Flags().BoolVarP(&f.json, "json", "j", false, "print the result as JSON")
	cmd.Flags().StringVarP(&f.instructions, "instructions", "t", "", "limit of Lua instructions")
	cmd.Flags().StringVarP(&f.memory, "memory", "m", "", "limit of memory in bytes")
	return cmd
}

// runProgram does what the command is for. What zfs program prints of a failure
// is printed here, and errFound returned.
func (a *app) runProgram(ctx context.Context, f *programFlags, args []string, errOut io.Writer) error {
	p := zfs.Program{Sync: !f.readOnly, Args: map[string]any{"argv": args[2:]}}
	var zero bool // a limit of nothing
	for _, limit := range []struct {
		text string
		to   *uint64
	}{{f.instructions, &p.InstructionLimit}, {f.memory, &p.MemoryLimit}} {
		if limit.text == "" {
			continue
		}
		n, err := strconv.ParseUint(limit.text, 0, 64)
		if err != nil {
			return fmt.Errorf("invalid argument '%s': expected integer", limit.text)
		}
		*limit.to, zero = n, zero || n == 0
	}
	file, err := a.openInput(ctx, args[1])
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return found(show.Echo(errOut, "cannot open '%s': %s\n", args[1], errnoText(err)))
	}
	defer file.Close()
	return a.withClient(func(c *zfs.Client) error {
		if _, err := c.DatasetStats(ctx, args[0], nil); errors.Is(err, zfs.ErrNotFound) {
			return found(show.Echo(errOut, "cannot open '%s': no such pool\ncannot open pool '%s'\n", args[0], args[0]))
		}
		text, err := readLimited(file, args[1], programLimit)
		if err != nil {
			return err
		}
		// A program ends at its first NUL, as a text of C.
		p.Source, _, _ = strings.Cut(string(text), "\x00")
		if zero {
			return programFailed(errOut, zfs.ErrInvalid)
		}
		res, err := c.ProgramRun(ctx, args[0], p)
		if err != nil {
			return programFailed(errOut, err)
		}
		return printProgramResult(a.out, res.Answer, f.json)
	})
}

// programLimit bounds the text of a program. The kernel gives one at most 100 MiB of
// memory, of which its text takes a multiple.
const programLimit = 16 << 20

// errnoText says what the system says of an error, with a capital letter as C
// has it.
func errnoText(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

// programFailed says why a program failed, in the words of zfs program.
func programFailed(errOut io.Writer, err error) error {
	var lua *zfs.LuaError
	var reason string
	switch {
	case errors.As(err, &lua) && lua.Text != "":
		reason = lua.Text
	case errors.Is(err, zfs.ErrInvalid):
		reason = "Invalid instruction or memory limit."
	case errors.Is(err, zfs.ErrResultTooLarge):
		reason = "Return value too large."
	case errors.Is(err, zfs.ErrMemoryLimit):
		reason = "Memory limit exhausted."
	case errors.Is(err, zfs.ErrInstructionLimit):
		reason = "Timed out."
	case errors.Is(err, zfs.ErrPermission):
		reason = "Permission denied. Channel programs must be run as root."
	default:
		return found(show.Echo(errOut, "Channel program execution failed: %v\n", err))
	}
	b := show.NewPage(errOut)
	b.Addf("Channel program execution failed:\n%s\n", show.Lines(reason))
	if lua != nil && lua.Instructions > 0 {
		b.Addf("%d Lua instructions\n", lua.Instructions)
	}
	return found(b.Emit(errOut))
}

// printProgramResult prints what a program returned.
func printProgramResult(w io.Writer, answer *nvlist.List, json bool) error {
	if json {
		var b strings.Builder
		luaJSON(&b, answer)
		_, err := io.WriteString(w, b.String())
		return err
	}
	b := show.NewPage(w)
	switch {
	case answer.Len() == 0:
		b.Addf("Channel program fully executed and did not produce output.\n")
	default:
		b.Addf("Channel program fully executed and produced output:\n")
		luaText(b, answer, 4)
	}
	return b.Emit(w)
}

// luaText prints a table with its values below each other.
func luaText(b *show.Page, table *nvlist.List, indent int) {
	for pair := range table.All() {
		b.Addf("%*s%s", indent, "", pair.Name())
		if s, ok := pair.Text(); ok {
			b.Addf(": '%s'\n", s)
		} else if inner, ok := pair.List(); ok {
			b.Addf(":\n")
			luaText(b, inner, indent+4)
		} else if pair.Type() == nvlist.TypeBoolean {
			b.Addf("\n")
		} else {
			b.Addf(": %v\n", pair.Value())
		}
	}
}

// luaJSON prints a table in one line. A nil is true there.
func luaJSON(b *strings.Builder, table *nvlist.List) {
	b.WriteByte('{')
	first := true
	for pair := range table.All() {
		if !first {
			b.WriteByte(',')
		}
		first = false
		jsonString(b, text.JSONKey(pair.Name()))
		b.WriteByte(':')
		if s, ok := pair.Text(); ok {
			jsonText(b, s)
		} else if inner, ok := pair.List(); ok {
			luaJSON(b, inner)
		} else if pair.Type() == nvlist.TypeBoolean {
			b.WriteString("true")
		} else {
			b.WriteString(fmt.Sprint(pair.Value()))
		}
	}
	b.WriteByte('}')
}

// jsonText prints a value, which keeps its bytes if it is not UTF-8.
func jsonText(b *strings.Builder, s string) {
	if utf8.ValidString(s) {
		jsonString(b, s)
		return
	}
	object, _ := text.MarshalJSON(s) // a string has a JSON form
	b.Write(object)
}

// jsonEscaped has the characters with an escape of their own, and the letters
// of those escapes.
const (
	jsonEscaped = "\"\\\n\r\f\t\b"
	jsonEscapes = `"\nrftb`
)

// jsonString prints a string in ASCII.
func jsonString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		i := strings.IndexRune(jsonEscaped, r)
		switch {
		case i >= 0:
			b.WriteByte('\\')
			b.WriteByte(jsonEscapes[i])
		case r >= ' ' && r < utf8.RuneSelf:
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
}
