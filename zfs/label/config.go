package label

import (
	"fmt"

	"github.com/purezfs/purezfs/nvlist"
)

// Config is the configuration in a label or a cachefile. Fields that it does
// not have are zero.
type Config struct {
	Version uint64 // of the pool: 5000 for a pool with features
	Name    string // of the pool
	State   State
	// Txg is the transaction group in which this was written. If two labels
	// differ, the label with the higher number is valid.
	Txg      uint64
	PoolGUID uint64
	// GUID is the device's own, TopGUID that of the top-level device that it
	// belongs to.
	GUID, TopGUID uint64
	// HostID and HostName are of the machine that last had the pool imported.
	HostID        uint64
	HostName      string
	Comment       string
	Compatibility string
	Errata        uint64
	// Tops is the number of top-level devices of the pool, including holes. It
	// is 0 for pools of very old versions.
	Tops  uint64
	Holes []uint64 // the numbers of top-level devices that have been removed
	Log   bool     // the device is for the intent log alone
	Spare bool     // the device is a spare that replaces another device
	// Features are the features that a module must support to read the pool,
	// in order.
	Features []string
	// Tree is the top-level device that the device belongs to or, in a
	// cachefile, the whole pool. It is nil for spares and caches.
	Tree *Vdev
	// List is the list that the other fields were read from. It must not be
	// changed.
	List *nvlist.List
}

// listLimits returns the limits for a list from a device or a cachefile.
func listLimits(bytes int) nvlist.Limits {
	return nvlist.Limits{Depth: 32, Pairs: bytes / 8, Bytes: bytes}
}

// decodeConfig reads the list of a label, without its checksum.
func decodeConfig(b []byte) (*Config, error) {
	l, err := nvlist.Decode(b, &nvlist.DecodeOptions{Limits: listLimits(configSize), AllowTrailing: true})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	c, err := ParseConfig(l)
	if err != nil {
		return nil, err
	}
	return c, c.check()
}

// ParseConfig takes the values out of a configuration's list, which may be a
// label's, a cachefile's, or one that the kernel has answered with. A value of
// another type than kernels write is an error, which matches ErrConfig.
func ParseConfig(l *nvlist.List) (*Config, error) {
	r := l.Reader()
	c := &Config{
		List: l, Version: r.Uint("version"), Name: r.Text("name"), State: State(r.Uint("state")), Txg: r.Uint("txg"),
		PoolGUID: r.Uint("pool_guid"), GUID: r.Uint("guid"), TopGUID: r.Uint("top_guid"),
		HostID: r.Uint("hostid"), HostName: r.Text("hostname"), Comment: r.Text("comment"), Compatibility: r.Text("compatibility"),
		Errata: r.Uint("errata"), Tops: r.Uint("vdev_children"), Holes: r.Uint64Array("hole_array"),
		Log: r.Uint("is_log") != 0, Spare: r.Uint("is_spare") != 0, Features: sortedKeys(r.List("features_for_read")),
	}
	tree := r.List("vdev_tree")
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if tree == nil {
		return c, nil
	}
	var err error
	c.Tree, err = parseVdev(tree, maxVdevDepth)
	return c, err
}

// check refuses configurations that no kernel writes, and those of devices that
// are not yet part of a pool.
func (c *Config) check() error {
	switch {
	case c.GUID == 0:
		return fmt.Errorf("%w: no GUID", ErrConfig)
	case !c.List.Has("state") || c.State > StateCache:
		return fmt.Errorf("%w: %v", ErrConfig, c.State)
	case c.State.Auxiliary():
		return nil
	case c.Txg == 0:
		return fmt.Errorf("%w: %w: no transaction group", ErrConfig, ErrCleared)
	case c.PoolGUID == 0 || c.Name == "":
		return fmt.Errorf("%w: no pool", ErrConfig)
	case c.Tree == nil:
		return fmt.Errorf("%w: no device", ErrConfig)
	}
	return nil
}

// ashift returns the binary logarithm of the device's sector size, or 0 if it is
// unknown.
func (c *Config) ashift() uint64 {
	switch {
	case c == nil:
		return 0
	case c.Tree == nil:
		n, _ := c.List.Uint("ashift") // of a cache
		return n
	}
	return c.Tree.Ashift
}
