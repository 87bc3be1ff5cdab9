package zfs_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
)

// grpcCodes are the codes that the document may use.
var grpcCodes = strings.Fields(`OK INVALID_ARGUMENT NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED
	FAILED_PRECONDITION ABORTED UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS`)

// documented returns the sentinels of docs/errors.md in their order.
func documented(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(Err\\w+)` \\| (\\w+) \\| (.+) \\|$").FindAllStringSubmatch(string(text), -1) {
		if !slices.Contains(grpcCodes, m[2]) {
			t.Errorf("%s has the code %s, which does not exist", m[1], m[2])
		}
		if slices.Contains(names, m[1]) {
			t.Errorf("%s has two rows", m[1])
		}
		names = append(names, m[1])
	}
	return names
}

// exportedSentinels returns the names of the variables of this package that
// begin with Err.
func exportedSentinels(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(id.Name, "Err") {
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// Every sentinel has a row with advice, and every row is about a sentinel.
func TestErrorsAreDocumented(t *testing.T) {
	names := documented(t)
	all := exportedSentinels(t)
	for _, name := range all {
		if !slices.Contains(names, name) {
			t.Errorf("docs/errors.md has no row for %s", name)
		}
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			t.Errorf("docs/errors.md has a row for %s, which does not exist", name)
		}
	}
	// For an error that matches two sentinels the first row applies.
	before := func(narrow, wide string) {
		if slices.Index(names, narrow) > slices.Index(names, wide) {
			t.Errorf("the row of %s hides that of %s", wide, narrow)
		}
	}
	before("ErrPoolNotFound", "ErrNotFound")
	before("ErrParentNotFound", "ErrNotFound")
}

// No error of the table of conformance falls through the document's map: each
// expects a sentinel, and every sentinel has a row.
func TestConformanceErrorsHaveCodes(t *testing.T) {
	for _, r := range conformance() {
		if len(r.want) > 0 && !slices.ContainsFunc(r.want, func(err error) bool {
			// A context's end and a closed file are Go's own, with codes as usual.
			return slices.Contains(append(sentinels(), context.Canceled, fs.ErrClosed), err)
		}) {
			t.Errorf("row %q expects %v, which is not a sentinel", r.name, r.want)
		}
	}
	for _, err := range []error{zfs.ErrPoolNotFound, zfs.ErrParentNotFound, zfs.ErrBaseNotFound, zfs.ErrFeatureDisabled} {
		if !slices.Contains(sentinels(), err) {
			t.Errorf("the table of conformance does not look for %q", err)
		}
	}
}
