package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/stream"
)

// originOf returns the snapshot that the new dataset becomes a clone of.
func (c *Client) originOf(ctx context.Context, t *receiving, head *stream.Begin) (string, error) {
	if t.opts.Origin != "" {
		o, err := parseSnapshot(t.opts.Origin)
		if err == nil {
			err = checkBasePool(t.name, o)
		}
		return t.opts.Origin, err
	}
	if head.Flags&stream.FlagClone == 0 || !t.created {
		return "", nil
	}
	if t.opts.findOrigin != nil {
		return t.opts.findOrigin(t, head.FromGUID)
	}
	if t.opts.Origins != nil {
		return c.originAmong(ctx, t.opts.Origins, head.FromGUID)
	}
	return c.originAnywhere(ctx, t, head.FromGUID)
}

// originAnywhere searches the whole pool for an origin.
func (c *Client) originAnywhere(ctx context.Context, t *receiving, guid uint64) (string, error) {
	name, err := c.findGUID(ctx, Name{Pool: t.name.Pool, Dataset: t.at}, guid, nil)
	if errors.Is(err, ErrNotFound) {
		return "", noOrigin(guid)
	}
	return name, err
}

// checkOrigin refuses an unencrypted origin for a raw stream. Release 2.0 panics
// when it reads a block of such an origin, and later releases fail with EIO.
func (c *Client) checkOrigin(ctx context.Context, t *receiving, origin string) error {
	if !t.created || !t.head.Features.Has(stream.FeatureRaw) {
		return nil
	}
	ds, err := c.DatasetStats(ctx, origin, nil)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil // the kernel reports it, or a dry run has it in its model
	case err != nil:
		return err
	case !stateOf(ds).encrypted:
		return fmt.Errorf("%w: it is raw, and the origin %s is not encrypted", ErrStream, origin)
	}
	return nil
}

// noOrigin returns the error for a stream of a clone whose origin was not found.
func noOrigin(guid uint64) error {
	return fmt.Errorf("%w: no snapshot of the pool has the GUID %d", ErrSourceMissing, guid)
}

// originAmong searches the datasets that may have an origin.
func (c *Client) originAmong(ctx context.Context, heads []string, guid uint64) (string, error) {
	for _, head := range heads {
		if _, err := parseHead(head); err != nil {
			return "", err
		}
		name, err := c.findIn(ctx, head, guid, nil)
		if errors.Is(err, ErrNotFound) {
			return "", because(ErrBaseNotFound, "%s, which may have the origin, does not exist", head)
		}
		if name != "" || err != nil {
			return name, err
		}
	}
	return "", fmt.Errorf("%w: none of the %d datasets that may have the origin has a snapshot with the GUID %d",
		ErrSourceMissing, len(heads), guid)
}

// origin returns the origin of a clone in the replication stream: in the received
// datasets, elsewhere at or below the target, or in a dataset that the caller
// allows.
func (r *treeRun) origin(t *receiving, guid uint64) (string, error) {
	if h, i := r.target.tree.owner(guid); h != nil {
		return h.name + "@" + h.snaps[i].name, nil
	}
	target := headOf(r.target.name)
	name, err := r.originNear(target, guid)
	if name != "" || err != nil {
		return name, err
	}
	name, err = r.c.originAmong(r.ctx, r.target.opts.Origins, guid)
	if !errors.Is(err, ErrSourceMissing) {
		return name, err
	}
	// The error shows the caller what to allow.
	if name, err = r.c.originAnywhere(r.ctx, t, guid); err != nil {
		return "", err
	}
	if inTree(headOf(name), target) {
		return "", noOrigin(guid) // in a dry run, a snapshot that would be destroyed before
	}
	return "", &Error{
		Op: ioctl.OpRecvNew, Name: t.name.String(), Object: name, err: ErrRefused,
		Hint: fmt.Sprintf("the stream makes a clone of it; it is outside of %s, and Origins does not have %s", target, headOf(name)),
	}
}

// originNear searches the target and its descendants, except the received
// datasets, which were read.
func (r *treeRun) originNear(target string, guid uint64) (string, error) {
	top := r.target.top()
	if top == target {
		return "", nil
	}
	for ds, err := range r.c.Datasets(r.ctx, target, &DatasetsOptions{Recursive: true, NamesOnly: true, Sorted: true}) {
		switch {
		case errors.Is(err, ErrNotFound):
			return "", nil
		case err != nil:
			return "", err
		case inTree(ds.Name, top):
			continue
		}
		if name, err := r.c.findIn(r.ctx, ds.Name, guid, nil); name != "" || err != nil {
			return name, err
		}
	}
	return "", nil
}

// inTree reports whether a dataset is the topmost dataset of a tree or a
// descendant of it.
func inTree(name, top string) bool { return name == top || strings.HasPrefix(name, top+"/") }
