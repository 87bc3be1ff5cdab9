package zfs

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// completing is a client whose module has properties of filesystems and pools.
// Its operations are added to calls.
func completing(t *testing.T, calls *[]string, handlers map[ioctl.Op]ioctltest.Handler) *Client {
	t.Helper()
	all := map[ioctl.Op]ioctltest.Handler{
		ioctl.OpObjsetZplprops: func(c *ioctl.Cmd) error {
			l := &nvlist.List{}
			l.SetUint64("version", 5)
			return c.Answer(l)
		},
		ioctl.OpPoolGetProps: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			l := &nvlist.List{}
			l.SetList("altroot", pair("/mnt", "none"))
			return l, nil
		}),
	}
	for op, h := range handlers {
		all[op] = h
	}
	dev := ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
		*calls = append(*calls, verb(op)+" "+c.Text(ioctl.FieldName))
		if all[op] == nil {
			return ioctl.CodeIocCmdUnavail.Err()
		}
		return all[op](c)
	})
	c, err := Open(&Options{Device: dev, Release: newestRelease})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dataset returns a dataset as a walk finds it.
func dataset(name string, typ prop.DatasetType) *Dataset {
	stats := &nvlist.List{}
	stats.SetList("mountpoint", pair("/srv", name))
	return &Dataset{Name: name, Type: typ, Props: &Properties{name: name, typ: typ, stats: stats}}
}

func TestComplete(t *testing.T) {
	var calls []string
	c := completing(t, &calls, nil)
	shared := c.newCompletion(t.Context(), "tank", partsAll, nil)
	for _, name := range []string{"tank/a", "tank/b"} {
		ds := dataset(name, prop.TypeFilesystem)
		if err := c.complete(t.Context(), ds, shared); err != nil {
			t.Fatal(err)
		}
		got := ds.Props.Text(prop.Version) + " " + ds.Props.Text(prop.Mountpoint) + " " + ds.Props.Text(prop.Mounted)
		if want := "5 /mnt/srv no"; got != want {
			t.Errorf("%s: version, mountpoint and mounted are %s, want %s", name, got, want)
		}
	}
	volume := dataset("tank/v", prop.TypeVolume)
	if err := c.complete(t.Context(), volume, shared); err != nil {
		t.Fatal(err)
	}
	// The properties that all datasets of a pool share are read once, and not for a
	// volume.
	want := []string{"dataset tank/a", "pool get props tank", "dataset tank/b"}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// A filesystem that cannot be opened lacks a few properties, and no more.
func TestCompleteLockedFilesystem(t *testing.T) {
	for _, code := range []ioctl.Code{ioctl.CodeAcces, ioctl.CodeBusy, ioctl.CodeNoent} {
		var calls []string
		c := completing(t, &calls, map[ioctl.Op]ioctltest.Handler{
			ioctl.OpObjsetZplprops: func(*ioctl.Cmd) error { return code.Err() },
		})
		ds := dataset("tank/a", prop.TypeFilesystem)
		if err := c.complete(t.Context(), ds, c.newCompletion(t.Context(), "tank", partsAll, nil)); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		if got := ds.Props.Text(prop.Version) + " " + ds.Props.Text(prop.Mountpoint); got != "- /mnt/srv" {
			t.Errorf("%s: version and mountpoint are %s", code, got)
		}
	}
}

func TestCompleteErrors(t *testing.T) {
	malformed := func(c *ioctl.Cmd) error { return c.AnswerBytes([]byte("no list at all")) }
	tests := []struct {
		name     string
		handlers map[ioctl.Op]ioctltest.Handler
		want     error
	}{
		{"pool has gone", map[ioctl.Op]ioctltest.Handler{
			ioctl.OpPoolGetProps: func(*ioctl.Cmd) error { return ioctl.CodeNoent.Err() }}, ErrNotFound},
		{"malformed properties of the pool", map[ioctl.Op]ioctltest.Handler{ioctl.OpPoolGetProps: malformed}, nvlist.ErrSyntax},
		{"malformed properties of the filesystem", map[ioctl.Op]ioctltest.Handler{ioctl.OpObjsetZplprops: malformed}, nil},
		{"altroot of another type", map[ioctl.Op]ioctltest.Handler{ioctl.OpPoolGetProps: func(c *ioctl.Cmd) error {
			l := &nvlist.List{}
			l.SetUint64("altroot", 1)
			return c.Answer(l)
		}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var calls []string
			c := completing(t, &calls, tt.handlers)
			if err := c.complete(t.Context(), dataset("tank/a", prop.TypeFilesystem), c.newCompletion(t.Context(), "tank", partsAll, nil)); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestCompleteContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var calls []string
	c := completing(t, &calls, nil)
	if err := c.complete(ctx, dataset("tank/a", prop.TypeFilesystem), c.newCompletion(t.Context(), "tank", partsAll, nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if slices.Contains(calls, "pool get props tank") {
		t.Errorf("calls %v after the end of the context", calls)
	}
}

func TestPoolOf(t *testing.T) {
	for name, want := range map[string]string{"tank": "tank", "tank/a/b": "tank", "tank@s": "tank", "tank#m": "tank", "tank/a@s": "tank"} {
		if got := poolOf(name); got != want {
			t.Errorf("poolOf(%s) = %s", name, got)
		}
	}
}
