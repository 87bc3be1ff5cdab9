package zfs_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// objects answers the operations on objects: 1, 7 and one of 48 bits are there,
// 7 is a file, and the pool's object set 54 is that of tank/a.
func objects(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	obj := c.Uint64(ioctl.FieldObj)
	switch op {
	case ioctl.OpDsobjToDsname:
		if obj != 54 {
			return ioctl.CodeNoent.Err(), true
		}
		return c.SetText(ioctl.FieldValue, "tank/a"), true
	case ioctl.OpObjToPath:
		if obj != 7 {
			return ioctl.CodeNoent.Err(), true
		}
		return c.SetText(ioctl.FieldValue, "/dir/file"), true
	case ioctl.OpNextObj:
		for _, next := range []uint64{1, 7, 1 << 47} {
			if next > obj {
				c.SetUint64(ioctl.FieldObj, next)
				return nil, true
			}
		}
		return ioctl.CodeSrch.Err(), true
	case ioctl.OpObjToStats:
		stat(c, 90, 0o104755, 2, 1000, 5)
		return c.SetText(ioctl.FieldValue, "/dir/file"), true
	}
	return nil, false
}

// stat fills the kernel's structure of attributes.
func stat(c *ioctl.Cmd, numbers ...uint64) {
	for i, n := range numbers {
		binary.NativeEndian.PutUint64(c.Bytes(ioctl.FieldStat)[8*i:], n)
	}
}

func TestObjectDataset(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = objects
	if name, err := c.ObjectDataset(t.Context(), "tank", 54); err != nil || name != "tank/a" {
		t.Errorf("object set 54 is that of %q, %v", name, err)
	}
	if name, err := c.ObjectDataset(t.Context(), "tank", 55); !errors.Is(err, zfs.ErrNotFound) || name != "" {
		t.Errorf("object set 55 is that of %q, %v, want ErrNotFound", name, err)
	}
	if diff := cmp.Diff([]string{"DSOBJ_TO_DSNAME tank obj=54", "DSOBJ_TO_DSNAME tank obj=55", "OBJSET_STATS tank"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	for _, pool := range []string{"", "tank/a", "tank@s", "tank\x00"} {
		if _, err := testkit.NoKernel(t).ObjectDataset(t.Context(), pool, 54); !errors.Is(err, zfs.ErrInvalidName) {
			t.Errorf("pool %q: %v, want ErrInvalidName", pool, err)
		}
	}
}

func TestObjectPath(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = objects
	if path, err := c.ObjectPath(t.Context(), "tank/a@s", 7); err != nil || path != "/dir/file" {
		t.Errorf("object 7 is %q, %v", path, err)
	}
	if diff := cmp.Diff([]string{"OBJ_TO_PATH tank/a@s obj=7"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestObjectPathErrors(t *testing.T) {
	tests := []struct {
		name, ds string
		code     ioctl.Code
		want     error
		text     string
	}{
		{"not there", "tank/a", ioctl.CodeNoent, zfs.ErrNotFound, "object 9"},
		{"deleted", "tank/a", ioctl.CodeStale, fs.ErrNotExist, "deleted"},
		{"no file", "tank/a", ioctl.CodeNotsup, zfs.ErrInvalid, "object 9 is not a file"},
		{"volume", "tank/v", ioctl.CodeInval, zfs.ErrInvalid, "object 9"},
		{"forbidden", "tank/a", ioctl.CodePerm, zfs.ErrPermission, ""},
		{"locked", "tank/a", ioctl.CodeAcces, zfs.ErrKey, ""},
		{"bookmark", "tank/a#m", 0, zfs.ErrInvalidName, ""},
		{"NUL", "tank/a\x00", 0, zfs.ErrInvalidName, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = func(ioctl.Op, *ioctl.Cmd) (error, bool) { return tt.code.Err(), true }
			_, pathErr := c.ObjectPath(t.Context(), tt.ds, 9)
			o, statErr := c.ObjectStats(t.Context(), tt.ds, 9)
			for _, err := range []error{pathErr, statErr} {
				if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.text) {
					t.Errorf("error %v, want %v with %q", err, tt.want, tt.text)
				}
				if tt.want == zfs.ErrInvalid && errors.Is(err, zfs.ErrNotSupported) {
					t.Errorf("error %v blames the module", err)
				}
			}
			if o != nil || tt.code == 0 && len(f.Sent) > 0 {
				t.Errorf("object %v, sent %v", o, f.Sent)
			}
		})
	}
}

// A reused command does not leave attributes to the next object.
func TestObjectStats(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = objects
	want := zfs.Object{Number: 7, Generation: 90, Mode: fs.ModeSetuid | 0o755, Links: 2, ChangeTime: time.Unix(1000, 5), Path: "/dir/file"}
	o, err := c.ObjectStats(t.Context(), "tank/a", 7)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, *o); diff != "" {
		t.Errorf("object (-want +got):\n%s", diff)
	}
	f.Bad = testkit.FailOn(ioctl.OpObjToStats, ioctl.CodeNoent)
	if o, err := c.ObjectStats(t.Context(), "tank/a", 8); o != nil || !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("object %v, %v, want ErrNotFound", o, err)
	}
}

// The kernel fills the attributes before it looks for the path.
func TestObjectStatsWithoutPath(t *testing.T) {
	for code, deleted := range map[ioctl.Code]bool{ioctl.CodeStale: true, ioctl.CodeNoent: false, ioctl.CodeInval: false} {
		c, f := testkit.OpenFake(t)
		f.Bad = func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
			stat(c, 5, 0o100644, 1)
			return code.Err(), true
		}
		o, err := c.ObjectStats(t.Context(), "tank/a", 7)
		if err != nil {
			t.Fatal(err)
		}
		if o.Generation != 5 || o.Path != "" || o.Deleted != deleted || ioctl.CodeOf(o.PathErr) != code {
			t.Errorf("%s: %+v", code.Name(), o)
		}
	}
}

func TestObjectStatsMode(t *testing.T) {
	for bits, want := range map[uint64]fs.FileMode{
		0o010600: fs.ModeNamedPipe | 0o600, 0o020666: fs.ModeDevice | fs.ModeCharDevice | 0o666, 0o041777: fs.ModeDir | fs.ModeSticky | 0o777,
		0o060660: fs.ModeDevice | 0o660, 0o102755: fs.ModeSetgid | 0o755, 0o120777: fs.ModeSymlink | 0o777, 0o140700: fs.ModeSocket | 0o700,
		0o000644: fs.ModeIrregular | 0o644,
	} {
		c, f := testkit.OpenFake(t)
		f.Bad = func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
			stat(c, 1, bits)
			return nil, true
		}
		o, err := c.ObjectStats(t.Context(), "tank/a", 7)
		if err != nil || o.Mode != want {
			t.Errorf("mode %o is %v, want %v (%v)", bits, o.Mode, want, err)
		}
	}
}

func TestObjectNext(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = objects
	var got []uint64
	for obj, err := range c.ObjectNext(t.Context(), "tank/v@s", 3) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, obj)
	}
	if diff := cmp.Diff([]uint64{7, 1 << 47}, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	want := []string{"NEXT_OBJ tank/v@s obj=3", "NEXT_OBJ tank/v@s obj=7", "NEXT_OBJ tank/v@s obj=140737488355328"}
	if diff := cmp.Diff(want, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestObjectNextStop(t *testing.T) {
	checkStops(t, 3, func(t *testing.T) (iter.Seq2[uint64, error], *testkit.Fake) {
		c, f := testkit.OpenFake(t)
		f.Bad = objects
		return c.ObjectNext(t.Context(), "tank/a", 0), f
	})
}

func TestObjectNextErrors(t *testing.T) {
	tests := []struct {
		name, ds string
		bad      func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want     error
		text     string
	}{
		{"not there", "tank/a", testkit.FailOn(ioctl.OpNextObj, ioctl.CodeNoent), zfs.ErrNotFound, ""},
		{"forbidden", "tank/a", testkit.FailOn(ioctl.OpNextObj, ioctl.CodePerm), zfs.ErrPermission, ""},
		{"bookmark", "tank/a#m", nil, zfs.ErrInvalidName, ""},
		{"no end", "tank/a", func(ioctl.Op, *ioctl.Cmd) (error, bool) { return nil, true }, nil, "object 3 follows 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = tt.bad
			var last error
			for _, err := range c.ObjectNext(t.Context(), tt.ds, 3) {
				if last = err; err == nil {
					t.Fatal("it yields something")
				}
			}
			if last == nil || tt.want != nil && !errors.Is(last, tt.want) || !strings.Contains(last.Error(), tt.text) {
				t.Errorf("error %v, want %v with %q", last, tt.want, tt.text)
			}
		})
	}
}
