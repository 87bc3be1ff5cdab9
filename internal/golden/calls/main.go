// Calls records the answers of a module to the reading operations of package
// zfs, on a small pool that it creates. It runs in a virtual machine; `make
// golden` runs it in all images and stores the recordings in testdata/calls.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/zfs"
)

// setup makes one dataset of each kind.
const setup = `set -e
truncate -s 128M /tmp/golden.disk
zpool create -O mountpoint=none golden /tmp/golden.disk
zfs create -o compression=gzip-9 -o com.example:owner=alice -o quota=20M golden/fs
zfs create -s -V 8M golden/vol
zfs snapshot golden/fs@s
zfs bookmark golden/fs@s golden/fs#mark
`

func main() {
	if os.Getenv("ZVM_GUEST") != "1" || len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage, in a virtual machine: calls FILE")
		os.Exit(2)
	}
	if err := record(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func record(ctx context.Context, path string) error {
	if out, err := exec.Command("sh", "-c", setup).CombinedOutput(); err != nil {
		return fmt.Errorf("setup: %w\n%s", err, out)
	}
	dev, err := ioctl.Open(nil)
	if err != nil {
		return err
	}
	defer dev.Close()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	rec := ioctltest.NewRecorder(f)
	recorded := rec.Record(dev)
	c, err := zfs.Open(&zfs.Options{Device: recorded})
	if err != nil {
		return err
	}
	return errors.Join(read(ctx, c), readPool(ctx, recorded), rec.Err(), f.Close())
}

// read makes the calls that are recorded.
func read(ctx context.Context, c *zfs.Client) error {
	for _, err := range c.Pools(ctx) {
		if err != nil {
			return err
		}
	}
	for _, err := range c.Datasets(ctx, "golden", &zfs.DatasetsOptions{Recursive: true, AllProps: true}) {
		if err != nil {
			return err
		}
	}
	for _, err := range c.Snapshots(ctx, "golden/fs", nil) {
		if err != nil {
			return err
		}
	}
	for _, err := range c.Bookmarks(ctx, "golden/fs", nil) {
		if err != nil {
			return err
		}
	}
	if _, err := c.DatasetStats(ctx, "golden/nope", nil); !errors.Is(err, zfs.ErrNotFound) {
		return fmt.Errorf("golden/nope: %w", err)
	}
	return nil
}

// readPool reads the largest answer: the status of a whole pool.
func readPool(ctx context.Context, dev *ioctl.Device) error {
	cmd := dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, "golden"); err != nil {
		return err
	}
	return dev.Call(ctx, ioctl.OpPoolStats, cmd)
}
