package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestDatasetSetProps(t *testing.T) {
	tests := []struct {
		name, target string
		props        prop.Values
		want         []string
	}{
		// A cookie other than zero would set received values.
		{"several", "tank/a", texts("compression", "zstd-3", "a:b", "x", "atime", "off"), []string{
			"OBJSET_STATS tank/a", "SET_PROP tank/a\na:b: string = \"x\"\natime: uint64 = 0\ncompression: uint64 = 400"}},
		{"volume", "tank/v", texts("volsize", "2G"), []string{"OBJSET_STATS tank/v", "OBJSET_STATS tank/v", "SET_PROP tank/v\nvolsize: uint64 = 2147483648"}},
		{"snapshot", "tank/a@1", texts("a:b", "x"), []string{"OBJSET_STATS tank/a@1", "SET_PROP tank/a@1\na:b: string = \"x\""}},
		{"nothing", "tank/a", nil, []string{"OBJSET_STATS tank/a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			if err := c.DatasetSetProps(t.Context(), tt.target, tt.props); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDatasetSetPropsErrors(t *testing.T) {
	tests := []struct {
		name, target string
		props        prop.Values
		want         error
	}{
		{"bookmark", "tank#m", texts("a:b", "x"), zfs.ErrInvalidName},
		{"name", "tank//a", texts("a:b", "x"), zfs.ErrInvalidName},
		{"not there", "tank/none", texts("a:b", "x"), zfs.ErrNotFound},
		{"only at creation", "tank/a", texts("casesensitivity", "mixed"), zfs.ErrInvalidProp},
		{"not of a volume", "tank/v", texts("atime", "on"), zfs.ErrInvalidProp},
		{"one of several", "tank/a", texts("atime", "on", "used", "1"), zfs.ErrInvalidProp},
		{"text with a NUL", "tank/a", texts("a:b", "x\x00y"), zfs.ErrInvalidProp},
		{"user property too long", "tank/a", texts("a:b", strings.Repeat("x", 8192)), zfs.ErrInvalidProp},
		{"relative mountpoint", "tank/a", texts("mountpoint", "a/b"), zfs.ErrInvalidProp},
		{"location of no key", "tank/a", texts("keylocation", "ftp://x"), zfs.ErrInvalidProp},
		{"quota of a user", "tank/a", texts("userquota@alice", "1G"), zfs.ErrInvalidProp},
		{"space of a user", "tank/a", texts("userused@alice", "1"), zfs.ErrInvalidProp},
		{"written", "tank/a", texts("written@s", "1"), zfs.ErrInvalidProp},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			f.Bad = func(op ioctl.Op, _ *ioctl.Cmd) (error, bool) {
				if op == ioctl.OpSetProp {
					t.Error("the kernel was called to set something")
				}
				return nil, false
			}
			if err := c.DatasetSetProps(t.Context(), tt.target, tt.props); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestDatasetSetPropsItems(t *testing.T) {
	c, f := testkit.OpenFake(t, tree[:]...)
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpSetProp {
			return nil, false
		}
		failed := &nvlist.List{}
		failed.SetInt32("quota", int32(ioctl.CodeNospc))
		if err := c.Answer(failed); err != nil {
			return err, true
		}
		return ioctl.CodeNospc.Err(), true
	}
	var e *zfs.Error
	err := c.DatasetSetProps(t.Context(), "tank/a", texts("quota", "1", "atime", "on"))
	if !errors.Is(err, zfs.ErrNoSpace) || !errors.As(err, &e) {
		t.Fatalf("error %v, want ErrNoSpace", err)
	}
	if len(e.Items) != 1 || e.Items[0].Name != "quota" || !errors.Is(e.Items[0].Err, zfs.ErrNoSpace) {
		t.Errorf("Items = %v, want the quota", e.Items)
	}
}

// The errno is that of a key that is not loaded, and means that only elsewhere.
func TestDatasetSetPropsLocation(t *testing.T) {
	for property, want := range map[string]error{"keylocation": zfs.ErrInvalidProp, "a:b": zfs.ErrKey} {
		c, f := testkit.OpenFake(t, tree[:]...)
		f.Bad = testkit.Answers{ioctl.OpSetProp: func(c *ioctl.Cmd) error {
			failed := &nvlist.List{}
			failed.SetInt32(property, int32(ioctl.CodeAcces))
			if err := c.Answer(failed); err != nil {
				return err
			}
			return ioctl.CodeAcces.Err()
		}}.Bad
		err := c.DatasetSetProps(t.Context(), "tank/a", texts(property, "prompt"))
		testkit.Outcome{Want: want, Items: []string{property}}.Check(t, err)
		if errors.Is(err, zfs.ErrKey) && errors.Is(err, zfs.ErrInvalidProp) {
			t.Errorf("%s: error %v matches both", property, err)
		}
	}
}

// The failure is what matters: an answer that cannot be decoded does not hide it.
func TestDatasetSetPropsMalformedAnswer(t *testing.T) {
	c, f := testkit.OpenFake(t, tree[:]...)
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpSetProp {
			return nil, false
		}
		if err := c.AnswerBytes([]byte("no list")); err != nil {
			return err, true
		}
		return ioctl.CodePerm.Err(), true
	}
	if err := c.DatasetSetProps(t.Context(), "tank/a", texts("atime", "on")); !errors.Is(err, zfs.ErrPermission) {
		t.Errorf("error %v, want ErrPermission", err)
	}
}

func TestDatasetInheritProp(t *testing.T) {
	tests := []struct {
		name, target string
		prop         prop.Prop
		opts         *zfs.InheritOptions
		want         string
	}{
		{"native", "tank/a", prop.Compression, nil, "INHERIT_PROP tank/a value=compression"},
		{"user", "tank/a@1", "a:b", &zfs.InheritOptions{}, "INHERIT_PROP tank/a@1 value=a:b"},
		{"received", "tank/a", prop.Quota, &zfs.InheritOptions{Received: true}, "INHERIT_PROP tank/a value=quota cookie=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			if err := c.DatasetInheritProp(t.Context(), tt.target, tt.prop, tt.opts); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.want}, f.Sent[len(f.Sent)-1:]); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDatasetInheritPropRefuses(t *testing.T) {
	tests := []struct {
		name, target string
		prop         prop.Prop
		want         error
	}{
		{"bookmark", "tank#m", "a:b", zfs.ErrInvalidName},
		{"name", "", "a:b", zfs.ErrInvalidName},
		{"not inherited", "tank/a", prop.Quota, zfs.ErrInvalidProp},
		{"read-only", "tank/a", prop.Used, zfs.ErrInvalidProp},
		{"unknown", "tank/a", "Colour", zfs.ErrInvalidProp},
		{"NUL", "tank/a", "a:b\x00", zfs.ErrInvalidProp},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := testkit.NoKernel(t).DatasetInheritProp(t.Context(), tt.target, tt.prop, nil); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
	c, f := testkit.OpenFake(t)
	f.Bad = testkit.FailOn(ioctl.OpInheritProp, ioctl.CodeInval)
	if err := c.DatasetInheritProp(t.Context(), "tank/a", "a:b", nil); !errors.Is(err, zfs.ErrInvalidProp) {
		t.Errorf("error %v, want ErrInvalidProp", err)
	}
}
