package label

import (
	"fmt"
	"io"
	"os"

	"github.com/purezfs/purezfs/nvlist"
)

// DefaultCachefile is the file with the configurations of the pools that are
// imported automatically.
const DefaultCachefile = "/etc/zfs/zpool.cache"

// maxCachefile is the maximum size of a cachefile in bytes.
const maxCachefile = 64 << 20

// ReadCachefile reads the pools that a cachefile lists, in its order. An empty
// file, which a kernel writes after the last pool is exported, lists no pools.
//
// Errors are those of reading the file, or an *Error that matches ErrConfig.
func ReadCachefile(path string) ([]*Config, error) {
	// Opening a pipe would wait for its writer.
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		return nil, &Error{Label: -1, Part: "cachefile", Err: fmt.Errorf("%w: %s is a pipe", ErrConfig, path)}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxCachefile+1))
	if err != nil {
		return nil, err
	}
	return ParseCachefile(b)
}

// ParseCachefile is ReadCachefile for the content of a file.
func ParseCachefile(b []byte) ([]*Config, error) {
	if len(b) == 0 {
		return nil, nil
	}
	wrong := func(err error) error {
		return &Error{Label: -1, Part: "cachefile", Err: fmt.Errorf("%w: %w", ErrConfig, err)}
	}
	if len(b) > maxCachefile {
		return nil, wrong(nvlist.ErrLimit)
	}
	l, err := nvlist.Decode(b, &nvlist.DecodeOptions{Limits: listLimits(len(b))})
	if err != nil {
		return nil, wrong(err)
	}
	var pools []*Config
	for pair := range l.All() {
		config, ok := pair.List()
		if !ok {
			return nil, wrong(fmt.Errorf("%s is not a pool", pair.Name()))
		}
		c, err := ParseConfig(config)
		if err != nil {
			return nil, wrong(fmt.Errorf("%s: %w", pair.Name(), err))
		}
		if c.Name == "" || c.PoolGUID == 0 || c.Tree == nil {
			return nil, wrong(fmt.Errorf("%s: name, GUID or devices are missing", pair.Name()))
		}
		pools = append(pools, c)
	}
	return pools, nil
}
