package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// The length of a raw key, and the most that is read of a line.
const (
	rawKeyBytes = 32
	keyLineMost = 1024
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
	Iterations uint64 `json:"iterations,omitempty"`
	Warning    string `json:"warning,omitempty"` // every user can read the key
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
		Short: "Show encryption roots and key status",
		Long: `Keys shows encrypted filesystems and volumes, all of them if no NAME is
given: their encryption root, the status of its key, and the key's format and location. It skips
datasets that are not encrypted, and never shows a key. It warns about key files that every user can
read.`,
		Example: `  zfsprobe keys                 every encrypted dataset
  zfsprobe keys -R              those that have a key of their own
  zfsprobe keys -r -H tank      tank and its descendants, for scripts`,
		RunE: func(cmd *cobra.Command, args []string) error {
			sel := selection{recursive: recursive, depth: -1, props: []prop.Prop{prop.Encryption}}
			return a.withDatasets(cmd.Context(), args, sel, func(found items) error {
				return a.printItems(inOrder(encryptedItems(found, rootsOnly), nil, firstItems), listing{
					doc: keysDoc{Schema: "zfsprobe.keys/1", Keys: []datasetKeyDoc{}},
					element: func(it item) any {
						k := keyOf(it)
						warnExposed(cmd.ErrOrStderr(), k)
						return k
					},
					table: &show.Table{Script: script, Notes: !script, Header: []string{"NAME", "ENCROOT", "KEYSTATUS", "ENCRYPTION", "KEYFORMAT", "KEYLOCATION"}},
					rows: func(it item) [][]string {
						k := keyOf(it)
						warnExposed(cmd.ErrOrStderr(), k)
						return [][]string{{k.Name, k.Root, k.Status, k.Cipher, k.Format, k.Location}}
					},
				})
			})
		},
	}
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "with all descendants")
	cmd.Flags().BoolVarP(&rootsOnly, "roots", "R", false, "only encryption roots")
	cmd.Flags().BoolVarP(&script, "script", "H", false, "no header, columns separated by one tab")
	return cmd
}

// encryptedItems leaves out what is not encrypted, or does not have a key of its own.
func encryptedItems(found items, rootsOnly bool) items {
	return func(yield func(item, error) bool) {
		for it, err := range found {
			wanted := err != nil
			if !wanted {
				root := it.props.Value(prop.EncryptionRoot).String()
				wanted = root == it.name || root != "" && !rootsOnly
			}
			if wanted && !yield(it, err) {
				return
			}
		}
	}
}

// keyOf is what is known about the key of an encrypted dataset.
func keyOf(it item) datasetKeyDoc {
	p := it.props
	k := datasetKeyDoc{
		Name: it.name, Root: p.Value(prop.EncryptionRoot).String(), Status: p.Text(prop.KeyStatus), Cipher: p.Text(prop.Encryption),
		Format: p.Text(prop.KeyFormat), Location: p.Text(prop.KeyLocation), Iterations: p.Uint64(prop.PBKDF2Iters),
	}
	if exposed := zfs.KeyExposed(k.Location); exposed != nil {
		k.Warning = exposed.Error()
	}
	return k
}

// warnExposed warns of a key that every user can read.
func warnExposed(errOut io.Writer, k datasetKeyDoc) {
	if k.Warning != "" {
		_ = show.Say(errOut, "warning: %s: %s\n", k.Name, k.Warning) // the answer matters more
	}
}

// loadKeys loads the keys that the datasets of a pool lack, as many as it can.
func (a *app) loadKeys(ctx context.Context, c *zfs.Client, pool string, errOut io.Writer) error {
	ask := keyPrompt{in: a.in, errOut: errOut}
	opts := zfs.DatasetsOptions{Recursive: true, Sorted: true, Props: []prop.Prop{prop.KeyStatus, prop.EncryptionRoot}}
	var roots []string
	for ds, err := range c.Datasets(ctx, pool, &opts) {
		if err != nil {
			return err
		}
		if ds.Props.Value(prop.EncryptionRoot).String() == ds.Name && ds.Props.Text(prop.KeyStatus) == "unavailable" {
			roots = append(roots, ds.Name)
		}
	}
	var errs []error
	for _, root := range roots {
		errs = append(errs, c.KeyLoadFrom(ctx, root, &zfs.KeyLoadFromOptions{
			Prompt: ask.key,
			Warn:   func(warning error) { _ = show.Say(errOut, "warning: %s: %v\n", root, warning) }, // the key matters more
		}))
	}
	return errors.Join(errs...)
}

// keyPrompt asks for keys.
type keyPrompt struct {
	in     io.Reader
	errOut io.Writer
}

// key asks for one key: on a terminal without showing it, elsewhere it is the
// next line, or the next 32 bytes if it is raw.
func (p keyPrompt) key(ctx context.Context, name string, format zfs.KeyFormat) ([]byte, error) {
	if f, ok := p.in.(*os.File); ok && show.IsTerminal(f) {
		if format == zfs.KeyRaw {
			return nil, fmt.Errorf("%w: a raw key cannot be typed: use a pipe", zfs.ErrInvalidKey)
		}
		if err := show.Say(p.errOut, "%v of %s: ", format, name); err != nil {
			return nil, err
		}
		key, err := readPassword(ctx, f)
		return key, errors.Join(err, show.Say(p.errOut, "\n"))
	}
	in := &input{ctx: ctx, r: p.in}
	if format == zfs.KeyRaw {
		key := make([]byte, rawKeyBytes)
		_, err := io.ReadFull(in, key)
		return key, err
	}
	return readLine(in)
}

// readLine reads up to the end of a line, a byte at a time: no buffer may keep
// what comes after it, nor a copy of the key.
func readLine(in io.Reader) ([]byte, error) {
	line := make([]byte, keyLineMost)
	for n := range line {
		switch _, err := io.ReadFull(in, line[n:n+1]); {
		case err == io.EOF && n > 0:
			return line[:n], nil
		case err != nil:
			return nil, err
		case line[n] == '\n':
			return line[:n], nil
		}
	}
	clear(line)
	return nil, fmt.Errorf("%w: a line of more than %d bytes", zfs.ErrInvalidKey, keyLineMost-1)
}
