package zfs_test

import (
	"errors"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// With a real module, too, every operation reports that the pool is missing. An
// operation that the module lacks fails earlier.
func TestKernelMissingPoolIsNamed(t *testing.T) {
	c := zfstest.Kernel(t)
	for _, m := range inPools() {
		t.Run(m.home, func(t *testing.T) {
			err := m.do(t, c, "nosuchpool")
			if since := missingSince[m.home]; since != "" && errors.Is(err, zfs.ErrNotSupported) {
				zfstest.Since(t, since, m.home)
			}
			checkPoolMissing(t, err, "nosuchpool")
		})
	}
}

// missingSince are the releases that introduced the operations that 2.0 lacks.
var missingSince = map[string]string{
	"UsernsAttach": "2.2", "UsernsDetach": "2.2", "VdevProps": "2.2", "VdevSetProps": "2.2", "PoolPrefetch": "2.3", "PoolDDTPrune": "2.3",
}
