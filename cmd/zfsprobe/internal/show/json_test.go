package show

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listDoc is a document that ends with a list.
type listDoc struct {
	Schema string `json:"schema"`
	Rest   []any  `json:"rest"`
}

// An array is what JSON prints of the whole, whatever it has in it.
func TestArray(t *testing.T) {
	element := func(i int) any {
		return map[string]any{"number": i, "list": []int{}, "object": struct{}{}, "bytes": "k\xff", "more": []any{"a\n]}", nil, []string{"b"}}}
	}
	for _, n := range []int{0, 1, 2, 1000} {
		var got written
		var want strings.Builder
		whole := listDoc{Schema: "x/1", Rest: []any{}}
		array := NewArray(&got, listDoc{Schema: "x/1", Rest: []any{}})
		for i := range n {
			whole.Rest = append(whole.Rest, element(i))
			if err := array.Add(element(i)); err != nil {
				t.Fatal(err)
			}
			if len(array.held) >= arrayHeld {
				t.Fatalf("%d bytes are held", len(array.held))
			}
		}
		if n < 3 && len(got.pieces) > 0 {
			t.Errorf("%q is written before the end", got.pieces)
		}
		if err := array.End(); err != nil {
			t.Fatal(err)
		}
		if err := JSON(&want, whole); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), strings.Join(got.pieces, "")); diff != "" {
			t.Errorf("%d elements (-want +got):\n%s", n, diff)
		}
		if n == 1000 && len(got.pieces) < 5 {
			t.Errorf("%d elements are written in %d pieces", n, len(got.pieces))
		}
	}
}

// broken takes nothing.
type broken struct{}

var errBroken = errors.New("broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// A failed write, and a value without a form in JSON, are errors.
func TestArrayErrors(t *testing.T) {
	empty := listDoc{Rest: []any{}}
	for name, do := range map[string]func() error{
		"no list":       func() error { return NewArray(&written{}, struct{ A int }{1}).Add(1) },
		"a full list":   func() error { return NewArray(&written{}, listDoc{Rest: []any{1}}).Add(1) },
		"no such value": func() error { return NewArray(&written{}, empty).Add(func() {}) },
		"end":           func() error { return NewArray(broken{}, empty).End() },
		"end of some":   func() error { a := NewArray(broken{}, empty); return errors.Join(a.Add(1), a.End()) },
		"a long one":    func() error { return NewArray(broken{}, empty).Add(strings.Repeat("a", arrayHeld)) },
	} {
		if err := do(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
