package nvlist

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A struct that is used again and again, and so is bound, behaves like one that
// is used for the first time.
func TestBoundUnmarshal(t *testing.T) {
	type elem struct {
		ID    uint64   `nvlist:"id"`
		Name  string   `nvlist:"name"`
		Stats []uint64 `nvlist:"stats"`
		Next  *uint64  `nvlist:"next"`
		Deep  struct {
			Value uint64 `nvlist:"value"`
			Text  string `nvlist:"text"`
		} `nvlist:"deep"`
	}
	type top struct {
		ID    uint64            `nvlist:"id"`
		Name  string            `nvlist:"name"`
		Stats []uint64          `nvlist:"stats"`
		Elems []elem            `nvlist:"elems"`
		Other map[string]uint64 `nvlist:",rest"`
	}
	element := func(id uint64, set func(l *List)) *List {
		return listOf(func(l *List) {
			l.SetUint64("id", id)
			if set != nil {
				set(l)
			}
		})
	}
	inputs := []*List{
		listOf(func(l *List) {
			l.SetUint64("id", 1)
			l.SetString("name", "one")
			l.SetUint64Array("stats", []uint64{1, 2, 3})
			l.SetLists("elems", []*List{
				element(1, func(l *List) {
					l.SetString("name", "e")
					l.SetUint64Array("stats", []uint64{4, 5})
					l.SetUint64("next", 9)
					deep := new(List)
					deep.SetUint64("value", 3)
					deep.SetString("text", "deep")
					l.SetList("deep", deep)
				}),
				element(2, nil),
			})
			l.SetUint64("more", 1)
		}),
		listOf(func(l *List) { l.SetLists("elems", []*List{element(3, nil)}) }),
		listOf(func(l *List) {
			l.SetLists("elems", []*List{
				element(4, func(l *List) {
					deep := new(List)
					deep.SetUint64("value", 5)
					l.SetList("deep", deep)
				}),
				element(5, nil), element(6, func(l *List) { l.SetString("name", "six") }),
			})
			l.SetUint64Array("stats", []uint64{7, 8, 9, 10})
		}),
	}
	for _, h := range headers() {
		var reused top
		for round := range 9 {
			in := inputs[round%len(inputs)]
			// What no pair is for stays in the top struct, and is zero in elements.
			want := top{ID: reused.ID, Name: reused.Name, Stats: reused.Stats}
			packed := mustPack(t, in, h)
			if err := Unmarshal(packed, &want, nil); err != nil {
				t.Fatal(err)
			}
			kept := append([]elem(nil), reused.Elems...)
			if round == 4 {
				reused.Elems = kept // elsewhere in memory
			}
			if err := Unmarshal(packed, &reused, nil); err != nil {
				t.Fatal(err)
			}
			for i := range reused.Elems {
				// A slice that is used again is empty, not nil.
				if len(reused.Elems[i].Stats) == 0 {
					reused.Elems[i].Stats = nil
				}
			}
			if diff := cmp.Diff(want, reused); diff != "" {
				t.Fatalf("%+v, round %d (-fresh +reused):\n%s", h, round, diff)
			}
			if len(kept) > 0 && kept[0].Next != nil && *kept[0].Next != 9 {
				t.Errorf("round %d: what an earlier pointer points to has changed to %d", round, *kept[0].Next)
			}
		}
	}
}

// What a bound struct holds now is packed, wherever it lies now.
func TestBoundMarshal(t *testing.T) {
	v := sampleExpected()
	for round := range 6 {
		v.Number += 7
		v.Lead.Source += "x"
		v.Plain.Words = append(v.Plain.Words, v.Number)
		switch round {
		case 3:
			v.Lists = append(v.Lists, v.Lists...)
		case 4:
			v.Lists = v.Lists[1:]
		case 5:
			v.Lists, v.Plain.Words = nil, nil
		}
		for _, h := range headers() {
			got, err := AppendMarshal(nil, v, h)
			if err != nil {
				t.Fatal(err)
			}
			copied := *v
			want, err := AppendMarshal(nil, copied, h) // not a pointer, so never bound
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%+v, round %d (-unbound +bound):\n%s", h, round, diff)
			}
		}
	}
	v.Text = "a\x00b"
	if _, err := Marshal(v, Native); place(err) != errorText(err) || err == nil {
		t.Errorf("a text with a NUL: error %v", err)
	}
}

// Fields behind an embedded pointer are looked up each time, for it may point
// elsewhere.
func TestBoundEmbeddedPointer(t *testing.T) {
	type Inner struct {
		A uint64 `nvlist:"a"`
	}
	type outer struct {
		*Inner
		B uint64 `nvlist:"b"`
	}
	packed := mustPack(t, listOf(func(l *List) {
		l.SetUint64("a", 1)
		l.SetUint64("b", 2)
	}), little(Native))
	var v outer
	for round := range 4 {
		old := v.Inner
		v.Inner, v.B = nil, 0
		if err := Unmarshal(packed, &v, nil); err != nil {
			t.Fatal(err)
		}
		if v.Inner == nil || v.Inner == old || v.A != 1 || v.B != 2 {
			t.Errorf("round %d: %+v", round, v)
		}
		v.Inner = &Inner{A: 5}
		b, err := Marshal(&v, Native)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := mustDecode(t, b).Uint64("a"); n != 5 {
			t.Errorf("round %d: packed %d, want 5", round, n)
		}
	}
}
