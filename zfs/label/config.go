package label

import (
	"fmt"

	"github.com/purezfs/purezfs/nvlist"
)

// Config is the configuration in a label or a cachefile. Fields that it does
// not have are zero.
type Config struct {
	Version uint64 // of the pool's format: 5000 for one with features
	Name    string // of the pool
	State   State
	// Txg is the transaction group in which this was written. Of two labels the
	// one with the higher number is right.
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
	// Tops is how many top-level devices the pool has, holes included. Pools of
	// very old versions do not tell.
	Tops  uint64
	Holes []uint64 // the numbers of top-level devices that have been removed
	Log   bool     // the device is for the intent log alone
	Spare bool     // the device stands in for another one
	// Features are those that a module must know to read the pool, in order.
	Features []string
	// Tree is the top-level device that the labelled one belongs to, in a
	// cachefile the whole pool. It is nil for spares and caches.
	Tree *Vdev
	// List is what all of this was read from. It must not be changed.
	List *nvlist.List
}

// listLimits bound a list that was read from a device or a cachefile.
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
// label's, a cachefile's, or one that the kernel has answered with. An error
// matches ErrConfig.
func ParseConfig(l *nvlist.List) (*Config, error) {
	c := &Config{List: l}
	for _, f := range []struct {
		name string
		to   *uint64
	}{
		{"version", &c.Version}, {"state", (*uint64)(&c.State)}, {"txg", &c.Txg}, {"pool_guid", &c.PoolGUID}, {"guid", &c.GUID},
		{"top_guid", &c.TopGUID}, {"hostid", &c.HostID}, {"errata", &c.Errata}, {"vdev_children", &c.Tops},
	} {
		*f.to, _ = l.Uint(f.name)
	}
	for _, f := range []struct {
		name string
		to   *string
	}{{"name", &c.Name}, {"hostname", &c.HostName}, {"comment", &c.Comment}, {"compatibility", &c.Compatibility}} {
		*f.to, _ = l.Text(f.name)
	}
	log, _ := l.Uint("is_log")
	spare, _ := l.Uint("is_spare")
	c.Log, c.Spare = log != 0, spare != 0
	c.Holes, _ = l.Uint64Array("hole_array")
	features, _ := l.List("features_for_read")
	c.Features = sortedKeys(features)
	tree, ok := l.List("vdev_tree")
	if !ok {
		return c, nil
	}
	var err error
	c.Tree, err = parseVdev(tree, maxVdevDepth)
	return c, err
}

// check refuses what no kernel writes, and what it writes while a device is not
// yet part of a pool.
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

// ashift is the power of two of the device's sectors, 0 if it does not tell.
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
