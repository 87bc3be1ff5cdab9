package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// TestBytesAreNotCharacters finds bytes that are printed as characters: byte
// 0xc3, the first of "é", would come out as "Ã". Package internal/text names the
// character that a byte belongs to.
func TestBytesAreNotCharacters(t *testing.T) {
	pkgs, err := load([]string{"github.com/purezfs/purezfs/..."})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pkgs {
		found, err := p.bytesAsCharacters()
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range found {
			t.Error(at)
		}
	}
}

// TestBytesAreFound runs the check on code that has the fault.
func TestBytesAreFound(t *testing.T) {
	pkgs, err := load([]string{"./testdata/bytes"})
	if err != nil || len(pkgs) != 1 {
		t.Fatal(len(pkgs), err)
	}
	found, err := pkgs[0].bytesAsCharacters()
	if err != nil || len(found) != 4 {
		t.Errorf("%d places, want 4: %v: %v", len(found), found, err)
	}
}

// bytesAsCharacters are the places where a byte becomes a character.
func (p *pkg) bytesAsCharacters() (found []string, err error) {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	_, fset, files, err := p.check(info)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.ImportPath, err)
	}
	add := func(pos token.Pos, what string) {
		found = append(found, fmt.Sprintf("%v: a byte %s", fset.Position(pos), what))
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if info.Types[call.Fun].IsType() {
				to := info.Types[call].Type
				text := types.Identical(to.Underlying(), types.Typ[types.String]) || to.String() == "rune"
				if len(call.Args) == 1 && text && isByte(info, call.Args[0]) {
					add(call.Pos(), "is converted to "+to.String())
				}
				return true
			}
			for i, arg := range call.Args {
				format := info.Types[arg].Value
				if format == nil || format.Kind() != constant.String {
					continue
				}
				for j, verb := range verbs(constant.StringVal(format)) {
					if (verb == 'c' || verb == 'q') && i+1+j < len(call.Args) && isByte(info, call.Args[i+1+j]) {
						add(call.Args[i+1+j].Pos(), fmt.Sprintf("is printed with %%%c", verb))
					}
				}
			}
			return true
		})
	}
	return found, nil
}

// isByte reports whether an expression is a byte of a text that is not known
// here.
func isByte(info *types.Info, e ast.Expr) bool {
	tv := info.Types[e]
	if tv.Type == nil || tv.Value != nil || !types.Identical(tv.Type.Underlying(), types.Typ[types.Byte]) {
		return false
	}
	index, ok := e.(*ast.IndexExpr)
	return !ok || info.Types[index.X].Value == nil
}

// verbs are the verbs of a format, each with a star's place of its own.
func verbs(format string) (all []byte) {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.*", format[i]) >= 0; i++ {
			if format[i] == '*' {
				all = append(all, '*')
			}
		}
		if i < len(format) && format[i] != '%' {
			all = append(all, format[i])
		}
	}
	return all
}
