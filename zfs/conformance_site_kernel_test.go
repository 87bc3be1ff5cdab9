package zfs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// The guest's users.
const (
	aliceID = 1001
	bobID   = 1002
)

// site is where a row happens.
type site struct {
	t     *testing.T
	c     *zfs.Client
	ds    string // the row's own dataset
	pool  string
	other string // another pool

	before string // the state that the row begins with
}

// name returns the full name of a row's name: "/a" is below the row's dataset,
// "@s" is a snapshot of it, "." is the dataset itself, "^@s" is in another pool,
// and text after a colon is used unchanged.
func (s *site) name(short string) string {
	switch {
	case short == ".":
		return s.ds
	case strings.HasPrefix(short, ":"):
		return short[1:]
	case strings.HasPrefix(short, "^"):
		return s.other + short[1:]
	}
	return s.ds + short
}

// all returns the full names of a list with blanks.
func (s *site) all(short string) (names []string) {
	for _, name := range strings.Fields(short) {
		names = append(names, s.name(name))
	}
	return names
}

// make makes what words name, one after the other:
//
//	/a       a filesystem
//	/v!      a volume
//	/e*      a filesystem with a key of its own, the raw one, which is loaded
//	/e-      the same, not loaded
//	@s       a snapshot, /a@s one of /a
//	@s+t+u   a snapshot with holds
//	@s+t~    a snapshot that is marked for destruction
//	#m=@s    a bookmark of a snapshot
//	/c=/a@s  a clone
//	quota=1M a property of the row's dataset
func (s *site) make(words string) {
	s.t.Helper()
	for _, word := range strings.Fields(words) {
		short, source, _ := strings.Cut(word, "=")
		if !strings.ContainsAny(word[:1], "./@#") {
			testkit.Must(s.t, s.c.DatasetSetProps(s.t.Context(), s.ds, texts(short, source)))
			continue
		}
		name, marks := short, ""
		if i := strings.IndexAny(short, "!*-+~"); i >= 0 {
			name, marks = short[:i], short[i:]
		}
		full := s.name(name)
		if err := s.makeOne(full, marks, source); err != nil {
			s.t.Fatalf("make %s: %v", word, err)
		}
	}
}

// makeOne makes the dataset of one word.
func (s *site) makeOne(name, marks, source string) error {
	ctx := s.t.Context()
	switch {
	case strings.Contains(name, "#"):
		return s.c.BookmarkCreate(ctx, map[string]string{name: s.name(source)})
	case strings.Contains(name, "@"):
		return s.makeSnapshot(name, marks)
	case source != "":
		return s.c.DatasetClone(ctx, name, s.name(source), nil)
	case marks == "!":
		return s.c.DatasetCreate(ctx, name, &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	case marks == "*", marks == "-":
		err := s.c.DatasetCreate(ctx, name, &zfs.DatasetCreateOptions{Key: newKeys()["raw"]})
		if err == nil && marks == "-" {
			err = s.c.KeyUnload(ctx, name)
		}
		return err
	}
	return s.c.DatasetCreate(ctx, name, nil)
}

// makeSnapshot takes a snapshot with holds, and marks it for destruction.
func (s *site) makeSnapshot(name, marks string) error {
	ctx := s.t.Context()
	err := s.c.SnapshotCreate(ctx, []string{name}, nil)
	tags, deferred := strings.CutSuffix(marks, "~")
	for _, tag := range strings.Split(tags, "+")[1:] {
		err = errors.Join(err, s.c.HoldAdd(ctx, map[string]string{name: tag}, nil))
	}
	if deferred {
		err = errors.Join(err, s.c.SnapshotDestroy(ctx, []string{name}, &zfs.SnapshotDestroyOptions{Defer: true}))
	}
	return err
}

// state describes the existing datasets in the words of make. A bookmark has only
// its name, and an empty state is "-".
func (s *site) state() string {
	s.t.Helper()
	ctx := s.t.Context()
	var words []string
	for ds, err := range s.c.Datasets(ctx, s.ds, &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll &^ prop.TypeBookmark}) {
		if errors.Is(err, zfs.ErrNotFound) {
			return "-"
		}
		testkit.Must(s.t, err)
		words = append(words, s.word(ds))
	}
	for mark, err := range s.c.Bookmarks(ctx, s.ds, &zfs.BookmarksOptions{Recursive: true}) {
		testkit.Must(s.t, err)
		words = append(words, strings.TrimPrefix(mark.Name, s.ds))
	}
	return strings.Join(words, " ")
}

// word describes one filesystem, volume or snapshot.
func (s *site) word(ds *zfs.Dataset) string {
	word := strings.TrimPrefix(ds.Name, s.ds)
	if word == "" {
		word = "."
	}
	if ds.Type.Has(prop.TypeSnapshot) {
		return word + s.marks(ds)
	}
	if ds.Type.Has(prop.TypeVolume) {
		word += "!"
	}
	if ds.Props.Text(prop.EncryptionRoot) == ds.Name {
		word += map[string]string{"available": "*", "unavailable": "-"}[ds.Props.Text(prop.KeyStatus)]
	}
	if ds.Origin != "" {
		word += "=" + strings.TrimPrefix(ds.Origin, s.ds)
	}
	return word
}

// marks describes what blocks the destruction of a snapshot. A temporary one can
// disappear between its listing and the reading of its holds: that is a separate
// state, with which no row ends.
func (s *site) marks(snap *zfs.Dataset) (marks string) {
	if snap.Props.Uint64(prop.UserRefs) > 0 {
		for hold, err := range s.c.Holds(s.t.Context(), snap.Name, nil) {
			if errors.Is(err, zfs.ErrNotFound) {
				return "(gone)"
			}
			testkit.Must(s.t, err)
			marks += "+" + hold.Tag
		}
	}
	if snap.Props.Text(prop.DeferDestroy) == "on" {
		marks += "~"
	}
	return marks
}

// grant grants alice permissions on the row's dataset and its descendants.
func (s *site) grant(permissions []string) {
	s.t.Helper()
	testkit.Must(s.t, s.c.DelegationSet(s.t.Context(), s.ds, []zfs.Grant{
		{Holder: zfs.Holder{Kind: zfs.HolderUser, ID: aliceID}, Permissions: permissions},
	}, nil))
}

// showsProps compares properties of the dataset, or of the name at the beginning
// of a word: "atime=off", "/a:quota=0".
func (s *site) showsProps(words string) {
	s.t.Helper()
	for _, word := range strings.Fields(words) {
		name := "."
		if i := strings.IndexByte(word, '='); strings.ContainsAny(word[:1], "/@") {
			colon := strings.IndexByte(word[:i], ':')
			name, word = word[:colon], word[colon+1:]
		}
		property, want, _ := strings.Cut(word, "=")
		ds, err := s.c.DatasetStats(s.t.Context(), s.name(name), nil)
		testkit.Must(s.t, err)
		if got := ds.Props.Text(prop.Prop(property)); got != want {
			s.t.Errorf("%s of %s is %q, want %q", property, name, got, want)
		}
	}
}

// same returns an error if a value differs from a row's.
func same(got, want any) error {
	if fmt.Sprint(got) == fmt.Sprint(want) {
		return nil
	}
	return fmt.Errorf("got %v, want %v", got, want)
}
