package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// batchMost is how many snapshots are made and destroyed at once, if there are
// that many filesystems.
const batchMost = 1000

// batches counts the calls that many snapshots take.
func (s sizes) batches(ctx context.Context, dev *ioctl.Device) ([]result, error) {
	var calls atomic.Int64
	tapped := dev.Tap(func(_ ioctl.Op, _ *ioctl.Cmd, next func() error) error {
		calls.Add(1)
		return next()
	})
	c, err := zfs.Open(&zfs.Options{Device: tapped})
	if err != nil {
		return nil, err
	}
	names := make([]string, min(batchMost, s.largest()))
	for i := range names {
		names[i] = fmt.Sprintf("%s/fs%04d@batch", treeName(s.largest()), i)
	}
	var results []result
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"create", func() error { return c.SnapshotCreate(ctx, names, nil) }},
		{"destroy", func() error { return c.SnapshotDestroy(ctx, names, nil) }},
	} {
		calls.Store(0)
		start := time.Now()
		if err := step.do(); err != nil {
			return nil, err
		}
		took, n := time.Since(start), float64(calls.Load())
		results = append(results, result{fmt.Sprintf("ioctls to %s %d snapshots", step.what, len(names)), took, 0, n, "1", n == 1})
	}
	return results, nil
}

// memory compares what walks over the smallest and the largest tree keep.
func (s sizes) memory(ctx context.Context, dev *ioctl.Device) ([]result, error) {
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		return nil, err
	}
	var live [2]float64
	for i, n := range [...]int{s[0], s.largest()} {
		if live[i], err = liveHeap(ctx, c, n); err != nil {
			return nil, err
		}
	}
	what := fmt.Sprintf("live memory of a walk, %d filesystems / %d (MB: %.2f, %.2f)", s.largest(), s[0], live[1]/1e6, live[0]/1e6)
	grown := live[1] / live[0]
	return []result{{what, 0, 0, grown, "under 1.2", grown < 1.2}}, nil
}

// liveHeap is the most memory that is in use while a walk runs.
func liveHeap(ctx context.Context, c *zfs.Client, n int) (most float64, err error) {
	seen := 0
	for _, err := range c.Datasets(ctx, treeName(n), &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll}) {
		if err != nil {
			return 0, err
		}
		if seen++; seen%(n/2) != 0 {
			continue
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		most = max(most, float64(m.HeapAlloc))
	}
	return most, nil
}
