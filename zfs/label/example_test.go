package label_test

import (
	"context"
	"fmt"

	"github.com/purezfs/purezfs/zfs/label"
)

// Which pools are on the disks of this machine, without any module?
func Example() {
	paths, err := label.Paths([]string{"/dev/disk/by-id"})
	if err != nil {
		fmt.Println(err) // a directory that cannot be read; the others were
	}
	var found []*label.Found
	for f := range label.Scan(context.Background(), paths, &label.ScanOptions{Depth: label.DepthNewest}) {
		found = append(found, f)
	}
	for _, p := range label.Pools(found) {
		fmt.Println(p.Config.Name, p.Config.State, p.Health(), p.Config.HostName)
		for _, v := range p.Missing {
			fmt.Println("  missing", v.Name())
		}
	}
}

// What does a device say of itself?
func ExampleReadPath() {
	dev, err := label.ReadPath("/dev/sda1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	c := dev.Best().Config
	fmt.Println(c.Name, c.PoolGUID, c.Tree.Name(), dev.Whole(), "of", label.Count, "labels")
	if u := dev.Uberblock(); u != nil {
		fmt.Println("written in group", u.Txg, "at", u.Time)
	}
}
