package house

import (
	"go/ast"
	"strings"
	"testing"
)

// An assertion does not find an error that is wrapped; errors.As does.
func TestErrorsAreNotAsserted(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			assertion, ok := n.(*ast.TypeAssertExpr)
			if !ok {
				return true
			}
			seen++
			star, ok := assertion.Type.(*ast.StarExpr)
			if !ok {
				return true
			}
			name := ""
			switch x := star.X.(type) {
			case *ast.Ident:
				name = x.Name
			case *ast.SelectorExpr:
				name = x.Sel.Name
			}
			if name == "Error" {
				t.Errorf("%v: an assertion to *Error; use errors.As", s.fset.Position(n.Pos()))
			}
			return true
		})
	}
	if seen < 5 {
		t.Errorf("only %d assertions were checked", seen)
	}
}
