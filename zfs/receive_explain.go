package zfs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// explainReceive reads why the kernel refuses a stream. What was read decides the
// sentinel; causes that cannot be distinguished are listed as possible.
func (c *Client) explainReceive(ctx context.Context, e *Error, t *receiving) {
	switch e.Code {
	case ioctl.CodeNoent, ioctl.CodeSrch:
		origin, _ := t.in.Text("origin")
		_ = c.explainMissing(ctx, e, lookedUp{create: t.name.Dataset, bases: []string{origin}, tree: t.opts.tree})
		if e.Object == "" && t.created && t.head.FromGUID != 0 && origin == "" {
			e.Hint = fmt.Sprintf("the stream is incremental, and %s does not exist", t.name.Dataset)
		}
	case ioctl.CodeInval, ioctl.CodeExist:
		c.explainTarget(ctx, e, t)
	case ioctl.CodeBusy, ioctl.CodeResumeExists:
		if c.holdsPartial(ctx, t.name.Dataset) {
			e.Hint = t.name.Dataset + " holds a partial receive, which must be resumed or aborted first"
		} else {
			e.Hint, _ = c.busyCause(ctx, t.name.Dataset, BlockedRollback)
		}
	case ioctl.CodeNotsup:
		if !t.opts.Heal || !c.explainHeal(ctx, e, t) {
			c.explainStreamFeatures(ctx, e, t)
		}
	case ioctl.CodeStreamLargeBlockMismatch:
		e.Hint = "the target was received with large blocks, this stream is without"
	case ioctl.CodeUnknownSendStreamFeature:
		e.Hint = fmt.Sprintf("the stream has features that this module, %s, does not support", c.release)
	}
}

// explainHeal adds which snapshot a stream cannot repair, and reports whether it
// could be read: the kernel has the same errno for missing features.
func (c *Client) explainHeal(ctx context.Context, e *Error, t *receiving) bool {
	snap, err := c.DatasetStats(ctx, t.name.String(), nil)
	switch {
	case vanished(err):
		e.kind, e.Hint = ErrNotFound, "only a snapshot that exists can be repaired"
	case err == nil && snap.GUID != t.head.ToGUID:
		e.kind, e.Hint = ErrStream, fmt.Sprintf("the stream is of another snapshot: its GUID is %d, that of %s is %d", t.head.ToGUID, snap.Name, snap.GUID)
	default:
		return false
	}
	return true
}

// holdsPartial reports whether a dataset has partial state.
func (c *Client) holdsPartial(ctx context.Context, dataset string) bool {
	there, err := c.DatasetExists(ctx, dataset+"/%recv")
	if err == nil && !there {
		var token string
		token, err = c.resumeToken(ctx, dataset)
		there = token != ""
	}
	return err == nil && there
}

// explainTarget adds why the target does not fit the stream.
func (c *Client) explainTarget(ctx context.Context, e *Error, t *receiving) {
	resumes := t.head.Features.Has(stream.FeatureResuming)
	var snaps []*Dataset
	if !t.created {
		for snap, err := range c.Snapshots(ctx, t.name.Dataset, nil) {
			if err != nil {
				return
			}
			snaps = append(snaps, snap)
		}
	}
	with := ""
	if len(snaps) > 0 {
		with = fmt.Sprintf(" and has snapshots, such as %s", snaps[0].Name)
	}
	switch {
	case !t.created && t.head.Flags&stream.FlagClone != 0 && !resumes:
		e.kind, e.Hint = ErrExists, fmt.Sprintf("the stream makes a clone, and %s exists%s", t.name.Dataset, with)
	case e.Code == ioctl.CodeExist:
		c.explainExists(ctx, e, t, snaps, with)
	case e.Code == ioctl.CodeInval:
		if local, _ := t.in.List("localprops"); t.opts.Key == nil && t.head.FromGUID == 0 {
			if _ = c.explainKey(ctx, e, t.name.Dataset, local); errors.Is(e, ErrInvalidProp) {
				return
			}
		}
		if e.Hint = c.keptFromReplacing(ctx, t); e.Hint == "" {
			e.Hint = "possible causes: " + strings.Join(possibleMisfits(t, resumes), "; ")
		}
	}
}

// keptFromReplacing returns why Force cannot replace the target by a full stream,
// or "" if no reason was found.
func (c *Client) keptFromReplacing(ctx context.Context, t *receiving) string {
	if !t.opts.Force || t.created || t.head.FromGUID != 0 {
		return ""
	}
	ds, err := c.DatasetStats(ctx, t.name.Dataset, nil)
	switch {
	case err != nil:
		return ""
	case stateOf(ds).encrypted:
		return ds.Name + " is encrypted, and cannot be replaced"
	case ds.Origin != "":
		return fmt.Sprintf("%s is a clone of %s, and cannot be replaced", ds.Name, ds.Origin)
	}
	return ""
}

// explainExists adds what already exists, or which clone blocks Force.
func (c *Client) explainExists(ctx context.Context, e *Error, t *receiving, snaps []*Dataset, with string) {
	for _, snap := range snaps {
		if snap.Name == t.name.String() {
			e.Hint = snap.Name + " exists"
			return
		}
	}
	if t.opts.Force {
		for _, snap := range snaps {
			if clones := snap.Props.Value(prop.Clones).Strings(); len(clones) > 0 {
				e.kind, e.Object = ErrHasClones, snap.Name
				e.Hint = fmt.Sprintf("%s is a clone of it, so it cannot be destroyed", clones[0])
				return
			}
		}
	}
	if !t.created && t.head.FromGUID == 0 {
		e.Hint = fmt.Sprintf("the stream is not incremental, and %s exists%s", t.name.Dataset, with)
	}
}

// possibleMisfits returns the possible causes of EINVAL with such a stream.
func possibleMisfits(t *receiving, resumes bool) []string {
	all := []string{"the stream is damaged"}
	if resumes {
		all = append(all, "the target's partial receive is of another stream")
	}
	if t.head.Features.Has(stream.FeatureRaw) {
		all = append(all, "the target is not encrypted, or was not received raw")
	} else if !t.created {
		all = append(all, "the target was received raw")
	}
	return all
}

// explainStreamFeatures adds which features of the stream are not enabled on the
// pool.
func (c *Client) explainStreamFeatures(ctx context.Context, e *Error, t *receiving) {
	var needs []string
	for _, need := range featureNeeds {
		if t.head.Features.Has(need.stream) {
			needs = append(needs, need.pool)
		}
	}
	_ = c.explainFeature(ctx, e, needs...)
	if e.Hint != "" || errors.Is(e, ErrFeatureDisabled) {
		return
	}
	if t.head.Features.Has(stream.FeatureDedup) {
		e.kind = ErrNotSupported
		e.Hint = "the stream is deduplicated, which no module receives since 2.0; zfsprobe stream --redup rewrites it"
	}
}

// checkReplaced refuses to replace a target that has snapshots by a full stream:
// the kernel would destroy them all. If the target has the same snapshot, the
// kernel decides.
func (c *Client) checkReplaced(ctx context.Context, t *receiving) error {
	if !t.opts.Force || t.created || t.head.FromGUID != 0 || t.opts.Heal || t.head.Features.Has(stream.FeatureResuming) {
		return nil
	}
	var snaps []string
	if t.opts.tree != nil {
		for _, s := range t.opts.tree.find(t.name.Dataset).snaps {
			snaps = append(snaps, t.name.Dataset+"@"+s.name)
		}
	} else {
		for snap, err := range c.Snapshots(ctx, t.name.Dataset, &SnapshotsOptions{NamesOnly: true}) {
			if err != nil {
				return err
			}
			snaps = append(snaps, snap.Name)
		}
	}
	if len(snaps) == 0 || slices.Contains(snaps, t.name.String()) {
		return nil
	}
	return fmt.Errorf("%w: the stream is not incremental, and %s has snapshots, such as %s, which must be destroyed first", ErrExists, t.name.Dataset, snaps[0])
}
