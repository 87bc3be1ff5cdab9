package zfs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// sentHead is a filesystem or volume to send with its snapshots.
type sentHead struct {
	ds     *Dataset
	snaps  []*Dataset // sorted by creation
	origin uint64     // the GUID of the snapshot that it was cloned from, or 0
	to     *Dataset   // the snapshot to send, nil if the dataset does not have it
}

// named returns the snapshot of that name, or nil.
func (h *sentHead) named(name string) *Dataset {
	for _, s := range h.snaps {
		if s.Name == h.ds.Name+"@"+name {
			return s
		}
	}
	return nil
}

// readSent reads the datasets to send: a parent before its children.
func (c *Client) readSent(ctx context.Context, n Name, opts *SendTreeOptions) ([]*sentHead, error) {
	var heads []*sentHead
	guids := make(map[string]uint64)
	walk := &DatasetsOptions{Recursive: opts.Recursive, Types: prop.TypeAll &^ prop.TypeBookmark}
	for ds, err := range c.Datasets(ctx, n.Dataset, walk) {
		switch {
		case err != nil:
			return nil, err
		case !ds.Type.Has(prop.TypeSnapshot):
			heads = append(heads, &sentHead{ds: ds})
		default:
			last := heads[len(heads)-1]
			last.snaps = append(last.snaps, ds)
			guids[ds.Name] = ds.GUID
		}
	}
	for _, h := range heads {
		slices.SortStableFunc(h.snaps, func(a, b *Dataset) int { return cmp.Compare(a.CreateTxg, b.CreateTxg) })
		h.to = h.named(n.Snapshot)
		if h.ds.Origin == "" {
			continue
		}
		guid, ok := guids[h.ds.Origin]
		if !ok {
			ds, err := c.DatasetStats(ctx, h.ds.Origin, nil)
			if err != nil {
				return nil, err
			}
			guid = ds.GUID
		}
		h.origin = guid
	}
	return heads, nil
}

// presentHeads removes the datasets that do not have the snapshot, with their
// descendants: those that are younger, and those that may be missing. Anything
// else that is missing is an error.
func presentHeads(heads []*sentHead, n Name, opts *SendTreeOptions) (present []*sentHead, missing []string, err error) {
	var items []Item
	var txg uint64 // of the snapshot in the nearest ancestor that has it
	byName := make(map[string]uint64)
	for _, h := range heads {
		dir, _ := splitPath(h.ds.Name)
		if inAny(missing, h.ds.Name) {
			continue
		}
		txg = byName[dir]
		switch {
		case h.to != nil:
			byName[h.ds.Name] = h.to.CreateTxg
			present = append(present, h)
		case opts.SkipMissing, txg != 0 && h.ds.CreateTxg > txg:
			missing = append(missing, h.ds.Name)
		default:
			name := h.ds.Name + "@" + n.Snapshot
			items = append(items, Item{name, itemError(ioctl.OpSendNew, name, ioctl.CodeNoent)})
			missing = append(missing, h.ds.Name)
		}
	}
	if len(items) > 0 {
		return nil, nil, &Error{Op: ioctl.OpSendNew, Name: n.String(), Items: items, err: fmt.Errorf("%w everywhere", ErrNotFound)}
	}
	return present, missing, nil
}

// inAny reports whether a name is below one of the others.
func inAny(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(name, n+"/") })
}

// orderTree returns the snapshots to send in their order: a parent before its
// children, and an origin before its clones.
func orderTree(heads []*sentHead, n Name, opts *SendTreeOptions) (streams []TreeStream, missing []string, err error) {
	heads, missing, err = presentHeads(heads, n, opts)
	if err != nil {
		return nil, nil, err
	}
	o := &sendOrder{heads: heads, opts: opts, origins: make(map[uint64]bool), sent: make(map[*sentHead]bool)}
	for _, h := range heads {
		o.origins[h.origin] = true
	}
	for len(o.sent) < len(heads) {
		before := len(o.sent)
		for _, h := range heads {
			if o.sent[h] || !o.ready(h) {
				continue
			}
			if err := o.send(h); err != nil {
				return nil, nil, inputError(ioctl.OpSendNew, h.to.Name, err)
			}
		}
		if len(o.sent) == before {
			return nil, nil, inputError(ioctl.OpSendNew, n.String(), fmt.Errorf("%w: a dataset is a clone of its own descendant", ErrInvalid))
		}
	}
	return o.streams, missing, nil
}

// sendOrder is the ordering of a replication stream.
type sendOrder struct {
	heads   []*sentHead
	opts    *SendTreeOptions
	origins map[uint64]bool // the snapshots that have clones
	sent    map[*sentHead]bool
	streams []TreeStream
}

// ready reports whether the parent and the origin have been sent, or will not be
// sent.
func (o *sendOrder) ready(h *sentHead) bool {
	dir, _ := splitPath(h.ds.Name)
	for _, other := range o.heads {
		if o.sent[other] || other == h {
			continue
		}
		if other.ds.Name == dir || h.origin != 0 && other.ds.Name == headOf(h.ds.Origin) {
			return false
		}
	}
	return true
}

// send adds the snapshots of one filesystem or volume. Descendants may lack the
// source, because they may be younger; the dataset that the caller has named may
// not.
func (o *sendOrder) send(h *sentHead) error {
	o.sent[h] = true
	from := h.named(o.opts.From)
	switch {
	case o.opts.From == "":
	case from == nil && h == o.heads[0]:
		return fmt.Errorf("%s@%s: %w", h.ds.Name, o.opts.From, ErrBaseNotFound)
	case from != nil && from.CreateTxg >= h.to.CreateTxg:
		return fmt.Errorf("%w: %s", ErrNotAncestor, from.Name)
	}
	previous := ""
	if from != nil {
		previous = from.Name
	} else if o.opts.Recursive || o.opts.fromOrigin {
		previous = h.ds.Origin
	}
	for _, s := range h.snaps {
		switch {
		case from != nil && s.CreateTxg <= from.CreateTxg, s.CreateTxg > h.to.CreateTxg:
		case s == h.to, o.opts.Intermediates, o.opts.Recursive && o.origins[s.GUID]:
			o.streams = append(o.streams, TreeStream{Snapshot: s.Name, From: previous})
			previous = s.Name
		}
	}
	return nil
}
