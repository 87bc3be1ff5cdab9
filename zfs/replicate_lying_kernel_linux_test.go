package zfs_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// A lying peer obtains from a real pool only what is offered, and changes nothing
// outside the target.
func TestKernelReplicateLyingPeer(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	script := "create P/src\ncreate P/private\ncreate P/to\n"
	mustScript(t, strings.ReplaceAll(script, "P", pool))
	secret, open := []byte("what nobody may read but we"), []byte("what is offered to anyone")
	write := func(dataset string, text []byte, snapshot string) {
		t.Helper()
		dir := t.TempDir()
		mustScript(t, "set compression=off "+dataset+"\nset mountpoint="+dir+" "+dataset+"\n")
		if err := os.WriteFile(filepath.Join(dir, "file"), bytes.Repeat(text, 4000), 0o600); err != nil {
			t.Fatal(err)
		}
		mustSnapshot(t, c, dataset+"@"+snapshot)
	}
	write(pool+"/src", open, "s1")
	write(pool+"/src", open, "s2")
	write(pool+"/src", secret, "later")
	write(pool+"/private", secret, "s2")
	names := []string{pool + "/src@s1", pool + "/src@s2", pool + "/src@later", pool + "/private@s2"}
	var guids []uint64
	for _, name := range names {
		guids = append(guids, snapshotGUID(t, c, name))
	}
	before := mustOutside(t, c, pool)
	leaked := 0
	for seed := range soaks(t, 30) {
		rnd := rand.New(rand.NewPCG(uint64(seed)+1, 3))
		conn, l := mustConnectLiar(t, rnd)
		l.guids, l.names, l.unit = guids, names, 20*time.Millisecond
		err := mustReturn(t, l, l.lieAsReceiver, func(ctx context.Context) error {
			_, err := c.ReplicateSend(ctx, names[1], conn, &zfs.ReplicateOptions{Intermediates: rnd.IntN(2) == 0})
			return err
		})
		if bytes.Contains(l.data.Bytes(), open) {
			leaked++
		}
		if bytes.Contains(l.data.Bytes(), secret) {
			t.Fatalf("seed %d: the secret was sent; %v", seed+1, err)
		}
		checkLine(t, err)
	}
	if leaked == 0 {
		t.Error("the peer was never sent what is offered: nothing was tested")
	}
	for seed := range soaks(t, 30) {
		rnd := rand.New(rand.NewPCG(uint64(seed)+1, 4))
		conn, l := mustConnectLiar(t, rnd)
		l.guids, l.names, l.unit = guids, names, 20*time.Millisecond
		opts := &zfs.ReplicateReceiveOptions{Force: rnd.IntN(2) == 0, Discard: rnd.IntN(2) == 0}
		err := mustReturn(t, l, l.lieAsSender, func(ctx context.Context) error {
			return c.ReplicateReceive(ctx, pool+"/to/t", conn, opts)
		})
		checkLine(t, err)
		if diff := cmp.Diff(before, mustOutside(t, c, pool)); diff != "" {
			t.Fatalf("seed %d: outside the target (-before +after):\n%s\n%v", seed+1, diff, err)
		}
	}
}

// mustOutside describes everything outside the target of the lying peer: what
// exists, and how many clones it has.
func mustOutside(t *testing.T, c *zfs.Client, pool string) (all []string) {
	t.Helper()
	for ds, err := range c.Datasets(t.Context(), pool, &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeFilesystem | prop.TypeVolume | prop.TypeSnapshot}) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(ds.Name, pool+"/to/t") {
			all = append(all, fmt.Sprint(ds.Name, ds.GUID, ds.Props.Value(prop.Clones)))
		}
	}
	return all
}
