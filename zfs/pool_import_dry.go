package zfs

import (
	"context"

	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// dryImport tells what importing a pool would do, after all that can be known
// without the import was checked. Only a pool that the kernel could not open for a
// look is given to it once more, for that look does not say whether the pool could
// go back. The import is read-only, and undone should it succeed nevertheless.
func (c *Client) dryImport(ctx context.Context, p *ImportablePool, opts *PoolImportOptions) (*ImportedPool, error) {
	would := &ImportedPool{Name: opts.name(p), GUID: p.GUID, Config: p.Trial.Config}
	if p.Trial.Health == VdevHealthy.String() || p.Trial.Health == VdevDegraded.String() {
		return would, nil
	}
	// Nothing of the system learns of it: no cachefile, no mount points.
	props := &nvlist.List{}
	props.SetUint64(string(prop.PoolReadOnly), 1)
	props.SetString(string(prop.PoolCacheFile), "none")
	out, err := c.importPool(ctx, p, opts, props)
	if err == nil {
		return would, c.PoolExport(context.WithoutCancel(ctx), would.Name, nil)
	}
	info, _ := out.List("load_info")
	rewind, _ := info.List("rewind_info")
	if would.Rewound = parseRewound(rewind); would.Rewound == nil || opts.Rewind == RewindNone {
		return nil, err
	}
	return would, nil
}
