package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/purezfs/purezfs/zfs"
)

// sizes are how many filesystems the trees have, from the smallest to the
// largest one.
type sizes []int

// usual are the sizes of the promises.
func usual() sizes { return sizes{100, 400, 1600} }

// parseSizes reads the sizes that a shorter run has as arguments; without any
// they are the usual ones.
func parseSizes(args []string) (sizes, error) {
	if len(args) == 0 {
		return usual(), nil
	}
	var s sizes
	for _, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a number of filesystems", arg)
		}
		s = append(s, n)
	}
	slices.Sort(s)
	return s, nil
}

// promised is the tree that the goals are about.
func (s sizes) promised() int { return s[len(s)/2] }

// largest is the largest tree.
func (s sizes) largest() int { return s[len(s)-1] }

const (
	perHead = 3  // snapshots of each filesystem
	makers  = 64 // filesystems made at once, which share a transaction group
)

// treeName is the root of the tree with n filesystems below it.
func treeName(n int) string { return fmt.Sprintf("%s/n%d", pool, n) }

// makeTree makes a filesystem with n others right below, and snapshots of all
// of those.
func makeTree(ctx context.Context, c *zfs.Client, n int) error {
	if err := c.DatasetCreate(ctx, treeName(n), nil); err != nil {
		return err
	}
	heads := make([]string, n)
	for i := range heads {
		heads[i] = fmt.Sprintf("%s/fs%04d", treeName(n), i)
	}
	if err := createAll(ctx, c, heads); err != nil {
		return err
	}
	for i := range perHead {
		snaps := make([]string, n)
		for j, head := range heads {
			snaps[j] = fmt.Sprintf("%s@s%d", head, i)
		}
		if err := c.SnapshotCreate(ctx, snaps, nil); err != nil {
			return err
		}
	}
	return nil
}

// createAll makes filesystems, several at once.
func createAll(ctx context.Context, c *zfs.Client, names []string) error {
	next := make(chan string)
	errs := make([]error, makers)
	var wg sync.WaitGroup
	for i := range makers {
		wg.Go(func() {
			for name := range next {
				if err := c.DatasetCreate(ctx, name, nil); err != nil {
					errs[i] = err
				}
			}
		})
	}
	for _, name := range names {
		next <- name
	}
	close(next)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
