package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// The tree that composites are measured on: so many filesystems, and of each so
// many snapshots.
const (
	treeHeads = 100
	treeSnaps = 4
)

// effort is the time and the transaction groups that something takes.
type effort struct {
	took time.Duration
	txgs uint64
}

// lastTxg is the number of the last transaction group in the pool's kstat.
func lastTxg() (uint64, error) {
	b, err := os.ReadFile("/proc/spl/kstat/zfs/" + pool + "/txgs")
	if err != nil {
		return 0, err
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	fields := bytes.Fields(lines[len(lines)-1])
	if len(fields) == 0 {
		return 0, fmt.Errorf("the kstat of transaction groups ends with %q", lines[len(lines)-1])
	}
	return strconv.ParseUint(string(fields[0]), 10, 64)
}

// spend measures one thing.
func spend(do func() error) (e effort, err error) {
	before, err := lastTxg()
	if err != nil {
		return e, err
	}
	start := time.Now()
	if err := do(); err != nil {
		return e, err
	}
	e.took = time.Since(start)
	after, err := lastTxg()
	e.txgs = after - before
	return e, err
}

// rival is a composite and the steps of zfs(8) that come to the same. Both take
// the name of what make has made.
type rival struct {
	what    string
	make    func(ctx context.Context, c *zfs.Client, name string) error
	ours    func(ctx context.Context, c *zfs.Client, name string) error
	theirs  func(name string) error
	txgGoal float64 // 0 where the steps are too few for a goal
}

// treeOf makes filesystems with snapshots below a name.
func treeOf(ctx context.Context, c *zfs.Client, name string, heads int) error {
	if err := c.DatasetCreate(ctx, name, nil); err != nil {
		return err
	}
	for i := range heads {
		if err := c.DatasetCreate(ctx, fmt.Sprintf("%s/%d", name, i), nil); err != nil {
			return err
		}
	}
	for i := range treeSnaps {
		if _, err := c.TreeSnapshot(ctx, fmt.Sprintf("%s@%d", name, i), nil); err != nil {
			return err
		}
	}
	return nil
}

// rivals are what is measured. Heads is the size of the trees.
func rivals(heads int) []rival {
	tree := func(ctx context.Context, c *zfs.Client, name string) error { return treeOf(ctx, c, name, heads) }
	return []rival{
		{fmt.Sprintf("zfs destroy -R / TreeDestroy, %d filesystems, %d snapshots", heads, heads*treeSnaps), tree,
			func(ctx context.Context, c *zfs.Client, name string) error {
				_, err := c.TreeDestroy(ctx, name, nil)
				return err
			},
			func(name string) error { return command("zfs", "destroy", "-R", name) }, 20},
		{fmt.Sprintf("zfs rollback -r of each / TreeRollback, %d filesystems", heads/4), func(ctx context.Context, c *zfs.Client, name string) error {
			return treeOf(ctx, c, name, heads/4)
		},
			func(ctx context.Context, c *zfs.Client, name string) error {
				_, err := c.TreeRollback(ctx, name+"@0", &zfs.TreeRollbackOptions{Recursive: true, DestroyNewer: true})
				return err
			},
			func(name string) error {
				for i := range heads / 4 {
					if err := command("zfs", "rollback", "-r", fmt.Sprintf("%s/%d@0", name, i)); err != nil {
						return err
					}
				}
				return command("zfs", "rollback", "-r", name+"@0")
			}, 20},
		{"zfs promote, zfs destroy -r / DatasetPromoteDestroying", func(ctx context.Context, c *zfs.Client, name string) error {
			if err := treeOf(ctx, c, name, 0); err != nil {
				return err
			}
			return c.DatasetClone(ctx, name+"-clone", name+"@2", nil)
		},
			func(ctx context.Context, c *zfs.Client, name string) error {
				_, err := c.DatasetPromoteDestroying(ctx, name+"-clone", &zfs.PromoteDestroyOptions{Snapshots: true})
				return err
			},
			func(name string) error {
				if err := command("zfs", "promote", name+"-clone"); err != nil {
					return err
				}
				return command("zfs", "destroy", "-r", name)
			}, 0},
	}
}

// composites measures them against the steps of zfs(8): on the pool as it is, with
// a device that takes as long as a disk, and with one that is as much slower than
// a disk as this processor is slower than a real one.
func (e emulation) composites(ctx context.Context, dev *ioctl.Device) (results []result, err error) {
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		return nil, err
	}
	contests := []contest{{treeHeads, "", 0, 2}, {treeHeads / 4, "disk", diskDelay, 0}}
	if e > 1 {
		contests = append(contests, contest{treeHeads / 4, "slower disk", e.slower(diskDelay), 10})
	} else {
		contests[1].goal = 10
	}
	for _, on := range contests {
		some, err := on.run(ctx, c)
		if err != nil {
			return nil, err
		}
		results = append(results, some...)
	}
	return results, nil
}

// contest is one measurement of all rivals, on trees of so many filesystems and a
// device with a delay. Goal is how many times faster composites shall be, 0 for
// any.
type contest struct {
	heads int
	disk  string
	delay time.Duration
	goal  float64
}

// run measures rivals one after the other.
func (on *contest) run(ctx context.Context, c *zfs.Client) (results []result, err error) {
	for i, r := range rivals(on.heads) {
		var ours, theirs effort
		for side, to := range []*effort{&ours, &theirs} {
			name := fmt.Sprintf("%s/tree%d%d%d", pool, i, side, on.delay.Milliseconds())
			if err := r.make(ctx, c, name); err != nil {
				return nil, err
			}
			do := func() error { return r.theirs(name) }
			if side == 0 {
				do = func() error { return r.ours(ctx, c, name) }
			}
			if *to, err = spend(slowly(on.delay, do)); err != nil {
				return nil, err
			}
		}
		if on.disk != "" {
			r.what += fmt.Sprintf(", %s of %v", on.disk, on.delay)
		}
		results = append(results, r.results(ours, theirs, on.goal)...)
	}
	return results, nil
}

// results are the lines of one measurement: time, and transaction groups.
func (r *rival) results(ours, theirs effort, goal float64) []result {
	times := result{what: r.what, ours: ours.took, theirs: theirs.took, ratio: ratio(theirs.took, ours.took)}
	groups := result{what: fmt.Sprintf("  transaction groups: %d / %d", theirs.txgs, ours.txgs), ratio: float64(theirs.txgs) / float64(max(1, ours.txgs))}
	if r.txgGoal > 0 && goal > 0 {
		times.goal, times.met = fmt.Sprintf("at least %g", goal), times.ratio >= goal
	}
	// A composite takes two groups, so a few steps cannot show what it saves.
	if r.txgGoal > 0 && float64(theirs.txgs) >= 2*r.txgGoal {
		groups.goal, groups.met = fmt.Sprintf("at least %g", r.txgGoal), groups.ratio >= r.txgGoal
	}
	return []result{times, groups}
}
