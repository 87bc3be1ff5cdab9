package zfs_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// A dry run has the result of the run that follows it, and changes nothing.
func TestKernelDryRunEqualsRun(t *testing.T) {
	w := mustDryWorld(t)
	first := mustSeed(t)
	for i := range soaks(t, 40) {
		w.seed = first + uint64(i)
		w.rnd = rand.New(rand.NewPCG(w.seed, 1))
		w.receive()
	}
}

// dryReceiving is a receive that is drawn.
type dryReceiving struct {
	target  string
	b       []byte
	altered bool
	single  bool
	opts    zfs.ReceiveOptions
	naming  zfs.ReceiveNaming
	origins []string
	what    []string
}

func (r *dryReceiving) note(s string) { r.what = append(r.what, s) }

// drawReceive draws a random stream, target and options.
func (w *dryWorld) drawReceive(base string) *dryReceiving {
	stream, situation := pick(w.rnd, w.streams), pick(w.rnd, w.situations())
	r := &dryReceiving{b: w.streams[stream], target: w.situations()[situation](base)}
	r.note(fmt.Sprintf("%s into %s (%s)", stream, situation, r.target))
	switch w.rnd.IntN(12) {
	case 0:
		r.b, r.altered = r.b[:w.rnd.IntN(len(r.b))], true
		r.note("broken off")
	case 1:
		r.b, r.altered = bytes.Clone(r.b), true
		r.b[w.rnd.IntN(len(r.b))] ^= 1
		r.note("altered")
	}
	r.opts.Override = make(prop.Values)
	for i, set := range []string{"compression=gzip", "nosuch=1", "recordsize=3", "encryption=off", "encryption=on", "volsize=1M"} {
		if w.rnd.IntN(15) == i {
			name, value, _ := strings.Cut(set, "=")
			r.opts.Override[prop.Prop(name)] = prop.String(value)
			r.note("-o " + set)
		}
	}
	r.opts.Resumable = w.rnd.IntN(8) == 0
	if w.rnd.IntN(2) == 0 && situation != "pool" { // which has the sources
		r.opts.Force = true
		r.note("-F")
	}
	if r.single = w.rnd.IntN(3) == 0; !r.single {
		r.naming = []zfs.ReceiveNaming{zfs.NamingExact, zfs.NamingExact, zfs.NamingExact, zfs.NamingPath, zfs.NamingTail}[w.rnd.IntN(5)]
		r.note(fmt.Sprintf("naming %d", r.naming))
		r.origins = [][]string{nil, {w.pool + "/s"}, {w.pool + "/v", w.pool + "/s"}, {w.pool + "/no"}}[w.rnd.IntN(4)]
		r.note(fmt.Sprint("origins ", r.origins))
		return r
	}
	r.note("alone")
	switch w.rnd.IntN(6) {
	case 0:
		r.opts.Origin = w.pool + "/s@" + fmt.Sprint(1+w.rnd.IntN(4))
		r.note("-o origin=" + r.opts.Origin)
	case 1:
		r.opts.Heal = true
		r.note("-c")
	}
	return r
}

// run receives, or does not.
func (r *dryReceiving) run(w *dryWorld, dry bool) (*zfs.ReceivedTree, error) {
	o := r.opts
	o.DryRun = dry
	if !r.single {
		return w.c.ReceiveTree(w.t.Context(), r.target, bytes.NewReader(r.b), &zfs.ReceiveTreeOptions{
			Naming: r.naming, Force: o.Force, Resumable: o.Resumable, Origins: r.origins, Override: o.Override, DryRun: dry,
		})
	}
	one, err := w.c.Receive(w.t.Context(), r.target, bytes.NewReader(r.b), &o)
	if err != nil {
		return nil, err
	}
	return &zfs.ReceivedTree{Streams: []*zfs.Received{one}}, nil
}

// receive compares one receive.
func (w *dryWorld) receive() {
	t, base := w.t, w.next()
	r := w.drawReceive(base)
	what := strings.Join(r.what, " ")
	before := everything(t, w.c, base)
	would, dry := r.run(w, true)
	if diff := cmp.Diff(before, everything(t, w.c, base)); diff != "" {
		t.Errorf("PUREZFS_SEED=%d: %s: the dry run has changed (-before +after):\n%s", w.seed, what, diff)
	}
	did, real := r.run(w, false)
	if r.altered {
		// Releases differ in what they check first: the stream or the target.
		w.sameOutcome(what, dry, real)
	} else {
		w.same(what, dry, real)
	}
	if dry == nil && real == nil {
		if diff := cmp.Diff(receivedText(did), receivedText(would)); diff != "" {
			t.Errorf("PUREZFS_SEED=%d: %s (-done +foreseen):\n%s", w.seed, what, diff)
		}
	}
	t.Logf("%d: %s: %s", w.seed, what, sentinelsOf(real))
}

// receivedText returns the result of a receive as text.
func receivedText(got *zfs.ReceivedTree) string {
	var b strings.Builder
	for _, s := range got.Steps {
		if s.Action != zfs.ActionSetProps {
			fmt.Fprintln(&b, s)
		}
	}
	for _, s := range got.Streams {
		fmt.Fprintln(&b, s.Snapshot, s.GUID, s.Type, s.Created, s.Bytes)
	}
	fmt.Fprintln(&b, got.Skipped)
	return b.String()
}
