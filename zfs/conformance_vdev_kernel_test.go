package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// minPoolRows is how many rows about pools hold on each release, at least.
const minPoolRows = 150

// poolRow is one promise about pools and devices. The rows of one life follow
// each other on the same pool.
type poolRow struct {
	name         string
	since, until string
	do           func(*poolSite) error
	want         []error // as in row
	text         string
	left         string // the pool's devices afterwards, if they are others than before
}

// holds reports whether the row is about a release.
func (r *poolRow) holds(rel ioctl.Release) bool {
	return (&row{since: r.since, until: r.until}).holds(rel)
}

// life is a pool, and the operations on it.
type life struct {
	name  string
	since string
	words string // its layout, in letters
	rows  []poolRow
}

// poolSite is where the rows of a life happen.
type poolSite struct {
	t     *testing.T
	ctx   context.Context
	c     *zfs.Client
	pool  string
	paths []string
}

// path returns the path for a letter; other words are returned unchanged.
func (s *poolSite) path(letter string) string {
	if len(letter) == 1 {
		return s.paths[letter[0]-'a']
	}
	return letter
}

// state describes the pool's devices: letters, with - for offline, ! for out of
// use, ~ for degraded, ? for missing.
func (s *poolSite) state() string {
	st, err := s.c.PoolStatus(s.ctx, s.pool, nil)
	if errors.Is(err, zfs.ErrNotFound) {
		return "-"
	}
	testkit.Must(s.t, err)
	var words []string
	for _, v := range st.Root.Children {
		if v.Type == "hole" || v.Type == "indirect" {
			continue
		}
		word := s.describe(v)
		if v.Class != zfs.ClassNormal {
			word = v.Class.String() + ":" + word
		}
		words = append(words, word)
	}
	for _, v := range st.Cache {
		words = append(words, "cache:"+s.describe(v))
	}
	for _, v := range st.Spares {
		words = append(words, "spare:"+s.describe(v))
	}
	return strings.Join(words, " ")
}

// describe is one device in the words of state.
func (s *poolSite) describe(v *zfs.Vdev) string {
	if !v.Leaf() {
		var parts []string
		for _, child := range v.Children {
			parts = append(parts, s.describe(child))
		}
		name, _, _ := strings.Cut(v.Name, "-")
		return name + "(" + strings.Join(parts, " ") + ")"
	}
	word := v.Name
	if i := slices.Index(s.paths, v.Path); i >= 0 {
		word = string(rune('a' + i))
	}
	if v.Aux.Word() == "SPARED" { // it is elsewhere in the tree
		return word
	}
	switch v.State {
	case zfs.VdevOffline:
		word += "-"
	case zfs.VdevFaulted:
		word += "!"
	case zfs.VdevDegraded:
		word += "~"
	case zfs.VdevCantOpen, zfs.VdevRemoved:
		word += "?"
	}
	return word
}

// check makes the call of a row and compares.
func (r *poolRow) check(s *poolSite, before string) (after string) {
	s.t.Helper()
	err := r.do(s)
	if (err == nil) != (len(r.want) == 0) {
		s.t.Errorf("error %v, want %v", err, r.want)
	}
	for _, want := range r.want {
		if err != nil && !errors.Is(err, want) {
			s.t.Errorf("error %v does not match %v", err, want)
		}
	}
	for _, other := range append(sentinels(), poolSentinels()...) {
		wanted := func(want error) bool { return errors.Is(want, other) }
		if err != nil && errors.Is(err, other) && !slices.ContainsFunc(r.want, wanted) {
			s.t.Errorf("error %v also matches %v", err, other)
		}
	}
	if err != nil && !strings.Contains(err.Error(), r.text) {
		s.t.Errorf("error %v does not say %q", err, r.text)
	}
	want := r.left
	if want == "" {
		want = before
	}
	after = s.state()
	for range 200 {
		// A resilver ends, and devices go, some time after the call.
		if after == want || err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
		after = s.state()
	}
	if after != want {
		s.t.Errorf("the pool is %q afterwards, want %q", after, want)
	}
	return after
}

// poolSentinels are those that are about pools only.
func poolSentinels() []error {
	return []error{zfs.ErrInvalidLayout, zfs.ErrDeviceInUse, zfs.ErrDevice, zfs.ErrNoReplicas, zfs.ErrInProgress, zfs.ErrNotInProgress, zfs.ErrCheckpoint}
}

// poolOp is an operation on a pool, for rows about all of them.
type poolOp struct {
	name string
	do   func(s *poolSite, pool string) error
	// anybody may do it; reading works on a pool that was imported read-only.
	anybody, reading bool
	since            string
}

// poolOps are the operations. None of them gets as far as to change anything.
func poolOps() []poolOp {
	dev := func(fn func(s *poolSite, pool, vdev string) error) func(*poolSite, string) error {
		return func(s *poolSite, pool string) error { return fn(s, pool, s.paths[0]) }
	}
	state := func(state zfs.VdevState) func(*poolSite, string) error {
		return dev(func(s *poolSite, pool, vdev string) error {
			_, err := s.c.VdevSetState(s.ctx, pool, zfs.VdevChange{Vdev: vdev, State: state}, nil)
			return err
		})
	}
	return []poolOp{
		{name: "detach", do: dev(func(s *poolSite, pool, vdev string) error { return s.c.VdevDetach(s.ctx, pool, vdev) })},
		{name: "remove", do: dev(func(s *poolSite, pool, vdev string) error { return s.c.VdevRemove(s.ctx, pool, vdev) })},
		{name: "cancel a removal", do: func(s *poolSite, pool string) error { return s.c.VdevRemoveCancel(s.ctx, pool) }},
		{name: "offline", do: state(zfs.VdevOffline)},
		{name: "online", do: state(zfs.VdevHealthy)},
		{name: "fault", do: state(zfs.VdevFaulted)},
		{name: "set a path", do: dev(func(s *poolSite, pool, vdev string) error { return s.c.VdevSetPath(s.ctx, pool, vdev, vdev) })},
		{name: "set a label", do: dev(func(s *poolSite, pool, vdev string) error { return s.c.VdevSetFRU(s.ctx, pool, vdev, "x") })},
		{name: "clear", do: func(s *poolSite, pool string) error { return s.c.PoolClear(s.ctx, pool, nil) }},
		{name: "clear one", do: dev(func(s *poolSite, pool, vdev string) error {
			return s.c.PoolClear(s.ctx, pool, &zfs.PoolClearOptions{Vdev: vdev})
		})},
		{name: "upgrade", do: func(s *poolSite, pool string) error { return s.c.PoolUpgrade(s.ctx, pool, nil) }},
		{name: "set", do: func(s *poolSite, pool string) error {
			return s.c.PoolSetProps(s.ctx, pool, prop.Values{prop.PoolAutoExpand: prop.String("on")})
		}},
		{name: "reguid", do: func(s *poolSite, pool string) error { return s.c.PoolReguid(s.ctx, pool, nil) }},
		{name: "sync", do: func(s *poolSite, pool string) error {
			return s.c.PoolSync(s.ctx, pool, &zfs.PoolSyncOptions{Force: true})
		}, anybody: true},
		{name: "checkpoint", do: func(s *poolSite, pool string) error { return s.c.PoolCheckpoint(s.ctx, pool) }},
		{name: "discard", do: func(s *poolSite, pool string) error { return s.c.PoolDiscardCheckpoint(s.ctx, pool) }},
		{name: "initialize", do: dev(func(s *poolSite, pool, vdev string) error {
			return s.c.PoolInitialize(s.ctx, pool, &zfs.PoolInitializeOptions{Vdevs: []string{vdev}})
		})},
		{name: "trim", do: dev(func(s *poolSite, pool, vdev string) error {
			return s.c.PoolTrim(s.ctx, pool, &zfs.PoolTrimOptions{Vdevs: []string{vdev}})
		})},
		{name: "wait", do: func(s *poolSite, pool string) error {
			_, err := s.c.PoolWait(s.ctx, pool, zfs.ActivityScrub, nil)
			return err
		}, anybody: true},
		{name: "set the boot environment", do: func(s *poolSite, pool string) error {
			env := &nvlist.List{}
			env.SetUint64("version", zfs.BootenvList)
			return s.c.BootenvSet(s.ctx, pool, env)
		}},
		{name: "boot environment", do: func(s *poolSite, pool string) error { _, err := s.c.Bootenv(s.ctx, pool); return err }, anybody: true, reading: true},
		{name: "status", do: func(s *poolSite, pool string) error { _, err := s.c.PoolStatus(s.ctx, pool, nil); return err }, anybody: true, reading: true},
		{name: "properties", do: func(s *poolSite, pool string) error { _, err := s.c.PoolProps(s.ctx, pool); return err }, anybody: true, reading: true},
		{name: "history", do: func(s *poolSite, pool string) error {
			for _, err := range s.c.PoolHistory(s.ctx, pool) {
				return err
			}
			return nil
		}, reading: true},
		{name: "errors", do: func(s *poolSite, pool string) error {
			for _, err := range s.c.PoolErrorLog(s.ctx, pool) {
				return err
			}
			return nil
		}, reading: true},
		{name: "prune", do: func(s *poolSite, pool string) error {
			return s.c.PoolDDTPrune(s.ctx, pool, zfs.DDTPrune{Percent: 1})
		}, since: "2.3"},
		{name: "properties of a device", do: dev(func(s *poolSite, pool, vdev string) error {
			_, err := s.c.VdevProps(s.ctx, pool, vdev, nil)
			return err
		}), since: "2.2", anybody: true, reading: true},
		{name: "set of a device", do: dev(func(s *poolSite, pool, vdev string) error {
			return s.c.VdevSetProps(s.ctx, pool, vdev, prop.Values{"a:b": prop.String("c")})
		}), since: "2.2"},
	}
}

// commonRows are for all operations: a missing pool, an invalid name.
func commonRows() (rows []poolRow) {
	for _, op := range poolOps() {
		rows = append(rows,
			poolRow{name: op.name + " in a pool that is not there", since: op.since, want: is(zfs.ErrPoolNotFound),
				do: func(s *poolSite) error { return op.do(s, "nosuchpool") }},
			poolRow{name: op.name + " in something that is not a pool", want: is(zfs.ErrInvalidName),
				do: func(s *poolSite) error { return op.do(s, s.pool+"/a") }},
		)
	}
	return rows
}

// rightsPoolRows are what alice may do, and what works on a pool that was
// imported read-only.
func rightsPoolRows() (rights, readOnly []poolRow) {
	for _, op := range poolOps() {
		r := poolRow{name: "alice: " + op.name, since: op.since, do: func(s *poolSite) error {
			return as(s.t, aliceID, func() error { return op.do(s, s.pool) })
		}}
		ro := poolRow{name: "read-only: " + op.name, since: op.since, do: func(s *poolSite) error { return op.do(s, s.pool) }}
		if !op.anybody {
			r.want = is(zfs.ErrPermission)
		}
		if !op.reading {
			ro.want = is(zfs.ErrReadOnly)
		}
		rights, readOnly = append(rights, r), append(readOnly, ro)
	}
	return rights, readOnly
}

// lives are all pools with their rows.
func lives() []life {
	rights, readOnly := rightsPoolRows()
	return []life{
		{name: "common", words: "a", rows: slices.Concat(commonRows(), rights)},
		{name: "read-only", words: "a", rows: readOnly},
		{name: "mirror", words: "mirror a b", rows: mirrorRows()},
		{name: "stripe", words: "a b", rows: stripeRows()},
		{name: "raidz", words: "raidz a b c", rows: raidzRows()},
		{name: "draid", since: "2.1", words: "draid:2d:4c:1s a b c d", rows: draidRows()},
	}
}

// The table of pools does not shrink, and has no row twice.
func TestPoolConformanceTable(t *testing.T) {
	for _, release := range []string{"2.0.3", "2.1.11", "2.3.9", "2.4.4"} {
		rel, err := ioctl.ParseRelease(release)
		testkit.Must(t, err)
		seen := make(map[string]bool)
		n := 0
		for _, l := range lives() {
			for _, r := range l.rows {
				key := l.name + r.name
				if r.do == nil || seen[key] && r.since+r.until == "" {
					t.Errorf("row %q of %s appears twice, or has no call", r.name, l.name)
				}
				seen[key] = true
				if r.holds(rel) {
					n++
				}
			}
		}
		if n < minPoolRows {
			t.Errorf("%d rows apply to %s, want at least %d", n, rel, minPoolRows)
		}
	}
}

func TestKernelPoolConformance(t *testing.T) {
	c := zfstest.Kernel(t)
	rel := zfstest.Release(t)
	ran := 0
	for i, l := range lives() {
		if !zfstest.Share(t, i) {
			continue // lives are long
		}
		t.Run(l.name, func(t *testing.T) {
			if l.since != "" {
				zfstest.Since(t, l.since, l.name)
			}
			s := &poolSite{t: t, ctx: t.Context(), c: c}
			s.pool, s.paths = mustPool(t, c, l.words)
			if l.name == "read-only" {
				zfstest.Run(t, "zpool", "export", s.pool)
				zfstest.Run(t, "zpool", "import", "-N", "-o", "readonly=on", "-d", s.paths[0], s.pool)
			}
			before := s.state()
			for _, r := range l.rows {
				if !r.holds(rel) {
					continue
				}
				t.Run(r.name, func(t *testing.T) {
					row := *s
					row.t = t
					before = r.check(&row, before)
				})
				ran++
			}
		})
	}
	if t.Logf("%d rows on %s", ran, rel); ran < minPoolRows && !testing.Short() {
		t.Errorf("%d rows were run, want at least %d", ran, minPoolRows)
	}
}

// The calls of the rows, in letters.

func vdevAdd(words string, force bool) func(*poolSite) error {
	return func(s *poolSite) error {
		l, err := zfs.ParseLayout(layoutWords(words, s.paths))
		if err != nil {
			return err
		}
		return s.c.VdevAdd(s.ctx, s.pool, l, &zfs.VdevAddOptions{Force: force})
	}
}

func vdevRemove(vdev string) func(*poolSite) error {
	return func(s *poolSite) error { return s.c.VdevRemove(s.ctx, s.pool, s.path(vdev)) }
}

func vdevDetach(vdev string) func(*poolSite) error {
	return func(s *poolSite) error { return s.c.VdevDetach(s.ctx, s.pool, s.path(vdev)) }
}

func vdevAttach(pair string, opts *zfs.VdevAttachOptions) func(*poolSite) error {
	return func(s *poolSite) error {
		old, fresh, _ := strings.Cut(pair, " ")
		p := zfs.VdevPair{Old: s.path(old)}
		if fresh != "" {
			p.New = s.path(fresh)
		}
		return s.c.VdevAttach(s.ctx, s.pool, p, opts)
	}
}

func vdevState(vdev string, state zfs.VdevState, temporary bool) func(*poolSite) error {
	return func(s *poolSite) error {
		_, err := s.c.VdevSetState(s.ctx, s.pool, zfs.VdevChange{Vdev: s.path(vdev), State: state}, &zfs.VdevSetStateOptions{Temporary: temporary})
		return err
	}
}

// settled waits until an activity is over after the operation.
func settled(do func(*poolSite) error, activity zfs.PoolActivity) func(*poolSite) error {
	return func(s *poolSite) error {
		if err := do(s); err != nil {
			return err
		}
		_, err := s.c.PoolWait(s.ctx, s.pool, activity, nil)
		return err
	}
}

// another creates another pool of letters, which is destroyed again.
func another(words string, opts *zfs.PoolCreateOptions) func(*poolSite) error {
	return func(s *poolSite) error {
		l, err := zfs.ParseLayout(layoutWords(words, s.paths))
		if err != nil {
			return err
		}
		name := s.pool + "x"
		if err := s.c.PoolCreate(s.ctx, name, l, opts); err != nil {
			return err
		}
		return s.c.PoolDestroy(s.ctx, name, nil)
	}
}

// setPool sets a property.
func setPool(name, value string) func(*poolSite) error {
	return func(s *poolSite) error {
		return s.c.PoolSetProps(s.ctx, s.pool, prop.Values{prop.Prop(name): prop.String(value)})
	}
}

// clearPool forgets errors.
func clearPool(s *poolSite) error { return s.c.PoolClear(s.ctx, s.pool, nil) }

// twice does something two times; the row is about the second time.
func twice(do func(*poolSite) error) func(*poolSite) error {
	return func(s *poolSite) error {
		if err := do(s); err != nil {
			return fmt.Errorf("the first time: %v", err)
		}
		return do(s)
	}
}
