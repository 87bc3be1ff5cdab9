package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/spf13/cobra"
)

func (a *app) nvCommand() *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use:   "nv FILE|-",
		Short: "Show a packed name/value list",
		Long: `Nv shows what a packed nvlist holds, native or XDR, of either byte order: a cachefile, an
answer of the kernel, part of a label. For a malformed list it says at which byte and
in which pair it goes wrong, and ends with exit code 1. Key material is hidden
unless --secrets is given.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := a.readFile(args[0])
			if err != nil {
				return err
			}
			l, err := nvlist.Decode(b, nil)
			var syntax *nvlist.SyntaxError
			if errors.As(err, &syntax) {
				return a.malformed(args[0], b, syntax)
			}
			if err != nil {
				return err
			}
			return a.printList(l, secrets)
		},
	}
	cmd.Flags().BoolVar(&secrets, "secrets", false, "show key material too")
	return cmd
}

// fileLimit bounds what is read: no list that a kernel makes or takes is
// larger.
const fileLimit = 256 << 20

// readFile reads a file, or standard input for "-".
func (a *app) readFile(name string) ([]byte, error) {
	in := a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, fileLimit+1))
	if err == nil && len(b) > fileLimit {
		err = fmt.Errorf("%s: more than %d bytes", name, fileLimit)
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

func (a *app) printList(l *nvlist.List, secrets bool) error {
	if a.json {
		return a.printListJSON(l, secrets)
	}
	return l.Dump(a.out, &nvlist.DumpOptions{Redact: redact(secrets)})
}

// around is how many bytes are shown before and after a malformed one.
const around = 16

// malformed shows where a list goes wrong.
func (a *app) malformed(name string, b []byte, syntax *nvlist.SyntaxError) error {
	if a.json {
		doc := struct {
			Schema string `json:"schema"`
			Offset int64  `json:"offset"`
			Path   string `json:"path"`
			Error  string `json:"error"`
		}{"zfsprobe.nv-error/1", int64(syntax.Offset), syntax.Path, syntax.Err.Error()}
		if err := printJSON(a.out, doc); err != nil {
			return err
		}
		return errFound
	}
	fmt.Fprintf(a.out, "%s: malformed: %v\n", name, syntax)
	at := max(0, min(int(syntax.Offset), len(b)))
	from, to := max(0, at-around), min(len(b), at+around)
	fmt.Fprintf(a.out, "  bytes %d to %d: % x [here] % x\n", from, to, b[from:at], b[at:to])
	return errFound
}

// nvDoc is a list in JSON: typed, in order, and without loss.
type nvDoc struct {
	Schema string       `json:"schema"`
	List   *nvlist.List `json:"list"`
}

func (a *app) printListJSON(l *nvlist.List, secrets bool) error {
	if !secrets {
		l = l.Clone()
		hide(l)
	}
	return printJSON(a.out, nvDoc{"zfsprobe.nv/1", l})
}

// hide removes key material at every depth.
func hide(l *nvlist.List) {
	var names []string
	for p := range l.All() {
		if ioctl.Secret(p.Name()) {
			names = append(names, p.Name())
		}
	}
	for _, name := range names {
		l.Delete(name)
	}
}
