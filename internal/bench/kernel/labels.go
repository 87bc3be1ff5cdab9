package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/label"
)

// How many files with labels are scanned, and of how many zdb(8) is measured: it
// reads one for each process.
const (
	labelFiles = 1000
	labelShare = 50
)

// labels measures the scan of many devices against zdb -l of each.
func labels(context.Context, *ioctl.Device) (results []result, err error) {
	dir, err := os.MkdirTemp("", "labels")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	paths, err := makeLabels(dir)
	if err != nil {
		return nil, err
	}
	var memory int64
	ours, theirs, err := compare(2,
		func() error {
			cmd := exec.Command("zfsprobe", append([]string{"label"}, paths...)...)
			err := cmd.Run()
			memory = maxMemory(cmd.ProcessState)
			return err
		},
		func() error {
			for _, path := range paths[:labelShare] {
				if err := command("zdb", "-l", path); err != nil {
					return err
				}
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	theirs *= labelFiles / labelShare
	mb := float64(memory) / 1e6
	return []result{
		{
			fmt.Sprintf("zdb -l of each, from %d of them / zfsprobe label, %d files", labelShare, labelFiles),
			ours, theirs, ratio(theirs, ours), "at least 3", theirs >= 3*ours,
		},
		{fmt.Sprintf("zfsprobe label of %d files: memory in MB", labelFiles), 0, 0, mb, "under 64", mb < 64},
	}, nil
}

// makeLabels makes files with the labels of a pool's device.
func makeLabels(dir string) ([]string, error) {
	first := filepath.Join(dir, "0000")
	if err := os.WriteFile(first, nil, 0o600); err != nil {
		return nil, err
	}
	if err := os.Truncate(first, label.MinDeviceSize); err != nil {
		return nil, err
	}
	for _, args := range [][]string{{"create", "-O", "mountpoint=none", "-o", "cachefile=none", "labelled", first}, {"export", "labelled"}} {
		if err := command("zpool", args...); err != nil {
			return nil, err
		}
	}
	paths := []string{first}
	start := time.Now()
	for i := 1; i < labelFiles; i++ {
		path := filepath.Join(dir, fmt.Sprintf("%04d", i))
		if err := copyLabels(first, path); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	progress("files with labels", start)
	return paths, nil
}

// copyLabels copies the labels of a device, and leaves holes where it has zeros.
func copyLabels(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := out.Truncate(label.MinDeviceSize); err != nil {
		return err
	}
	page, zeros := make([]byte, 4<<10), make([]byte, 4<<10)
	for i := range label.Count {
		start := label.Offset(label.MinDeviceSize, i)
		for at := start; at < start+label.Size; at += int64(len(page)) {
			if _, err := in.ReadAt(page, at); err != nil {
				return err
			}
			if bytes.Equal(page, zeros) {
				continue
			}
			if _, err := out.WriteAt(page, at); err != nil {
				return err
			}
		}
	}
	return nil
}
