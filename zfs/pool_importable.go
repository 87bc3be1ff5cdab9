package zfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/label"
)

// PoolSearch is where to look for pools. Nil means the zero value.
type PoolSearch struct {
	// Places are directories to look through, and devices and files. Empty means
	// those of label.SearchDirs, of which some may not exist.
	Places []string
	// Cachefile reads the pools from this file instead of the devices.
	Cachefile string
	// Workers is the number of devices that are read concurrently, or 0 for a
	// default.
	Workers int
	// LabelsOnly only reads labels. Otherwise the kernel opens each pool on
	// trial.
	LabelsOnly bool
}

// ImportablePool is a pool that may be imported, or the reason why it cannot be.
type ImportablePool struct {
	Name  string
	GUID  uint64
	State label.State
	// HostID and HostName identify the host that used the pool last, from the
	// label, or from the pool itself if the module returns it. They are 0 and
	// empty if unknown.
	HostID   uint64
	HostName string
	// OtherHost reports whether that was another host that did not export the
	// pool: it may be in use.
	OtherHost bool
	// NameTaken reports whether a pool of this name is imported.
	NameTaken bool
	// Labels is the content of the labels, or nil for a pool of a cachefile.
	Labels *label.Pool
	// Trial is the kernel's report, or nil without a trial. TrialErr is why the
	// trial failed.
	Trial    *PoolTrial
	TrialErr error
	// Status is the status that zpool status would show, from the trial, or
	// otherwise as far as the labels show it.
	Status *PoolStatus
	// Config is the configuration with which the kernel opens the pool. It must
	// not be changed.
	Config *nvlist.List

	found []*label.Found
}

// ImportablePools is the result of a search.
type ImportablePools struct {
	// Pools are sorted by name and GUID.
	Pools []*ImportablePool
	// Troubles are devices that could not be read or have only damaged labels.
	// Devices without labels are not included.
	Troubles []*label.Found
	// Incomplete is nil unless a place could not be searched.
	Incomplete error
}

// PoolImportable looks for pools that are not imported. It reads labels or a
// cachefile, and changes nothing. Pools that were destroyed are found too.
//
// Errors match ErrPermission, fs.ErrNotExist and label.ErrConfig of a cachefile,
// and the context's. A device that cannot be read is not an error.
func (c *Client) PoolImportable(ctx context.Context, search *PoolSearch) (*ImportablePools, error) {
	if search == nil {
		search = &PoolSearch{}
	}
	all, err := search.run(ctx)
	if err != nil {
		return nil, err
	}
	imported, err := c.poolConfigs(ctx)
	if err != nil {
		return nil, err
	}
	all.Pools = slices.DeleteFunc(all.Pools, func(p *ImportablePool) bool { return p.imported(imported) != "" })
	host := HostID()
	for _, p := range all.Pools {
		p.NameTaken = imported.Has(p.Name)
		if !search.LabelsOnly {
			if err := c.try(ctx, p, 0); err != nil {
				return nil, err
			}
		}
		p.Status = p.status(c.release)
		p.OtherHost = p.State != label.StateExported && p.HostID != host || p.Trial != nil && p.Trial.MMP.State == MMPActive
	}
	return all, nil
}

// Host returns a description of the host that used the pool last, as far as it is
// known.
func (p *ImportablePool) Host() string { return hostWords(p.HostName, p.HostID) }

// status returns what is known about the pool. Which features are not in use
// depends on the release.
func (p *ImportablePool) status(release ioctl.Release) *PoolStatus {
	config := p.Config
	switch {
	case p.Trial != nil:
		config = p.Trial.Config
	case p.Labels != nil:
		config = p.Labels.Config.List
	}
	s, err := parseStatus(config)
	if err != nil {
		s.LoadError = inputError(ioctl.OpPoolTryimport, p.Name, err)
	}
	if p.Trial == nil && p.Labels != nil {
		s.Root = p.labelVdev(p.Labels.Tree)
		s.Health = s.Root.StateWord()
	}
	s.Name, s.Root.Name = p.Name, p.Name
	s.Code = s.code(release)
	return s
}

// labelVdev returns a device of the labels with its children. A device that was
// not found has the state of one that cannot be opened; for others, only the path
// is known.
func (p *ImportablePool) labelVdev(v *label.Vdev) *Vdev {
	one := new(configReader).vdev(v.List) // label has seen to the types
	one.Type, one.ID, one.GUID, one.Path, one.Children = v.Type, v.ID, v.GUID, v.Path, nil
	one.State, one.Aux = VdevHealthy, 0
	switch health := p.Labels.HealthOf(v); {
	case health == label.HealthUnavailable && v.Offline:
		one.State = VdevOffline
	case health == label.HealthUnavailable && v.Faulted:
		one.State = VdevFaulted
	case health == label.HealthUnavailable && v.Removed:
		one.State = VdevRemoved
	case health == label.HealthUnavailable && len(v.Children) == 0:
		one.State, one.Aux = VdevCantOpen, auxOpenFailed
	case health == label.HealthUnavailable:
		one.State, one.Aux = VdevCantOpen, auxNoReplicas
	case health == label.HealthDegraded:
		one.State = VdevDegraded
	}
	one.Name = one.name()
	for _, child := range v.Children {
		one.Children = append(one.Children, p.labelVdev(child))
	}
	return one
}

// imported returns the name under which a pool is imported, or "".
func (p *ImportablePool) imported(configs *nvlist.List) string {
	return importedAs(configs, p.GUID)
}

// importedAs returns the name of the imported pool with a GUID, or "".
func importedAs(configs *nvlist.List, guid uint64) string {
	for pair := range configs.All() {
		config, _ := pair.List()
		if got, ok := config.Uint("pool_guid"); ok && got == guid {
			return pair.Name()
		}
	}
	return ""
}

// try has the kernel open the pool on trial. The result is stored in p; only the
// end of the context and a missing permission are errors.
func (c *Client) try(ctx context.Context, p *ImportablePool, txg uint64) error {
	p.Trial, p.TrialErr = c.PoolTryimport(ctx, p.Config, &PoolTryimportOptions{Txg: txg})
	switch {
	case ctx.Err() != nil || errors.Is(p.TrialErr, ErrPermission):
		return p.TrialErr
	case p.TrialErr != nil:
		return nil
	}
	// The kernel has details of spares and caches that the labels lack.
	label.SetPaths(p.Trial.Tree.List, p.found)
	if p.Trial, p.TrialErr = parseTrial(p.Trial.Config); p.TrialErr != nil {
		return p.TrialErr
	}
	if p.Trial.HostID != 0 {
		p.HostID, p.HostName = p.Trial.HostID, p.Trial.HostName
	}
	return nil
}

// ImportablePoolsOf returns a list from labels alone, without the kernel: some of
// the pools may be imported.
func ImportablePoolsOf(found []*label.Found) *ImportablePools {
	all := &ImportablePools{}
	host := HostID()
	for _, p := range label.Pools(found) {
		one := &ImportablePool{
			Name: p.Config.Name, GUID: p.Config.PoolGUID, State: p.Config.State, HostID: p.Config.HostID, HostName: p.Config.HostName,
			Labels: p, Config: p.Import, found: found,
		}
		one.OtherHost = one.State != label.StateExported && one.HostID != host
		one.Status = one.status(ioctl.Release{})
		all.Pools = append(all.Pools, one)
	}
	for _, f := range found {
		if troubled(f) {
			all.Troubles = append(all.Troubles, f)
		}
	}
	return all
}

// troubled reports whether a device should belong to a pool. A device without
// labels, or one removed from its pool, should not.
func troubled(f *label.Found) bool {
	switch {
	case f.Err == nil, errors.Is(f.Err, label.ErrTooSmall), errors.Is(f.Err, label.ErrNotDevice), errors.Is(f.Err, label.ErrInUse),
		errors.Is(f.Err, fs.ErrNotExist):
		return false
	case !errors.Is(f.Err, label.ErrNoLabel):
		return true
	}
	for i := range f.Device.Labels {
		l := &f.Device.Labels[i]
		damaged := errors.Is(l.Err, label.ErrChecksum) && l.Config != nil && l.Config.GUID != 0
		malformed := errors.Is(l.Err, label.ErrConfig) && !errors.Is(l.Err, label.ErrCleared)
		if damaged || malformed {
			return true
		}
	}
	return false
}

// Paths lists the devices and files in the places of the search. Its error names
// the places that could not be looked through, also those that do not exist unless
// they are of label.SearchDirs; the rest is listed nevertheless.
func (s *PoolSearch) Paths() ([]string, error) {
	if s == nil || len(s.Places) == 0 {
		return label.Paths(label.SearchDirs())
	}
	var missing []error
	for _, place := range s.Places {
		if _, err := os.Stat(place); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, err)
		}
	}
	paths, err := label.Paths(s.Places)
	return paths, errors.Join(errors.Join(missing...), err)
}

// run reads what the search is for.
func (s *PoolSearch) run(ctx context.Context) (*ImportablePools, error) {
	if s.Cachefile != "" {
		if len(s.Places) > 0 {
			return nil, fmt.Errorf("%w: a search uses directories or a cachefile, not both", ErrInvalid)
		}
		return s.cached()
	}
	paths, incomplete := s.Paths()
	var found []*label.Found
	for f := range label.Scan(ctx, paths, &label.ScanOptions{Depth: label.DepthNewest, Workers: s.Workers, Free: true}) {
		found = append(found, f)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all := ImportablePoolsOf(found)
	all.Incomplete = incomplete
	return all, nil
}

// cached reads the pools from a cachefile.
func (s *PoolSearch) cached() (*ImportablePools, error) {
	configs, err := label.ReadCachefile(s.Cachefile)
	if err != nil {
		return nil, err
	}
	all := &ImportablePools{}
	for _, config := range configs {
		conf := config.List.Clone()
		conf.SetString("cachefile", s.Cachefile)
		all.Pools = append(all.Pools, &ImportablePool{
			Name: config.Name, GUID: config.PoolGUID, State: config.State, HostID: config.HostID, HostName: config.HostName, Config: conf,
		})
	}
	return all, nil
}

// Find returns the pool with a name or with a GUID in decimal digits. It finds
// either only destroyed pools, or only others.
//
// Errors match ErrNotFound, or ErrInvalid if several pools have the name.
func (all *ImportablePools) Find(pool string, destroyed bool) (*ImportablePool, error) {
	guid, err := strconv.ParseUint(pool, 10, 64)
	byGUID := err == nil
	var match []*ImportablePool
	for _, p := range all.Pools {
		right := p.Name == pool
		if byGUID {
			right = p.GUID == guid
		}
		if right && (p.State == label.StateDestroyed) == destroyed {
			match = append(match, p)
		}
	}
	switch len(match) {
	case 0:
		return nil, fmt.Errorf("%w: no device has labels of it", ErrNotFound)
	case 1:
		return match[0], nil
	}
	return nil, fmt.Errorf("%w: %d pools have this name, such as %d and %d; name one by its GUID", ErrInvalid, len(match), match[0].GUID, match[1].GUID)
}
