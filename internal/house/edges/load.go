package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// pkg is the output of go list for a package.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Export     string // the file with its export data
	DepOnly    bool   // it is only a dependency

	exports map[string]string // export data of every package by import path
}

// load lists the packages, and compiles their imports.
func load(patterns []string) ([]*pkg, error) {
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json", "--"}, patterns...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	exports := map[string]string{}
	var asked []*pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &pkg{exports: exports}
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return asked, nil
		} else if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			asked = append(asked, p)
		}
	}
}

// check type-checks the package and fills info.
func (p *pkg) check(info *types.Info) (*types.Package, *token.FileSet, []*ast.File, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, nil, err
		}
		files = append(files, f)
	}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", p.open)}
	checked, err := config.Check(p.ImportPath, fset, files, info)
	return checked, fset, files, err
}

// uses counts the references between the files of the package.
func (p *pkg) uses() (edges, error) {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	checked, fset, _, err := p.check(info)
	if err != nil {
		return nil, err
	}
	found := edges{}
	for ident, obj := range info.Uses {
		if obj.Pkg() != checked || !obj.Pos().IsValid() {
			continue
		}
		pair := edge{filepath.Base(fset.Position(ident.Pos()).Filename), filepath.Base(fset.Position(obj.Pos()).Filename)}
		if pair.from != pair.to {
			found[pair]++
		}
	}
	return found, nil
}

// open opens the export data of an imported package.
func (p *pkg) open(path string) (io.ReadCloser, error) { return os.Open(p.exports[path]) }
