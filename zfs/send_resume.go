package zfs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// planResume parses a token and finds its snapshots.
func (c *Client) planResume(ctx context.Context, text string, opts *SendOptions) (*sending, error) {
	s := &sending{resumes: true}
	if opts != nil {
		s.opts = *opts
	}
	token, err := stream.ParseToken(text)
	if err != nil {
		return nil, inputError(ioctl.OpSendNew, "", err)
	}
	if s.opts.From != "" || s.opts.Saved || s.opts.SavedResume != "" || s.opts.Redact != "" {
		return nil, inputError(ioctl.OpSendNew, token.ToName, fmt.Errorf("%w: the token says what is sent", ErrInvalid))
	}
	to, err := parseSnapshot(token.ToName)
	if err != nil {
		return nil, inputError(ioctl.OpSendNew, token.ToName, fmt.Errorf("%w: %w", stream.ErrToken, err))
	}
	s.object, s.offset, s.bytes = token.Object, token.Offset, token.Bytes
	if s.name, err = c.findGUID(ctx, to, token.ToGUID, nil); err != nil {
		return nil, err
	}
	if to, err = ParseName(s.name); err != nil {
		return nil, inputError(ioctl.OpSendNew, s.name, err)
	}
	return s, c.planToken(ctx, s, to, token)
}

// planSaved reads the parameters of a saved stream from the dataset.
func (c *Client) planSaved(ctx context.Context, s *sending) error {
	text, err := c.resumeToken(ctx, s.name)
	if err == nil && text == "" {
		err = inputError(ioctl.OpSendNew, s.name, ErrNotPartial)
	}
	if err != nil {
		return err
	}
	token, err := stream.ParseToken(text)
	if err != nil {
		return inputError(ioctl.OpSendNew, s.name, err)
	}
	n, err := parseHead(s.name)
	if err == nil && s.opts.SavedResume != "" {
		err = s.resumeSaved(token)
	}
	if err != nil {
		return inputError(ioctl.OpSendNew, s.name, err)
	}
	return c.planToken(ctx, s, n, token)
}

// resumeSaved resumes a stream of saved state, which has its own token.
func (s *sending) resumeSaved(saved *stream.Token) error {
	token, err := stream.ParseToken(s.opts.SavedResume)
	if err != nil {
		return err
	}
	if token.ToGUID != saved.ToGUID {
		return fmt.Errorf("%w: it is for %s, but the saved state is of %s", stream.ErrToken, token.ToName, saved.ToName)
	}
	s.resumes, s.object, s.offset, s.bytes = true, token.Object, token.Offset, token.Bytes
	return nil
}

// planToken adds the values of a token to the options: flags, the source, and the
// bookmark of a redacted stream.
func (c *Client) planToken(ctx context.Context, s *sending, n Name, token *stream.Token) (err error) {
	s.opts.LargeBlocks = s.opts.LargeBlocks || token.LargeBlock
	s.opts.Embedded = s.opts.Embedded || token.Embed
	s.opts.Compressed = s.opts.Compressed || token.Compress
	s.opts.Raw = s.opts.Raw || token.Raw
	if token.FromGUID != 0 && s.from == "" {
		if s.from, err = c.findGUID(ctx, n, token.FromGUID, token); err != nil {
			return err
		}
	}
	if token.RedactSnaps != nil && s.redact == "" {
		s.redact, err = c.findRedaction(ctx, n.Dataset, token.RedactSnaps)
	}
	return err
}

// findGUID returns the name of a snapshot, or of a bookmark if token is not nil:
// of its dataset first, and otherwise of any dataset in the pool, in the order of
// the names. It looks for the original name first.
func (c *Client) findGUID(ctx context.Context, n Name, guid uint64, token *stream.Token) (string, error) {
	if n.Snapshot != "" && token == nil {
		ds, err := c.DatasetStats(ctx, n.String(), nil)
		if err == nil && ds.GUID == guid {
			return ds.Name, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
	}
	name, err := c.findIn(ctx, n.Dataset, guid, token)
	if name != "" || err != nil && !errors.Is(err, ErrNotFound) {
		return name, err
	}
	for ds, err := range c.Datasets(ctx, n.Pool, &DatasetsOptions{Recursive: true, NamesOnly: true, Sorted: true}) {
		if err != nil {
			return "", err
		}
		if name, err := c.findIn(ctx, ds.Name, guid, token); name != "" || err != nil {
			return name, err
		}
	}
	return "", inputError(ioctl.OpSendNew, n.String(), fmt.Errorf("%w: no snapshot of the pool has the GUID %d", ErrNotFound, guid))
}

// findIn searches the snapshots of one dataset, and its bookmarks if token is not
// nil. It returns an empty name if none has the GUID.
func (c *Client) findIn(ctx context.Context, head string, guid uint64, token *stream.Token) (string, error) {
	for snap, err := range c.Snapshots(ctx, head, &SnapshotsOptions{Props: []prop.Prop{prop.GUID}}) {
		if err != nil {
			return "", err
		}
		if snap.GUID == guid {
			return snap.Name, nil
		}
	}
	if token == nil {
		return "", nil
	}
	marks, err := c.bookmarksOf(ctx, head)
	for _, mark := range marks {
		if mark.GUID == guid && sameSnaps(mark.redactSnaps(), token.BookRedactSnaps) {
			return mark.Name, nil
		}
	}
	return "", err
}

// findRedaction returns the last part of the name of the bookmark with these
// redaction snapshots.
func (c *Client) findRedaction(ctx context.Context, head string, guids []uint64) (string, error) {
	marks, err := c.bookmarksOf(ctx, head)
	if err != nil {
		return "", err
	}
	for _, mark := range marks {
		if snaps := mark.redactSnaps(); snaps != nil && sameSnaps(snaps, guids) {
			return mark.Name[len(head)+1:], nil
		}
	}
	return "", inputError(ioctl.OpSendNew, head, fmt.Errorf("%w: no bookmark has the redaction snapshots of the stream", ErrNotFound))
}

// redactSnaps returns the GUIDs of the redaction snapshots of a bookmark, or nil
// if it is not a redaction bookmark.
func (b *Bookmark) redactSnaps() []uint64 {
	v, _, ok := b.Props.Lookup(prop.RedactSnaps)
	if !ok {
		return nil
	}
	return v.Uint64s()
}

// sameSnaps compares GUIDs in any order. An empty list equals a missing one.
func sameSnaps(a, b []uint64) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// resumeToken returns the token of an interrupted receive, or "".
func (c *Client) resumeToken(ctx context.Context, name string) (string, error) {
	ds, err := c.DatasetStats(ctx, name, nil)
	if err != nil {
		return "", err
	}
	return ds.Props.Value(prop.ReceiveResumeToken).String(), nil
}
