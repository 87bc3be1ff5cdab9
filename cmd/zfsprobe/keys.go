package main

import (
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// datasetKeyDoc is one encrypted dataset in JSON.
type datasetKeyDoc struct {
	Name string `json:"name"`
	// Root is the dataset whose key this one uses, itself if it has one.
	Root     string `json:"root"`
	Status   string `json:"status"` // available or unavailable
	Cipher   string `json:"cipher"`
	Format   string `json:"format"`
	Location string `json:"location"` // "none" for what has no key of its own
	// Iterations of PBKDF2, 0 unless the format is passphrase.
	Iterations uint64 `json:"iterations"`
}

// keysDoc is what keys prints.
type keysDoc struct {
	Schema string          `json:"schema"`
	Keys   []datasetKeyDoc `json:"keys"`
}

func (a *app) keysCommand() *cobra.Command {
	var recursive, rootsOnly, script bool
	cmd := &cobra.Command{
		Use:   "keys [NAME...]",
		Short: "Show which keys are loaded",
		Long: `Keys shows the encrypted filesystems and volumes among those named, or all if no NAME is given:
whose key they use, whether it is loaded, and what it looks like. It shows nothing for what is not
encrypted, and no key.`,
		Example: `  zfsprobe keys                 every encrypted dataset
  zfsprobe keys -R              those that have a key of their own
  zfsprobe keys -r -H tank      tank and its descendants, for scripts`,
		RunE: func(cmd *cobra.Command, args []string) error {
			sel := selection{recursive: recursive, depth: -1, props: []zfs.Prop{zfs.PropEncryption}}
			return a.withDatasets(cmd.Context(), args, sel, func(found []item) error {
				sortItems(found, nil)
				keys := keysOf(found, rootsOnly)
				if a.json {
					return printJSON(a.out, keysDoc{Schema: "zfsprobe.keys/1", Keys: keys})
				}
				return keysTable(keys, script).print(a.out)
			})
		},
	}
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "with all descendants")
	cmd.Flags().BoolVarP(&rootsOnly, "roots", "R", false, "only what has a key of its own")
	cmd.Flags().BoolVarP(&script, "script", "H", false, "no header, columns separated by one tab")
	return cmd
}

// keysOf picks what is encrypted.
func keysOf(items []item, rootsOnly bool) []datasetKeyDoc {
	keys := []datasetKeyDoc{}
	for _, it := range items {
		p := it.props
		root := p.Value(zfs.PropEncryptionRoot).String()
		if root == "" || rootsOnly && root != it.name {
			continue
		}
		keys = append(keys, datasetKeyDoc{
			Name: it.name, Root: root, Status: p.Text(zfs.PropKeyStatus), Cipher: p.Text(zfs.PropEncryption),
			Format: p.Text(zfs.PropKeyFormat), Location: p.Text(zfs.PropKeyLocation), Iterations: p.Uint64(zfs.PropPBKDF2Iters),
		})
	}
	return keys
}

func keysTable(keys []datasetKeyDoc, script bool) *table {
	t := &table{script: script, header: []string{"NAME", "ENCROOT", "KEYSTATUS", "ENCRYPTION", "KEYFORMAT", "KEYLOCATION"}}
	for _, k := range keys {
		t.add(k.Name, k.Root, k.Status, k.Cipher, k.Format, k.Location)
	}
	return t
}
