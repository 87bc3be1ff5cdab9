package zfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// dryWorld is where dry runs are compared with real ones: a pool with sources,
// and their streams.
type dryWorld struct {
	t       *testing.T
	c       *zfs.Client
	pool    string
	rnd     *rand.Rand
	seed    uint64
	streams map[string][]byte
	base    string // a separate filesystem for each situation
	made    int
}

// mustSeed returns the number in PUREZFS_SEED. Without it, make soak gets a new
// seed, and every other run the same one, so that a change only fails because of
// its own faults.
func mustSeed(t *testing.T) uint64 {
	t.Helper()
	text, ok := os.LookupEnv("PUREZFS_SEED")
	if _, soak := os.LookupEnv("PUREZFS_SOAK"); !ok && soak {
		return uint64(time.Now().UnixNano()) % 1e9
	}
	if !ok {
		return 1
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("PUREZFS_SEED=%q is not a number", text)
	}
	return seed
}

// dryKey is the key of encrypted datasets.
func dryKey() *zfs.NewKey {
	return &zfs.NewKey{Key: bytes.Repeat([]byte{7}, 32), Format: zfs.KeyRaw}
}

func mustDryWorld(t *testing.T) *dryWorld {
	t.Helper()
	w := &dryWorld{t: t, c: zfstest.Kernel(t), pool: zfstest.Pool(t, nil), streams: make(map[string][]byte)}
	ctx := t.Context()
	testkit.Must(t, w.c.DatasetCreate(ctx, w.pool+"/e", &zfs.DatasetCreateOptions{Key: dryKey()}))
	zfstest.Run(t, "sh", "-c", strings.ReplaceAll(`set -e
zfs create -o mountpoint=/tmp/P/s P/s
zfs create -o mountpoint=/tmp/P/k -o org.example:a=b P/s/k
head -c 100000 /dev/urandom > /tmp/P/s/a; head -c 9 /dev/urandom > /tmp/P/k/tiny
zfs snapshot -r P/s@1
head -c 200000 /dev/urandom > /tmp/P/s/b
zfs snapshot -r P/s@2
zfs snapshot -r P/s@3
zfs clone -o mountpoint=none P/s@1 P/c
zfs snapshot P/c@1
zfs create -s -V 1M P/v
zfs snapshot P/v@1
zfs snapshot P/v@2
zfs set mountpoint=/tmp/P/e P/e
mount | grep -q "/tmp/P/e " || zfs mount P/e
head -c 3000 /dev/urandom > /tmp/P/e/a
zfs snapshot P/e@1
head -c 3000 /dev/urandom > /tmp/P/e/b
zfs snapshot P/e@2
zfs unmount P/e; zfs unmount P/s/k; zfs unmount P/s`, "P", w.pool))
	for name, args := range map[string]string{
		"full": "s@1", "full 3": "s@3", "1 to 2": "-i @1 s@2", "1 to 3": "-i @1 s@3", "2 to 3": "-i @2 s@3", "blocks": "-Lec s/k@1",
		"clone": "-i s@1 c@1", "volume": "v@1", "volume 1 to 2": "-i @1 v@2",
		"raw": "-w e@1", "raw 1 to 2": "-w -i @1 e@2", "decrypted": "e@1", "decrypted 1 to 2": "-i @1 e@2",
		"tree": "-R s@1", "tree to 3": "-R s@3", "tree 1 to 3": "-R -I @1 s@3", "tree 1 to 2": "-R -i @1 s@2", "many": "-I @1 s@3", "properties": "-p s@1",
		"from the origin": "-I s@1 c@1",
	} {
		f := strings.Fields(args)
		for i, arg := range f {
			if strings.Contains(arg, "@") && arg[0] != '@' {
				f[i] = w.pool + "/" + arg
			}
		}
		b, err := os.ReadFile(mustSendFile(t, f...))
		testkit.Must(t, err)
		w.streams[name] = b
	}
	return w
}

// situations are the possible states of a target. Each returns the target.
func (w *dryWorld) situations() map[string]func(base string) string {
	ctx, t := w.t.Context(), w.t
	received := func(target string, streams ...string) string {
		for _, s := range streams {
			_, err := w.c.Receive(ctx, target, bytes.NewReader(w.streams[s]), nil)
			testkit.Must(t, err)
		}
		return target
	}
	snap := func(target string) string {
		testkit.Must(t, w.c.SnapshotCreate(ctx, []string{target + "@mine"}, nil))
		return target + "@mine"
	}
	tree := func(target string) string {
		_, err := w.c.ReceiveTree(ctx, target, bytes.NewReader(w.streams["tree"]), nil)
		testkit.Must(t, err)
		return target
	}
	part := func(target, stream string) string {
		b := w.streams[stream]
		_, err := w.c.Receive(ctx, target, bytes.NewReader(b[:len(b)*2/3]), &zfs.ReceiveOptions{Resumable: true})
		if err == nil {
			t.Fatal("a broken stream was received")
		}
		return target
	}
	encrypted := func(base string, load bool) string {
		testkit.Must(t, w.c.DatasetCreate(ctx, base+"/e", &zfs.DatasetCreateOptions{Key: dryKey()}))
		if !load {
			testkit.Must(t, w.c.KeyUnload(ctx, base+"/e"))
		}
		return base + "/e"
	}
	volume := func(base string) string {
		testkit.Must(t, w.c.DatasetCreate(ctx, base+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20}))
		return base + "/v"
	}
	quota := prop.Values{"userquota@1": prop.String("1G")}
	return map[string]func(base string) string{
		"nothing":        func(base string) string { return base + "/x" },
		"no parent":      func(base string) string { return base + "/no/x" },
		"no pool":        func(string) string { return "nosuchpool/x" },
		"no root":        func(string) string { return "nosuchpool" },
		"pool":           func(string) string { return w.pool },
		"kernel's name":  func(base string) string { return base + "/a%b" },
		"no name":        func(base string) string { return base + "/.." },
		"too long":       func(base string) string { return base + "/" + strings.Repeat("x", 230) },
		"empty":          func(base string) string { return base },
		"as 1":           func(base string) string { return received(base+"/x", "full") },
		"as 2":           func(base string) string { return received(base+"/x", "full", "1 to 2") },
		"named":          func(base string) string { return received(base+"/x", "full") + "@new" },
		"named as it is": func(base string) string { return received(base+"/x", "full") + "@1" },
		"changed": func(base string) string {
			x := received(base+"/x", "full")
			testkit.Must(t, w.c.DatasetSetProps(ctx, x, quota))
			return x
		},
		"newer": func(base string) string { x := received(base+"/x", "full"); snap(x); return x },
		"changed, newer": func(base string) string {
			x := received(base+"/x", "full")
			testkit.Must(t, w.c.DatasetSetProps(ctx, x, quota))
			snap(x)
			return x
		},
		"newer with hold": func(base string) string {
			x := received(base+"/x", "full")
			testkit.Must(t, w.c.HoldAdd(ctx, map[string]string{snap(x): "h"}, nil))
			return x
		},
		"newer with clone": func(base string) string {
			x := received(base+"/x", "full")
			testkit.Must(t, w.c.DatasetClone(ctx, base+"/k", snap(x), nil))
			return x
		},
		"volume":           volume,
		"below a volume":   func(base string) string { return volume(base) + "/x" },
		"volume as 1":      func(base string) string { return received(base+"/x", "volume") },
		"part":             func(base string) string { return part(base+"/x", "full") },
		"part of 2":        func(base string) string { return part(received(base+"/x", "full"), "1 to 2") },
		"encrypted parent": func(base string) string { return encrypted(base, true) + "/x" },
		"locked parent":    func(base string) string { return encrypted(base, false) + "/x" },
		"encrypted":        func(base string) string { return encrypted(base, true) },
		"encrypted as 1":   func(base string) string { return received(encrypted(base, true)+"/x", "full") },
		"locked":           func(base string) string { return encrypted(base, false) },
		"raw as 1":         func(base string) string { return received(base+"/x", "raw") },
		"tree as 1":        func(base string) string { return tree(base + "/x") },
		"tree with more": func(base string) string {
			x := tree(base + "/x")
			testkit.Must(t, w.c.DatasetCreate(ctx, x+"/more", nil))
			snap(x + "/more")
			return x
		},
		"tree with a hold": func(base string) string {
			x := tree(base + "/x")
			testkit.Must(t, w.c.HoldAdd(ctx, map[string]string{snap(x + "/k"): "h"}, nil))
			return x
		},
		"tree with a mount": func(base string) string {
			x := tree(base + "/x")
			zfstest.Run(t, "zfs", "create", "-o", "mountpoint=/tmp/"+base+"/more", x+"/more")
			return x
		},
	}
}

// next creates a filesystem for the next situation.
func (w *dryWorld) next() string {
	w.made++
	w.base = fmt.Sprintf("%s/t%d", w.pool, w.made)
	testkit.Must(w.t, w.c.DatasetCreate(w.t.Context(), w.base, nil))
	return w.base
}

// sentinelsOf returns the names of what an error matches, so that two can be
// compared.
func sentinelsOf(err error) string {
	if err == nil {
		return "success"
	}
	var all []string
	for _, one := range []error{
		zfs.ErrNotFound, zfs.ErrExists, zfs.ErrPermission, zfs.ErrBusy, zfs.ErrHasChildren, zfs.ErrHasSnapshots, zfs.ErrHasClones,
		zfs.ErrInvalidName, zfs.ErrInvalidProp, zfs.ErrInvalidKey, zfs.ErrInvalid, zfs.ErrCrossPool, zfs.ErrNoSpace, zfs.ErrQuota,
		zfs.ErrReadOnly, zfs.ErrWrongParent, zfs.ErrKey, zfs.ErrNotAncestor, zfs.ErrNotSupported, zfs.ErrUpgrade, zfs.ErrStream, zfs.ErrTruncated,
		zfs.ErrSourceMissing, zfs.ErrModified, zfs.ErrNotPartial, zfs.ErrDevice, zfs.ErrRefused,
		zfs.ErrPoolNotFound, zfs.ErrParentNotFound, zfs.ErrBaseNotFound, zfs.ErrFeatureDisabled,
	} {
		if errors.Is(err, one) {
			all = append(all, one.Error())
		}
	}
	return "failure: " + strings.Join(all, ", ")
}

// same compares a dry run with the real run that followed.
func (w *dryWorld) same(what string, dry, real error) {
	w.t.Helper()
	if sentinelsOf(dry) != sentinelsOf(real) {
		w.t.Errorf("PUREZFS_SEED=%d: %s\n dry run: %s: %v\nreal run: %s: %v", w.seed, what, sentinelsOf(dry), dry, sentinelsOf(real), real)
	}
}

// sameOutcome compares only whether they failed.
func (w *dryWorld) sameOutcome(what string, dry, real error) {
	w.t.Helper()
	if (dry == nil) != (real == nil) {
		w.same(what, dry, real)
	}
}

// pick chooses a key of a map, in an order that the seed alone decides.
func pick[V any](rnd *rand.Rand, m map[string]V) string {
	return slices.Sorted(maps.Keys(m))[rnd.IntN(len(m))]
}
