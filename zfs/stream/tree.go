package stream

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/nvlist"
)

// Tree is the content of the list of a replication stream (zfs send -R): its
// datasets and snapshots, their properties and holds, and their relations. It
// describes all of them, even those that are not sent.
//
// Other content of the list is dropped. Names are not checked.
type Tree struct {
	// FromSnap and ToSnap are the last parts of snapshot names: the snapshot
	// that the stream is incremental from, or empty, and the last snapshot.
	FromSnap, ToSnap string
	// NotRecursive is set for a single dataset. The list then describes only
	// the snapshots that are sent.
	NotRecursive bool
	// Raw is set if encrypted blocks are sent without decryption.
	Raw bool
	// Datasets are in the order of the list: a parent before its children.
	Datasets []TreeDataset
}

// TreeDataset is a filesystem or volume in a replication stream.
type TreeDataset struct {
	GUID uint64
	// Name is its full name on the sender.
	Name string
	// ParentFromSnap is the GUID of the parent's snapshot FromSnap, or of its
	// ToSnap if it has no FromSnap. It is 0 for the topmost dataset.
	ParentFromSnap uint64
	// Origin is the GUID of the snapshot that it is a clone of, or 0.
	Origin uint64
	// EncryptionRoot is set if it is an encryption root.
	EncryptionRoot bool
	// Props are its properties: numbers and texts. It is nil if they were not
	// sent.
	Props *nvlist.List
	// Snapshots are in the order of the list, which is the order of their
	// creation.
	Snapshots []TreeSnapshot
}

// TreeSnapshot is a snapshot in a replication stream.
type TreeSnapshot struct {
	Name string // the part after the "@"
	GUID uint64
	// Props are its properties, or nil if they were not sent.
	Props *nvlist.List
	// Holds maps the tags of its holds to their times, in seconds since 1970.
	// It is nil if holds were not sent.
	Holds map[string]uint64
}

// ErrTree means that the list of a replication stream has an invalid form. It
// matches ErrList.
var ErrTree = fmt.Errorf("%w: not that of a replication stream", ErrList)

// Tree parses the list of a compound stream. It returns nil if the stream is
// not a compound one. A compound stream without a list, as of zfs send -I without
// -R, is a single dataset without a description. A list that is malformed or
// incomplete matches ErrList.
func (r *Begin) Tree() (*Tree, error) {
	if !r.Compound {
		return nil, nil
	}
	if len(r.Payload) == 0 {
		return &Tree{NotRecursive: true}, nil
	}
	l, err := r.List()
	if err != nil {
		return nil, err
	}
	return ParseTree(l)
}

// ParseTree parses the list of a replication stream. A nil or incomplete list
// matches ErrTree.
func ParseTree(l *nvlist.List) (*Tree, error) {
	r := l.Reader()
	p := &Tree{NotRecursive: r.Boolean("not_recursive"), Raw: r.Boolean("raw"), FromSnap: r.Text("fromsnap"), ToSnap: r.Text("tosnap")}
	fss := r.List("fss")
	switch {
	case r.Err() != nil:
		return nil, fmt.Errorf("%w: %w", ErrTree, r.Err())
	case fss == nil:
		return nil, fmt.Errorf("%w: fss is missing", ErrTree)
	}
	for pair := range fss.All() {
		entry, ok := pair.List()
		if !ok {
			return nil, fmt.Errorf("%w: fss has entries that are not lists", ErrTree)
		}
		ds, err := parseTreeDataset(pair.Name(), entry)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTree, err)
		}
		p.Datasets = append(p.Datasets, ds)
	}
	return p, nil
}

// parseTreeDataset reads one entry, whose key is the GUID.
func parseTreeDataset(key string, l *nvlist.List) (ds TreeDataset, err error) {
	digits, ok := strings.CutPrefix(key, "0x")
	if ds.GUID, err = strconv.ParseUint(digits, 16, 64); err != nil || !ok {
		return ds, fmt.Errorf("key %q is not a GUID", key)
	}
	r := l.Reader()
	ds.Name, ds.ParentFromSnap, ds.Origin = r.Text("name"), r.Uint("parentfromsnap"), r.Uint("origin")
	ds.EncryptionRoot, ds.Props = r.Boolean("is_encroot"), r.List("props")
	snaps, props, holds := r.List("snaps"), r.List("snapprops"), r.List("snapholds")
	switch {
	case r.Err() != nil:
		return ds, fmt.Errorf("%s: %w", key, r.Err())
	case !r.Has("name"):
		return ds, fmt.Errorf("%s has no name", key)
	case snaps == nil:
		return ds, fmt.Errorf("%s has no list of snapshots", key)
	}
	ds.Snapshots, err = parseTreeSnapshots(snaps, props.Reader(), holds.Reader())
	if err != nil {
		return ds, fmt.Errorf("%s: %w", key, err)
	}
	return ds, nil
}

// parseTreeSnapshots reads the snapshots of one entry, with the properties and
// the holds that it has of each.
func parseTreeSnapshots(snaps *nvlist.List, props, holds *nvlist.Reader) (all []TreeSnapshot, err error) {
	for pair := range snaps.All() {
		s := TreeSnapshot{Name: pair.Name(), Props: props.List(pair.Name())}
		var ok bool
		if s.GUID, ok = pair.Uint(); !ok {
			return nil, fmt.Errorf("snapshot %s has no GUID", s.Name)
		}
		if tags := holds.List(s.Name); tags != nil {
			s.Holds = make(map[string]uint64)
			for tag := range tags.All() {
				if s.Holds[tag.Name()], ok = tag.Uint(); !ok {
					return nil, fmt.Errorf("hold %s of snapshot %s has no time", tag.Name(), s.Name)
				}
			}
		}
		all = append(all, s)
	}
	return all, cmp.Or(props.Err(), holds.Err())
}

// List returns the list in the form of zfs(8).
func (p *Tree) List() *nvlist.List {
	l := &nvlist.List{}
	if p.FromSnap != "" {
		l.SetString("fromsnap", p.FromSnap)
	}
	l.SetString("tosnap", p.ToSnap)
	if p.NotRecursive {
		l.SetBoolean("not_recursive")
	}
	if p.Raw {
		l.SetBoolean("raw")
	}
	fss := &nvlist.List{}
	for i := range p.Datasets {
		fss.SetList(fmt.Sprintf("0x%x", p.Datasets[i].GUID), p.Datasets[i].list())
	}
	l.SetList("fss", fss)
	return l
}

func (ds *TreeDataset) list() *nvlist.List {
	l := &nvlist.List{}
	l.SetString("name", ds.Name)
	l.SetUint64("parentfromsnap", ds.ParentFromSnap)
	if ds.Origin != 0 {
		l.SetUint64("origin", ds.Origin)
	}
	if ds.Props != nil {
		l.SetList("props", ds.Props)
	}
	if ds.EncryptionRoot {
		l.SetBoolean("is_encroot")
	}
	snaps, props, holds := &nvlist.List{}, &nvlist.List{}, &nvlist.List{}
	held := false
	for i := range ds.Snapshots {
		s := &ds.Snapshots[i]
		snaps.SetUint64(s.Name, s.GUID)
		if s.Props != nil {
			props.SetList(s.Name, s.Props)
		}
		if s.Holds != nil {
			held = true
			tags := &nvlist.List{}
			for _, tag := range slices.Sorted(maps.Keys(s.Holds)) {
				tags.SetUint64(tag, s.Holds[tag])
			}
			holds.SetList(s.Name, tags)
		}
	}
	l.SetList("snaps", snaps)
	l.SetList("snapprops", props)
	if held {
		l.SetList("snapholds", holds)
	}
	return l
}

// Begin returns the record that starts the replication stream. toName is the full
// name of the sent snapshot, features are those that zfs(8) sets for the whole
// stream: FeatureSpill and FeatureHolds. A list that is too long for a stream
// matches ErrLength.
func (p *Tree) Begin(toName string, features Features) (*Begin, error) {
	b, err := p.List().AppendXDR(nil)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	if len(b) > maxList {
		return nil, fmt.Errorf("stream: %w: the list has %d bytes, at most %d are allowed", ErrLength, len(b), maxList)
	}
	return &Begin{Head: Head{Payload: b}, Compound: true, Features: features, ToName: toName}, nil
}
