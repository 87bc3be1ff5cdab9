package stream

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
)

// mustBegin reads the first record of a golden stream.
func mustBegin(t testing.TB, name string) *Begin {
	t.Helper()
	rec, err := NewReader(bytes.NewReader(mustGolden(t, name)), nil).Next()
	if err != nil {
		t.Fatal(err)
	}
	return rec.(*Begin)
}

// describeTree writes down what does not differ between two runs, datasets
// in the order of their names.
func describeTree(p *Tree) string {
	names := map[uint64]string{0: "-"}
	for _, ds := range p.Datasets {
		for _, s := range ds.Snapshots {
			names[s.GUID] = ds.Name + "@" + s.Name
		}
	}
	var all []string
	for _, ds := range p.Datasets {
		text := fmt.Sprintf("%s parent=%s origin=%s%s\n", ds.Name, names[ds.ParentFromSnap], names[ds.Origin], describeProps(ds.Props))
		for _, s := range ds.Snapshots {
			text += fmt.Sprintf("  @%s%s", s.Name, describeProps(s.Props))
			for tag, at := range s.Holds {
				text += fmt.Sprintf(" held by %s=%t", tag, at > 1700000000)
			}
			text += "\n"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return fmt.Sprintf("from %q to %q, one=%t raw=%t\n%s", p.FromSnap, p.ToSnap, p.NotRecursive, p.Raw, strings.Join(all, ""))
}

func describeProps(l *nvlist.List) string {
	var all []string
	for pair := range l.All() {
		if n, ok := pair.Uint(); ok {
			all = append(all, fmt.Sprintf(" %s=%d", pair.Name(), n))
		}
		if s, ok := l.Text(pair.Name()); ok {
			all = append(all, fmt.Sprintf(" %s=%q", pair.Name(), s))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

// What zfs send -R, -R -h -I and -p of all releases put in front.
func TestTreeGolden(t *testing.T) {
	tests := []struct {
		name string
		want string
	}{
		{"compound", `from "" to "2", one=false raw=false
t/p parent=- origin=- recordsize=4096
  @1
  @2
t/p/c parent=t/p@2 origin=- recordsize=4096
  @1
  @2
`},
		{"package", `from "1" to "3", one=false raw=false
t/p parent=- origin=- recordsize=4096
  @1
  @2
  @3
t/p/b parent=t/p@1 origin=t/p/c@2 org.example:role="clone"
  @3
t/p/c parent=t/p@1 origin=- quota=10485760 recordsize=4096
  @1
  @2 org.example:note="first value" held by keep=true
  @3
t/p/new parent=t/p@1 origin=- compression=14
  @3
`},
		{"properties", `from "" to "2", one=true raw=false
t/p/c parent=- origin=- quota=10485760 recordsize=4096
  @2 org.example:note="first value"
`},
	}
	for _, release := range goldenReleases() {
		for _, tt := range tests {
			t.Run(release+"/"+tt.name, func(t *testing.T) {
				begin := mustBegin(t, release+"/"+tt.name)
				p, err := begin.Tree()
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, describeTree(p)); diff != "" {
					t.Errorf("tree (-want +got):\n%s", diff)
				}
				// The list that is made of it has the same bytes, but for the byte
				// order, which is this machine's.
				again, err := p.Begin(begin.ToName, begin.Features)
				if err != nil {
					t.Fatal(err)
				}
				made, err := again.List()
				if err != nil {
					t.Fatal(err)
				}
				recorded, err := made.AppendAs(nil, nvlist.Header{Encoding: nvlist.XDR})
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(recorded, begin.Payload) {
					l, _ := begin.List()
					t.Errorf("made anew:\n%v\nwant\n%v", p.List(), l)
				}
			})
		}
	}
}

func TestTreeOfPlainStream(t *testing.T) {
	if p, err := mustBegin(t, "2.4/raw").Tree(); p != nil || err != nil {
		t.Errorf("tree %v, error %v", p, err)
	}
	p, err := (&Begin{Compound: true}).Tree()
	if diff := cmp.Diff(&Tree{NotRecursive: true}, p); diff != "" || err != nil {
		t.Errorf("without a list: error %v, tree (-want +got):\n%s", err, diff)
	}
}

// All fields survive the list.
func TestTreeRoundTrip(t *testing.T) {
	props := &nvlist.List{}
	props.SetUint64("quota", 1<<63)
	props.SetString("a:b", "c")
	want := &Tree{FromSnap: "f", ToSnap: "t", NotRecursive: true, Raw: true, Datasets: []TreeDataset{
		{GUID: 1<<64 - 1, Name: "p/a", ParentFromSnap: 7, Origin: 8, EncryptionRoot: true, Props: props, Snapshots: []TreeSnapshot{
			{Name: "f", GUID: 2, Props: props, Holds: map[string]uint64{"b": 2, "a": 1}}, {Name: "t", GUID: 3},
		}},
		{GUID: 1, Name: "p/b"},
	}}
	begin, err := want.Begin("p/a@t", FeatureHolds)
	if err != nil {
		t.Fatal(err)
	}
	got, err := begin.Tree()
	if err != nil {
		t.Fatal(err)
	}
	equal := cmp.Comparer(func(a, b *nvlist.List) bool { return describeProps(a) == describeProps(b) && (a == nil) == (b == nil) })
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
	if !begin.Compound || begin.ToName != "p/a@t" || !begin.Features.Has(FeatureHolds) {
		t.Errorf("record %+v", begin)
	}
}

// mustList makes a list and fills it.
func mustList(fill func(l *nvlist.List)) *nvlist.List {
	l := &nvlist.List{}
	fill(l)
	return l
}

// malformed is a list that is none of a package, and what the error says.
type malformed struct {
	name string
	list *nvlist.List
	want string
}

func TestTreeMalformed(t *testing.T) {
	entry := func(key string, fill func(*nvlist.List)) *nvlist.List {
		return mustList(func(l *nvlist.List) {
			l.SetList("fss", mustList(func(fss *nvlist.List) { fss.SetList(key, mustList(fill)) }))
		})
	}
	named := func(l *nvlist.List) { l.SetString("name", "p") }
	tests := []malformed{
		{"none", nil, "fss is missing"},
		{"empty", &nvlist.List{}, "fss is missing"},
		{"fss is a number", mustList(func(l *nvlist.List) { l.SetUint64("fss", 1) }), "uint64 in fss"},
		{"number within", mustList(func(l *nvlist.List) {
			l.SetList("fss", mustList(func(fss *nvlist.List) { fss.SetUint64("0x1", 1) }))
		}), "not lists"},
		{"decimal key", entry("12", named), "not a GUID"},
		{"no key", entry("", named), "not a GUID"},
		{"long key", entry("0x11112222333344445", named), "not a GUID"},
		{"no name", entry("0x1", func(*nvlist.List) {}), "no name"},
		{"no snapshots", entry("0x1", named), "no list of snapshots"},
		{"snapshot is a text", entry("0x1", func(l *nvlist.List) {
			named(l)
			l.SetList("snaps", mustList(func(s *nvlist.List) { s.SetString("a", "b") }))
		}), "has no GUID"},
		{"hold without a time", entry("0x1", func(l *nvlist.List) {
			named(l)
			l.SetList("snaps", mustList(func(s *nvlist.List) { s.SetUint64("a", 1) }))
			l.SetList("snapholds", mustList(func(h *nvlist.List) {
				h.SetList("a", mustList(func(tags *nvlist.List) { tags.SetString("keep", "x") }))
			}))
		}), "has no time"},
	}
	for _, name := range []string{"name", "parentfromsnap", "origin", "is_encroot", "props", "snaps", "snapprops", "snapholds"} {
		wrong := func(l *nvlist.List) { named(l); l.SetList("snaps", nil); l.SetDouble(name, 1) }
		tests = append(tests, malformed{name + " of another type", entry("0x1", wrong), "unexpected type double in " + name})
	}
	for _, name := range []string{"snapprops", "snapholds"} {
		wrong := func(l *nvlist.List) {
			named(l)
			l.SetList("snaps", mustList(func(s *nvlist.List) { s.SetUint64("a", 1) }))
			l.SetList(name, mustList(func(s *nvlist.List) { s.SetDouble("a", 1) }))
		}
		tests = append(tests, malformed{name + " with another type", entry("0x1", wrong), "unexpected type double in a"})
	}
	for _, name := range []string{"not_recursive", "raw", "fromsnap", "tosnap", "fss"} {
		wrong := mustList(func(l *nvlist.List) { l.SetList("fss", nil); l.SetDouble(name, 1) })
		tests = append(tests, malformed{name + " of another type", wrong, "unexpected type double in " + name})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParseTree(tt.list)
			if p != nil || !errors.Is(err, ErrTree) || !errors.Is(err, ErrList) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("tree %v, error %v, want %q", p, err, tt.want)
			}
		})
	}
}
