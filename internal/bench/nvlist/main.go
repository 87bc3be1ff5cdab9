// Command nvlist measures package nvlist and libnvpair side by side, in one run
// and on the same bytes, and prints one table with the ratios.
//
// It compiles .ci/golden/nvref.c with gcc, for which it needs libzfslinux-dev,
// or takes a compiled one with -nvref. Each number is that of the fastest of
// many short batches, and the two sides take turns, so that other load on the
// machine does not decide.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/purezfs/purezfs/nvlist"
)

func main() {
	nvref := flag.String("nvref", "", "compiled nvref; empty means to build it with gcc")
	turns := flag.Int("turns", 5, "how many turns each side takes")
	match := flag.String("match", "", "only lists with this in their name")
	flag.Parse()
	if err := run(*nvref, *match, *turns); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the lists and prints the table.
func run(nvref, match string, turns int) error {
	dir, err := os.MkdirTemp("", "nvbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if nvref == "" {
		if nvref, err = build(dir); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "list\tbytes\toperation\tours ns\tC ns\tratio\tgoal\tmet\tallocs\t")
	all, err := subjects()
	if err != nil {
		return err
	}
	for _, s := range all {
		if !strings.Contains(s.name, match) {
			continue
		}
		packed, err := s.list.AppendNative(nil)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, s.name)
		if err := os.WriteFile(file, packed, 0o600); err != nil {
			return err
		}
		if err := measure(w, s, packed, reference{nvref, file}, turns); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return w.Flush()
}

// measure prints the rows of one list.
func measure(w *tabwriter.Writer, s subject, packed []byte, ref reference, turns int) error {
	ops, err := operations(s, packed)
	if err != nil {
		return err
	}
	ours := make([]float64, len(ops))
	theirs := make(map[string]float64)
	for range turns {
		if err := ref.run(s.rounds, theirs); err != nil {
			return err
		}
		for i, op := range ops {
			if ns := nanos(op.call, s.batches); ours[i] == 0 || ns < ours[i] {
				ours[i] = ns
			}
		}
	}
	for i, op := range ops {
		c := theirs[op.against]
		fmt.Fprintf(w, "%s\t%d\t%s\t%.0f\t%.0f\t%.1f\t%s\t%s\t%.0f\t\n", s.name, len(packed), op.name,
			ours[i], c, c/ours[i], goal(op.goal), met(op.goal, c/ours[i]), allocs(op.call))
	}
	return nil
}

// goal renders the ratio that is promised, if one is.
func goal(g float64) string {
	if g == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", g)
}

// met reports whether the promise is kept.
func met(g, ratio float64) string {
	switch {
	case g == 0:
		return "-"
	case ratio >= g:
		return "yes"
	}
	return "NO"
}

// hosts are the two headers that lists are packed with.
func hosts() (native, xdr nvlist.Header) {
	return nvlist.HostHeader(nvlist.Native), nvlist.HostHeader(nvlist.XDR)
}
