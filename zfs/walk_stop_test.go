package zfs_test

import (
	"errors"
	"iter"
	"testing"
	"testing/synctest"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// collect collects the names that a walk over datasets yields, and the error.
func collect(walk func(func(*zfs.Dataset, error) bool)) (names []string, err error) {
	for ds, e := range walk {
		if err != nil {
			return names, errors.New("the walk goes on behind its error")
		}
		if e != nil {
			err = e
			continue
		}
		names = append(names, ds.Name)
	}
	return names, err
}

// checkStops stops a walk over total items after each of them. No call is made
// after the end of the loop, and no goroutine is left.
func checkStops[T any](t *testing.T, total int, walk func(*testing.T) (iter.Seq2[T, error], *testkit.Fake)) {
	t.Helper()
	for stop := 1; stop <= total+1; stop++ {
		synctest.Test(t, func(t *testing.T) {
			seq, f := walk(t)
			seen := 0
			for _, err := range seq {
				if err != nil {
					t.Fatal(err)
				}
				if seen++; seen == stop {
					break
				}
			}
			if want := min(stop, total); seen != want {
				t.Errorf("%d items, want %d", seen, want)
			}
			calls := len(f.Sent)
			synctest.Wait()
			if more := len(f.Sent) - calls; calls == 0 || more != 0 {
				t.Errorf("stopped at %d with %d calls, then %d more", stop, calls, more)
			}
		})
	}
}

// under puts a prefix before each name.
func under(prefix string, names ...string) []string {
	var all []string
	for _, name := range names {
		all = append(all, prefix+name)
	}
	return all
}

// A fake without answers would let every test pass.
func TestFake(t *testing.T) {
	f := &testkit.Fake{}
	f.Add("tank", "tank/v@s")
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{ioctl.OpObjsetStats: func(c *ioctl.Cmd) error {
		return f.Answer(ioctl.OpObjsetStats, c)
	}})
	for name, want := range map[string]prop.DatasetType{
		"tank": prop.TypeFilesystem, "tank/v@s": prop.TypeVolume | prop.TypeSnapshot,
	} {
		ds, err := testkit.Open(t, dev).DatasetStats(t.Context(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ds.Type != want || ds.Props.Uint64(prop.Used) == 0 {
			t.Errorf("%s is a %s with %d bytes", name, ds.Type, ds.Props.Uint64(prop.Used))
		}
	}
}
