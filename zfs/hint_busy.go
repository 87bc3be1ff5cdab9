package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/purezfs/purezfs/ioctl"
)

// hintTimeout limits the search for users after an error.
const hintTimeout = time.Second

// hintShown is the largest number of blockers in one hint.
const hintShown = 3

// explainBusy adds why the dataset of an error, or one of the snapshots in a
// batch, is busy, as far as that can be found by reading.
func (c *Client) explainBusy(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) || ctx.Err() != nil || e.Hint != "" {
		return err
	}
	if e.Op != ioctl.OpDestroySnaps {
		if e.Code == ioctl.CodeBusy {
			hint, cause := c.busyCause(ctx, e.Name, blockedBy(e.Op, e.Name))
			if e.Hint = hint; cause != nil && errors.Is(e.kind, cause) {
				e.kind = cause
			}
		}
		return err
	}
	for _, item := range e.Items {
		if matches(item.Err, ioctl.CodeBusy) || matches(item.Err, ioctl.CodeExist) {
			e.Hint, _ = c.busyCause(ctx, item.Name, BlockedDestroy)
			break
		}
	}
	return err
}

// blockedBy returns the blockers to look for when an operation finds a dataset
// busy.
func blockedBy(op ioctl.Op, name string) Blocked {
	switch {
	case op == ioctl.OpRollback:
		return BlockedRollback
	case op == ioctl.OpRename && !strings.Contains(name, "@"):
		return BlockedRename
	}
	// A snapshot is unmounted before it is renamed, as before it is destroyed.
	return BlockedDestroy
}

// busyCause returns what blocks an operation on a dataset, or "" if nothing is
// found. The cause is the sentinel for it, or nil if the blocker is only a
// possible one.
func (c *Client) busyCause(ctx context.Context, name string, op Blocked) (hint string, cause error) {
	n, err := parseDataset(name, noProps)
	if err != nil {
		return "", nil
	}
	b := &DatasetBlockers{}
	// What cannot be read adds nothing, here and below.
	_ = b.users(ctx, c, name, &DatasetUsersOptions{Timeout: hintTimeout})
	if hint := b.hint(op); hint != "" {
		return hint, ErrBusy
	}
	if op == BlockedUnmount {
		return b.unsure(), nil
	}
	if n.Snapshot == "" && op == BlockedDestroy {
		for snap, err := range c.snapshotsOf(ctx, name, &SnapshotsOptions{NamesOnly: true}) {
			if err != nil {
				break
			}
			return "it has snapshots, such as " + snap.Name, ErrHasSnapshots
		}
	}
	if ds, err := c.DatasetStats(ctx, name, nil); err == nil && n.Snapshot != "" {
		_ = b.snapshot(ctx, c, ds, BlockedDestroy)
	} else if err == nil {
		_ = b.receive(ctx, c, ds)
	}
	if hint := b.hint(op); hint != "" {
		return hint, ErrBusy
	}
	b.control(c)
	if hint := b.hint(0); hint != "" {
		return hint, nil
	}
	return b.unsure(), nil
}

// hint describes the first blockers of the operation, or for 0 the possible
// blockers.
func (b *DatasetBlockers) hint(op Blocked) string {
	var all []string
	more := 0
	for i := range b.Blockers {
		switch blocker := &b.Blockers[i]; {
		case blocker.Blocks&op == 0 && (op != 0 || blocker.Blocks != 0):
		case len(all) == hintShown:
			more++
		case blocker.Kind == BlockerUser && blocker.User.Use == UseMount:
			all = append(all, "it is "+blocker.User.String())
		case blocker.Kind == BlockerUser:
			all = append(all, blocker.User.String())
		default:
			all = append(all, blocker.String())
		}
	}
	if more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}

// unsure returns why the search may be incomplete, or "".
func (b *DatasetBlockers) unsure() string {
	var all []string
	if b.Unseen > 0 {
		all = append(all, fmt.Sprintf("%d processes could not be inspected without more rights", b.Unseen))
	}
	if b.Incomplete != "" {
		all = append(all, b.Incomplete)
	}
	return strings.Join(all, "; ")
}

// explainRemoval adds that a device is busy because of a removal under way: the
// kernel has the same errno for a device in use.
func (c *Client) explainRemoval(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeBusy || ctx.Err() != nil {
		return err
	}
	if s, serr := c.PoolStatus(ctx, e.Name, nil); serr == nil && s.removing() {
		e.kind, e.Hint = ErrInProgress, "a device is being removed"
	}
	return err
}

// explainExpansion names the device that blocks the expansion of a raidz.
func explainExpansion(err error, raidz *Vdev) {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeNxio {
		return
	}
	for _, v := range raidz.Children {
		switch {
		case !v.Leaf():
			e.Hint = v.Name + " has to end first"
		case v.State < VdevDegraded:
			e.Hint = v.Name + " is " + v.State.String()
		}
	}
}

// removing reports whether a device is being removed.
func (s *PoolStatus) removing() bool { return s.Removal != nil && s.Removal.State == ScanScanning }
