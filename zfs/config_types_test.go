package zfs

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/purezfs/purezfs/internal/golden"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/label"
)

// recordedStatus returns the longest recorded answer to POOL_STATS of an image.
func recordedStatus(tb testing.TB, image string) []byte {
	tb.Helper()
	var longest []byte
	for _, b := range golden.Answers(tb, "../testdata/calls/"+image+".jsonl", "ZFS_IOC_POOL_STATS") {
		if len(b) > len(longest) {
			longest = b
		}
	}
	return longest
}

// describeStatus writes down what parseStatus takes out of a configuration, and
// what the code says of the pool.
func describeStatus(l *nvlist.List) (string, error) {
	s, err := parseStatus(l)
	if err != nil {
		return "", err
	}
	redundancies := fmt.Sprint(s.redundancies())
	s.Code, s.Config = s.code(newestRelease), nil
	s.Root.All(func(v *Vdev) bool {
		v.Config = nil
		return true
	})
	for _, v := range append(s.Spares, s.Cache...) {
		v.Config = nil
	}
	b, err := json.Marshal(s)
	return string(b) + redundancies, err
}

// statusWithAll is a configuration with all that an idle pool lacks.
func statusWithAll(tb testing.TB) *nvlist.List {
	tb.Helper()
	l, err := nvlist.Decode(recordedStatus(tb, "2.4"), nil)
	if err != nil {
		tb.Fatal(err)
	}
	l.SetUint64("suspended", 1)
	l.SetUint64("suspended_reason", uint64(SuspendMultihost))
	l.SetUint64("errata", 1)
	l.SetUint64("error_count", 5)
	root, _ := l.List("vdev_tree")
	work := make([]uint64, 22)
	for i := range work {
		work[i] = 1
	}
	work[15] = uint64(ScanErrorScrub)
	for _, name := range []string{"scan_stats", "removal_stats", "checkpoint_stats", "raidz_expand_stats"} {
		root.SetUint64Array(name, work)
	}
	tops, _ := root.Lists("children")
	for i, kind := range []string{"raidz", "draid"} {
		extra := tops[0].Clone()
		extra.SetString("type", kind)
		extra.Delete("path")
		extra.SetUint64("id", uint64(10+i))
		extra.SetUint64("nparity", 1)
		extra.SetUint64("draid_ndata", 2)
		extra.SetUint64("draid_nspares", 1)
		extra.SetUint64("is_log", uint64(i))
		extra.SetString("alloc_bias", "special")
		extra.SetUint64Array("org.openzfs:rebuild_stats", work[:13])
		tops = append(tops, extra)
	}
	spare := tops[0].Clone()
	root.SetLists("children", tops)
	root.SetLists("spares", []*nvlist.List{spare})
	root.SetLists("l2cache", []*nvlist.List{spare.Clone()})
	return l
}

// TestStatusTypes gives each pair of recorded configurations another type.
func TestStatusTypes(t *testing.T) {
	configs := map[string]*nvlist.List{"all": statusWithAll(t)}
	for _, image := range []string{"2.0", "2.1", "2.3", "2.4"} {
		l, err := nvlist.Decode(recordedStatus(t, image), nil)
		if err != nil {
			t.Fatal(err)
		}
		configs[image] = l
	}
	for name, l := range configs {
		if n := golden.Retype(t, l, describeStatus, "feature_stats"); n < 15 {
			t.Errorf("%s: only %d pairs are read", name, n)
		}
	}
}

// TestTrialTypes gives each pair of an answer to a trial another type.
func TestTrialTypes(t *testing.T) {
	l := statusWithAll(t)
	l.SetUint64("state", uint64(label.StateExported))
	l.SetUint64("timestamp", 9)
	root, _ := l.List("vdev_tree")
	missing := &nvlist.List{}
	missing.SetLists("children", []*nvlist.List{root.Clone()})
	features := &nvlist.List{}
	features.SetString("org.example:new", "what it does")
	info := &nvlist.List{}
	info.SetUint64("hostid", 7)
	info.SetString("hostname", "other")
	info.SetList("unsup_feat", features)
	info.SetUint64("mmp_state", 1)
	info.SetUint64("mmp_hostid", 8)
	info.SetString("mmp_hostname", "third")
	info.SetUint64("mmp_txg", 10)
	info.SetList("missing_vdevs", missing)
	l.SetList("load_info", info)
	describe := func(l *nvlist.List) (string, error) {
		trial, err := parseTrial(l)
		if err != nil {
			return "", err
		}
		text := fmt.Sprint(trial.Time, trial.HostID, trial.HostName, trial.CanReadOnly, trial.Unsupported, trial.MMP)
		for _, group := range [][]*label.Vdev{{trial.Tree}, trial.Spares, trial.Caches, trial.Missing} {
			for _, top := range group {
				for v := range top.All() {
					text += fmt.Sprintln(v.Name(), v.Type, v.GUID, v.Ashift, v.Log)
				}
			}
		}
		return text, nil
	}
	if n := golden.Retype(t, l, describe, "unsup_feat"); n < 20 {
		t.Errorf("only %d pairs are read", n)
	}
}

// BenchmarkStatus reads recorded answers to POOL_STATS, as PoolStatus does.
func BenchmarkStatus(b *testing.B) {
	for _, image := range []string{"2.0", "2.4"} {
		packed := recordedStatus(b, image)
		b.Run(image, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l, err := nvlist.Decode(packed, nil)
				if err != nil {
					b.Fatal(err)
				}
				s, err := parseStatus(l)
				if err != nil {
					b.Fatal(err)
				}
				s.Code = s.code(newestRelease)
			}
		})
	}
}

// TestHistoryTypes reads records in which a value has another type.
func TestHistoryTypes(t *testing.T) {
	for _, name := range []string{"history time", "history command", "history who", "in_nvl", "errno", "elapsed_ns", "internal_name"} {
		l := &nvlist.List{}
		l.SetString("history command", "zpool scrub tank")
		l.SetDouble(name, 1)
		b, err := l.AppendNative(nil)
		if err != nil {
			t.Fatal(err)
		}
		r := parseHistory(b)
		if !errors.Is(r.Err, nvlist.ErrMismatch) || r.HasUID || r.Raw.Len() != l.Len() {
			t.Errorf("%s: error %v, record %+v", name, r.Err, r)
		}
	}
}

// TestOwnerTypes looks at labels in which a value has another type. A device that
// has one is not free.
func TestOwnerTypes(t *testing.T) {
	for _, name := range []string{"state", "name", "guid", "pool_guid"} {
		l := &nvlist.List{}
		l.SetUint64("state", uint64(label.StateActive))
		l.SetString("name", "tank")
		l.SetUint64("guid", 1)
		l.SetUint64("pool_guid", 2)
		l.SetDouble(name, 1)
		var d device
		if d.owner(l); d.used == "" || !d.known {
			t.Errorf("%s: %+v", name, d)
		}
	}
	var d device
	if d.owner(&nvlist.List{}); d.used != "" || d.known {
		t.Errorf("an empty label: %+v", d)
	}
}
