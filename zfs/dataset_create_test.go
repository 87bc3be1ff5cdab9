package zfs_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// texts returns properties of texts.
func texts(pairs ...string) prop.Values {
	props := make(prop.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		props[prop.Prop(pairs[i])] = prop.String(pairs[i+1])
	}
	return props
}

func TestDatasetCreate(t *testing.T) {
	const empty = "\ntype: int32 = 2\nprops: nvlist"
	tests := []struct {
		name, target string
		opts         *zfs.DatasetCreateOptions
		want         []string
	}{
		{"filesystem", "tank/a", nil, []string{"CREATE tank/a" + empty}},
		{"properties are in order and in the kernel's form", "tank/a",
			&zfs.DatasetCreateOptions{Props: texts("recordsize", "1M", "compression", "lz4", "a:b", "text", "quota", "10G", "casesensitivity", "mixed")},
			[]string{"CREATE tank/a\ntype: int32 = 2\nprops: nvlist\n" +
				"    a:b: string = \"text\"\n    casesensitivity: uint64 = 2\n    compression: uint64 = 15\n" +
				"    quota: uint64 = 10737418240\n    recordsize: uint64 = 1048576"}},
		{"volume", "tank/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 30, Props: texts("volblocksize", "16K")},
			[]string{"CREATE tank/v\ntype: int32 = 3\nprops: nvlist\n    volblocksize: uint64 = 16384\n    volsize: uint64 = 1073741824"}},
		{"volume, rounded up", "tank/v", &zfs.DatasetCreateOptions{VolumeSize: 1000, VolumeRound: true},
			[]string{"CREATE tank/v\ntype: int32 = 3\nprops: nvlist\n    volsize: uint64 = 16384"}},
		{"volume of whole blocks", "tank/v", &zfs.DatasetCreateOptions{VolumeSize: 32768, VolumeRound: true},
			[]string{"CREATE tank/v\ntype: int32 = 3\nprops: nvlist\n    volsize: uint64 = 32768"}},
		{"volume, rounded up to its own blocks", "tank/v", &zfs.DatasetCreateOptions{VolumeSize: 1<<20 + 1, VolumeRound: true, Props: texts("volblocksize", "4K")},
			[]string{"CREATE tank/v\ntype: int32 = 3\nprops: nvlist\n    volblocksize: uint64 = 4096\n    volsize: uint64 = 1052672"}},
		{"volume as it is", "tank/v", &zfs.DatasetCreateOptions{VolumeSize: 1000},
			[]string{"CREATE tank/v\ntype: int32 = 3\nprops: nvlist\n    volsize: uint64 = 1000"}},
		{"rounding is for volumes", "tank/a", &zfs.DatasetCreateOptions{VolumeRound: true}, []string{"CREATE tank/a" + empty}},
		{"the largest volume", "tank/v", &zfs.DatasetCreateOptions{VolumeSize: math.MaxUint64 - 16383, VolumeRound: true},
			[]string{"CREATE tank/v\ntype: int32 = 3\nprops: nvlist\n    volsize: uint64 = 18446744073709535232"}},
		{"parents", "tank/a/b/c", &zfs.DatasetCreateOptions{Parents: true},
			[]string{"CREATE tank/a" + empty, "CREATE tank/a/b" + empty, "CREATE tank/a/b/c" + empty}},
		{"no parents to make", "tank/a", &zfs.DatasetCreateOptions{Parents: true}, []string{"CREATE tank/a" + empty}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			if err := c.DatasetCreate(t.Context(), tt.target, tt.opts); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// Invalid arguments are refused before the kernel changes anything.
func TestDatasetCreateRefuses(t *testing.T) {
	tests := []struct {
		name string
		opts zfs.DatasetCreateOptions
	}{
		{"unknown property", zfs.DatasetCreateOptions{Props: texts("Colour", "red")}},
		{"read-only property", zfs.DatasetCreateOptions{Props: texts("used", "1")}},
		{"of a volume", zfs.DatasetCreateOptions{Props: texts("volsize", "1G")}},
		{"of a filesystem", zfs.DatasetCreateOptions{VolumeSize: 1 << 20, Props: texts("atime", "on")}},
		{"a size that would begin again at 0", zfs.DatasetCreateOptions{VolumeSize: math.MaxUint64 - 16382, VolumeRound: true}},
		{"the largest number", zfs.DatasetCreateOptions{VolumeSize: math.MaxUint64, VolumeRound: true}},
		{"value", zfs.DatasetCreateOptions{Props: texts("compression", "zip")}},
		{"number without a name", zfs.DatasetCreateOptions{Props: prop.Values{prop.Atime: prop.Uint64(7)}}},
		{"record size", zfs.DatasetCreateOptions{Props: prop.Values{prop.RecordSize: prop.Uint64(1000)}}},
		{"number for a text", zfs.DatasetCreateOptions{Props: prop.Values{prop.Mountpoint: prop.Uint64(1)}}},
		{"number for a user property", zfs.DatasetCreateOptions{Props: prop.Values{"a:b": prop.Uint64(1)}}},
		{"absent value", zfs.DatasetCreateOptions{Props: prop.Values{prop.Atime: {}}}},
		{"list", zfs.DatasetCreateOptions{Props: prop.Values{prop.Atime: prop.Strings([]string{"on"})}}},
		{"name of a property", zfs.DatasetCreateOptions{Props: texts("A:b", "x")}},
		{"before its parents are made", zfs.DatasetCreateOptions{Parents: true, Props: texts("Colour", "red")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := testkit.NoKernel(t).DatasetCreate(t.Context(), "tank/a/b", &tt.opts)
			if !errors.Is(err, zfs.ErrInvalidProp) {
				t.Errorf("error %v, want ErrInvalidProp", err)
			}
		})
	}
}

// The kernel refuses these names, too, but not as names.
func TestDatasetCreateRefusesNames(t *testing.T) {
	for _, name := range []string{"", "tank", "tank/a@s", "tank/a#m", "tank/a%b", "tank//a", "9/a"} {
		if err := testkit.NoKernel(t).DatasetCreate(t.Context(), name, nil); !errors.Is(err, zfs.ErrInvalidName) {
			t.Errorf("%q: error %v, want ErrInvalidName", name, err)
		}
	}
}

func TestDatasetCreateErrors(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
		switch c.Text(ioctl.FieldName) {
		case "tank/a": // exists already
			return ioctl.CodeExist.Err(), true
		case "tank/a/b/c":
			failed := &nvlist.List{}
			failed.SetInt32("quota", int32(ioctl.CodeNospc))
			if err := c.Answer(failed); err != nil {
				return err, true
			}
			return ioctl.CodeInval.Err(), true
		case "tank/x":
			return ioctl.CodeNospc.Err(), true
		}
		return nil, false
	}
	var e *zfs.Error
	err := c.DatasetCreate(t.Context(), "tank/a/b/c", &zfs.DatasetCreateOptions{Parents: true, Props: texts("quota", "1G")})
	if !errors.Is(err, zfs.ErrInvalidProp) || !errors.As(err, &e) {
		t.Fatalf("error %v, want ErrInvalidProp", err)
	}
	if diff := cmp.Diff([]string{"tank/a/b"}, e.Done); diff != "" {
		t.Errorf("Done (-want +got):\n%s", diff)
	}
	if len(e.Items) != 1 || e.Items[0].Name != "quota" || !errors.Is(e.Items[0].Err, zfs.ErrNoSpace) {
		t.Errorf("Items = %v, want the quota", e.Items)
	}
	err = c.DatasetCreate(t.Context(), "tank/x/y/z", &zfs.DatasetCreateOptions{Parents: true})
	if !errors.Is(err, zfs.ErrNoSpace) || !errors.As(err, &e) || e.Name != "tank/x" || e.Done != nil {
		t.Errorf("error %v, want that of the first parent", err)
	}
}

// An operation that has been carried out is not run again for its answer.
func TestDatasetCreateAnswerCut(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
		return c.AnswerBytes(make([]byte, 1<<20)), true
	}
	var e *zfs.Error
	err := c.DatasetCreate(t.Context(), "tank/a", nil)
	if !errors.As(err, &e) || !e.Executed || e.Code != ioctl.CodeNomem {
		t.Errorf("error %v, want one with Executed", err)
	}
	if len(f.Sent) != 1 {
		t.Errorf("%d calls, want 1", len(f.Sent))
	}
}

// A malformed answer is an error, though the dataset was made.
func TestDatasetCreateMalformedAnswer(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = testkit.MalformedOn(ioctl.OpCreate)
	var e *zfs.Error
	err := c.DatasetCreate(t.Context(), "tank/a", nil)
	if !errors.Is(err, nvlist.ErrSyntax) || !errors.As(err, &e) || !e.Executed {
		t.Errorf("error %v, want a malformed answer of something done", err)
	}
}
