package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The budgets. Functions near a budget are listed with -v.
const (
	maxFileLines = 500
	maxFuncLines = 80
	maxParams    = 5
)

// source is one parsed file.
type source struct {
	path string
	file *ast.File
	fset *token.FileSet
}

// lines returns the number of lines of a node.
func (s source) lines(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
}

// sources parses all Go files of the module, for every system.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, p := range goList(t) {
		paths, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			rel := strings.TrimPrefix(p.ImportPath+"/"+filepath.Base(path), module+"/")
			all = append(all, source{rel, f, fset})
		}
	}
	return all
}

// tableLines returns the number of lines of the tables of a test function.
// They are data, not code, so they do not count.
func tableLines(s source, fn *ast.FuncDecl) (n int) {
	if !strings.HasSuffix(s.path, "_test.go") {
		return 0
	}
	ast.Inspect(fn.Body, func(node ast.Node) bool {
		lit, ok := node.(*ast.CompositeLit)
		if ok {
			n += s.lines(lit)
		}
		return !ok
	})
	return n
}

func TestBudgets(t *testing.T) {
	var lengths []int
	for _, s := range sources(t) {
		if n := s.fset.Position(s.file.FileEnd).Line; n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", s.path, n, maxFileLines)
		}
		for _, decl := range s.file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			n := s.lines(fn) - tableLines(s, fn)
			if n > maxFuncLines {
				t.Errorf("%s: %s has %d lines, more than %d", s.path, fn.Name.Name, n, maxFuncLines)
			}
			if strings.HasSuffix(s.path, "_test.go") {
				continue
			}
			lengths = append(lengths, n)
			if n > 60 {
				t.Logf("near the cap: %s: %s has %d lines", s.path, fn.Name.Name, n)
			}
			if p := fn.Type.Params.NumFields(); p > maxParams && fn.Name.IsExported() {
				t.Errorf("%s: %s has %d parameters, more than %d", s.path, fn.Name.Name, p, maxParams)
			}
		}
	}
	slices.Sort(lengths)
	if median := lengths[len(lengths)/2]; median > 12 {
		t.Errorf("the median function has %d lines, more than 12", median)
	}
}

// Every exported name of a package that others import is documented.
func TestExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") || strings.HasPrefix(s.path, "cmd/") || strings.HasPrefix(s.path, "internal/") {
			continue
		}
		for _, decl := range s.file.Decls {
			for _, name := range undocumented(decl) {
				t.Errorf("%s: %s has no comment", s.path, name)
			}
		}
	}
}

// undocumented returns the exported names of a declaration without a comment.
// A group's comment covers its members.
func undocumented(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch sp := spec.(type) {
			case *ast.TypeSpec:
				if sp.Name.IsExported() && d.Doc == nil && sp.Doc == nil {
					names = append(names, sp.Name.Name)
				}
			case *ast.ValueSpec:
				if sp.Names[0].IsExported() && d.Doc == nil && sp.Doc == nil && sp.Comment == nil {
					names = append(names, sp.Names[0].Name)
				}
			}
		}
	}
	return names
}

// exportedReceiver reports whether other packages can call a function.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return !ok || id.IsExported()
}
