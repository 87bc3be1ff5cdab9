package label

import (
	"fmt"
	"io"
	"os"

	"github.com/purezfs/purezfs/nvlist"
)

// DefaultCachefile is where the kernel keeps the configurations of the pools
// that it imports by itself.
const DefaultCachefile = "/etc/zfs/zpool.cache"

// maxCachefile bounds what is read of a cachefile.
const maxCachefile = 64 << 20

// ReadCachefile reads the pools that a cachefile lists, in its order. An empty
// file, such as a kernel leaves behind the last pool, lists none.
//
// Errors are of the file, or an *Error that matches ErrConfig.
func ReadCachefile(path string) ([]*Config, error) {
	// To open a pipe would wait for its writer.
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

// ParseCachefile is ReadCachefile for what has been read.
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
			return nil, wrong(fmt.Errorf("%s: neither name nor devices", pair.Name()))
		}
		pools = append(pools, c)
	}
	return pools, nil
}
