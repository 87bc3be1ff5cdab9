// Command edges prints the references between the files of a package, and their
// cycles, to help split the package.
//
//	go run ./internal/house/edges [-v] [-from PATTERN] [-to PATTERN] PACKAGE...
//
// A reference is one use of a name that another file of the same package
// declares. The patterns are those of path.Match for file names.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

func main() {
	verbose := flag.Bool("v", false, "print each edge with its references")
	from := flag.String("from", "*", "count only references from files that match `PATTERN`")
	to := flag.String("to", "*", "count only references to files that match `PATTERN`")
	flag.Parse()
	if err := run(os.Stdout, flag.Args(), *from, *to, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "edges:", err)
		os.Exit(2)
	}
}

// run prints a report of each package.
func run(w io.Writer, packages []string, from, to string, verbose bool) error {
	for _, pattern := range []string{from, to} {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("pattern %q: %w", pattern, err)
		}
	}
	loaded, err := load(packages)
	if err != nil {
		return err
	}
	for _, p := range loaded {
		uses, err := p.uses()
		if err != nil {
			return err
		}
		report(w, p, uses.between(from, to), verbose)
	}
	return nil
}

// An edge leads from a file to another that declares a name it uses.
type edge struct{ from, to string }

// edges counts the references of each edge.
type edges map[edge]int

// between keeps the edges between files that match the patterns, which are valid.
func (e edges) between(from, to string) edges {
	kept := edges{}
	for pair, n := range e {
		a, _ := path.Match(from, pair.from)
		b, _ := path.Match(to, pair.to)
		if a && b {
			kept[pair] = n
		}
	}
	return kept
}

// report prints the numbers of a package, then its cycles.
func report(w io.Writer, p *pkg, e edges, verbose bool) {
	references := 0
	for _, n := range e {
		references += n
	}
	cycles := e.cycles()
	fmt.Fprintf(w, "%s: %d files, %d references between files, %d edges, %d cycles\n",
		p.ImportPath, len(p.GoFiles), references, len(e), len(cycles))
	if verbose {
		pairs := slices.SortedFunc(maps.Keys(e), func(a, b edge) int {
			return cmp.Or(cmp.Compare(e[b], e[a]), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
		})
		for _, pair := range pairs {
			fmt.Fprintf(w, "%6d  %s -> %s\n", e[pair], pair.from, pair.to)
		}
	}
	for _, c := range cycles {
		fmt.Fprintf(w, "cycle of %d files: %s\n", len(c), strings.Join(c, " "))
	}
}
