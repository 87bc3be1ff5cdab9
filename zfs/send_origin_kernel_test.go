package zfs_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// The replication stream of a clone that starts at its origin is, byte for byte,
// that of zfs send.
func TestKernelSendTreeFromOrigin(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustScript(t, strings.ReplaceAll(`
create POOL/s
snapshot POOL/s@0
snapshot POOL/s@1
snapshot POOL/s@2
clone POOL/s@1 POOL/c
snapshot POOL/c@x
snapshot POOL/c@y
snapshot POOL/c@z
`, "POOL", pool))
	origin, snapshot := pool+"/s@1", pool+"/c@y"
	for args, opts := range map[string]zfs.SendTreeOptions{
		"-I":       {Intermediates: true},
		"-R -I":    {Recursive: true, Intermediates: true},
		"-R -i":    {Recursive: true},
		"-p -i":    {Props: true},
		"-p -I":    {Props: true, Intermediates: true},
		"-w -I":    {Raw: true, Intermediates: true},
		"-R -w -I": {Recursive: true, Raw: true},
	} {
		t.Run(args, func(t *testing.T) {
			if args == "-p -I" {
				zfstest.Since(t, "2.1", "properties of intermediate snapshots in what zfs send -p -I makes")
			}
			theirs, err := os.ReadFile(mustSendFile(t, append(strings.Fields(args), origin, snapshot)...))
			if err != nil {
				t.Fatal(err)
			}
			opts.From = origin
			var ours bytes.Buffer
			if _, err := c.SendTree(t.Context(), snapshot, &ours, &opts); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(ours.Bytes(), theirs) {
				t.Errorf("%d bytes, zfs send writes %d\nours:\n%s\ntheirs:\n%s", ours.Len(), len(theirs),
					describeStream(t, ours.Bytes()), describeStream(t, theirs))
			}
		})
	}
	for _, from := range []string{pool + "/s@0", pool + "/s@2", pool + "/nosuch@1"} {
		var b bytes.Buffer
		_, err := c.SendTree(t.Context(), snapshot, &b, &zfs.SendTreeOptions{From: from})
		if !errors.Is(err, zfs.ErrNotAncestor) || b.Len() > 0 {
			t.Errorf("from %s: %d bytes, error %v", from, b.Len(), err)
		}
	}
}

// Only a descendant may lack the source of an incremental replication stream. The
// named dataset may not, and nothing is then written.
func TestKernelSendTreeFromMissing(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustScript(t, strings.ReplaceAll(`
create POOL/s
create POOL/s/k
snapshot -r POOL/s@1
snapshot POOL/s/k@below
snapshot -r POOL/s@2
clone POOL/s@1 POOL/c
snapshot POOL/c@2
`, "POOL", pool))
	for _, snapshot := range []string{pool + "/s@2", pool + "/c@2"} {
		for _, from := range []string{"nosuch", "@nosuch", "below"} {
			for _, opts := range []zfs.SendTreeOptions{
				{Recursive: true}, {Recursive: true, Intermediates: true}, {Intermediates: true}, {Props: true}, {Recursive: true, SkipMissing: true},
			} {
				opts.From = from
				var b bytes.Buffer
				_, err := c.SendTree(t.Context(), snapshot, &b, &opts)
				if !errors.Is(err, zfs.ErrBaseNotFound) || b.Len() > 0 || !strings.Contains(err.Error(), "@"+strings.TrimPrefix(from, "@")) {
					t.Errorf("%s from %s, %+v: %d bytes, error %v", snapshot, from, opts, b.Len(), err)
				}
				if _, _, err := c.SendTreePlan(t.Context(), snapshot, &opts); !errors.Is(err, zfs.ErrBaseNotFound) {
					t.Errorf("plan of %s from %s, %+v: %v", snapshot, from, opts, err)
				}
			}
		}
	}
}
