package main

import (
	"context"
	"errors"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// The goals of reading how a pool does.
const (
	statusOverBare   = 1.1
	statusUnderZpool = 3.0
)

// statusCalls is how many times a status is read for one measurement.
const statusCalls = 50

// poolStatus compares PoolStatus with the bare call that it makes, and with
// zpool status as a process.
func poolStatus(ctx context.Context, dev *ioctl.Device) ([]result, error) {
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		return nil, err
	}
	ours := func() error {
		for range statusCalls {
			if _, err := c.PoolStatus(ctx, pool, nil); err != nil {
				return err
			}
		}
		return nil
	}
	bare, err := bareStatus(dev)
	if err != nil {
		return nil, err
	}
	a, b, err := compare(5, ours, bare)
	if err != nil {
		return nil, err
	}
	over := ratio(a, b)
	one := func() error { _, err := c.PoolStatus(ctx, pool, nil); return err }
	d, e, err := compare(5, one, func() error { return command("zpool", "status", pool) })
	if err != nil {
		return nil, err
	}
	under := ratio(e, d)
	return []result{
		{what: "PoolStatus / bare POOL_STATS", ours: a, theirs: b, ratio: over, goal: "<= 1.1", met: over <= statusOverBare},
		{what: "zpool status / PoolStatus", ours: d, theirs: e, ratio: under, goal: ">= 3", met: under >= statusUnderZpool},
	}, nil
}

// bareStatus makes the call as often, with one command and nothing around it.
func bareStatus(dev *ioctl.Device) (func() error, error) {
	cmd := dev.Cmd()
	if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
		return nil, err
	}
	return func() error {
		for range statusCalls {
			cmd.SetUint64(ioctl.FieldCookie, 0)
			if err := dev.Call(context.Background(), ioctl.OpPoolStats, cmd); err != nil {
				return err
			}
			if len(cmd.Out()) == 0 {
				return errors.New("the kernel tells nothing of the pool")
			}
		}
		return nil
	}, nil
}
