package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// poolPropsDoc is a pool or a device with its properties, in JSON.
type poolPropsDoc struct {
	Name       string                 `json:"name"`
	Properties map[string]propertyDoc `json:"properties"`
}

// poolsPropsDoc is what pool ls and pool get print.
type poolsPropsDoc struct {
	Schema string         `json:"schema"`
	Pools  []poolPropsDoc `json:"pools,omitzero"`
	// Pool is the one that devices are of.
	Pool  string         `json:"pool,omitempty"`
	Vdevs []poolPropsDoc `json:"vdevs,omitzero"`
}

// listDoc is what pool config and pool bootenv print.
type listDoc struct {
	Schema string       `json:"schema"`
	Pool   string       `json:"pool"`
	List   *nvlist.List `json:"list"`
}

func (a *app) poolCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "pool", Short: "Show pools: sizes, properties, configurations, faults",
		Long: `The commands below pool only read, with the arguments and flags of zpool(8). See
status and errors for the health of pools, history for their history, and do pool for changes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.poolLs(), a.poolGet(), a.poolConfig(), a.poolBootenv(), a.poolFaults())
	return cmd
}

// poolColumns are the columns of pool ls.
var poolColumns = []string{
	"name", "size", "allocated", "free", "checkpoint", "expandsize", "fragmentation", "capacity", "dedupratio", "health", "altroot",
}

// poolPropNames reads a list of properties, nil for all.
func poolPropNames(list string) []string {
	if list == "all" {
		return nil
	}
	names := strings.Split(list, ",")
	for i, name := range names {
		names[i] = string(prop.ParsePoolColumn(name))
	}
	return names
}

func (a *app) poolLs() *cobra.Command {
	var columns string
	t := &show.Table{Right: make(map[int]bool)}
	var parsable bool
	cmd := &cobra.Command{
		Use: "ls [POOL...]", Aliases: []string{"list"}, Short: "List pools and their sizes",
		Long:              "Ls lists pools, all of them if no POOL is given. The columns of -o are properties.",
		ValidArgsFunction: a.completePools,
		RunE: func(cmd *cobra.Command, args []string) error {
			names := poolPropNames(columns)
			for i, name := range names {
				t.Header = append(t.Header, prop.Prop(name).PoolColumn())
				t.Right[i] = name != "name" && name != "health" && name != "altroot"
			}
			print := func(pools []poolProps) error {
				for _, p := range pools {
					var row []string
					for _, property := range p.props {
						row = append(row, p.text(property, parsable))
					}
					t.Add(row...)
				}
				return a.print(poolsDocument(pools), t.Emit)
			}
			return a.withClient(func(c *zfs.Client) error { return withPools(cmd.Context(), c, args, names, print) })
		},
	}
	cmd.Flags().StringVarP(&columns, "output", "o", strings.Join(poolColumns, ","), "columns: properties, separated by commas")
	cmd.Flags().BoolVarP(&t.Script, "script", "H", false, "no header, columns separated by one tab")
	cmd.Flags().BoolVarP(&parsable, "parsable", "p", false, "exact numbers")
	return cmd
}

func (a *app) poolGet() *cobra.Command {
	var columns string
	var parsable bool
	t := &show.Table{}
	cmd := &cobra.Command{
		Use: "get PROPERTY[,PROPERTY...]|all [POOL...|POOL DEVICE...]", Short: "Show properties of pools or devices and their sources",
		Long: `Get shows properties of pools and the states of features, feature@NAME, for all pools
if no POOL is given. With DEVICE it shows properties of devices, since OpenZFS 2.2: root is the pool's root
vdev, all-vdevs means all devices.`,
		Example: `  zfsprobe pool get all tank
  zfsprobe pool get read_errors,checksum_errors tank all-vdevs`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			shown, err := parseFields(columns, []string{"name", "property", "value", "source"})
			if err != nil {
				return err
			}
			for _, name := range shown {
				t.Header = append(t.Header, strings.ToUpper(name))
			}
			names := poolPropNames(args[0])
			print := func(pools []poolProps) error {
				for _, p := range pools {
					for _, property := range p.props {
						cells := map[string]string{"name": p.name, "property": string(property.Name), "value": p.text(property, parsable), "source": property.Source.String()}
						var row []string
						for _, column := range shown {
							row = append(row, cells[column])
						}
						t.Add(row...)
					}
				}
				return a.print(poolsDocument(pools), t.Emit)
			}
			return a.withClient(func(c *zfs.Client) error { return withProps(cmd.Context(), c, args[1:], names, print) })
		},
	}
	cmd.Flags().StringVarP(&columns, "output", "o", "name,property,value,source", "columns: name, property, value, source, or all")
	cmd.Flags().BoolVarP(&t.Script, "script", "H", false, "no header, columns separated by one tab")
	cmd.Flags().BoolVarP(&parsable, "parsable", "p", false, "exact numbers")
	return cmd
}

// poolProps is a pool, or a device of a pool, with the properties that are asked
// for.
type poolProps struct {
	pool  string // that a device is of, empty for a pool
	name  string
	props []prop.Property
}

// withPools reads properties of the pools that are named, or of all, and hands
// them to use. Nil names are all properties.
func withPools(ctx context.Context, c *zfs.Client, asked, names []string, use func([]poolProps) error) error {
	pools, err := poolsAsked(ctx, c, asked, poolPatience)
	if err != nil {
		return err
	}
	var all []poolProps
	var errs []error
	for _, pool := range pools {
		found, err := c.PoolProps(ctx, pool)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p := poolProps{name: pool}
		if names == nil {
			p.props = slices.Collect(found.All())
		}
		for _, name := range names {
			property, ok := found.Property(prop.Prop(name))
			switch {
			case name == "name":
				property = prop.Property{Name: "name", Value: prop.String(pool), Text: pool}
			case !ok && strings.Contains(name, ":"):
				property = prop.Property{Name: prop.Prop(name), Text: "-"}
			case !ok:
				return fmt.Errorf("%w: %s has no property %q; 'zfsprobe pool get all %s' lists them", zfs.ErrInvalidProp, pool, name, pool)
			}
			p.props = append(p.props, property)
		}
		all = append(all, p)
	}
	return errors.Join(append([]error{use(all)}, errs...)...)
}

// poolsDocument is the pools in JSON.
func poolsDocument(pools []poolProps) *poolsPropsDoc {
	doc := &poolsPropsDoc{Schema: "zfsprobe.pool/1"}
	if len(pools) == 0 {
		doc.Pools = []poolPropsDoc{}
	}
	for _, p := range pools {
		props := make(map[string]propertyDoc)
		for _, property := range p.props {
			var value any = property.Text
			if property.Value.Kind() == prop.ValueNumber && strings.Trim(property.Text, "0123456789") == "" {
				value = property.Value.Uint64()
			}
			props[string(property.Name)] = propertyDoc{Value: value, Text: property.Text, Source: jsonSource(property.Source)}
		}
		if p.pool != "" {
			doc.Pool, doc.Vdevs = p.pool, append(doc.Vdevs, poolPropsDoc{Name: p.name, Properties: props})
		} else {
			doc.Pools = append(doc.Pools, poolPropsDoc{Name: p.name, Properties: props})
		}
	}
	return doc
}

// text is one of the values as zpool prints it.
func (p *poolProps) text(property prop.Property, parsable bool) string {
	if parsable {
		return property.Text
	}
	lookup := prop.LookupPool
	if p.pool != "" {
		lookup = prop.LookupDevice
	}
	info, _ := lookup(property.Name)
	return info.Human(property)
}

// poolList makes a command that prints a list of the kernel's.
func (a *app) poolList(cmd *cobra.Command, read func(context.Context, *zfs.Client, string) (*nvlist.List, error)) *cobra.Command {
	cmd.Args = cobra.ExactArgs(1)
	cmd.ValidArgsFunction = a.completePools
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.withClient(func(c *zfs.Client) error {
			list, err := read(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			b := show.NewNotes()
			b.Addf("%v", list)
			return a.print(listDoc{Schema: "zfsprobe.pool." + cmd.Name() + "/1", Pool: args[0], List: list}, b.Emit)
		})
	}
	return cmd
}

func (a *app) poolConfig() *cobra.Command {
	return a.poolList(&cobra.Command{
		Use: "config POOL", Short: "Show the kernel's configuration of a pool",
		Long: "Config shows the kernel's configuration of a pool, with the counters of its devices.",
	}, func(ctx context.Context, c *zfs.Client, pool string) (*nvlist.List, error) {
		s, err := c.PoolStatus(ctx, pool, nil)
		if err != nil {
			return nil, err
		}
		return s.Config, s.Unanswered
	})
}

func (a *app) poolBootenv() *cobra.Command {
	return a.poolList(&cobra.Command{
		Use: "bootenv POOL", Short: "Show the boot environment of a pool",
	}, func(ctx context.Context, c *zfs.Client, pool string) (*nvlist.List, error) {
		return c.Bootenv(ctx, pool)
	})
}
