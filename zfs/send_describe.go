package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// describeTree returns the list at the beginning of a replication stream.
func (c *Client) describeTree(ctx context.Context, heads []*sentHead, n Name, opts *SendTreeOptions) (*stream.Tree, error) {
	heads, _, err := presentHeads(heads, n, opts)
	if err != nil {
		return nil, err
	}
	p := &stream.Tree{ToSnap: n.Snapshot, NotRecursive: !opts.Recursive, Raw: opts.Raw}
	if opts.Recursive || opts.Intermediates {
		p.FromSnap = opts.From // zfs(8) omits it for a single stream, too
	}
	froms := make(map[string]uint64)
	for _, h := range heads {
		dir, _ := splitPath(h.ds.Name)
		ds := stream.TreeDataset{GUID: h.ds.GUID, Name: h.ds.Name, ParentFromSnap: froms[dir], Origin: h.origin}
		froms[h.ds.Name] = h.to.GUID
		if from := h.named(opts.From); from != nil {
			froms[h.ds.Name] = from.GUID
		}
		root := h.ds.Props.Value(prop.EncryptionRoot).String()
		if root != "" && !opts.Raw {
			return nil, inputError(ioctl.OpSendNew, h.to.Name, fmt.Errorf("%w: %s is encrypted, and is sent with its properties only raw", ErrInvalid, h.ds.Name))
		}
		ds.EncryptionRoot = root == h.ds.Name
		if opts.Props || opts.Backup || opts.Recursive {
			if ds.Props, err = c.sentProps(ctx, h.ds, opts.Backup); err != nil {
				return nil, err
			}
		}
		if ds.Snapshots, err = c.describeSnapshots(ctx, h, opts); err != nil {
			return nil, err
		}
		p.Datasets = append(p.Datasets, ds)
	}
	return p, nil
}

// describeSnapshots describes the snapshots of one filesystem or volume. In a
// recursive stream these are all snapshots up to the one that is sent, so that
// the receiver can find those that were destroyed.
func (c *Client) describeSnapshots(ctx context.Context, h *sentHead, opts *SendTreeOptions) (all []stream.TreeSnapshot, err error) {
	from := h.named(opts.From)
	for _, s := range h.snaps {
		listed := opts.Recursive || s == h.to || opts.Intermediates && (from == nil || s.CreateTxg >= from.CreateTxg)
		if s.CreateTxg > h.to.CreateTxg || !listed {
			continue
		}
		_, short, _ := strings.Cut(s.Name, "@")
		d := stream.TreeSnapshot{Name: short, GUID: s.GUID}
		if opts.Recursive || s != from {
			if d.Props, err = c.sentProps(ctx, s, opts.Backup); err != nil {
				return nil, err
			}
			if opts.Holds {
				if d.Holds, err = c.sentHolds(ctx, s.Name); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, d)
	}
	return all, nil
}

// sentHolds reads the holds on a snapshot.
func (c *Client) sentHolds(ctx context.Context, snapshot string) (map[string]uint64, error) {
	holds := make(map[string]uint64)
	for hold, err := range c.Holds(ctx, snapshot, nil) {
		switch {
		case errors.Is(err, ErrNotFound):
			return holds, nil // it was destroyed, and its stream will fail
		case err != nil:
			return nil, err
		}
		holds[hold.Tag] = uint64(hold.Time.Unix())
	}
	return holds, nil
}

// sentProps returns the properties to send: those set on the dataset itself, and
// received ones. With received these are only the received values, even if they
// were overridden since.
func (c *Client) sentProps(ctx context.Context, ds *Dataset, received bool) (*nvlist.List, error) {
	l := &nvlist.List{}
	if received {
		props, err := c.DatasetReceivedProps(ctx, ds.Name)
		if err != nil {
			return nil, err
		}
		for property, v := range props {
			if v.IsZero() || !sendable(property, ds.Type) {
				continue
			}
			if err := setValue(l, property, v); err != nil {
				return nil, err
			}
		}
		return l, nil
	}
	for pair := range ds.Props.stats.All() {
		property := prop.Prop(pair.Name())
		entry, _ := pair.List()
		v := valueOf(entry)
		if v.IsZero() || !sendable(property, ds.Type) {
			continue
		}
		// Quotas and reservations that are set have no source.
		source, sourced := entry.Text(keySource)
		if sourced && (source == ds.Name || source == wireReceived) || !sourced && limitsSpace(property) {
			if err := setValue(l, property, v); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

// sendable reports whether a receiver can set a property. A property that only a
// newer release has is not sent.
func sendable(property prop.Prop, typ prop.DatasetType) bool {
	info, native := prop.Lookup(property)
	if !native {
		return property.IsUser()
	}
	return info.Settable() && !(limitsSpace(property) && typ.Has(prop.TypeSnapshot))
}

// limitsSpace reports whether a property is a quota or a reservation.
func limitsSpace(property prop.Prop) bool {
	switch property {
	case prop.Quota, prop.Reservation, prop.RefQuota, prop.RefReservation:
		return true
	}
	return false
}
