package zfs_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// The meaning of an errno depends on the operation.
func TestPoolMeanings(t *testing.T) {
	ctx := context.Background()
	dir := mustFiles(t, "a b")
	layout, err := zfs.ParseLayout(in(dir, "mirror a b"))
	testkit.Must(t, err)
	add := func(c *zfs.Client) error { return c.VdevAdd(ctx, "tank", layout, nil) }
	attach := func(c *zfs.Client) error {
		return c.VdevAttach(ctx, "tank", zfs.VdevPair{Old: "d11", New: filepath.Join(dir, "a")}, nil)
	}
	detach := func(c *zfs.Client) error { return c.VdevDetach(ctx, "tank", "d11") }
	remove := func(c *zfs.Client) error { return c.VdevRemove(ctx, "tank", "d11") }
	split := func(c *zfs.Client) error { return c.VdevSplit(ctx, "tank", "new", nil) }
	scrub := func(opts *zfs.PoolScrubOptions) func(*zfs.Client) error {
		return func(c *zfs.Client) error { return c.PoolScrub(ctx, "tank", opts) }
	}
	clearIt := func(c *zfs.Client) error { return c.PoolClear(ctx, "tank", nil) }
	for _, tt := range []struct {
		name string
		call func(*zfs.Client) error
		op   ioctl.Op
		code ioctl.Code
		want error
	}{
		{"add: in use", add, ioctl.OpVdevAdd, ioctl.CodeBusy, zfs.ErrDeviceInUse},
		{"add: other sectors", add, ioctl.OpVdevAdd, ioctl.CodeAshiftMismatch, zfs.ErrInvalidLayout},
		{"add: pool feature or version", add, ioctl.OpVdevAdd, ioctl.CodeNotsup, zfs.ErrUpgrade},
		{"attach: too small", attach, ioctl.OpVdevAttach, ioctl.CodeOverflow, zfs.ErrInvalidLayout},
		{"attach: resilver", attach, ioctl.OpVdevAttach, ioctl.CodeResilverInProgress, zfs.ErrInProgress},
		{"attach: rebuild", attach, ioctl.OpVdevAttach, ioctl.CodeRebuildInProgress, zfs.ErrInProgress},
		{"attach: expansion", attach, ioctl.OpVdevAttach, ioctl.CodeRaidzExpandInProgress, zfs.ErrInProgress},
		{"attach: cannot open", attach, ioctl.OpVdevAttach, ioctl.CodeNxio, zfs.ErrDevice},
		{"attach: target", attach, ioctl.OpVdevAttach, ioctl.CodeNotsup, zfs.ErrWrongDevice},
		{"detach: last", detach, ioctl.OpVdevDetach, ioctl.CodeBusy, zfs.ErrNoReplicas},
		{"detach: not of a mirror", detach, ioctl.OpVdevDetach, ioctl.CodeNotsup, zfs.ErrWrongDevice},
		{"remove: half of a mirror", remove, ioctl.OpVdevRemove, ioctl.CodeNotsup, zfs.ErrWrongDevice},
		{"checkpoint: a device is too large", func(c *zfs.Client) error { return c.PoolCheckpoint(ctx, "tank") }, ioctl.OpPoolCheckpoint, ioctl.CodeVdevTooBig, zfs.ErrWrongDevice},
		{"detach: gone", detach, ioctl.OpVdevDetach, ioctl.CodeNodev, zfs.ErrNotFound},
		{"remove: checkpoint", remove, ioctl.OpVdevRemove, ioctl.CodeCheckpointExists, zfs.ErrCheckpoint},
		{"remove: key", remove, ioctl.OpVdevRemove, ioctl.CodeAcces, zfs.ErrKey},
		{"remove: space", remove, ioctl.OpVdevRemove, ioctl.CodeNospc, zfs.ErrNoSpace},
		{"remove: busy", remove, ioctl.OpVdevRemove, ioctl.CodeBusy, zfs.ErrBusy},
		{"cancel: nothing", func(c *zfs.Client) error { return c.VdevRemoveCancel(ctx, "tank") }, ioctl.OpVdevRemove, 55, zfs.ErrNotInProgress},
		{"split: last", split, ioctl.OpVdevSplit, ioctl.CodeBusy, zfs.ErrNoReplicas},
		{"split: taken", split, ioctl.OpVdevSplit, ioctl.CodeExist, zfs.ErrExists},
		{"scrub: under way", scrub(nil), ioctl.OpPoolScrub, ioctl.CodeBusy, zfs.ErrInProgress},
		{"scrub: no errors", scrub(&zfs.PoolScrubOptions{ErrorsOnly: true}), ioctl.OpPoolScrub, ioctl.CodeCanceled, zfs.ErrNotInProgress},
		{"scrub: nothing to stop", scrub(&zfs.PoolScrubOptions{Stop: true}), ioctl.OpPoolScrub, ioctl.CodeNoent, zfs.ErrNotInProgress},
		{"scrub: no pool", scrub(nil), ioctl.OpPoolScrub, ioctl.CodeNoent, zfs.ErrNotFound},
		{"clear: other host", clearIt, ioctl.OpClear, ioctl.CodeRemoteio, zfs.ErrBusy},
		{"clear: does not work", clearIt, ioctl.OpClear, ioctl.CodeIo, zfs.ErrDevice},
		{"checkpoint: there is one", func(c *zfs.Client) error { return c.PoolCheckpoint(ctx, "tank") }, ioctl.OpPoolCheckpoint, ioctl.CodeCheckpointExists, zfs.ErrCheckpoint},
		{"discard: none", func(c *zfs.Client) error { return c.PoolDiscardCheckpoint(ctx, "tank") }, ioctl.OpPoolDiscardCheckpoint, ioctl.CodeNoCheckpoint, zfs.ErrNotInProgress},
		{"set: value", func(c *zfs.Client) error {
			return c.PoolSetProps(ctx, "tank", prop.Values{prop.PoolBootFS: prop.String("x")})
		}, ioctl.OpPoolSetProps, ioctl.CodeInval, zfs.ErrInvalidProp},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := fakePool(t, mirrorPool())
			answer := f.Bad
			f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
				if op == tt.op {
					return tt.code.Err(), true
				}
				return answer(op, cmd)
			}
			if err := tt.call(c); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

// The properties of a pool have defaults, and text as zpool get prints it.
func TestPoolProps(t *testing.T) {
	c, f := fakePool(t, mirrorPool())
	answer := f.Bad
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpPoolGetProps {
			return answer(op, cmd)
		}
		out := &nvlist.List{}
		set := func(name string, n, source uint64) {
			l := &nvlist.List{}
			l.SetUint64("source", source)
			l.SetUint64("value", n)
			out.SetList(name, l)
		}
		set("size", 1000, 1)
		set("health", 6, 1)
		set("dedupratio", 250, 1)
		set("failmode", 1, 8)
		set("fragmentation", 1<<64-1, 1)
		set("dedup_table_quota", 0, 8)
		user := &nvlist.List{}
		user.SetUint64("source", 8)
		user.SetString("value", "c")
		out.SetList("a:b", user)
		return cmd.Answer(out), true
	}
	props, err := c.PoolProps(t.Context(), "tank")
	testkit.Must(t, err)
	for name, want := range map[prop.Prop]string{
		"size": "1000 -", "health": "DEGRADED -", "dedupratio": "2.50 -", "failmode": "continue local", "fragmentation": "- -",
		"dedup_table_quota": "none local", "a:b": "c local", "comment": "- default", "delegation": "on default", "version": "- default",
		"compatibility": "off default", "feature@lz4_compress": "enabled local", "altroot": "- default",
	} {
		p, ok := props.Property(name)
		if got := p.Text + " " + p.Source.String(); !ok || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []prop.Prop{"nosuch", "feature@nosuch", "x:y"} {
		if p, ok := props.Property(name); ok {
			t.Errorf("%s is %v", name, p)
		}
	}
	n := 0
	for p := range props.All() {
		if n++; p.Name == prop.PoolTName {
			t.Error("the temporary name is among the properties")
		}
	}
	if n < 70 {
		t.Errorf("%d properties only", n)
	}
}
