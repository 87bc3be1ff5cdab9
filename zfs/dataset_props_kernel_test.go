package zfs_test

import (
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelDatasetSetProps(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true})
	set := prop.Values{
		prop.Compression: prop.String("zstd-5"),
		prop.Quota:       prop.Uint64(20 << 20),
		prop.Checksum:    prop.String("sha256"),
		"com.example:k":  prop.String("v"),
	}
	if err := c.DatasetSetProps(ctx, pool+"/a", set); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		ds     string
		prop   prop.Prop
		text   string
		source string
	}{
		{"/a", prop.Compression, "zstd-5", "local"},
		{"/a/b", prop.Compression, "zstd-5", "inherited from " + pool + "/a"},
		{"/a", prop.Quota, "20971520", "local"},
		{"/a/b", prop.Quota, "0", "default"},
		{"/a/b", prop.Checksum, "sha256", "inherited from " + pool + "/a"},
		{"/a", "com.example:k", "v", "local"},
		{"/a/b", "com.example:k", "v", "inherited from " + pool + "/a"},
		{"/a", prop.Atime, "on", "default"},
		{"/a", "com.example:none", "-", "-"},
	} {
		ds, err := c.DatasetStats(ctx, pool+tc.ds, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := ds.Props.Text(tc.prop); got != tc.text {
			t.Errorf("%s of %s is %q, want %q", tc.prop, tc.ds, got, tc.text)
		}
		if got := ds.Props.Source(tc.prop).String(); got != tc.source {
			t.Errorf("source of %s of %s is %q, want %q", tc.prop, tc.ds, got, tc.source)
		}
	}
}

// Setting a property must store a local value. An earlier client put another
// number into the field that the kernel reads as "received", which wrote
// received values and dropped others.
func TestKernelSetPropIsLocal(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	receiveProps(t, pool)
	before := zfstest.Run(t, "zfs", "get", "-Hp", "-o", "property,received", "all", pool+"/dst")
	if err := c.DatasetSetProps(ctx, pool+"/dst", prop.Values{prop.Atime: prop.String("off")}); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(zfstest.Run(t, "zfs", "get", "-Hp", "-o", "value,source", "atime", pool+"/dst")); got != "off\tlocal" {
		t.Errorf("atime is %q, want off and local", got)
	}
	if after := zfstest.Run(t, "zfs", "get", "-Hp", "-o", "property,received", "all", pool+"/dst"); after != before {
		t.Errorf("received values changed from\n%s\nto\n%s", before, after)
	}
}

// receiveProps creates POOL/dst with received properties.
func receiveProps(t *testing.T, pool string) {
	t.Helper()
	zfstest.Run(t, "sh", "-c", "zfs create -o compression=gzip-3 -o com.example:r=received "+pool+"/src && "+
		"zfs snapshot "+pool+"/src@s && zfs send -p "+pool+"/src@s | zfs receive -u "+pool+"/dst")
}

func TestKernelDatasetInheritProp(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	receiveProps(t, pool)
	local := prop.Values{prop.Compression: prop.String("off"), "com.example:r": prop.String("local")}
	if err := c.DatasetSetProps(ctx, pool+"/dst", local); err != nil {
		t.Fatal(err)
	}
	state := func(property prop.Prop) string {
		t.Helper()
		ds, err := c.DatasetStats(ctx, pool+"/dst", nil)
		if err != nil {
			t.Fatal(err)
		}
		return ds.Props.Text(property) + " " + ds.Props.Source(property).String()
	}
	for _, step := range []struct {
		name     string
		prop     prop.Prop
		received bool
		want     string
	}{
		{"back to the received value", prop.Compression, true, "gzip-3 received"},
		{"back to the received user property", "com.example:r", true, "received received"},
		{"removed", "com.example:r", false, "- -"},
	} {
		if err := c.DatasetInheritProp(ctx, pool+"/dst", step.prop, &zfs.InheritOptions{Received: step.received}); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := state(step.prop); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	if err := c.DatasetInheritProp(ctx, pool+"/dst", prop.Compression, nil); err != nil {
		t.Fatal(err)
	}
	if got := state(prop.Compression); !strings.HasSuffix(got, " default") {
		t.Errorf("inherited compression is %q, want the default", got)
	}
}
