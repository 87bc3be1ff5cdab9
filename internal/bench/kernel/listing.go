package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// columns are the four numbers that a monitor wants.
const columns = "name,used,avail,refer,creation"

// lists compares zfsprobe ls with zfs list, both as whole processes that print
// filesystems and snapshots with the same columns.
func lists(rounds, n int, columns string) (ours, theirs time.Duration, err error) {
	args := []string{"-H", "-p", "-r", "-t", "all", "-o", columns, treeName(n)}
	return compare(rounds,
		func() error { return command("zfsprobe", append([]string{"ls"}, args...)...) },
		func() error { return command("zfs", append([]string{"list"}, args...)...) })
}

// listing shows how the time of a listing grows with the tree. The goal is about
// the promised one, which is listed more than once.
func (s sizes) listing(context.Context, *ioctl.Device) ([]result, error) {
	var results []result
	for _, c := range [...]string{"name", columns} {
		for _, n := range s {
			r := result{what: fmt.Sprintf("zfs list / zfsprobe ls -t all -o %s, %d filesystems, %d snapshots", c, n, perHead*n), met: true}
			rounds := 1
			if n == s.promised() {
				rounds, r.goal = 2, "at least 1.4"
			}
			var err error
			if r.ours, r.theirs, err = lists(rounds, n, c); err != nil {
				return nil, err
			}
			r.ratio = ratio(r.theirs, r.ours)
			r.met = r.goal == "" || r.ratio >= 1.4
			results = append(results, r)
		}
	}
	return results, nil
}

// allProps measures the promise about all properties.
func (s sizes) allProps(context.Context, *ioctl.Device) ([]result, error) {
	promised := s.promised()
	ours, get, err := compare(2,
		func() error { return command("zfsprobe", "ls", "-H", "-p", "-r", "-o", "all", treeName(promised)) },
		func() error { return command("zfs", "get", "-Hp", "-r", "-t", "filesystem", "all", treeName(promised)) })
	if err != nil {
		return nil, err
	}
	return []result{{
		fmt.Sprintf("zfs get all / zfsprobe ls -o all, %d filesystems", promised), ours, get, ratio(get, ours), "at least 8", get >= 8*ours,
	}}, nil
}

// workers compares walks that make one call at a time with those that make
// several.
func (s sizes) workers(ctx context.Context, dev *ioctl.Device) ([]result, error) {
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		return nil, err
	}
	var results []result
	for _, kind := range []struct {
		what string
		opts zfs.DatasetsOptions
	}{
		{"names", zfs.DatasetsOptions{NamesOnly: true}},
		{"properties", zfs.DatasetsOptions{}},
		{"all properties", zfs.DatasetsOptions{AllProps: true}},
	} {
		with := func(workers int) func() error {
			opts := kind.opts
			opts.Recursive, opts.Types, opts.Workers = true, prop.TypeAll, workers
			return func() error { return walk(ctx, c, s.promised(), &opts) }
		}
		several, one, err := compare(2, with(0), with(1))
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("walk over %s: one call at a time / four, %d processors", kind.what, runtime.NumCPU())
		results = append(results, result{what, several, one, ratio(one, several), "", true})
	}
	return results, nil
}

// walk runs over the tree with n filesystems and counts what it sees.
func walk(ctx context.Context, c *zfs.Client, n int, opts *zfs.DatasetsOptions) error {
	seen := 0
	for _, err := range c.Datasets(ctx, treeName(n), opts) {
		if err != nil {
			return err
		}
		seen++
	}
	if want := 1 + n + perHead*n; seen != want {
		return fmt.Errorf("a walk saw %d datasets of %d", seen, want)
	}
	return nil
}
