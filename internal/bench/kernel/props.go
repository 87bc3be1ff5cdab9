package main

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// reading compares a program that reads chosen properties of a tree with the
// walk that reads all of them, one call for each dataset.
func (s sizes) reading(ctx context.Context, dev *ioctl.Device) (results []result, err error) {
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		return nil, err
	}
	tree := treeName(s.promised())
	props := []prop.Prop{prop.Used, prop.Compression, "com.example:owner", prop.Mountpoint}
	for _, n := range []int{1, 2, len(props)} {
		ours, walk, err := compare(3, func() error {
			_, err := c.TreeProps(ctx, tree, props[:n], nil)
			return err
		}, func() error {
			for _, err := range c.Datasets(ctx, tree, &zfs.DatasetsOptions{Recursive: true}) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("walk of %d filesystems, all properties / TreeProps, %d of them", s.promised()+1, n)
		results = append(results, result{what: what, ours: ours, theirs: walk, ratio: ratio(walk, ours)})
	}
	return results, nil
}
