package nvlist

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runsSample has fields that belong to runs, and all that may end one.
type runsSample struct {
	A     uint64 `nvlist:"a"`
	B     uint64 `nvlist:"a longer name"`
	Text  string `nvlist:"text"`
	C     uint64 `nvlist:"c"`
	Omit  uint64 `nvlist:"omit,omitempty"`
	D     uint64 `nvlist:"d"`
	E     uint64 `nvlist:"e"`
	F     uint64 `nvlist:"f"`
	Neg   int64  `nvlist:"neg"`
	Short uint32 `nvlist:"short"`
	*RunsPart
	Last uint64 `nvlist:"last"`
}

type RunsPart struct {
	G uint64 `nvlist:"g"`
	H uint64 `nvlist:"h"`
}

func TestRunFields(t *testing.T) {
	c := compiler{structs: make(map[reflect.Type]*structCodec)}
	s, err := c.structCodec(reflect.TypeFor[runsSample]())
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for _, f := range s.(*structCodec).fields {
		if f.run != nil {
			got[f.name] = len(f.run.values[0])
		}
	}
	want := map[string]int{"a": 2, "d": 3, "g": 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}

// A struct that is bound packs its runs at once, one that is no pointer packs
// field by field. The bytes are the same, also behind an embedded pointer, where
// nothing can be bound.
func TestRunPacksTheSame(t *testing.T) {
	v := &runsSample{A: 1, B: 2, Text: "t", C: 3, D: 4, E: 5, F: 1 << 63, Neg: -6, Short: 7, Last: 8}
	for _, part := range []*RunsPart{nil, {G: 9, H: 10}} {
		v.RunsPart = part
		for round := range 3 {
			v.A, v.F = v.A+1, v.F+1
			for _, h := range headers() {
				want, err := AppendMarshal(nil, *v, h)
				if err != nil {
					t.Fatal(err)
				}
				got, err := AppendMarshal(nil, v, h)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%+v, round %d (-fields +runs):\n%s", h, round, diff)
				}
			}
		}
	}
}
