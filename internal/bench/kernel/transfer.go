package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// transferScript makes a pool with a snapshot of 256 MiB that do not compress.
const transferScript = `set -e
truncate -s 1G /tmp/stream.disk
zpool create -O mountpoint=none stream /tmp/stream.disk
zfs create -o mountpoint=/tmp/stream stream/src
dd if=/dev/urandom of=/tmp/stream/file bs=1M count=256 2>/dev/null
zfs snapshot stream/src@a
zfs unmount stream/src
`

// transferRounds is how often each transfer is timed.
const transferRounds = 3

// transfer compares Send and Receive, within one process, with zfs send and zfs
// receive.
func transfer(ctx context.Context, dev *ioctl.Device) ([]result, error) {
	if err := command("sh", "-c", transferScript); err != nil {
		return nil, err
	}
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		return nil, err
	}
	sides := []func() error{
		func() error { return command("sh", "-c", "zfs send stream/src@a | zfs receive stream/dst") },
		func() error { return sendReceive(ctx, c, func(w *os.File) io.Writer { return w }) },
		func() error { return sendReceive(ctx, c, func(w *os.File) io.Writer { return struct{ io.Writer }{w} }) },
	}
	best := make([]time.Duration, len(sides))
	for range transferRounds {
		for i, side := range sides {
			start := time.Now()
			if err := side(); err != nil {
				return nil, err
			}
			took := time.Since(start)
			if best[i] == 0 || took < best[i] {
				best[i] = took
			}
			if err := command("sh", "-c", "zfs destroy -r stream/dst && zpool sync stream"); err != nil {
				return nil, err
			}
		}
	}
	line := func(what string, ours time.Duration, goal float64) result {
		speed := ratio(best[0], ours)
		return result{what, ours, best[0], speed, fmt.Sprintf("at least %.2f", goal), speed >= goal}
	}
	return []result{
		line("speed of Send | Receive, 256 MiB / zfs send | zfs receive", best[1], 0.97),
		line("the same, to an io.Writer that is not a descriptor", best[2], 0.85),
	}, nil
}

// sendReceive makes one transfer through a pipe, of which wrap makes the writer.
func sendReceive(ctx context.Context, c *zfs.Client, wrap func(*os.File) io.Writer) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		err := c.Send(ctx, "stream/src@a", wrap(w), nil)
		sent <- errors.Join(err, w.Close())
	}()
	_, err = c.Receive(ctx, "stream/dst", r, nil)
	return errors.Join(err, r.Close(), <-sent)
}
