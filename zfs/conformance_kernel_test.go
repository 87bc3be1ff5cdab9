package zfs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// minRows is the least number of rows for each release, so that a lost row is
// noticed.
const minRows = 250

// row is one promise of the table: from a given state, a call has a given result
// and leaves a given state. Names are relative to the row's own dataset, see
// site.name. States are written in the words of site.make.
type row struct {
	name         string
	since, until string // the releases it holds for: from, and up to but not
	in           place
	user         bool   // alice calls, not root
	grant        string // the permissions of alice on the dataset, with commas
	full         bool   // the pool has no space left
	set          string // the state before
	do           func(*site) error
	want         []error // the sentinels that errors.Is finds, and no others; nil is success
	items        string  // the failed parts with their errnos, if any: "@a EEXIST, @b"
	done         string  // the Done of the error: "@a, @b"
	text         string  // a part of the message
	left         string  // the state afterwards, if it is not as before
	shows        string  // properties of the dataset afterwards: "atime=off quota=0"
	// closes reports whether a descriptor is closed for it. A child process that
	// another row starts at that moment has a copy until it executes its program,
	// so the effect of closing may be delayed.
	closes bool
}

// place is the pool of a row's dataset.
type place int

const (
	inMain     place = iota
	inBare           // without any feature
	inReadOnly       // imported so; its one tree is that of readOnlyTree
)

// holds reports whether the row is about a release.
func (r *row) holds(rel ioctl.Release) bool {
	bound := func(text string, otherwise bool) bool {
		if text == "" {
			return otherwise
		}
		b, err := ioctl.ParseRelease(text)
		return err == nil && rel.AtLeast(b)
	}
	return bound(r.since, true) && !bound(r.until, false)
}

// conformance is the whole table.
func conformance() []row {
	return slices.Concat(
		createRows(), createNameRows(), createPropRows(), createKeyRows(), destroyRows(), existsRows(),
		cloneRows(), promoteRows(), renameRows(), renameSnapshotRows(), rollbackRows(), waitRows(),
		snapshotRows(), snapshotDestroyRows(), snapshotRangeRows(), snapshotSpaceRows(), snapshotTempRows(),
		bookmarkRows(), bookmarkDestroyRows(), bookmarkReadRows(), redactRows(),
		holdRows(), releaseRows(), holdsRows(),
		keyLoadRows(), keyUnloadRows(), keyChangeRows(), keyInheritRows(),
		setRows(), setValueRows(), inheritRows(), propsRows(),
		userspaceRows(), delegationRows(), objectRows(), mountRows(),
		readOnlyRows(), rightsRows(), spaceRows(),
	)
}

// named puts an operation's name before those of its rows.
func named(op string, rows []row) []row {
	for i := range rows {
		rows[i].name = op + ": " + rows[i].name
	}
	return rows
}

// sentinels are all that an error can match. A row's error matches those that
// the row names, those that these match themselves, and no other.
func sentinels() []error {
	return []error{
		zfs.ErrNotFound, zfs.ErrExists, zfs.ErrPermission, zfs.ErrBusy, zfs.ErrHasChildren, zfs.ErrHasSnapshots, zfs.ErrHasClones,
		zfs.ErrInvalidName, zfs.ErrInvalidProp, zfs.ErrInvalid, zfs.ErrCrossPool, zfs.ErrNoSpace, zfs.ErrQuota, zfs.ErrReadOnly,
		zfs.ErrSuspended, zfs.ErrWrongParent, zfs.ErrKey, zfs.ErrNotSupported, zfs.ErrFeatureDisabled, zfs.ErrUpgrade, zfs.ErrWrongDevice,
		zfs.ErrPoolNotFound, zfs.ErrParentNotFound, zfs.ErrBaseNotFound, zfs.ErrNewer, zfs.ErrNotAncestor, zfs.ErrRedacted,
		zfs.ErrWrongKey, zfs.ErrInvalidKey, zfs.ErrKeyLoaded, zfs.ErrNotEncrypted, zfs.ErrNotEncryptionRoot, zfs.ErrNotMounted,
	}
}

// is returns the errors that a row's error matches.
func is(want ...error) []error { return want }

// The table does not shrink, and has no row twice.
func TestConformanceTable(t *testing.T) {
	rows := conformance()
	seen := make(map[string]bool)
	for _, r := range rows {
		key := r.name + r.since
		if seen[key] || r.do == nil {
			t.Errorf("row %q appears twice, or has no call", r.name)
		}
		seen[key] = true
		if slices.Contains(r.want, nil) {
			t.Errorf("row %q expects something that is not an error", r.name)
		}
	}
	for _, release := range []string{"2.0.3", "2.1.11", "2.3.9", "2.4.4"} {
		rel, err := ioctl.ParseRelease(release)
		testkit.Must(t, err)
		n := 0
		for _, r := range rows {
			if r.holds(rel) {
				n++
			}
		}
		if n < minRows {
			t.Errorf("%d rows apply to %s, want at least %d", n, rel, minRows)
		}
	}
}

func TestKernelConformance(t *testing.T) {
	c := zfstest.Kernel(t)
	rel := zfstest.Release(t)
	f := &field{pools: mustPools(t, c), c: c, free: make(map[string]*site)}
	var together, users, alone []row
	for i, r := range conformance() {
		switch {
		case !r.holds(rel) || !zfstest.Share(t, i):
		case r.full || r.in == inReadOnly: // which have the whole pool, or share a tree
			alone = append(alone, r)
		case r.user:
			users = append(users, r)
		default:
			together = append(together, r)
		}
	}
	each(together, func(r *row, _ int) {
		t.Run(r.name, func(t *testing.T) { f.run(t, r) })
	})
	f.runAsUser(t, users)
	for _, r := range alone {
		t.Run(r.name, func(t *testing.T) { f.run(t, &r) })
	}
	ran, least := len(together)+len(users)+len(alone), minRows
	if testing.Short() {
		least /= 4
	}
	if t.Logf("%d rows on %s", ran, rel); ran < least {
		t.Errorf("%d rows were run, want at least %d", ran, least)
	}
}

// rowsAtOnce is the number of concurrent rows: most of the time they wait for a
// transaction group, which they can share.
const rowsAtOnce = 12

// each does work for all rows, with as many concurrently as is useful.
func each(rows []row, work func(r *row, i int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range rowsAtOnce {
		workers.Go(func() {
			for i := range next {
				work(&rows[i], i)
			}
		})
	}
	for i := range rows {
		next <- i
	}
	close(next)
	workers.Wait()
}

// field is what all rows share.
type field struct {
	pools
	c  *zfs.Client
	mu sync.Mutex
	n  int // of sites
	// free are sites that rows have left unchanged, by what was created there.
	free map[string]*site
}

// take returns an unchanged site of another row, or nil.
func (f *field) take(key string) *site {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.free[key]
	delete(f.free, key)
	return s
}

// leave keeps a site for a later row.
func (f *field) leave(key string, s *site) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.free[key] = s
}

// next numbers a new site.
func (f *field) next() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	return f.n
}

// run creates the state, makes the call, and compares. A row that fails and
// changes nothing leaves its site to the next one with the same initial state.
func (f *field) run(t *testing.T, r *row) {
	key := fmt.Sprintf("%d %s %s", r.in, r.grant, r.set)
	clean := len(r.want) > 0 && r.left == "" && r.shows == ""
	s := f.take(key)
	if s == nil || !clean {
		s = f.site(t, r)
	}
	s.t = t
	r.check(s, r.call(s))
	if clean && !t.Failed() {
		f.leave(key, s)
	}
}

// runAsUser runs the rows in which alice calls. Rights are those of the whole
// process, so that all calls are made while it has hers.
func (f *field) runAsUser(t *testing.T, rows []row) {
	sites, errs := make([]*site, len(rows)), make([]error, len(rows))
	each(rows, func(r *row, i int) { sites[i] = f.site(t, r) })
	testkit.Must(t, as(t, aliceID, func() error {
		each(rows, func(r *row, i int) { errs[i] = r.do(sites[i]) })
		return nil
	}))
	each(rows, func(r *row, i int) {
		t.Run(r.name, func(t *testing.T) {
			sites[i].t = t
			r.check(sites[i], errs[i])
		})
	})
}

// check compares the state of a site after a call with the row.
func (r *row) check(s *site, err error) {
	r.compare(s, err)
	left := r.left
	if left == "" {
		left = s.before
	}
	// A row writes words in the order that reads best.
	differs := func() string {
		return cmp.Diff(slices.Sorted(strings.FieldsSeq(left)), slices.Sorted(strings.FieldsSeq(s.state())))
	}
	diff := differs()
	for wait := time.Now().Add(10 * time.Second); r.closes && diff != "" && time.Now().Before(wait); diff = differs() {
		time.Sleep(50 * time.Millisecond)
	}
	if diff != "" {
		s.t.Errorf("state afterwards (-want +got):\n%s", diff)
	}
	if r.shows != "" {
		s.showsProps(r.shows)
	}
}

// site creates the initial state of a row.
func (f *field) site(t *testing.T, r *row) *site {
	t.Helper()
	n := f.next()
	s := &site{t: t, c: f.c, ds: fmt.Sprintf("%s/r%d", f.main, n), pool: f.main, other: f.bare}
	switch r.in {
	case inBare:
		s.ds, s.pool, s.other = fmt.Sprintf("%s/r%d", f.bare, n), f.bare, f.main
	case inReadOnly:
		s.ds, s.pool = f.readOnly+"/t", f.readOnly
	}
	if r.in != inReadOnly {
		s.make(". " + r.set)
	}
	if r.grant != "" {
		s.grant(strings.Split(r.grant, ","))
	}
	s.before = s.state()
	return s
}

// call makes the call as the user, and in the pool, of the row.
func (r *row) call(s *site) (err error) {
	if r.full {
		defer s.fill()()
	}
	if !r.user {
		return r.do(s)
	}
	return as(s.t, aliceID, func() error { return r.do(s) })
}

// compare holds the error against the row.
func (r *row) compare(s *site, err error) {
	s.t.Helper()
	if (err == nil) != (len(r.want) == 0) {
		s.t.Fatalf("error %v, want %v", err, r.want)
	}
	if err == nil {
		return
	}
	for _, want := range r.want {
		if !errors.Is(err, want) {
			s.t.Errorf("error %v does not match %v", err, want)
		}
	}
	for _, other := range sentinels() {
		wanted := func(want error) bool { return errors.Is(want, other) }
		if errors.Is(err, other) && !slices.ContainsFunc(r.want, wanted) {
			s.t.Errorf("error %v also matches %v", err, other)
		}
	}
	items, done := "", ""
	var e *zfs.Error
	if errors.As(err, &e) {
		items, done, _ = strings.Cut(relative(s.ds, strings.ReplaceAll(describe(err), " errno 0", "")), "; done ")
		if r.items == "" && refusedByName(r.want, e) {
			items = ""
		}
	}
	if diff := cmp.Diff([]string{r.items, r.done}, []string{items, done}); diff != "" {
		s.t.Errorf("items and done of %v (-want +got):\n%s", err, diff)
	}
	if text := strings.ReplaceAll(r.text, "$", s.ds); !strings.Contains(err.Error(), text) {
		s.t.Errorf("error %v does not say %q", err, text)
	}
}

// refusedByName reports whether the kernel was not asked because of the names in
// the items: TestBatchNamesEveryBadName is about those.
func refusedByName(want []error, e *zfs.Error) bool {
	return e.Code == 0 && !slices.ContainsFunc(e.Items, func(item zfs.Item) bool {
		return ioctl.CodeOf(item.Err) != 0 || !slices.ContainsFunc(want, func(err error) bool { return errors.Is(item.Err, err) })
	})
}

// pools are shared by the rows.
type pools struct{ main, bare, readOnly string }

// mustPools creates them. The main pool is so large that the space reserved for
// emergencies is only part of it; see site.fill.
func mustPools(t *testing.T, c *zfs.Client) pools {
	t.Helper()
	p := pools{
		main:     zfstest.Pool(t, &zfstest.PoolOptions{Size: 1 << 30}),
		bare:     zfstest.Pool(t, &zfstest.PoolOptions{Args: []string{"-d"}}),
		readOnly: zfstest.Pool(t, nil),
	}
	mustCreate(t, c, p.main+"/filler", nil)
	(&site{t: t, c: c, ds: p.readOnly + "/t"}).make(readOnlyTree)
	file := ""
	for _, field := range strings.Fields(zfstest.Run(t, "zpool", "list", "-vHP", p.readOnly)) {
		if strings.HasPrefix(field, "/") {
			file = field
		}
	}
	zfstest.Run(t, "zpool", "export", p.readOnly)
	zfstest.Run(t, "zpool", "import", "-N", "-o", "readonly=on", "-d", filepath.Dir(file), p.readOnly)
	return p
}

// slopShift is the module's parameter for the space that a pool reserves for
// emergencies: one over two to its power.
const slopShift = "/sys/module/zfs/parameters/spa_slop_shift"

// fill uses up the space of the main pool, and returns a function that frees it.
// A reservation uses the space that is available to everyone; reserving half the
// pool for emergencies then also affects operations that may use more.
func (s *site) fill() (empty func()) {
	s.t.Helper()
	filler := s.pool + "/filler"
	ds, err := s.c.DatasetStats(s.t.Context(), filler, nil)
	testkit.Must(s.t, err)
	testkit.Must(s.t, s.c.DatasetSetProps(s.t.Context(), filler, prop.Values{
		prop.Reservation: prop.Uint64(ds.Props.Uint64(prop.Available) - 32<<20),
	}))
	shift, err := os.ReadFile(slopShift)
	testkit.Must(s.t, err)
	testkit.Must(s.t, os.WriteFile(slopShift, []byte("1"), 0o644))
	return func() {
		s.t.Helper()
		testkit.Must(s.t, os.WriteFile(slopShift, shift, 0o644))
		testkit.Must(s.t, s.c.DatasetSetProps(s.t.Context(), filler, prop.Values{prop.Reservation: prop.Uint64(0)}))
	}
}
