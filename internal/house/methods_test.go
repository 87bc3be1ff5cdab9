package house

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
)

// kernelLine is the last line of a method's comment, which names its operation. The
// second method of an operation also names the first.
var kernelLine = regexp.MustCompile(`^Kernel: (ZFS_IOC_[A-Z_]+) \((nvlist|legacy), since ([0-9.]+)\)(?:, as ([A-Za-z]+))?\.$`)

// compositeLine is the last line of a composite's comment, which names its program.
var compositeLine = regexp.MustCompile(`^Composite: (programs/[a-z_]+\.lua)\.$`)

// method is a method of zfs.Client.
type method struct {
	name, file, doc string
}

// clientMethods returns the exported methods of zfs.Client, and the functions that
// serve an operation instead of a method.
func clientMethods(t *testing.T) []method {
	t.Helper()
	var all []method
	for _, s := range sources(t) {
		if !strings.HasPrefix(s.path, "zfs/") || strings.Count(s.path, "/") != 1 || strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		for _, decl := range s.file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			if fn.Recv == nil {
				if strings.Contains(fn.Doc.Text(), "\nKernel: ") {
					all = append(all, method{fn.Name.Name, s.path, fn.Doc.Text()})
				}
				continue
			}
			if star, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok && fmt.Sprint(star.X) == "Client" {
				all = append(all, method{fn.Name.Name, s.path, fn.Doc.Text()})
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("found %d methods of zfs.Client only", len(all))
	}
	return all
}

// A method's comment agrees with the table of operations in name, style, release
// and file.
func TestMethodCommentsAgreeWithTheTable(t *testing.T) {
	// These make no call themselves, or several.
	plain := map[string]bool{
		"Close": true, "Device": true, "Release": true, "Stuck": true, "HoldOpen": true, "DatasetExists": true,
		"SnapshotRange": true, "DatasetGraph": true, "PlanExecute": true, "UserspaceSet": true, "DatasetMount": true,
		"DatasetUnmount": true, "VolumeWait": true, "ReceiveAbort": true, "DatasetUsers": true, "DatasetBlockers": true,
		"DelegationNeeds": true, "DelegationVerbNeeds": true, "DelegationCheck": true, "ReceiveTree": true, "SendTree": true, "Replicate": true,
		"SendTreePlan": true, "CompositeRun": true, "PropCheck": true, "PoolImportable": true, "PoolFeatures": true, "ReplicateSend": true, "ReplicateReceive": true,
	}
	for _, m := range clientMethods(t) {
		lines := strings.Split(strings.TrimSpace(m.doc), "\n")
		match := kernelLine.FindStringSubmatch(lines[len(lines)-1])
		if match == nil && compositeLine.MatchString(lines[len(lines)-1]) {
			continue
		}
		if match == nil {
			if !plain[m.name] {
				t.Errorf("%s: the comment of %s does not end with a line like \"Kernel: ZFS_IOC_CREATE (nvlist, since 0.8).\"", m.file, m.name)
			}
			continue
		}
		row, ok := ioctl.ByName(match[1])
		if !ok {
			t.Errorf("%s: %s names %s, which is not in the table", m.file, m.name, match[1])
			continue
		}
		since := strings.TrimSuffix(row.Since.String(), ".0")
		if match[2] != row.Style.String() || match[3] != since {
			t.Errorf("%s: %s says (%s, since %s), the table says (%s, since %s)", m.file, m.name, match[2], match[3], row.Style, since)
		}
		home := m.name
		if match[4] != "" {
			home = match[4]
		}
		if row.Home != home || "zfs/"+strings.TrimPrefix(row.File, "zfs/") != m.file {
			t.Errorf("%s: %s is the method for %s, but the table says %s in %s", m.file, home, row.C, row.Home, row.File)
		}
	}
}

// Composites are the methods that name a program. Every program except the common
// part belongs to one.
func TestCompositesNameTheirPrograms(t *testing.T) {
	const dir = "../../zfs/"
	named := map[string]bool{"programs/common.lua": true}
	for _, m := range clientMethods(t) {
		lines := strings.Split(strings.TrimSpace(m.doc), "\n")
		if match := compositeLine.FindStringSubmatch(lines[len(lines)-1]); match != nil {
			named[match[1]] = true
			if _, err := os.Stat(dir + match[1]); err != nil {
				t.Errorf("%s: the comment of %s: %v", m.file, m.name, err)
			}
		}
	}
	files, err := filepath.Glob(dir + "programs/*.lua")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d programs: %v", len(files), err)
	}
	for _, path := range files {
		if name := strings.TrimPrefix(path, dir); !named[name] {
			t.Errorf("no method of zfs.Client names %s as its program", name)
		}
	}
}

// A method that enters the kernel promises its errors.
func TestMethodsPromiseErrors(t *testing.T) {
	for _, m := range clientMethods(t) {
		if strings.Contains(m.doc, "\nKernel: ") && !strings.Contains(m.doc, "Errors match ") {
			t.Errorf("%s: the comment of %s has no line \"Errors match ...\"", m.file, m.name)
		}
	}
}

// A comment begins with the name that it describes, as go doc shows it.
func TestCommentsBeginWithTheName(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		for _, decl := range s.file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Doc == nil {
				continue
			}
			seen++
			if first, _, _ := strings.Cut(fn.Doc.Text(), " "); strings.TrimRight(first, ",\n") != fn.Name.Name {
				t.Errorf("%v: the comment of %s begins with %q", s.fset.Position(fn.Pos()), fn.Name.Name, first)
			}
		}
	}
	if seen < 300 {
		t.Errorf("only %d comments were checked", seen)
	}
}
