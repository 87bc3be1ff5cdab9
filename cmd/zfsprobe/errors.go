package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// errorsDoc is what errors prints.
type errorsDoc struct {
	Schema string          `json:"schema"`
	Pools  []poolErrorsDoc `json:"pools"`
}

// poolErrorsDoc is what one pool has lost, in JSON.
type poolErrorsDoc struct {
	Pool string `json:"pool"`
	// Count is the kernel's estimate of blocks; an old error may still be counted
	// until the next two scrubs.
	Count  uint64         `json:"error_count"`
	Errors []poolErrorDoc `json:"errors"`
}

// poolErrorDoc is one damaged object in JSON.
type poolErrorDoc struct {
	Name    string `json:"name"` // as it is printed
	Dataset string `json:"dataset,omitempty"`
	Path    string `json:"path,omitempty"` // within the filesystem
	Objset  uint64 `json:"objset"`
	Object  uint64 `json:"object"`
}

func (a *app) errorsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "errors [POOL...]",
		Short: "Show permanent data errors of pools",
		Long: `Errors shows the files and other objects with damaged data that could not be
repaired, one per line, for all pools if none is given. Names are those of zpool status -v: the path of a
file if it is mounted, otherwise DATASET:PATH, and the numbers of objects without a name. It needs root.

Exit code 1 means that data is damaged.`,
		Example: "  zfsprobe errors tank\n  zfsprobe errors --json | jq -r '.pools[].errors[].path'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(func(c *zfs.Client) error {
				doc, err := errorsDocument(cmd.Context(), c, args)
				if err != nil {
					return err
				}
				return errors.Join(a.print(doc, doc.print), doc.result())
			})
		},
		ValidArgsFunction: a.completePools,
	}
}

// errorsDocument reads what the pools have lost.
func errorsDocument(ctx context.Context, c *zfs.Client, asked []string) (*errorsDoc, error) {
	pools, err := poolsAsked(ctx, c, asked, poolPatience)
	if err != nil {
		return nil, err
	}
	doc := &errorsDoc{Schema: "zfsprobe.errors/1", Pools: []poolErrorsDoc{}}
	for _, name := range pools {
		s, err := c.PoolStatus(ctx, name, &zfs.PoolStatusOptions{Errors: true})
		if err != nil {
			return nil, err
		}
		if err := errors.Join(s.Unanswered, s.ErrorsErr); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		p := poolErrorsDoc{Pool: name, Count: s.ErrorCount, Errors: []poolErrorDoc{}}
		for _, e := range s.Errors {
			p.Errors = append(p.Errors, poolErrorDoc{errorName(&e), e.Dataset, e.Path, e.Objset, e.Object})
		}
		doc.Pools = append(doc.Pools, p)
	}
	return doc, nil
}

// print writes the document for people.
func (d *errorsDoc) print(w io.Writer) error {
	b := show.NewPage(w)
	for _, p := range d.Pools {
		for _, e := range p.Errors {
			b.Addf("%s\n", e.Name)
		}
	}
	return b.Emit(w)
}

// result is the exit code's reason.
func (d *errorsDoc) result() error {
	for _, p := range d.Pools {
		if len(p.Errors) > 0 {
			return errFound
		}
	}
	return nil
}
