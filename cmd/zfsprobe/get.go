package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// datasetDoc is one dataset in JSON.
type datasetDoc struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	CreateTxg uint64 `json:"createtxg"`
	// Properties by name.
	Properties map[string]propertyDoc `json:"properties"`
}

// propertyDoc is one property in JSON.
type propertyDoc struct {
	// Value is a number, a text or a list; Text is what zfs get -p prints.
	Value  any       `json:"value"`
	Text   string    `json:"text"`
	Source sourceDoc `json:"source"`
	// Received is the value that came with a stream, if the column is asked for.
	Received any `json:"received,omitempty"`
}

// sourceDoc follows zfs get -j: an upper-case type, and the dataset that an
// inherited value comes from.
type sourceDoc struct {
	Type string `json:"type"`
	Data string `json:"data"`
}

// getDoc is what get prints.
type getDoc struct {
	Schema   string       `json:"schema"`
	Datasets []datasetDoc `json:"datasets"`
}

func (a *app) getCommand() *cobra.Command {
	var sel selection
	var columns, sources string
	var script, parsable bool
	cmd := &cobra.Command{
		Use:   "get PROPERTY[,PROPERTY...]|all [NAME...]",
		Short: "Show properties and their sources",
		Long: `Get shows properties of datasets with their values and sources, of all datasets if no NAME is
given. The flags are those of zfs get. The column received is the value that came with a stream; it takes
another call for each dataset, also with --json.

` + orderHelp,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeProps,
		RunE: func(cmd *cobra.Command, args []string) error {
			props, all, err := lsColumns(args[0])
			if err != nil {
				return err
			}
			shown, err := parseFields(columns, fieldNames[:])
			if err != nil {
				return err
			}
			from, err := parseSources(sources)
			if err != nil {
				return err
			}
			if sel.types == "" && (sel.recursive || sel.depth >= 0 || len(args) == 1) {
				sel.types = "all" // as zfs get does where it descends
			}
			sel.props, sel.allProps, sel.received = props, all, slices.Contains(shown, "received")
			return a.withDatasets(cmd.Context(), args[1:], sel, func(found items) error {
				return a.printItems(inOrder(found, nil, firstItems), listing{
					doc:     getDoc{Schema: "zfsprobe.get/1", Datasets: []datasetDoc{}},
					element: func(it item) any { return document(it, props, all, from) },
					table:   getTable(shown, script),
					rows: func(it item) (rows [][]string) {
						for _, p := range properties(it, props, all, from) {
							rows = append(rows, getRow(it, p, shown, parsable))
						}
						return rows
					},
				})
			})
		},
	}
	sel.flags(cmd)
	cmd.Flags().StringVarP(&columns, "output", "o", "name,property,value,source", "columns: name, property, value, received, source, or all")
	cmd.Flags().StringVarP(&sources, "source", "s", "", "sources to show: local, default, inherited, temporary, received, none")
	cmd.Flags().BoolVarP(&script, "script", "H", false, "no header, columns separated by one tab")
	cmd.Flags().BoolVarP(&parsable, "parsable", "p", false, "exact numbers")
	return cmd
}

// completeProps offers the names of properties for the first argument.
func completeProps(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := []string{"all"}
	for info := range prop.All() {
		if !info.Hidden {
			names = append(names, string(info.Name))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// fieldNames are the columns of get.
var fieldNames = [...]string{"name", "property", "value", "received", "source"}

// parseFields reads which of the fields are to be columns.
func parseFields(list string, fields []string) ([]string, error) {
	if list == "all" {
		return fields, nil
	}
	names := strings.Split(list, ",")
	for _, name := range names {
		if !slices.Contains(fields, name) {
			return nil, fmt.Errorf("column %q: want %s, and all", name, strings.Join(fields, ", "))
		}
	}
	return names, nil
}

// sourceWords are the words that choose sources, in the order of SourceKind.
var sourceWords = [...]string{"none", "default", "local", "inherited", "received", "temporary"}

// parseSources reads the sources to show, nil for all.
func parseSources(list string) (map[prop.SourceKind]bool, error) {
	if list == "" {
		return nil, nil
	}
	from := make(map[prop.SourceKind]bool)
	for word := range strings.SplitSeq(list, ",") {
		i := slices.Index(sourceWords[:], word)
		if i < 0 {
			return nil, fmt.Errorf("source %q: want %s", word, strings.Join(sourceWords[:], ", "))
		}
		from[prop.SourceKind(i)] = true
	}
	return from, nil
}

// properties are the chosen properties of one item, from these sources if not from
// all.
func properties(it item, props []prop.Prop, all bool, from map[prop.SourceKind]bool) []prop.Property {
	var chosen []prop.Property
	add := func(p prop.Property) {
		if from == nil || from[p.Source.Kind] {
			chosen = append(chosen, p)
		}
	}
	if all {
		for p := range it.props.All() {
			add(p)
		}
		return chosen
	}
	for _, property := range props {
		p, ok := it.props.Property(property)
		if !ok {
			p = prop.Property{Name: property, Text: "-"}
		}
		add(p)
	}
	return chosen
}

// getTable is a table of these columns.
func getTable(shown []string, script bool) *show.Table {
	t := &show.Table{Script: script}
	for _, name := range shown {
		t.Header = append(t.Header, strings.ToUpper(name))
	}
	return t
}

// getRow is one row of it.
func getRow(it item, p prop.Property, shown []string, parsable bool) []string {
	var row []string
	for _, column := range shown {
		switch column {
		case "name":
			row = append(row, it.name)
		case "property":
			row = append(row, string(p.Name))
		case "value":
			row = append(row, valueText(p, parsable))
		case "received":
			text := "-"
			if received, ok := it.received[p.Name]; ok {
				text = valueText(received, parsable)
			}
			row = append(row, text)
		case "source":
			row = append(row, p.Source.String())
		}
	}
	return row
}

// valueText is a value, exact or for a person.
func valueText(p prop.Property, parsable bool) string {
	if parsable {
		return p.Text
	}
	return p.Human()
}

// document is an item in JSON. With a choice of sources it is nil if no property
// comes from one of them.
func document(it item, props []prop.Prop, all bool, from map[prop.SourceKind]bool) any {
	doc := datasetDoc{Name: it.name, Type: it.props.Text(prop.Type), CreateTxg: it.createTxg, Properties: make(map[string]propertyDoc)}
	for _, p := range properties(it, props, all, from) {
		one := propertyDoc{Value: jsonValue(p), Text: p.Text, Source: jsonSource(p.Source)}
		if received, ok := it.received[p.Name]; ok {
			one.Received = jsonValue(received)
		}
		doc.Properties[string(p.Name)] = one
	}
	if from != nil && len(doc.Properties) == 0 {
		return nil
	}
	return doc
}

// jsonValue is a value as JSON has it: the name of an index, else the number,
// the text or the list.
func jsonValue(p prop.Property) any {
	info, native := prop.Lookup(p.Name)
	switch {
	case native && info.Kind == prop.KindIndex:
		return p.Text
	case p.Value.Kind() == prop.ValueNumber:
		return p.Value.Uint64()
	case p.Value.Strings() != nil:
		return p.Value.Strings()
	case p.Value.Uint64s() != nil:
		return p.Value.Uint64s()
	case p.Value.IsZero():
		return nil
	}
	return p.Text
}

func jsonSource(s prop.Source) sourceDoc {
	doc := sourceDoc{Type: strings.ToUpper(sourceWords[s.Kind]), Data: "-"}
	if s.Kind == prop.SourceInherited {
		doc.Data = s.From
	}
	return doc
}
