package zfs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// mustFiles creates files that are large enough for devices of a pool.
func mustFiles(t *testing.T, names string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range strings.Fields(names) {
		path := filepath.Join(dir, name)
		testkit.Must(t, os.WriteFile(path, nil, 0o600))
		testkit.Must(t, os.Truncate(path, 64<<20))
	}
	return dir
}

// in puts a directory before words of one letter.
func in(dir, words string) (list []string) {
	for _, word := range strings.Fields(words) {
		if len(word) == 1 {
			word = filepath.Join(dir, word)
		}
		list = append(list, word)
	}
	return list
}

// confOf is the configuration of a command, without a directory.
func confOf(t *testing.T, c *ioctl.Cmd, dir string) string {
	t.Helper()
	l, err := nvlist.Decode(c.Conf(), nil)
	testkit.Must(t, err)
	return strings.ReplaceAll(shape(l, ""), dir+"/", "")
}

func TestPoolCreate(t *testing.T) {
	dir := mustFiles(t, "a b c d e f g")
	var got, conf string
	c, f := testkit.OpenFake(t)
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		conf = confOf(t, cmd, dir)
		return nil, true
	}
	layout, err := zfs.ParseLayout(in(dir, "raidz a b special mirror c d log e cache f spare g"))
	testkit.Must(t, err)
	testkit.Must(t, c.PoolCreate(t.Context(), "tank", layout, &zfs.PoolCreateOptions{
		Props: prop.Values{
			prop.PoolComment: prop.String("x"), prop.PoolAutoTrim: prop.String("on"), prop.PoolAshift: prop.String("12"),
		},
		RootProps: texts("atime", "off"),
		Features:  []string{"lz4_compress"},
		TempName:  "tmp",
	}))
	got = strings.Join(f.Sent, "\n")
	props := `POOL_CREATE tank
ashift: uint64 = 12
autotrim: uint64 = 1
comment: string = "x"
feature@lz4_compress: uint64 = 0
root-props-nvl: nvlist
    atime: uint64 = 0
tname: string = "tmp"`
	if diff := cmp.Diff(props, got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	want := `type=root 
  type=raidz is_log=0 nparity=1 ashift=12 
    type=file path=a is_log=0 ashift=12 
    type=file path=b is_log=0 ashift=12 
  type=mirror is_log=0 alloc_bias=special ashift=12 
    type=file path=c is_log=0 ashift=12 
    type=file path=d is_log=0 ashift=12 
  type=file path=e is_log=1 alloc_bias=log ashift=12 
  type=file path=g is_log=0 
  type=file path=f is_log=0 
`
	if diff := cmp.Diff(want, conf); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
}

// The numbers of a draid are worked out as zpool(8) does.
func TestPoolCreateDraid(t *testing.T) {
	dir := mustFiles(t, "a b c d e f g")
	for _, tt := range []struct{ words, want string }{
		{"draid a b c d", "nparity=1 draid_ndata=3 draid_nspares=0 draid_ngroups=1"},
		{"draid2:1s a b c d e f g", "nparity=2 draid_ndata=4 draid_nspares=1 draid_ngroups=1"},
		{"draid:2d:1s a b c d e f", "nparity=1 draid_ndata=2 draid_nspares=1 draid_ngroups=5"},
		{"draid:2d a b c d e", "nparity=1 draid_ndata=2 draid_nspares=0 draid_ngroups=5"},
	} {
		c, f := testkit.OpenFake(t)
		conf := ""
		f.Bad = func(_ ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
			conf = confOf(t, cmd, dir)
			return nil, true
		}
		layout, err := zfs.ParseLayout(in(dir, tt.words))
		testkit.Must(t, err)
		testkit.Must(t, c.PoolCreate(t.Context(), "tank", layout, nil))
		if !strings.Contains(conf, tt.want) {
			t.Errorf("%s: the kernel gets\n%s, want %q", tt.words, conf, tt.want)
		}
	}
}

// Invalid arguments are found before the kernel is called.
func TestPoolCreateRefused(t *testing.T) {
	dir := mustFiles(t, "a b c d e")
	testkit.Must(t, os.Truncate(filepath.Join(dir, "e"), 1<<20))
	testkit.Must(t, os.Truncate(filepath.Join(dir, "d"), 128<<20))
	props := func(name, value string) *zfs.PoolCreateOptions {
		return &zfs.PoolCreateOptions{Props: prop.Values{prop.Prop(name): prop.String(value)}}
	}
	for _, tt := range []struct {
		pool, words string
		opts        *zfs.PoolCreateOptions
		want        error
		text        string
	}{
		{"", "a", nil, zfs.ErrInvalidName, ""},
		{"tank/a", "a", nil, zfs.ErrInvalidName, "not a pool's name"},
		{"1tank", "a", nil, zfs.ErrInvalidName, ""},
		{"mirrors", "a", nil, zfs.ErrInvalidName, "mirror"},
		{"log", "a", nil, zfs.ErrInvalidName, "reserved for devices"},
		{"tank", "a", &zfs.PoolCreateOptions{TempName: "a/b"}, zfs.ErrInvalidName, ""},
		{"tank", "log a", nil, zfs.ErrInvalidLayout, "no device for data"},
		{"tank", "e", nil, zfs.ErrInvalidLayout, "at least 64 MiB"},
		{"tank", "x", nil, os.ErrNotExist, "/x"},
		{"tank", "mirror a d", nil, zfs.ErrInvalidLayout, "mirror-0"},
		{"tank", "a mirror b c", nil, zfs.ErrInvalidLayout, "mirror-1: it survives 1 failures"},
		{"tank", "mirror a b special c", nil, zfs.ErrInvalidLayout, "it survives 0 failures"},
		{"tank", "mirror a b special x", nil, os.ErrNotExist, "/x"},
		{"tank", dir, nil, zfs.ErrInvalidLayout, "neither a disk nor a file"},
		{"tank", "a", props("no-such", "1"), zfs.ErrInvalidProp, "no-such"},
		{"tank", "a", props("size", "1"), zfs.ErrInvalidProp, "read-only"},
		{"tank", "a", props("ashift", "8"), zfs.ErrInvalidProp, "9 to 16"},
		{"tank", "a", props("ashift", "x"), zfs.ErrInvalidProp, "number"},
		{"tank", "a", props("failmode", "x"), zfs.ErrInvalidProp, "wait, continue, panic"},
		{"tank", "a", props("comment", strings.Repeat("x", 33)), zfs.ErrInvalidProp, "32"},
		{"tank", "a", props("altroot", "x"), zfs.ErrInvalidProp, "absolute"},
		{"tank", "a", props("cachefile", "x"), zfs.ErrInvalidProp, "absolute"},
		{"tank", "a", props("version", "29"), zfs.ErrInvalidProp, "28"},
		{"tank", "a", props("feature@lz4_compress", "active"), zfs.ErrInvalidProp, "want enabled"},
		{"tank", "a", &zfs.PoolCreateOptions{AllFeatures: true, Props: props("version", "28").Props}, zfs.ErrInvalidProp, "28 has no features"},
		{"tank", "a", &zfs.PoolCreateOptions{RootProps: texts("no-such", "1")}, zfs.ErrInvalidProp, "no-such"},
		{"tank", "a", &zfs.PoolCreateOptions{RootProps: texts("encryption", "on")}, zfs.ErrInvalidProp, "encryption is on, and no key is given"},
		{"tank", "a", &zfs.PoolCreateOptions{RootProps: texts("keyformat", "raw"), DryRun: true}, zfs.ErrInvalidProp, "keyformat is set, and encryption is off"},
		{"tank", "a", &zfs.PoolCreateOptions{RootProps: texts("encryption", "on", "keyformat", "raw"), DryRun: true}, zfs.ErrInvalidProp, "keyformat is set, and no key is given"},
	} {
		t.Run(fmt.Sprint(tt.pool, " ", tt.words, " ", tt.text), func(t *testing.T) {
			c := testkit.NoKernel(t)
			layout, err := zfs.ParseLayout(in(dir, tt.words))
			testkit.Must(t, err)
			err = c.PoolCreate(t.Context(), tt.pool, layout, tt.opts)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %v with %q", err, tt.want, tt.text)
			}
		})
	}
	if err := testkit.NoKernel(t).PoolCreate(t.Context(), "tank", nil, nil); !errors.Is(err, zfs.ErrInvalidLayout) {
		t.Errorf("without a layout: %v", err)
	}
}

// A key is passed to the kernel, and zeroed afterwards.
func TestPoolCreateKey(t *testing.T) {
	dir := mustFiles(t, "a")
	layout, err := zfs.ParseLayout(in(dir, "a"))
	testkit.Must(t, err)
	c, f := testkit.OpenFake(t)
	f.Bad = func(op ioctl.Op, _ *ioctl.Cmd) (error, bool) { return nil, op == ioctl.OpPoolCreate }
	key := newKeys()["raw"]
	testkit.Must(t, c.PoolCreate(t.Context(), "tank", layout, &zfs.PoolCreateOptions{Features: []string{"encryption"}, Key: key}))
	for _, want := range []string{"hidden_args", "keyformat: uint64 = 1", `keylocation: string = "prompt"`, "encryption: uint64 = 1"} {
		if !strings.Contains(f.Sent[0], want) {
			t.Errorf("sent lacks %q:\n%s", want, f.Sent[0])
		}
	}
	for _, b := range key.Key {
		if b != 0 {
			t.Fatal("the key is still there")
		}
	}
}

func TestPoolErrnos(t *testing.T) {
	dir := mustFiles(t, "a")
	layout, err := zfs.ParseLayout(in(dir, "a"))
	testkit.Must(t, err)
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeBusy: zfs.ErrDeviceInUse, ioctl.CodeExist: zfs.ErrExists, ioctl.CodeOverflow: zfs.ErrInvalidLayout,
		ioctl.CodeDom: zfs.ErrInvalidLayout, ioctl.CodeNxio: zfs.ErrDevice, ioctl.CodeRange: zfs.ErrInvalidProp,
		ioctl.CodeBadprop: zfs.ErrInvalidProp, ioctl.CodePerm: zfs.ErrPermission, ioctl.CodeNotsup: zfs.ErrFeatureDisabled,
		ioctl.CodeInval: zfs.ErrInvalid, ioctl.CodeNospc: zfs.ErrNoSpace,
	} {
		c, f := testkit.OpenFake(t)
		f.Bad = testkit.FailOn(ioctl.OpPoolCreate, code)
		if err := c.PoolCreate(t.Context(), "tank", layout, nil); !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", code, err, want)
		}
	}
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeBusy: zfs.ErrBusy, ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodePerm: zfs.ErrPermission, ioctl.CodeAgain: zfs.ErrSuspended,
	} {
		c, f := testkit.OpenFake(t)
		f.Bad = testkit.FailOn(ioctl.OpPoolDestroy, code)
		if err := c.PoolDestroy(t.Context(), "tank", nil); !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", code, err, want)
		}
	}
	if err := testkit.NoKernel(t).PoolDestroy(t.Context(), "tank/a", nil); !errors.Is(err, zfs.ErrInvalidName) {
		t.Errorf("a dataset: %v", err)
	}
}
