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

// ParseConfig parses the list of a configuration from a label, a cachefile or an
// answer of the kernel. An error matches ErrConfig.
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
