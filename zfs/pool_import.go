package zfs

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/label"
	"github.com/purezfs/purezfs/zfs/prop"
)

// PoolImportOptions says how to import a pool. Nil means the zero value.
type PoolImportOptions struct {
	// Search says where to look for the pool. Found is what PoolImportable has
	// found, instead of a search of its own for each of several pools.
	Search *PoolSearch
	Found  *ImportablePools
	// NewName is given to the pool instead of its own. With Temporary it has its
	// own again at the next import.
	NewName   string
	Temporary bool
	// ReadOnly imports it without writing anything, not even what was not yet
	// written of synchronous writes.
	ReadOnly bool
	// AltRoot is put in front of all mount points while it is imported.
	AltRoot string
	// Cachefile is where the pool is kept for the next start of the system,
	// "none" for nowhere; empty is the kernel's own cachefile, or none for a
	// pool with AltRoot or Temporary.
	Cachefile string
	// Force imports a pool that another host had and did not export. If that
	// host still uses it, the pool is destroyed by it.
	Force bool
	// Destroyed imports a pool that was destroyed; others are not found then.
	Destroyed bool
	// MissingLog imports a pool whose log devices are missing: what was only
	// written there is lost.
	MissingLog bool
	// Rewind allows to go back if the latest state cannot be read. Txg goes back
	// to this transaction group, or the last before it of which there is an
	// uberblock. Checkpoint goes back to the pool's checkpoint.
	Rewind     PoolRewind
	Txg        uint64
	Checkpoint bool
	// DryRun makes all checks and does not import the pool. With Rewind it tells
	// what going back would lose, for which the kernel opens a pool that is
	// damaged as if to import it read-only. It goes without Txg and Checkpoint.
	DryRun bool
	// Props are properties that the pool gets when it is imported. Those that
	// have a field of their own are not among them.
	Props prop.Values
}

// The kernel's flags of an import.
const (
	wireAnyHost    = 0x02
	wireMissingLog = 0x04
	wireTempName   = 0x10
	wireCheckpoint = 0x80
)

// ImportedPool is a pool that was imported.
type ImportedPool struct {
	Name string
	GUID uint64
	// Rewound is nil unless the pool went back to an earlier state because the
	// latest one could not be read.
	Rewound *PoolRewound
	// Config is the kernel's answer, with what it learned in load_info.
	Config *nvlist.List
}

// PoolRewound is the state that a pool went back to when it was imported.
type PoolRewound struct {
	Time time.Time     // when that state was written, zero if the kernel does not say
	Lost time.Duration // what was written for so long after it is lost, to the second
}

// parseRewound reads from what the kernel has learned whether the pool went back
// because its latest state could not be read, or could go.
func parseRewound(info *nvlist.List) *PoolRewound {
	written, _ := info.Uint("rewind_txg_ts")
	lost, ok := info.Int("seconds_of_rewind")
	// The latest state counts as that of 1970 where the kernel did not need another.
	if !ok || lost < 0 {
		return nil
	}
	r := &PoolRewound{Lost: time.Duration(lost) * time.Second}
	if written != 0 {
		r.Time = time.Unix(int64(written), 0)
	}
	return r
}

// PoolImport imports a pool, which is named by its name or by its GUID in
// decimal digits. It looks for the pool's devices, has the kernel open the pool
// for a look, refuses what is not safe, and imports it. Nothing is written
// before all of that went well. It mounts and shares nothing and loads no keys.
//
// A pool with the property multihost is watched for some seconds, for which the
// context can be waited for.
//
// Errors match ErrNotFound, ErrExists (its name is taken, or it is imported),
// ErrOtherHost, ErrNotSupported (the error's Items are the features that the
// module lacks), ErrDeviceMissing (the Items are devices, a log can be done
// without), ErrDamaged, ErrReadOnly (only a read-only import can do),
// ErrInvalid, ErrInvalidProp, ErrInvalidName, ErrBusy, ErrPermission, and the
// context's.
//
// Kernel: ZFS_IOC_POOL_IMPORT (legacy, since 0.8).
func (c *Client) PoolImport(ctx context.Context, pool string, opts *PoolImportOptions) (*ImportedPool, error) {
	if opts == nil {
		opts = &PoolImportOptions{}
	}
	if err := opts.check(); err != nil {
		return nil, inputError(ioctl.OpPoolImport, pool, err)
	}
	props, err := c.importProps(opts)
	if err != nil {
		return nil, inputError(ioctl.OpPoolImport, pool, err)
	}
	p, err := c.findImport(ctx, pool, opts)
	if err != nil {
		return nil, inputError(ioctl.OpPoolImport, pool, err)
	}
	if err := c.try(ctx, p, opts.Txg); err != nil {
		return nil, err
	}
	if err := opts.refuse(p); err != nil {
		return nil, err
	}
	if opts.DryRun {
		return c.dryImport(ctx, p, opts)
	}
	out, err := c.importPool(ctx, p, opts, props)
	if err != nil {
		return nil, err
	}
	info, _ := out.List("load_info")
	return &ImportedPool{Name: opts.name(p), GUID: p.GUID, Rewound: parseRewound(info), Config: out}, nil
}

// check refuses what makes no sense.
func (o *PoolImportOptions) check() error {
	if o.NewName != "" {
		if err := checkPool(o.NewName); err != nil {
			return err
		}
	}
	switch {
	case o.Temporary && o.NewName == "":
		return fmt.Errorf("%w: a temporary name has to be given", ErrInvalid)
	case o.AltRoot != "" && (!filepath.IsAbs(o.AltRoot) || strings.Contains(o.AltRoot, "\x00")):
		return fmt.Errorf("%w: %q is not an absolute path", ErrInvalidProp, o.AltRoot)
	case o.Cachefile != "" && o.Cachefile != "none" && (!filepath.IsAbs(o.Cachefile) || strings.Contains(o.Cachefile, "\x00")):
		return fmt.Errorf("%w: cachefile %q is neither \"none\" nor an absolute path", ErrInvalidProp, o.Cachefile)
	case o.Search != nil && o.Found != nil:
		return fmt.Errorf("%w: a search, and what was found already", ErrInvalid)
	case o.Rewind > RewindExtreme:
		return fmt.Errorf("%w: unknown rewind policy", ErrInvalid)
	case o.DryRun && (o.Txg != 0 || o.Checkpoint):
		return fmt.Errorf("%w: a rewind to a transaction group or a checkpoint cannot be tried; import read-only instead", ErrInvalid)
	}
	return nil
}

// findImport looks for the pool, and whether it or its name is in the way.
func (c *Client) findImport(ctx context.Context, pool string, opts *PoolImportOptions) (*ImportablePool, error) {
	search, all := opts.Search, opts.Found
	if search == nil {
		search = &PoolSearch{}
	}
	if all == nil {
		var err error
		if all, err = search.run(ctx); err != nil {
			return nil, err
		}
	}
	imported, err := c.poolConfigs(ctx)
	if err != nil {
		return nil, err
	}
	p, err := all.without(imported).Find(pool, opts.Destroyed)
	if err != nil {
		if guid, nerr := strconv.ParseUint(pool, 10, 64); nerr == nil && importedAs(imported, guid) != "" {
			return nil, fmt.Errorf("%w: it is imported as %s", ErrExists, importedAs(imported, guid))
		}
		if imported.Has(pool) {
			return nil, fmt.Errorf("%w: a pool of this name is imported, and no other one was found", ErrExists)
		}
		if all.Incomplete != nil {
			err = fmt.Errorf("%w (%v)", err, all.Incomplete)
		}
		return nil, err
	}
	if name := opts.name(p); imported.Has(name) {
		return nil, fmt.Errorf("%w: another pool is imported as %s; give this one a new name", ErrExists, name)
	}
	return p, nil
}

// without returns the pools that are not imported.
func (all *ImportablePools) without(imported *nvlist.List) *ImportablePools {
	rest := &ImportablePools{}
	for _, p := range all.Pools {
		if p.imported(imported) == "" {
			rest.Pools = append(rest.Pools, p)
		}
	}
	return rest
}

// name is the one that the pool is to have.
func (o *PoolImportOptions) name(p *ImportablePool) string {
	if o.NewName != "" {
		return o.NewName
	}
	return p.Name
}

// refuse says why a pool must not be imported, nil if it may be.
func (o *PoolImportOptions) refuse(p *ImportablePool) error {
	if p.TrialErr != nil {
		return p.TrialErr
	}
	t := p.Trial
	e := &Error{Op: ioctl.OpPoolImport, Name: p.Name}
	switch {
	case len(t.Unsupported) > 0 && !(o.ReadOnly && t.CanReadOnly):
		e.err = fmt.Errorf("%w: the pool uses features that the module lacks", ErrNotSupported)
		e.Items = featureItems(t.Unsupported)
		if t.CanReadOnly {
			e.Hint = "it can be imported read-only"
		}
	case o.Force:
		return nil
	case t.MMP.State == MMPActive:
		e.err = fmt.Errorf("%w: it is imported on %s", ErrOtherHost, t.MMP.Host())
		e.Hint = "export it there"
	case t.MMP.State == MMPNoHostID:
		e.err = fmt.Errorf("%w: it has multihost=on, for which this host needs a hostid", ErrOtherHost)
	case p.State != label.StateExported && p.HostID != HostID():
		written := ""
		if !t.Time.IsZero() {
			written = t.Time.UTC().Format(", written at 2006-01-02 15:04:05 MST")
		}
		e.err = fmt.Errorf("%w: %s had it last%s, and did not export it", ErrOtherHost, p.Host(), written)
		e.Hint = "if that host does not use it any more, force the import"
	default:
		return nil
	}
	return e
}

// importPool has the kernel import the pool from what it has said of it. Its
// answer may be there with an error, too.
func (c *Client) importPool(ctx context.Context, p *ImportablePool, opts *PoolImportOptions, props *nvlist.List) (*nvlist.List, error) {
	name := opts.name(p)
	conf := p.Trial.Config
	conf.SetList("load-policy", opts.policy())
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return nil, inputError(ioctl.OpPoolImport, name, err)
	}
	if err := cmd.SetConf(conf); err != nil {
		return nil, inputError(ioctl.OpPoolImport, name, err)
	}
	if props.Len() > 0 {
		if err := cmd.SetIn(props); err != nil {
			return nil, inputError(ioctl.OpPoolImport, name, err)
		}
	}
	cmd.SetUint64(ioctl.FieldGUID, p.GUID)
	cmd.SetUint64(ioctl.FieldCookie, opts.flags())
	err := c.call(ctx, ioctl.OpPoolImport, cmd)
	if err != nil && ctx.Err() != nil {
		return nil, err // the command may still be the kernel's
	}
	out, decodeErr := cmd.OutList()
	if err != nil {
		return out, explainImport(err, out)
	}
	if decodeErr != nil {
		return nil, &Error{Op: ioctl.OpPoolImport, Name: name, Executed: true, err: decodeErr}
	}
	return out, nil
}

// importProps are the properties that a pool is imported with.
func (c *Client) importProps(o *PoolImportOptions) (*nvlist.List, error) {
	for _, p := range [...]prop.Prop{prop.PoolReadOnly, prop.PoolAltroot, prop.PoolCacheFile, prop.PoolTName} {
		if _, ok := o.Props[p]; ok {
			return nil, poolPropError(p, "an import has an option of its own for it")
		}
	}
	if o.ReadOnly && len(o.Props) > 0 {
		return nil, fmt.Errorf("%w: no properties can be set of a pool that is imported read-only", ErrInvalid)
	}
	l, err := c.encodePoolProps(o.Props, true)
	if err != nil {
		return nil, err
	}
	if o.ReadOnly {
		l.SetUint64("readonly", 1)
	}
	if o.AltRoot != "" {
		l.SetString("altroot", o.AltRoot)
	}
	switch {
	case o.Cachefile != "":
		l.SetString("cachefile", o.Cachefile)
	case o.AltRoot != "" || o.Temporary:
		l.SetString("cachefile", "none")
	}
	return l, nil
}

// policy is the kernel's list of how far to go back. Where it may not, it still
// looks how far it could.
func (o *PoolImportOptions) policy() *nvlist.List {
	if !o.DryRun {
		return loadPolicy(o.Rewind, o.Txg)
	}
	l := loadPolicy(RewindNone, 0)
	if o.Rewind == RewindExtreme {
		l.SetUint32("load-rewind-policy", wireNoRewind|wireExtremeRewind)
	}
	return l
}

// flags are the kernel's.
func (o *PoolImportOptions) flags() (flags uint64) {
	for _, f := range []struct {
		on  bool
		bit uint64
	}{{o.Force, wireAnyHost}, {o.MissingLog, wireMissingLog}, {o.Temporary, wireTempName}, {o.Checkpoint, wireCheckpoint}} {
		if f.on {
			flags |= f.bit
		}
	}
	return flags
}

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
