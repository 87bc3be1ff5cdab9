package nvlist

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	a := listOf(func(l *List) {
		l.SetUint64("same", 1)
		l.SetUint64("number", 1)
		l.SetUint64("type", 1)
		l.SetBoolean("gone")
		l.SetList("list", listOf(func(l *List) {
			l.SetString("tank/a@x", "old")
			l.SetList("inner", listOf(func(l *List) { l.SetBoolean("x") }))
		}))
		l.SetLists("array", []*List{nil, listOf(func(l *List) { l.SetUint8("id", 1) }), nil})
		l.SetStringArray("strings", []string{"a", "b"})
	})
	b := listOf(func(l *List) {
		l.SetStringArray("strings", []string{"a", "c"})
		l.SetUint64("same", 1)
		l.SetUint64("number", 2)
		l.SetInt64("type", 1)
		l.SetList("list", listOf(func(l *List) { l.SetString("tank/a@x", "new") }))
		l.SetLists("array", []*List{nil, listOf(func(l *List) { l.SetUint8("id", 2) })})
		l.SetByteArray("added", []byte{1, 2})
	})
	want := []string{
		"~ number: uint64 = 1 -> uint64 = 2",
		"~ type: uint64 = 1 -> int64 = 1",
		"- gone: boolean",
		`~ list/"tank/a@x": string = "old" -> string = "new"`,
		"- list/inner: nvlist{1}",
		"~ array[1]/id: uint8 = 1 -> uint8 = 2",
		"- array[2]: nvlist{0}",
		`~ strings: string_array = ["a" "b"] -> string_array = ["a" "c"]`,
		"+ added: byte_array = 0102",
	}
	// What was decoded must compare like what was built.
	for name, lists := range map[string][2]*List{
		"built":         {a, b},
		"decoded":       {mustDecode(t, mustPack(t, a, little(Native))), mustDecode(t, mustPack(t, b, little(XDR)))},
		"byte orders":   {mustDecode(t, mustPack(t, a, Header{Native, true})), b},
		"built and XDR": {a, mustDecode(t, mustPack(t, b, little(XDR)))},
	} {
		var got []string
		for _, c := range Diff(lists[0], lists[1]) {
			got = append(got, c.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if back := Diff(b, a); len(back) != len(want) {
		t.Errorf("the other way there are %d changes", len(back))
	}
	if same := Diff(a, a.Clone()); same != nil {
		t.Errorf("a list and its clone differ: %v", same)
	}
}

func TestDiffEnds(t *testing.T) {
	grown := listOf(func(l *List) {
		l.SetLists("a", []*List{nil})
		l.SetLists("b", []*List{nil, nil})
	})
	small := listOf(func(l *List) { l.SetLists("a", nil) })
	got := Diff(small, grown)
	if len(got) != 2 || got[0].String() != "+ a[0]: nvlist{0}" || got[1].String() != "+ b: nvlist_array[2]" {
		t.Errorf("got %v", got)
	}
	if d := Diff(nil, new(List)); d != nil {
		t.Errorf("nil and empty differ: %v", d)
	}
	cycle := new(List)
	cycle.SetList("self", cycle)
	other := new(List)
	other.SetList("self", other)
	if d := Diff(cycle, other); d != nil {
		t.Errorf("cycles differ: %v", d)
	}
}

func TestChangeHide(t *testing.T) {
	secret := func(v string) *List { return listOf(func(l *List) { l.SetString("key", v) }) }
	for want, lists := range map[string][2]*List{
		"~ key: (redacted)": {secret("a"), secret("b")},
		"- key: (redacted)": {secret("a"), nil},
		"+ key: (redacted)": {nil, secret("b")},
	} {
		if got := Diff(lists[0], lists[1]); len(got) != 1 || got[0].Hide() != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}
