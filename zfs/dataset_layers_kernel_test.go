package zfs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

func TestKernelDatasetZPLProps(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", &zfs.DatasetCreateOptions{Props: texts("casesensitivity", "mixed", "normalization", "formD")})
	mustCreate(t, c, pool+"/v", &zfs.DatasetCreateOptions{VolumeSize: 1 << 20})
	mustSnapshot(t, c, pool+"/a@s")
	// They are not encrypted.
	key := t.TempDir() + "/key"
	zfstest.Run(t, "sh", "-c", "head -c 32 /dev/urandom >"+key)
	zfstest.Run(t, "zfs", "create", "-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://"+key, pool+"/e")
	zfstest.Run(t, "zfs", "unload-key", pool+"/e")
	for _, name := range under(pool, "/a", "/a@s", "/e") {
		props, err := c.DatasetZPLProps(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, property := range []prop.Prop{prop.Version, prop.Normalization, prop.UTF8Only, prop.CaseSensitivity} {
			got := prop.Format(property, props[property], c.Release())
			if want := zfsGet(t, string(property), name); got != want {
				t.Errorf("%s: %s is %q, want %q", name, property, got, want)
			}
		}
	}
	if props, err := c.DatasetZPLProps(t.Context(), pool+"/v"); len(props) != 0 || err != nil {
		t.Errorf("a volume has %v, %v, want none", props, err)
	}
}

// Received values remain readable after they were overridden locally.
func TestKernelDatasetReceivedProps(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustCreate(t, c, pool+"/a", &zfs.DatasetCreateOptions{Props: texts("compression", "gzip-9", "recordsize", "16K", "a:b", "text")})
	mustSnapshot(t, c, pool+"/a@s")
	zfstest.Run(t, "sh", "-c", "zfs send -p "+pool+"/a@s | zfs receive -u "+pool+"/b")
	zfstest.Run(t, "zfs", "set", "compression=off", pool+"/b")
	got, err := c.DatasetReceivedProps(t.Context(), pool+"/b")
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[prop.Prop]string)
	for property, v := range got {
		texts[property] = prop.Format(property, v, c.Release())
	}
	want := map[prop.Prop]string{"compression": "gzip-9", "recordsize": "16384", "a:b": "text"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
	for property := range want {
		if told := zfsColumn(t, "received", string(property), pool+"/b"); told != want[property] {
			t.Errorf("zfs says %s was received as %q, want %q", property, told, want[property])
		}
	}
	if got, err := c.DatasetReceivedProps(t.Context(), pool+"/a"); len(got) != 0 || err != nil {
		t.Errorf("a dataset that was not received has %v, %v, want none", got, err)
	}
}
