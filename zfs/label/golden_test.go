package label

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// zdbLines are the lines that zdb(8) printed under a heading.
func zdbLines(t *testing.T, release, heading string) (lines []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldenDir, release, "zdb.txt"))
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "== "); ok {
			inside = name == heading
		} else if inside {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) < 5 {
		t.Fatalf("zdb.txt of %s has %d lines on %s", release, len(lines), heading)
	}
	return lines
}

// zdbFields are "name: value" of the lines at the top of a label, and of all
// devices in it the GUIDs and paths in their order.
func zdbFields(lines []string) map[string]string {
	fields := make(map[string]string)
	inTree := false
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ": ")
		value = strings.Trim(value, "'")
		switch {
		case line == "vdev_tree:":
			inTree = true
		case line == "features_for_read:", strings.HasPrefix(line, "labels ="):
			inTree = false
		case !ok:
		case inTree && (name == "guid" || name == "path" || name == "type"):
			fields["tree "+name] += value + " "
		case !inTree:
			if _, again := fields[name]; !again {
				fields[name] = value
			}
		}
	}
	return fields
}

// ourFields are the same of a configuration.
func ourFields(c *Config) map[string]string {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	fields := map[string]string{"version": number(c.Version), "state": number(uint64(c.State)), "guid": number(c.GUID)}
	if !c.State.Auxiliary() {
		for name, value := range map[string]string{
			"name": c.Name, "txg": number(c.Txg), "pool_guid": number(c.PoolGUID), "errata": number(c.Errata), "hostid": number(c.HostID),
			"hostname": c.HostName, "top_guid": number(c.TopGUID), "vdev_children": number(c.Tops),
		} {
			fields[name] = value
		}
	}
	if c.Comment != "" {
		fields["comment"] = c.Comment
	}
	if c.Log {
		fields["is_log"] = "1"
	}
	for v := range c.Tree.All() {
		fields["tree type"] += v.Type + " "
		fields["tree guid"] += number(v.GUID) + " "
		if v.Path != "" {
			fields["tree path"] += v.Path + " "
		}
	}
	return fields
}

// Every label that a kernel wrote is whole, and says what zdb(8) of the same
// release says.
func TestGoldenEqualsZdb(t *testing.T) {
	for _, release := range goldenReleases() {
		for _, name := range goldenDevices() {
			t.Run(release+"/"+name, func(t *testing.T) {
				dev := mustRead(t, mustDisk(t, release+"/"+name), nil)
				for i := range dev.Labels {
					if l := &dev.Labels[i]; l.Err != nil || l.BootErr != nil {
						t.Fatalf("label %d: %v, %v", i, l.Err, l.BootErr)
					}
				}
				want := zdbFields(zdbLines(t, release, name))
				for _, other := range []string{"ashift", "path", "min_alloc", "max_alloc"} {
					delete(want, other)
				}
				for field := range want {
					if strings.ContainsAny(field, "[_") && !slices.Contains([]string{"pool_guid", "top_guid", "vdev_children", "is_log"}, field) {
						delete(want, field) // of the device header of a cache
					}
				}
				for _, header := range []string{"magic", "flags", "start", "end", "evict"} {
					delete(want, header)
				}
				got := ourFields(dev.Best().Config)
				if dev.Best().Config.State.Auxiliary() {
					want = map[string]string{"version": want["version"], "state": want["state"], "guid": want["guid"]}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("fields (-zdb +ours):\n%s", diff)
				}
				if dev.Whole() != Count {
					t.Errorf("%d labels agree", dev.Whole())
				}
			})
		}
	}
}

// zdbUberblocks are the uberblocks that zdb(8) printed, a text for each slot.
func zdbUberblocks(lines []string) []string {
	var all []string
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " = ")
		switch {
		case strings.HasPrefix(line, "Uberblock["):
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(line, "Uberblock["), "]"))
		case len(all) == 0:
		case slices.Contains([]string{"txg", "guid_sum", "mmp_delay", "mmp_seq", "mmp_fail", "mmp_write"}, name):
			all[len(all)-1] += " " + name + "=" + value
		case name == "timestamp":
			all[len(all)-1] += " at " + strings.Fields(value)[0]
		}
	}
	// Each label that differs has a part of its own; a slot is told once.
	slices.Sort(all)
	return slices.Compact(all)
}

// uberText is an uberblock in the same form.
func uberText(u *Uberblock) string {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	s := strconv.Itoa(u.Slot) + " txg=" + number(u.Txg) + " guid_sum=" + number(u.GUIDSum) + " at " + strconv.FormatInt(u.Time.Unix(), 10)
	if !u.MMP.Known {
		return s
	}
	s += " mmp_delay=" + number(uint64(u.MMP.Delay))
	if u.MMP.HasSeq {
		s += " mmp_seq=" + strconv.Itoa(int(u.MMP.Seq))
	}
	if u.MMP.HasFailIntervals {
		s += " mmp_fail=" + strconv.Itoa(int(u.MMP.FailIntervals))
	}
	if u.MMP.Interval > 0 {
		s += " mmp_write=" + number(uint64(u.MMP.Interval/time.Millisecond))
	}
	return s
}

// The uberblocks are those that zdb(8) shows, slot by slot, with slots of 1 and
// of 4 KiB, with and without protection by MMP.
func TestGoldenUberblocksEqualZdb(t *testing.T) {
	for _, release := range goldenReleases() {
		for _, name := range []string{"raidz0", "multihost", "mirror0"} {
			t.Run(release+"/"+name, func(t *testing.T) {
				dev := mustRead(t, mustDisk(t, release+"/"+name), nil)
				var ours []string
				for i := range dev.Labels {
					for k := range dev.Labels[i].Uberblocks {
						u := &dev.Labels[i].Uberblocks[k]
						if u.Err != nil {
							t.Errorf("slot %d: %v", u.Slot, u.Err)
						}
						// What only says that a host is alive zdb leaves out.
						if u.Slot < ringSize/u.Size-1 {
							ours = append(ours, uberText(u))
						}
					}
				}
				slices.Sort(ours)
				ours = slices.Compact(ours)
				if diff := cmp.Diff(zdbUberblocks(zdbLines(t, release, name+" uberblocks")), ours); diff != "" {
					t.Errorf("uberblocks (-zdb +ours):\n%s", diff)
				}
				newest := mustRead(t, mustDisk(t, release+"/"+name), &ReadOptions{Depth: DepthNewest})
				if len(newest.Labels[0].Uberblocks) != 1 {
					t.Errorf("%d uberblocks, want the newest", len(newest.Labels[0].Uberblocks))
				}
				if diff := cmp.Diff(dev.Uberblock(), newest.Uberblock()); diff != "" {
					t.Errorf("the newest (-all +alone):\n%s", diff)
				}
				if on := newest.Uberblock().MMP.Active(); on != (name == "multihost") {
					t.Errorf("MMP is on: %t", on)
				}
			})
		}
	}
}

// What a kernel keeps in a cachefile is read.
func TestGoldenCachefile(t *testing.T) {
	for _, release := range goldenReleases() {
		pools, err := ParseCachefile(mustUnzip(t, release+"/cachefile"))
		if err != nil || len(pools) != 1 {
			t.Fatalf("%s: %d pools, %v", release, len(pools), err)
		}
		c := pools[0]
		var kinds []string
		for v := range c.Tree.All() {
			kinds = append(kinds, v.Type)
		}
		if c.Name != "gold" || c.Comment != "two and more" || !slices.Equal(kinds, []string{"root", "mirror", "file", "file", "file"}) {
			t.Errorf("%s: pool %s %q of %v", release, c.Name, c.Comment, kinds)
		}
		best := mustRead(t, mustDisk(t, release+"/mirror0"), nil).Best().Config
		if c.PoolGUID != best.PoolGUID || c.Tree.find(best.GUID) == nil || !c.Tree.Children[1].Log {
			t.Errorf("%s: the cachefile and the labels differ", release)
		}
	}
}

// From the labels of all devices come the pools that they were made for.
func TestGoldenPools(t *testing.T) {
	for _, release := range goldenReleases() {
		var found []*Found
		for _, name := range goldenDevices() {
			found = append(found, mustFound(t, release+"/"+name))
		}
		var got []string
		for _, p := range Pools(found) {
			text := p.Config.Name + " " + p.Config.State.String() + " " + p.Health().String() + ":"
			for v := range p.Tree.All() {
				text += " " + v.Name()
			}
			if p.Multihost() {
				text += ", multihost"
			}
			got = append(got, text)
		}
		want := []string{
			"apart active ONLINE: root /dev/multihost, multihost",
			"gold active ONLINE: root mirror-0 /dev/mirror0 /dev/mirror1 /dev/log",
			"gone destroyed ONLINE: root /dev/destroyed",
			"striped exported ONLINE: root raidz1-0 /dev/raidz0 /dev/raidz1 /dev/raidz2",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", release, diff)
		}
	}
}
