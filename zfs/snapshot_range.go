package zfs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// SnapshotRange resolves the notation of zfs destroy for several snapshots of a
// dataset: "tank/a@x%y" are x, y and the snapshots between them, "tank/a@%y"
// begins with the oldest, "tank/a@x%" ends with the newest, "tank/a@%" are all,
// and commas separate ranges and single names. Each snapshot is returned once, in
// the order of creation by transaction group, not by time.
//
// Each name must exist, and the first of a range must not be newer than the last.
// Items has the names that do not exist.
//
// Errors match ErrNotFound (the dataset or a snapshot), ErrInvalid (a range in
// reverse order), ErrInvalidName, ErrPermission.
func (c *Client) SnapshotRange(ctx context.Context, spec string) ([]string, error) {
	head, ranges, err := parseRanges(spec)
	if err != nil {
		return nil, inputError(ioctl.OpSnapshotListNext, spec, err)
	}
	snaps, err := c.snapshotsByAge(ctx, head)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(snaps))
	for i, snap := range snaps {
		at[strings.TrimPrefix(snap.Name, head.Dataset+"@")] = i
	}
	e := &Error{Op: ioctl.OpSnapshotListNext, Name: spec, err: ErrNotFound}
	chosen := make([]bool, len(snaps))
	for _, r := range ranges {
		first, last := 0, len(snaps)-1
		for _, bound := range []struct {
			name string
			i    *int
		}{{r.first, &first}, {r.last, &last}} {
			i, ok := at[bound.name]
			switch {
			case ok:
				*bound.i = i
			case bound.name != "":
				e.addMissing(head.Dataset + "@" + bound.name)
			}
		}
		if first > last && r.first != "" && r.last != "" {
			return nil, inputError(ioctl.OpSnapshotListNext, spec, fmt.Errorf("%w: %s is newer than %s", ErrInvalid, r.first, r.last))
		}
		for i := first; i <= last; i++ {
			chosen[i] = true
		}
	}
	if len(e.Items) > 0 {
		return nil, e
	}
	var names []string
	for i, snap := range snaps {
		if chosen[i] {
			names = append(names, snap.Name)
		}
	}
	return names, nil
}

// addMissing adds a name that does not exist, once.
func (e *Error) addMissing(name string) {
	if !slices.ContainsFunc(e.Items, func(i Item) bool { return i.Name == name }) {
		e.Items = append(e.Items, Item{Name: name, Err: ErrNotFound})
	}
}

// snapRange is a range of snapshots by the last parts of their names. An empty
// bound is open. A single snapshot is a range from itself to itself.
type snapRange struct{ first, last string }

// parseRanges parses a specification and checks its names.
func parseRanges(spec string) (head Name, ranges []snapRange, err error) {
	name, list, ok := strings.Cut(spec, "@")
	if !ok {
		return head, nil, fmt.Errorf("%w %q: no snapshot is named", ErrInvalidName, spec)
	}
	if head, err = parseHead(name); err != nil {
		return head, nil, err
	}
	for part := range strings.SplitSeq(list, ",") {
		r := snapRange{part, part}
		if first, last, ok := strings.Cut(part, "%"); ok {
			r = snapRange{first, last}
		} else if part == "" {
			return head, nil, fmt.Errorf("%w %q: a name is empty", ErrInvalidName, spec)
		}
		for _, bound := range []string{r.first, r.last} {
			if bound == "" {
				continue
			}
			if strings.Contains(bound, "%") {
				return head, nil, fmt.Errorf("%w %q: a range has two ends", ErrInvalidName, spec)
			}
			if _, err := parseSnapshot(name + "@" + bound); err != nil {
				return head, nil, err
			}
		}
		ranges = append(ranges, r)
	}
	return head, ranges, nil
}

// snapshotsByAge reads the snapshots of a dataset, the oldest first. Releases
// before 2.2 return the age only together with the properties.
func (c *Client) snapshotsByAge(ctx context.Context, head Name) ([]*Dataset, error) {
	// A walk over a dataset that does not exist finds nothing.
	if _, err := c.typeOf(ctx, head); err != nil {
		return nil, err
	}
	for _, namesOnly := range []bool{true, false} {
		snaps, err := c.readSnapshots(ctx, head.Dataset, namesOnly)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(snaps, func(ds *Dataset) bool { return ds.CreateTxg == 0 }) && namesOnly {
			continue
		}
		slices.SortFunc(snaps, func(a, b *Dataset) int { return cmp.Compare(a.CreateTxg, b.CreateTxg) })
		return snaps, nil
	}
	return nil, nil
}

// readSnapshots collects the snapshots of a walk.
func (c *Client) readSnapshots(ctx context.Context, head string, namesOnly bool) ([]*Dataset, error) {
	var snaps []*Dataset
	for snap, err := range c.snapshotsOf(ctx, head, &SnapshotsOptions{NamesOnly: namesOnly}) {
		if err != nil {
			return nil, err
		}
		snaps = append(snaps, snap)
		if snap.CreateTxg == 0 && namesOnly {
			break // the age is missing from all, so the rest is of no use
		}
	}
	return snaps, nil
}
