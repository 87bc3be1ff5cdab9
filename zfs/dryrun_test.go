package zfs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dryRuns are the methods that predict a change without making it, each with the
// test that compares it with the change.
var dryRuns = map[string]string{
	"ReceiveOptions.DryRun":     "TestKernelDryRunEqualsRun",
	"ReceiveTreeOptions.DryRun": "TestKernelDryRunEqualsRun",
	"Client.SendEstimate":       "TestKernelDryRunSendEqualsSend",
	"Client.SendResumeEstimate": "TestKernelDryRunSendEqualsSend",
	"Client.SendTreePlan":       "TestKernelDryRunSendEqualsSend",
	"Graph.PlanDestroy":         "TestKernelDryRunPlanEqualsExecution",
	"Graph.PlanRollback":        "TestKernelDryRunPlanEqualsExecution",
	"Graph.PlanPromote":         "TestKernelDryRunPlanEqualsExecution",
	"PoolCreateOptions.DryRun":  "TestKernelDryRunPool",
	"VdevAddOptions.DryRun":     "TestKernelDryRunPool",
	"PoolImportOptions.DryRun":  "TestKernelDryRunPool",
}

// dryNames are the dry runs that a file declares: fields, and exported methods that
// plan or estimate.
func dryNames(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv == nil || !d.Name.IsExported() || name == "PlanExecute" {
				continue
			}
			if strings.HasPrefix(name, "Plan") || strings.HasSuffix(name, "Plan") || strings.HasSuffix(name, "Estimate") || strings.Contains(name, "Dry") {
				if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
					names = append(names, star.X.(*ast.Ident).Name+"."+name)
				}
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				typ, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				if s, ok := typ.Type.(*ast.StructType); ok {
					for _, f := range s.Fields.List {
						for _, name := range f.Names {
							if strings.Contains(strings.ToLower(name.Name), "dryrun") {
								names = append(names, typ.Name.Name+"."+name.Name)
							}
						}
					}
				}
			}
		}
	}
	return names
}

// Each dry run, plan and estimate is compared with the real operation: a new one
// without a comparison fails here.
func TestDryRunsAreCompared(t *testing.T) {
	var got []string
	tests := ""
	for _, pattern := range []string{"*.go", "../cmd/zfsprobe/*_kernel_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				tests += string(b)
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, dryNames(file)...)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(dryRuns)), got); diff != "" {
		t.Errorf("dry runs (-listed +found):\n%s", diff)
	}
	for name, test := range dryRuns {
		if !strings.Contains(tests, "func "+test+"(") {
			t.Errorf("%s: there is no %s", name, test)
		}
	}
}
