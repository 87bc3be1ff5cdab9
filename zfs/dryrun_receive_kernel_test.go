package zfs_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
)

// A dry run ends as the run that follows it, and changes nothing.
func TestKernelDryRunEqualsRun(t *testing.T) {
	w := mustDryWorld(t)
	first := mustSeed(t)
	for i := range soaks(t, 40) {
		w.seed = first + uint64(i)
		w.rnd = rand.New(rand.NewPCG(w.seed, 1))
		w.receive()
	}
}

// receive compares one receive.
func (w *dryWorld) receive() {
	t := w.t
	stream, situation := pick(w.rnd, w.streams), pick(w.rnd, w.situations())
	base := w.next()
	target := w.situations()[situation](base)
	b := w.streams[stream]
	var more []string
	note := func(s string) { more = append(more, s) }
	switch w.rnd.IntN(12) {
	case 0:
		b = b[:w.rnd.IntN(len(b))]
		note("broken off")
	case 1:
		b = bytes.Clone(b)
		b[w.rnd.IntN(len(b))] ^= 1
		note("altered")
	}
	override := map[zfs.Prop]zfs.Value{}
	switch w.rnd.IntN(12) {
	case 0:
		override[zfs.PropCompression] = zfs.StringValue("gzip")
		note("-o compression=gzip")
	case 1:
		override["nosuch"] = zfs.StringValue("1")
		note("-o nosuch=1")
	case 2:
		override[zfs.PropRecordSize] = zfs.StringValue("3")
		note("-o recordsize=3")
	case 3:
		override[zfs.PropEncryption] = zfs.StringValue("off")
		note("-o encryption=off")
	case 4:
		override[zfs.PropVolSize] = zfs.StringValue("1M")
		note("-o volsize=1M")
	}
	force := w.rnd.IntN(2) == 0 && situation != "pool" // which has the sources
	if force {
		note("-F")
	}
	resumable := w.rnd.IntN(8) == 0
	single := w.rnd.IntN(3) == 0
	naming := zfs.ReceiveNaming(w.rnd.IntN(6))
	if naming > zfs.NamingTail || single {
		naming = zfs.NamingExact
	}
	origin, heal := "", false
	if single {
		note("alone")
		switch w.rnd.IntN(6) {
		case 0:
			origin = w.pool + "/s@" + fmt.Sprint(1+w.rnd.IntN(4))
			note("-o origin=" + origin)
		case 1:
			heal = true
			note("-c")
		}
	}
	note(fmt.Sprintf("naming %d", naming))
	what := fmt.Sprintf("%s into %s (%s), %s", stream, situation, target, strings.Join(more, " "))
	run := func(dry bool) (*zfs.ReceivedPackage, error) {
		if !single {
			return w.c.ReceivePackage(t.Context(), target, bytes.NewReader(b), &zfs.ReceivePackageOptions{
				Naming: naming, Force: force, Resumable: resumable, Override: override, DryRun: dry,
			})
		}
		one, err := w.c.Receive(t.Context(), target, bytes.NewReader(b), &zfs.ReceiveOptions{
			Force: force, Resumable: resumable, Override: override, Origin: origin, Heal: heal, DryRun: dry,
		})
		if err != nil {
			return nil, err
		}
		return &zfs.ReceivedPackage{Streams: []*zfs.Received{one}}, nil
	}
	before := everything(t, w.c, base)
	would, dry := run(true)
	if diff := cmp.Diff(before, everything(t, w.c, base)); diff != "" {
		t.Errorf("PUREZFS_SEED=%d: %s: the dry run has changed (-before +after):\n%s", w.seed, what, diff)
	}
	did, real := run(false)
	if len(b) != len(w.streams[stream]) || !bytes.Equal(b, w.streams[stream]) {
		// Releases do not agree on what they look at first: the stream or the target.
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

// receivedText writes down what a receive has made.
func receivedText(got *zfs.ReceivedPackage) string {
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
