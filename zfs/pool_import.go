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

// PoolImportOptions are the options of PoolImport. Nil means the zero value.
type PoolImportOptions struct {
	// Search is where to look for the pool. Found is the result of
	// PoolImportable, which saves a search for each of several pools.
	Search *PoolSearch
	Found  *ImportablePools
	// NewName is the pool's new name. With Temporary it reverts to its old name
	// at the next import.
	NewName   string
	Temporary bool
	// ReadOnly imports it without writing anything: the intent log is not
	// replayed.
	ReadOnly bool
	// AltRoot is prepended to all mount points while the pool is imported.
	AltRoot string
	// Cachefile is the file that records the pool for the next start of the
	// system, or "none"; empty is the kernel's default, or "none" for a pool with
	// AltRoot or Temporary.
	Cachefile string
	// Force imports a pool that another host used and did not export. If that
	// host still uses it, the pool is destroyed.
	Force bool
	// Destroyed imports a pool that was destroyed; other pools are then not
	// found.
	Destroyed bool
	// MissingLog imports a pool whose log devices are missing: data that was only
	// written there is lost.
	MissingLog bool
	// Rewind allows a rewind to an earlier state if the latest cannot be read.
	// Txg rewinds to this transaction group, or the last one before it that has
	// an uberblock. Checkpoint rewinds to the pool's checkpoint.
	Rewind     PoolRewind
	Txg        uint64
	Checkpoint bool
	// DryRun makes all checks and does not import the pool. With Rewind it
	// reports what a rewind would lose. To find out, the kernel opens a damaged
	// pool as for a read-only import. DryRun excludes Txg and Checkpoint.
	DryRun bool
	// Props are properties to set at the import, except those that have their own
	// field here.
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
	// Rewound is not nil if the pool was rewound to an earlier state because the
	// latest one could not be read.
	Rewound *PoolRewound
	// Config is the kernel's answer, with details of the import in load_info.
	Config *nvlist.List
}

// PoolRewound is the state that a pool was rewound to when it was imported.
type PoolRewound struct {
	Time time.Time     // when that state was written, zero if unknown
	Lost time.Duration // the time span before the import whose writes are lost, to the second
}

// parseRewound reads from the kernel's information whether the pool was rewound
// because its latest state could not be read, or could be.
func parseRewound(info *nvlist.List) *PoolRewound {
	written, _ := info.Uint("rewind_txg_ts")
	lost, ok := info.Int("seconds_of_rewind")
	// The kernel returns 1970 as the time of the latest state if it did not need
	// another.
	if !ok || lost < 0 {
		return nil
	}
	r := &PoolRewound{Lost: time.Duration(lost) * time.Second}
	if written != 0 {
		r.Time = time.Unix(int64(written), 0)
	}
	return r
}

// PoolImport imports a pool, given by its name or by its GUID in decimal digits.
// It looks for the pool's devices, has the kernel open the pool on trial, refuses
// an unsafe import, and imports the pool. Nothing is written before all checks
// have passed. It does not mount or share filesystems, and loads no keys.
//
// The kernel watches a pool with the property multihost for some seconds before
// it imports it.
//
// Errors match ErrNotFound, ErrExists (its name is in use, or it is imported),
// ErrOtherHost, ErrNotSupported (the error's Items are the features that the
// module lacks), ErrDeviceMissing (the Items are devices; MissingLog imports
// without a log), ErrDamaged, ErrReadOnly (only a read-only import is possible),
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

// check refuses options that contradict each other.
func (o *PoolImportOptions) check() error {
	if o.NewName != "" {
		if err := checkPool(o.NewName); err != nil {
			return err
		}
	}
	switch {
	case o.Temporary && o.NewName == "":
		return fmt.Errorf("%w: a temporary name is required", ErrInvalid)
	case o.AltRoot != "" && (!filepath.IsAbs(o.AltRoot) || strings.Contains(o.AltRoot, "\x00")):
		return fmt.Errorf("%w: %q is not an absolute path", ErrInvalidProp, o.AltRoot)
	case o.Cachefile != "" && o.Cachefile != "none" && (!filepath.IsAbs(o.Cachefile) || strings.Contains(o.Cachefile, "\x00")):
		return fmt.Errorf("%w: cachefile %q is neither \"none\" nor an absolute path", ErrInvalidProp, o.Cachefile)
	case o.Search != nil && o.Found != nil:
		return fmt.Errorf("%w: both a search and its result are set", ErrInvalid)
	case o.Rewind > RewindExtreme:
		return fmt.Errorf("%w: unknown rewind policy", ErrInvalid)
	case o.DryRun && (o.Txg != 0 || o.Checkpoint):
		return fmt.Errorf("%w: a rewind to a transaction group or a checkpoint cannot be tried; import read-only instead", ErrInvalid)
	}
	return nil
}

// findImport looks for the pool, and checks that it is not imported and that its
// name is free.
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

// name returns the pool's name after the import.
func (o *PoolImportOptions) name(p *ImportablePool) string {
	if o.NewName != "" {
		return o.NewName
	}
	return p.Name
}

// refuse returns an error if the pool must not be imported.
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
		e.err = fmt.Errorf("%w: it has multihost=on, which requires a hostid on this host", ErrOtherHost)
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

// importPool has the kernel import the pool with the configuration from the
// trial. The answer may be set with an error, too.
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
		return nil, err // the command may still be in use by the kernel
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

// importProps returns the properties that a pool is imported with.
func (c *Client) importProps(o *PoolImportOptions) (*nvlist.List, error) {
	for _, p := range [...]prop.Prop{prop.PoolReadOnly, prop.PoolAltroot, prop.PoolCacheFile, prop.PoolTName} {
		if _, ok := o.Props[p]; ok {
			return nil, poolPropError(p, "the import has an option for it")
		}
	}
	if o.ReadOnly && len(o.Props) > 0 {
		return nil, fmt.Errorf("%w: properties cannot be set on a pool that is imported read-only", ErrInvalid)
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

// policy returns the kernel's rewind policy. If a rewind is not allowed, the
// kernel still finds out how far it would have to rewind.
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

// flags returns the kernel's flags.
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

// dryImport returns what importing a pool would do, after all checks that need no
// import. Only a pool that the kernel could not open on trial is then imported
// read-only, because a trial does not show whether a rewind is possible. If the
// import succeeds nevertheless, the pool is exported.
func (c *Client) dryImport(ctx context.Context, p *ImportablePool, opts *PoolImportOptions) (*ImportedPool, error) {
	would := &ImportedPool{Name: opts.name(p), GUID: p.GUID, Config: p.Trial.Config}
	if p.Trial.Health == VdevHealthy.String() || p.Trial.Health == VdevDegraded.String() {
		return would, nil
	}
	// The system is not affected: no cachefile, no mount points.
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
