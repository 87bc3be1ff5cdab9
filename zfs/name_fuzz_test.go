package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// target is the kind of name that package ioctl checks n as.
func target(n zfs.Name) ioctl.Target {
	if n.Bookmark != "" {
		return ioctl.TargetEntity
	}
	return ioctl.TargetDataset
}

func FuzzParseName(f *testing.F) {
	seeds := []string{
		"tank", "tank/a@s", "tank/a#m", "tank@a@b", "tank//a", "/", "@", "#", "tank/..", "tank/a\x00b",
		"mirror", "tank/%recv", "tank/$MOS", levels(51), sized(256), "Tank-_.: 9/ @ ",
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := zfs.ParseName(s)
		if err != nil {
			if !errors.Is(err, zfs.ErrInvalidName) || n != (zfs.Name{}) {
				t.Fatalf("ParseName(%q) = %#v, %v", s, n, err)
			}
			return
		}
		if n.String() != s {
			t.Fatalf("%q became %q", s, n)
		}
		if again, err := zfs.ParseName(n.String()); err != nil || again != n {
			t.Fatalf("%q read again is %#v, %v", n, again, err)
		}
		if err := ioctl.CheckName(target(n), s); err != nil {
			t.Fatalf("package ioctl refuses %q: %v", s, err)
		}
		if err := ioctl.CheckName(ioctl.TargetPool, n.Pool); err != nil {
			t.Fatalf("package ioctl refuses the pool of %q: %v", s, err)
		}
		if strings.Contains(s, "\x00") || n.Snapshot != "" && n.Bookmark != "" {
			t.Fatalf("%q was parsed as %#v", s, n)
		}
		if parent := n.Parent(); parent != "" {
			if _, err := zfs.ParseName(parent); err != nil {
				t.Fatalf("the parent of %q: %v", s, err)
			}
		}
	})
}
