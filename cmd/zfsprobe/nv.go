package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/spf13/cobra"
)

// nvFlags are the flags of nv.
type nvFlags struct {
	to      string
	endian  string
	diff    string
	hex     bool
	secrets bool
}

func (a *app) nvCommand() *cobra.Command {
	var f nvFlags
	cmd := &cobra.Command{
		Use:   "nv FILE|-",
		Short: "Show, convert or compare packed name/value lists",
		Long: `Nv shows the content of a packed nvlist, native or XDR, in either byte order,
raw or in hexadecimal: a cachefile, an answer of the kernel, part of a label. It also reads its own
--json output. For a malformed list it prints the byte and the pair of the error, and returns exit
code 1. Key material is hidden unless --secrets is given.

  zfsprobe nv /etc/zfs/zpool.cache
  zfsprobe nv --to xdr answer.bin > answer.xdr
  zfsprobe nv --diff old.bin new.bin`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.nv(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.to, "to", "text", "output format: text, json, native or xdr")
	cmd.Flags().StringVar(&f.endian, "endian", "", "byte order of --to native: little or big (default the host's)")
	cmd.Flags().BoolVar(&f.hex, "hex", false, "print packed bytes in hexadecimal")
	cmd.Flags().StringVar(&f.diff, "diff", "", "show the changes from this file's list to the other; exit code 1 if they differ")
	cmd.Flags().BoolVar(&f.secrets, "secrets", false, "also show key material")
	_ = cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions([]string{"text", "json", "native", "xdr"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("endian", cobra.FixedCompletions([]string{"little", "big"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) nv(ctx context.Context, name string, f nvFlags) error {
	if a.json && f.to == "text" {
		f.to = "json"
	}
	l, err := a.readList(ctx, name)
	if err != nil {
		return err
	}
	if f.diff != "" {
		old, err := a.readList(ctx, f.diff)
		if err != nil {
			return err
		}
		return a.printDiff(old, l, f.secrets)
	}
	switch f.to {
	case "text":
		return l.Dump(a.out, &nvlist.DumpOptions{Redact: redact(f.secrets)})
	case "json":
		return a.printListJSON(l, f.secrets)
	case "native", "xdr":
		return a.printPacked(ctx, l, f)
	}
	return fmt.Errorf("--to %s: want text, json, native or xdr", f.to)
}

// fileLimit bounds what is read: no list that a kernel makes or takes is
// larger.
const fileLimit = 256 << 20

// readList reads a list from a file, or from standard input for "-". What is
// wrong with a malformed one is printed.
func (a *app) readList(ctx context.Context, name string) (*nvlist.List, error) {
	b, err := a.readFile(ctx, name)
	if err != nil {
		return nil, err
	}
	l, src, err := nvlist.Parse(unwrapNV(b), nil)
	var syntax *nvlist.SyntaxError
	if errors.As(err, &syntax) {
		return nil, a.malformed(name, src.Packed, syntax)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

// unwrapNV takes the list out of a document that nv itself has printed.
func unwrapNV(b []byte) []byte {
	var doc struct {
		Schema string          `json:"schema"`
		List   json.RawMessage `json:"list"`
	}
	if err := json.Unmarshal(b, &doc); err == nil && doc.Schema == nvSchema {
		return doc.List
	}
	return b
}

// readFile reads a file, or standard input for "-".
func (a *app) readFile(ctx context.Context, name string) ([]byte, error) {
	in, err := a.openInput(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return readLimited(in, name, fileLimit)
}

// readLimited reads all of a file, which may be a device that never ends.
func readLimited(in io.Reader, name string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s: more than %d bytes", name, limit)
	}
	return b, err
}

// redact hides key material.
func redact(secrets bool) func(string) bool {
	if secrets {
		return nil
	}
	return ioctl.Secret
}

// nvSchema names the form of nv's documents.
const nvSchema = "zfsprobe.nv/1"

// printListJSON prints the typed form, which keeps everything.
func (a *app) printListJSON(l *nvlist.List, secrets bool) error {
	packed, err := l.AppendJSON(nil, &nvlist.JSONOptions{Redact: redact(secrets)})
	if err != nil {
		return err
	}
	return show.JSON(a.out, struct {
		Schema string          `json:"schema"`
		List   json.RawMessage `json:"list"`
	}{nvSchema, packed})
}

// printPacked prints the list packed. Key material stays: without it the
// result would be another list.
func (a *app) printPacked(ctx context.Context, l *nvlist.List, f nvFlags) error {
	h := nvlist.HostHeader(nvlist.Native)
	if f.to == "xdr" {
		h = nvlist.HostHeader(nvlist.XDR)
	}
	switch f.endian {
	case "":
	case "little", "big":
		h.BigEndian = f.endian == "big"
	default:
		return fmt.Errorf("--endian %s: want little or big", f.endian)
	}
	b, err := l.AppendAs(nil, h)
	if err != nil {
		return err
	}
	if f.hex {
		return show.Say(a.out, "%s", show.Lines(hex.Dump(b)))
	}
	_, err = endingWriter(ctx, a.raw).Write(b)
	return err
}

// printDiff prints the differences of two lists.
func (a *app) printDiff(before, after *nvlist.List, secrets bool) error {
	lines := []string{}
	for _, change := range nvlist.Diff(before, after) {
		line := change.String()
		if !secrets && secretPath(change.Path) {
			line = change.Hide()
		}
		lines = append(lines, line)
	}
	b := show.NewNotes()
	for _, line := range lines {
		b.Addf("%s\n", line)
	}
	if err := a.print(struct {
		Schema  string   `json:"schema"`
		Changes []string `json:"changes"`
	}{"zfsprobe.nv-diff/1", lines}, b.Emit); err != nil {
		return err
	}
	if len(lines) > 0 {
		return errFound
	}
	return nil
}

// secretPath reports whether a pair is key material or lies within it.
func secretPath(path string) bool {
	parts := strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune(`/[]"`, c) })
	return slices.ContainsFunc(parts, ioctl.Secret)
}

// around is how many bytes are shown before and after a malformed one.
const around = 16

// malformed shows where a list goes wrong.
func (a *app) malformed(name string, b []byte, syntax *nvlist.SyntaxError) error {
	at := max(0, min(int(syntax.Offset), len(b)))
	from, to := max(0, at-around), min(len(b), at+around)
	p := show.NewNotes()
	p.Addf("%s: malformed: %v\n  bytes %d to %d: % x [here] % x\n", name, syntax, from, to, b[from:at], b[at:to])
	return found(a.print(struct {
		Schema string `json:"schema"`
		Offset int64  `json:"offset"`
		Path   string `json:"path"`
		Error  string `json:"error"`
	}{"zfsprobe.nv-error/1", syntax.Offset, syntax.Path, syntax.Err.Error()}, p.Emit))
}
