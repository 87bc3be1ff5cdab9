package zfs_test

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// errorRow provokes one errno of one operation, and compares our error with that
// of zfs(8) in the same situation. Its row has the situation, the call, the
// sentinels, all that the error matches, and a part of the text. In texts "$"
// stands for the row's dataset, or for its pool.
type errorRow struct {
	row
	op   ioctl.Op
	code ioctl.Code
	// about is what the error is about: its Object, else its one item, else its
	// Name.
	about string
	// lacks is what a release before since lacks.
	lacks string
	// cmd is the equivalent command of zfs(8) or zpool(8), for the shell, and
	// says a part of its message, or several that releases differ in, separated
	// by bars. {a} is the first device, ^ the other pool.
	cmd, says string
	// early is how the client detects the failure before the call, or without its
	// answer. The error is then the same as for the errno.
	early string
	// apart is why there is no such command, or why zfs(8) reports less than we
	// do.
	apart string
	// devices is the layout, in letters, of a separate pool for the row, in which
	// inPool makes the call. It is for rows about pools.
	devices string
	inPool  func(*poolSite) error
}

// errorTable is the whole table.
func errorTable() []errorRow {
	return slices.Concat(
		datasetErrorRows(), snapshotErrorRows(), propErrorRows(), keyErrorRows(), objectErrorRows(),
		sendErrorRows(), receiveErrorRows(), vdevErrorRows(), attachErrorRows(), poolErrorRows(), commonErrorRows(),
	)
}

// allSentinels are those of datasets, of pools and of streams.
func allSentinels() []error {
	return append(append(sentinels(), poolSentinels()...),
		zfs.ErrStream, zfs.ErrTruncated, zfs.ErrSourceMissing, zfs.ErrModified, zfs.ErrNotPartial, zfs.ErrOtherHost, zfs.ErrDeviceMissing, zfs.ErrDamaged)
}

func TestKernelErrorTable(t *testing.T) {
	c := zfstest.Kernel(t)
	rel := zfstest.Release(t)
	f := &field{pools: mustPools(t, c), c: c, free: make(map[string]*site)}
	for i, r := range errorTable() {
		if !(&row{until: r.until}).holds(rel) || !zfstest.Share(t, i) {
			continue // a later release answers otherwise
		}
		t.Run(strings.TrimPrefix(r.op.String(), "ZFS_IOC_")+" "+r.code.Name()+" "+r.name, func(t *testing.T) {
			if r.since != "" {
				zfstest.Since(t, r.since, r.lacks)
			}
			if r.inPool != nil {
				r.runInPool(t, c)
				return
			}
			r.run(t, f)
		})
	}
}

// run creates the situation in a dataset, makes our call, and runs that of
// zfs(8).
func (r *errorRow) run(t *testing.T, f *field) {
	s := f.site(t, &r.row)
	if r.full {
		defer s.fill()()
	}
	both := func() error {
		r.check(t, r.do(s), strings.NewReplacer("$", s.ds, "^", s.other))
		return nil
	}
	if r.user {
		testkit.Must(t, as(t, aliceID, both))
		return
	}
	testkit.Must(t, both())
}

// runInPool does so in a pool of the row's own.
func (r *errorRow) runInPool(t *testing.T, c *zfs.Client) {
	s := &poolSite{t: t, ctx: t.Context(), c: c}
	s.pool, s.paths = mustPool(t, c, r.devices)
	words := []string{"$", s.pool}
	for i, path := range s.paths {
		words = append(words, "{"+string(rune('a'+i))+"}", path)
	}
	r.check(t, r.inPool(s), strings.NewReplacer(words...))
}

// check holds our error against the row, and then that of zfs(8).
func (r *errorRow) check(t *testing.T, err error, names *strings.Replacer) {
	t.Helper()
	var e *zfs.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is not a *zfs.Error, want %v", err, r.want)
	}
	t.Logf("ours: %v", err)
	hasCode := func(item zfs.Item) bool { return ioctl.CodeOf(item.Err) == r.code }
	if early := r.early != ""; e.Op != r.op || early != (e.Code == 0) || !early && e.Code != r.code && !slices.ContainsFunc(e.Items, hasCode) {
		t.Errorf("%v answered %v, items %v: the row is not provoked", e.Op, e.Code, e.Items)
	}
	for _, want := range r.want {
		if !errors.Is(err, want) {
			t.Errorf("it does not match %q", want)
		}
	}
	for _, other := range allSentinels() {
		wanted := func(want error) bool { return errors.Is(want, other) }
		if errors.Is(err, other) && !slices.ContainsFunc(r.want, wanted) {
			t.Errorf("it also matches %q", other)
		}
	}
	if want := names.Replace(r.about); aboutOf(e) != want {
		t.Errorf("it is about %q, want %q", aboutOf(e), want)
	}
	if text := names.Replace(r.text); !strings.Contains(err.Error(), text) {
		t.Errorf("it does not say %q", text)
	}
	if r.cmd == "" {
		return
	}
	_, theirs := zfstest.Try("sh", "-c", names.Replace(r.cmd))
	if theirs == nil {
		t.Fatalf("%s succeeded", names.Replace(r.cmd))
	}
	_, said, _ := strings.Cut(theirs.Error(), "\n") // behind the command itself
	t.Logf("theirs: %s", strings.TrimSpace(said))
	one := func(want string) bool { return strings.Contains(said, want) }
	if want := names.Replace(r.says); !slices.ContainsFunc(strings.Split(want, " | "), one) {
		t.Errorf("%s says %q, want %q", names.Replace(r.cmd), said, want)
	}
}

// aboutOf returns what an error is about.
func aboutOf(e *zfs.Error) string {
	switch {
	case e.Object != "":
		return e.Object
	case len(e.Items) == 1 && strings.HasPrefix(e.Items[0].Name, e.Name) && e.Op != ioctl.OpRollback:
		return e.Items[0].Name
	}
	return e.Name
}

// A row that is not compared with zfs(8) has a reason.
func TestErrorTableIsComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range errorTable() {
		key := r.op.String() + r.code.Name() + r.name + r.since
		switch {
		case seen[key]:
			t.Errorf("row %s is there twice", key)
		case (r.do == nil) == (r.inPool == nil):
			t.Errorf("row %s has no call, or two", key)
		case len(r.want) == 0 || r.text == "" || r.about == "" && namesSomething(r.op):
			t.Errorf("row %s lacks the sentinel, the text or the object of the error", key)
		case (r.cmd == "") != (r.says == ""), r.cmd == "" && r.apart == "":
			t.Errorf("row %s is not compared with zfs(8), and does not say why", key)
		case (r.since == "") != (r.lacks == ""):
			t.Errorf("row %s does not say what older releases lack", key)
		}
		seen[key] = true
	}
}

// firstError is the first error of a walk.
func firstError[V any](walk iter.Seq2[V, error]) error {
	for _, err := range walk {
		if err != nil {
			return err
		}
	}
	return nil
}

// errorOf drops the results of a call other than its error.
func errorOf[V any](_ V, err error) error { return err }

// namesSomething reports whether an operation has a target that an error can name.
func namesSomething(op ioctl.Op) bool {
	d, _ := ioctl.Lookup(op)
	return d.Target != ioctl.TargetNone
}
