package main

import (
	"cmp"
	"slices"
)

// cycles returns the groups of files that reach each other, largest first: the
// strongly connected components of more than one file (Tarjan's algorithm).
func (e edges) cycles() [][]string {
	t := &tarjan{next: map[string][]string{}, index: map[string]int{}, low: map[string]int{}, onStack: map[string]bool{}}
	var files []string
	for pair := range e {
		t.next[pair.from] = append(t.next[pair.from], pair.to)
		files = append(files, pair.from, pair.to)
	}
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		if _, seen := t.index[file]; !seen {
			t.visit(file)
		}
	}
	slices.SortFunc(t.found, func(a, b []string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), slices.Compare(a, b))
	})
	return t.found
}

type tarjan struct {
	next       map[string][]string
	index, low map[string]int
	stack      []string
	onStack    map[string]bool
	found      [][]string
}

func (t *tarjan) visit(file string) {
	t.index[file] = len(t.index)
	t.low[file] = t.index[file]
	t.stack = append(t.stack, file)
	t.onStack[file] = true
	for _, to := range t.next[file] {
		if _, seen := t.index[to]; !seen {
			t.visit(to)
			t.low[file] = min(t.low[file], t.low[to])
		} else if t.onStack[to] {
			t.low[file] = min(t.low[file], t.index[to])
		}
	}
	if t.low[file] == t.index[file] {
		t.pop(file)
	}
}

// pop removes the component that begins with file from the stack.
func (t *tarjan) pop(file string) {
	i := slices.Index(t.stack, file)
	component := slices.Clone(t.stack[i:])
	t.stack = t.stack[:i]
	for _, member := range component {
		t.onStack[member] = false
	}
	if len(component) > 1 {
		slices.Sort(component)
		t.found = append(t.found, component)
	}
}
