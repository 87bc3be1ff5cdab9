package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
)

// forged is a value that would end a line, begin one of ours, draw on a terminal
// and is not UTF-8.
const forged = "x\nFAKE \x1b[2J\x7f\u009b\x9b\u202e\r\v\x00z\xff"

// fillText sets every text within v, down to the elements of lists, to s.
func fillText(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillText(v.Elem(), s)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillText(v.Index(i), s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillText(v.Field(i), s)
			}
		}
	case reflect.Interface:
		if v.Type() == reflect.TypeFor[error]() {
			v.Set(reflect.ValueOf(errors.New(s)))
		}
	}
}

// filled is a T full of a text.
func filled[T any](s string) *T {
	v := new(T)
	fillText(reflect.ValueOf(v).Elem(), s)
	return v
}

// printings are what plan, busy and perms print of values that are full of a text.
func printings(t *testing.T, s string) map[string]func(*app) error {
	t.Helper()
	all := map[string]func(*app) error{
		"plan":  func(a *app) error { return a.showPlan(t.Context(), nil, &planFlags{}, *filled[planDoc](s)) },
		"dot":   func(a *app) error { return a.showPlan(t.Context(), nil, &planFlags{dot: true}, *filled[planDoc](s)) },
		"perms": func(a *app) error { return a.printPerms(filled[permsDoc](s)) },
		"perms without a grant": func(a *app) error {
			doc := filled[permsDoc](s)
			doc.Needs[0].From, doc.Needs[1].From = nil, nil
			return a.printPerms(doc)
		},
		"busy, nothing found": func(a *app) error { return a.printBusy(s, &zfs.DatasetBlockers{Incomplete: s}) },
	}
	for kind := zfs.BlockerKind(0); kind < 16; kind++ {
		for use := zfs.DatasetUse(0); use < 16; use++ {
			for pid := range 2 {
				all[fmt.Sprintf("busy, %v, %v, process %d", kind, use, pid)] = func(a *app) error {
					found := filled[zfs.DatasetBlockers](s)
					for i := range found.Blockers {
						b := &found.Blockers[i]
						b.Kind, b.User.Use, b.User.PID, b.User.Count = kind, use, pid, 2
					}
					return a.printBusy(s, found)
				}
			}
		}
	}
	return all
}

// Whatever plan, busy and perms are about, they print the lines that they always
// do, on a terminal and elsewhere.
func TestNoForgedLines(t *testing.T) {
	plain := printings(t, "plain")
	shown := false
	for name, print := range printings(t, forged) {
		for _, screen := range []bool{true, false} {
			var want, got strings.Builder
			for b, f := range map[*strings.Builder]func(*app) error{&want: plain[name], &got: print} {
				if err := f(&app{out: outputOf(b, screen)}); err != nil && !errors.Is(err, errFound) {
					t.Fatal(err)
				}
			}
			checkNothingForged(t, name, got.String(), strings.Count(want.String(), "\n"))
			shown = shown || strings.Contains(got.String(), `x\nFAKE \x1b[2J\x7f\u009b\x9b\u202e\r\v\x00z\xff`)
		}
	}
	if !shown {
		t.Error("the value is nowhere printed")
	}
}

// outputOf is an output to a terminal, or to something else.
func outputOf(w io.Writer, screen bool) *show.Output {
	if screen {
		return show.Screen(w)
	}
	return show.NewOutput(w, show.IsTerminal(w))
}

// checkNothingForged wants so many lines of text that can do nothing.
func checkNothingForged(t *testing.T, name, got string, lines int) {
	t.Helper()
	for _, r := range got {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			t.Errorf("%s prints %q: %q", name, r, got)
			return
		}
	}
	if !utf8.ValidString(got) || strings.Count(got, "\n") != lines || strings.Contains(got, "\nFAKE") {
		t.Errorf("%s prints other than %d lines: %q", name, lines, got)
	}
}

// An error is a line, unless it is a list of errors, and also where it goes to a
// file: arguments and what the kernel tells of are part of it.
func TestNoForgedErrors(t *testing.T) {
	name := strings.ReplaceAll(forged, "\x00", "")
	for _, args := range [][]string{
		{name}, {"get", name}, {"nv", name}, {"stream", "/" + name}, {"perms", "snapshot", "dozer0/a", "--user", name}, {"perms", name, "dozer0/a"},
		{"plan", "destroy", "dozer0/" + name}, {"busy", "dozer0/" + name}, {"receive", "-o", name, "dozer0/b"}, {"--" + name}, {"holds", "dozer0/a@" + name},
		{"do", "set", name + "=1", "dozer0/a"}, {"ls", "-t", name}, {"label", "/" + name},
	} {
		r := runOn(t, fakeDevice(), "", args...)
		if r.code == exitFine || r.errOut == "" && r.out == "" {
			t.Errorf("%q: exit %d, %q, %q", args, r.code, r.out, r.errOut)
		}
		checkNothingForged(t, args[0], r.errOut, strings.Count(r.errOut, "\n  ")+min(1, len(r.errOut)))
	}
}

// writers are the functions that may write otherwise than through a page: each by
// its file, with the reason.
func writers() map[string]string {
	return map[string]string{
		"screen.go Write": "the way to the terminal", "input.go Write": "the way to the terminal", "screen.go Finish": "the way to the terminal",
		"screen.go Addf": "the page", "screen.go Format": "the page", "screen.go Emit": "the page",
		"json.go JSON": "JSON", "json.go flush": "JSON", "stream_dump.go recordJSON": "JSON", "program.go printProgramResult": "JSON in ASCII",
		"program.go luaJSON": "JSON in ASCII", "program.go jsonText": "JSON in ASCII", "program.go jsonString": "JSON in ASCII",
		"bar.go Show": "draws on the terminal, and escapes the text", "nv.go printPacked": "a packed list",
		"nv.go nv": "a list, which is quoted", "stream_dump.go recordText": "a list, which is quoted",
		"stream_dump.go snakeCase": "our own names", "label.go spaced": "numbers",
	}
}

// Text is written through pages, with formats of ours: no other way escapes what
// comes from elsewhere.
func TestTextIsMadeOnPages(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	ours, err := filepath.Glob("internal/show/*.go")
	if err != nil || len(ours) < 4 {
		t.Fatal(len(ours), err)
	}
	files = append(files, ours...)
	used := make(map[string]bool)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		must(t, err)
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			where := filepath.Base(name) + " " + f.Name.Name
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if what := writes(call); what != "" {
					if used[where] = true; writers()[where] == "" {
						t.Errorf("%v: %s: use show.Say, show.Echo or a page", set.Position(call.Pos()), what)
					}
				}
				if !ownFormat(call) && where != "screen.go Say" && where != "screen.go Echo" {
					t.Errorf("%v: the format is not a constant text", set.Position(call.Pos()))
				}
				return true
			})
		}
	}
	for where := range writers() {
		if !used[where] {
			t.Errorf("%s is not an exception", where)
		}
	}
}

// writes names a call that writes text, empty if it does not.
func writes(call *ast.CallExpr) string {
	name, of := called(call)
	switch {
	case of == "" && (name == "print" || name == "println"):
		return name
	case of == "fmt" && (strings.HasPrefix(name, "Fprint") || strings.HasPrefix(name, "Print")), of == "io" && (name == "WriteString" || strings.HasPrefix(name, "Copy")):
		return of + "." + name
	case of != "" && slices.Contains([]string{"Write", "WriteString", "WriteByte", "WriteRune", "WriteTo", "Dump", "Print", "Println", "Printf", "PrintErr", "PrintErrln", "PrintErrf"}, name):
		return of + "." + name
	}
	return ""
}

// called is the name of what is called, and what it is called of.
func called(call *ast.CallExpr) (name, of string) {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name, ""
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return f.Sel.Name, x.Name
		}
		return f.Sel.Name, "?"
	}
	return "", ""
}

// ownFormat reports whether the format of a call, if it has one, is a text that
// stands there.
func ownFormat(call *ast.CallExpr) bool {
	name, of := called(call)
	at := -1
	switch {
	case (of == "" || of == "show") && (name == "Say" || name == "Echo"):
		at = 1
	case of != "" && name == "Addf":
		at = 0
	}
	if at < 0 {
		return true
	}
	lit, ok := call.Args[at].(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}
