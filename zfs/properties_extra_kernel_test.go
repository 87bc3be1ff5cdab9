package zfs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// zfs(8) shows what we set for owners, and we show used and written as zfs get
// does.
func TestKernelExtraProps(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	dir := t.TempDir()
	zfstest.Run(t, "zfs", "create", "-o", "mountpoint="+dir, pool+"/fs")
	zfstest.Run(t, "zfs", "create", "-s", "-V", "16M", pool+"/vol")
	fill := func(size string) {
		zfstest.Run(t, "sh", "-ec", "dd if=/dev/urandom of="+dir+"/f"+size+" bs="+size+" count=1 2>/dev/null; chown 1000:7 "+dir+"/f"+size+"; sync")
		zfstest.Run(t, "zpool", "sync", pool)
	}
	fill("300k")
	zfstest.Run(t, "zfs", "snapshot", pool+"/fs@one")
	fill("200k")
	zfstest.Run(t, "zfs", "snapshot", pool+"/fs@two")
	zfstest.Run(t, "zfs", "snapshot", pool+"/vol@one")
	fill("100k")
	quotas := texts("userquota@root", "64M", "userobjquota@1000", "1000", "groupquota@0", "1G", "groupobjquota@7", "9", "projectquota@5", "3M", "projectobjquota@5", "30")
	if err := c.DatasetSetProps(t.Context(), pool+"/fs", quotas); err != nil {
		t.Fatal(err)
	}
	// A limit is removed by 0, and by none.
	again := prop.Values{"groupobjquota@7": prop.Uint64(0), "projectquota@5": prop.String("none")}
	if err := c.DatasetSetProps(t.Context(), pool+"/fs", again); err != nil {
		t.Fatal(err)
	}
	props := []prop.Prop{
		"userused@1000", "userused@root", "userused@nobody-has-this-name", "groupused@7", "userobjused@1000", "groupobjused@0", "projectused@0", "projectobjused@0",
		"userquota@root", "userquota@0", "userobjquota@1000", "groupquota@0", "groupobjquota@7", "projectquota@5", "projectobjquota@5",
		"written@one", "written@two", prop.Prop("written@" + pool + "/fs@one"), "written@none",
	}
	for _, name := range []string{pool + "/fs", pool + "/fs@two", pool + "/vol", pool + "/vol@one"} {
		ds, err := c.DatasetStats(t.Context(), name, &zfs.DatasetStatsOptions{Props: props})
		if err != nil {
			t.Fatal(err)
		}
		var ours []string
		for _, property := range props {
			ours = append(ours, strings.Join([]string{string(property), ds.Props.Text(property), ds.Props.Source(property).String()}, "\t"))
		}
		theirs := strings.TrimSpace(zfstest.Run(t, "zfs", "get", "-Hpo", "property,value,source", columnList(props), name))
		if diff := cmp.Diff(strings.Split(theirs, "\n"), ours); diff != "" {
			t.Errorf("%s (-zfs +ours):\n%s", name, diff)
		}
	}
	if got := get(t, "userquota@0", pool+"/fs"); got != "67108864" {
		t.Errorf("userquota@0 is %s after it was set for root", got)
	}
	zfstest.Run(t, "zfs", "unmount", pool+"/fs")
	mustCreate(t, c, pool+"/new", &zfs.DatasetCreateOptions{Props: texts("userquota@1000", "5M", "atime", "off")})
	if got := get(t, "userquota@1000", pool+"/new"); got != "5242880" {
		t.Errorf("userquota@1000 of a new filesystem is %s", got)
	}
}
