package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/label"
	"github.com/spf13/cobra"
)

// importableFlags are the flags of importable.
type importableFlags struct {
	search    zfs.PoolSearch
	destroyed bool
}

// importableDoc is what importable prints.
type importableDoc struct {
	Schema   string              `json:"schema"`
	Pools    []importablePoolDoc `json:"pools"`
	Troubles []troubleDoc        `json:"troubles"`
	// Asked reports whether a kernel module has said anything.
	Asked bool `json:"module_asked"`
}

// importablePoolDoc is one pool, in JSON.
type importablePoolDoc struct {
	Name        string       `json:"name"`
	GUID        uint64       `json:"pool_guid"`
	PoolState   string       `json:"pool_state"`
	State       string       `json:"state"`
	Version     uint64       `json:"spa_version,omitempty"`
	Code        string       `json:"code"` // as in status
	Status      string       `json:"status,omitempty"`
	Action      string       `json:"action,omitempty"`
	MsgID       string       `json:"msgid,omitempty"`
	MoreInfo    string       `json:"moreinfo,omitempty"`
	Errata      uint64       `json:"errata,omitempty"`
	HostID      uint64       `json:"hostid,omitempty"`
	HostName    string       `json:"hostname,omitempty"`
	OtherHost   bool         `json:"other_host"`
	Multihost   string       `json:"multihost,omitempty"`
	NameTaken   bool         `json:"name_taken"`
	Written     time.Time    `json:"written,omitzero"`
	Missing     []string     `json:"missing,omitempty"`
	Unsupported []string     `json:"unsupported_features,omitempty"`
	ReadOnly    bool         `json:"only_read_only,omitempty"`
	Findings    []string     `json:"findings"`
	Vdevs       []importVdev `json:"vdevs"`
	Cache       []importVdev `json:"l2cache,omitempty"`
	Spares      []importVdev `json:"spares,omitempty"`
	Stale       []string     `json:"stale,omitempty"`
	pool        *zfs.ImportablePool
}

// importVdev is a device of a pool, in JSON.
type importVdev struct {
	Name     string       `json:"name"`
	Type     string       `json:"vdev_type"`
	GUID     uint64       `json:"guid,omitempty"`
	Class    string       `json:"class"`
	State    string       `json:"state,omitempty"`
	Reason   string       `json:"reason,omitempty"`
	Log      bool         `json:"is_log,omitempty"`
	Children []importVdev `json:"vdevs,omitempty"`
}

// troubleDoc is a device that could not be read, in JSON.
type troubleDoc struct {
	Path  string `json:"path"`
	Error string `json:"error"`
}

func (a *app) importableCommand() *cobra.Command {
	var f importableFlags
	cmd := &cobra.Command{
		Use:   "importable [POOL]",
		Short: "List pools that can be imported, and what prevents it",
		Long: `Importable searches for labels of pools that are not imported. For each pool it
shows the devices that are present and missing, the host that had it last, and whether it can be
imported. The kernel module makes a trial import of each pool, without writing. Without a module, or
with --labels, only the labels are used.

Exit code 1 means that a pool cannot be imported.`,
		Example: "  zfsprobe importable\n  zfsprobe importable -d /dev/disk/by-id -d /images tank",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, asked, err := a.importable(cmd.Context(), &f.search)
			if err != nil {
				return err
			}
			doc := importableDocument(all, args, f.destroyed)
			doc.Asked = asked
			err = a.print(doc, doc.print)
			if len(f.search.Places) > 0 && all.Incomplete != nil {
				return errors.Join(err, all.Incomplete)
			}
			return errors.Join(err, doc.result(args))
		},
	}
	cmd.Flags().StringArrayVarP(&f.search.Places, "dir", "d", nil, "search this directory, device or file; may be repeated")
	cmd.Flags().StringVarP(&f.search.Cachefile, "cachefile", "c", "", "read the pools from this cachefile")
	cmd.Flags().BoolVarP(&f.destroyed, "destroyed", "D", false, "show only destroyed pools")
	cmd.Flags().BoolVar(&f.search.LabelsOnly, "labels", false, "use only the labels, not the kernel module")
	return cmd
}

// importable looks for pools, and asks a module about them if there is one.
func (a *app) importable(ctx context.Context, search *zfs.PoolSearch) (all *zfs.ImportablePools, asked bool, err error) {
	err = a.withClient(func(c *zfs.Client) (err error) {
		all, err = c.PoolImportable(ctx, search)
		return err
	})
	if errors.Is(err, ioctl.ErrNoModule) && search.Cachefile == "" {
		paths, incomplete := search.Paths()
		var found []*label.Found
		for f := range label.Scan(ctx, paths, &label.ScanOptions{Depth: label.DepthNewest, Free: true}) {
			found = append(found, f)
		}
		all = zfs.ImportablePoolsOf(found)
		all.Incomplete = incomplete
		return all, false, ctx.Err()
	}
	return all, !search.LabelsOnly, err
}

// importableDocument takes what is asked for out of what was found.
func importableDocument(all *zfs.ImportablePools, args []string, destroyed bool) *importableDoc {
	doc := &importableDoc{Schema: "zfsprobe.importable/1", Pools: []importablePoolDoc{}, Troubles: []troubleDoc{}}
	for _, p := range all.Pools {
		asked := len(args) == 0 || args[0] == p.Name || args[0] == fmt.Sprint(p.GUID)
		if asked && destroyed == (p.State == label.StateDestroyed) {
			doc.Pools = append(doc.Pools, importablePool(p))
		}
	}
	for _, f := range all.Troubles {
		doc.Troubles = append(doc.Troubles, troubleDoc{f.Path, f.Err.Error()})
	}
	for _, err := range unjoined(all.Incomplete) {
		var path string
		var failed *fs.PathError
		if errors.As(err, &failed) {
			path = failed.Path
		}
		doc.Troubles = append(doc.Troubles, troubleDoc{path, err.Error()})
	}
	return doc
}

// unjoined returns the errors that were joined to one, none for nil.
func unjoined(err error) []error {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &joined):
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, unjoined(one)...)
	}
	return all
}

// result is the finding, if there is one.
func (d *importableDoc) result(args []string) error {
	if len(args) > 0 && len(d.Pools) == 0 {
		return fmt.Errorf("%s: %w: no device has its labels", args[0], zfs.ErrNotFound)
	}
	for _, p := range d.Pools {
		if len(p.Findings) > 0 {
			return errFound
		}
	}
	return nil
}

func importablePool(p *zfs.ImportablePool) importablePoolDoc {
	s := p.Status
	doc := importablePoolDoc{
		Name: p.Name, GUID: p.GUID, PoolState: p.State.String(), State: s.Health, Version: s.Version, HostID: p.HostID, HostName: p.HostName,
		OtherHost: p.OtherHost, NameTaken: p.NameTaken, Findings: []string{}, pool: p,
		Code: s.Code.String(), Status: s.What(), Action: s.Action(), MsgID: s.Code.MessageID(), Errata: uint64(s.Errata),
	}
	if doc.MsgID != "" {
		doc.MoreInfo = messageURL + doc.MsgID
	}
	if p.Labels != nil {
		if u := p.Labels.Uberblock; u != nil {
			doc.Written = known(u.Time)
		}
		for _, m := range p.Labels.Stale {
			if m.Vdev == nil || p.Trial == nil || !hasGUID(s.Root, m.Vdev.GUID) {
				doc.Stale = append(doc.Stale, m.Path)
			}
		}
	}
	if t := p.Trial; t != nil {
		doc.ReadOnly = len(t.Unsupported) > 0 && t.CanReadOnly
		if !t.Time.IsZero() {
			doc.Written = t.Time.UTC()
		}
		for _, f := range t.Unsupported {
			doc.Unsupported = append(doc.Unsupported, f.GUID)
		}
		if t.MMP.State != zfs.MMPUnknown {
			doc.Multihost = t.MMP.State.String()
		}
	}
	doc.vdevs(s)
	s.Root.All(func(v *zfs.Vdev) bool {
		if v.Leaf() && v.State == zfs.VdevCantOpen && v.Type != "hole" {
			doc.Missing = append(doc.Missing, cmp.Or(v.Path, v.Name))
		}
		return true
	})
	doc.findings(p)
	return doc
}

// hasGUID reports whether a device with a GUID is in a tree.
func hasGUID(root *zfs.Vdev, guid uint64) bool {
	return !root.All(func(v *zfs.Vdev) bool { return v.GUID != guid })
}

// vdevs are the devices, the data and what is for something else.
func (d *importablePoolDoc) vdevs(s *zfs.PoolStatus) {
	for _, v := range s.Root.Children {
		d.Vdevs = append(d.Vdevs, importableVdev(v, v.Class.String()))
	}
	for _, g := range vdevGroups(s) {
		for _, v := range g.vdevs {
			one := importableVdev(v, g.class)
			switch g.class {
			case "l2cache":
				one.State = "" // it is looked at when the pool is imported
				d.Cache = append(d.Cache, one)
			case "spare":
				one.State = ""
				d.Spares = append(d.Spares, one)
			}
		}
	}
}

// importableVdev is a device of a class with those below it.
func importableVdev(v *zfs.Vdev, class string) importVdev {
	one := importVdev{Name: cmp.Or(v.Path, v.Name), Type: v.Type, GUID: v.GUID, Class: class, Log: v.Class == zfs.ClassLog,
		State: v.StateWord(), Reason: v.ImportReason()}
	for _, child := range v.Children {
		one.Children = append(one.Children, importableVdev(child, class))
	}
	return one
}

// findings say what is in the way of an import.
func (d *importablePoolDoc) findings(p *zfs.ImportablePool) {
	add := func(format string, args ...any) { d.Findings = append(d.Findings, fmt.Sprintf(format, args...)) }
	if len(d.Unsupported) > 0 {
		text := "the module lacks features: " + strings.Join(d.Unsupported, ", ")
		if d.ReadOnly {
			text += "; it can be imported read-only"
		}
		add("%s", text)
	}
	switch {
	case p.Trial != nil && p.Trial.MMP.State == zfs.MMPActive:
		add("%s has it imported", p.Trial.MMP.Host())
	case p.OtherHost:
		add("%s had it last and did not export it: -f imports it", p.Host())
	}
	if d.NameTaken {
		add("a pool of this name is imported: it needs a new one")
	}
	var logs []string
	if p.Trial != nil {
		for _, v := range p.Trial.MissingLogs() {
			logs = append(logs, v.Name())
		}
	}
	switch {
	case len(logs) > 0:
		add("log devices are missing: %s; -m imports the pool without them", strings.Join(logs, ", "))
	case len(d.Missing) > 0:
		add("devices are missing or cannot be used: %s", strings.Join(d.Missing, ", "))
	}
	if p.TrialErr != nil {
		add("%v", p.TrialErr)
	}
	if e := p.Status.Errata; e != 0 {
		add("%v detected. %s", e, e.What())
	}
	if len(d.Findings) == 0 && d.State != zfs.VdevHealthy.String() && d.State != zfs.VdevUnknown.String() {
		add("it is %s", d.State)
	}
}

// print writes the pools as zpool import does.
func (d *importableDoc) print(w io.Writer) error {
	b := show.NewPage(w)
	if len(d.Pools) == 0 {
		b.Addf("no pools to import\n")
	}
	for i := range d.Pools {
		if i > 0 {
			b.Addf("\n")
		}
		d.Pools[i].print(b)
	}
	for _, t := range d.Troubles {
		b.Addf("trouble: %s\n", strings.TrimPrefix(t.Error, t.Path+": "))
	}
	return b.Emit(w)
}

func (d *importablePoolDoc) print(b *show.Page) {
	destroyed := ""
	if d.PoolState == label.StateDestroyed.String() {
		destroyed = " (DESTROYED)"
	}
	b.Addf("  pool: %s\n    id: %d\n state: %s%s\n", d.Name, d.GUID, d.State, destroyed)
	for _, finding := range d.Findings {
		b.Addf("status: %s\n", finding)
	}
	d.advice(b)
	var host []string
	if p := d.pool; p.HostName != "" || p.HostID != 0 {
		host = append(host, strings.TrimPrefix(p.Host(), "host "))
	}
	if !d.Written.IsZero() {
		host = append(host, "written "+d.Written.UTC().Format(time.RFC3339))
	}
	if len(host) > 0 {
		b.Addf("  host: %s\n", strings.Join(host, ", "))
	}
	(&statusText{s: d.pool.Status, Page: b, importing: true}).config()
	for _, path := range d.Stale {
		b.Addf("\n%s was a device of this pool earlier\n", path)
	}
}

// advice writes what else is to be known of the pool, and what to do about that
// and its errata. The findings say why it cannot be imported.
func (d *importablePoolDoc) advice(b *show.Page) {
	s := d.pool.Status
	switch {
	case s.Code == zfs.StatusOK:
	case s.Healthy(): // of an old format
		b.Addf("status: %s\naction: It can be imported as it is. %s\n", d.Status, d.Action)
	case len(d.Findings) == 0:
		b.Addf("status: %s\n", d.Status)
	}
	if s.Errata != 0 {
		b.Addf("action: %s\n   see: %s%s\n", s.Errata.Action(), messageURL, zfs.StatusErrata.MessageID())
	}
}
