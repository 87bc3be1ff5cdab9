package zfs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Blocked is a set of operations that cannot be carried out.
type Blocked uint8

// The operations on a dataset. A possible blocker has none of these bits.
const (
	// BlockedDestroy means that the kernel does not destroy the dataset.
	BlockedDestroy Blocked = 1 << iota
	// BlockedRename means that zfs(8) cannot rename the dataset: it unmounts a
	// filesystem and mounts it again. DatasetRename does not unmount.
	BlockedRename
	// BlockedUnmount means that the filesystem cannot be unmounted.
	BlockedUnmount
	// BlockedRollback means that the dataset cannot be rolled back to its latest
	// snapshot.
	BlockedRollback
)

// blockedWords are the names of the operations in the order of their bits.
var blockedWords = [...]string{"destroy", "rename", "unmount", "rollback"}

// Words returns the names of the operations.
func (b Blocked) Words() (words []string) {
	for i, word := range blockedWords {
		if b&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return words
}

// BlockerKind is the kind of a blocker.
type BlockerKind uint8

// The kinds of blockers.
const (
	BlockerUser      BlockerKind = 1 + iota // see DatasetUsers
	BlockerHold                             // a hold on a snapshot
	BlockerClone                            // a clone of a snapshot
	BlockerChild                            // a filesystem or volume below
	BlockerSnapshots                        // the dataset's own snapshots
	BlockerBookmark                         // a bookmark newer than the latest snapshot
	BlockerReceive                          // a receive that has not finished
	BlockerControl                          // a process that may send or receive
)

// String returns the kind in one word.
func (k BlockerKind) String() string {
	return enum.Name(k, "none", "user", "hold", "clone", "child", "snapshots", "bookmark", "receive", "control")
}

// Blocker is something that blocks operations on a dataset.
type Blocker struct {
	Kind BlockerKind
	// Name is the dataset in use, the snapshot that is held, the clone, the
	// child, the latest of the snapshots, or the bookmark.
	Name string
	// Tag is that of a hold, Of is the origin of a clone.
	Tag, Of string
	// Count is the number of snapshots.
	Count int
	// User is the user of the dataset, or nil for kinds other than BlockerUser
	// and BlockerControl.
	User *DatasetUser
	// Blocks are the operations that fail. It is zero for a possible blocker: a
	// receive that may be under way or left unfinished, or a process that may be
	// sending.
	Blocks Blocked
}

// String describes the blocker in one line. It escapes characters that could end
// the line or control a terminal, such as in the tag of a hold.
func (b *Blocker) String() string { return text.Escape(b.words()) }

func (b *Blocker) words() string {
	switch b.Kind {
	case BlockerUser:
		return fmt.Sprintf("%s: %s", b.Name, b.User)
	case BlockerHold:
		return fmt.Sprintf("%s is held by %s", b.Name, b.Tag)
	case BlockerClone:
		return fmt.Sprintf("%s is a clone of %s", b.Name, b.Of)
	case BlockerChild:
		return fmt.Sprintf("it has the child %s", b.Name)
	case BlockerSnapshots:
		return fmt.Sprintf("it has %d snapshots, the latest is %s", b.Count, b.Name)
	case BlockerBookmark:
		return fmt.Sprintf("%s is newer than the latest snapshot", b.Name)
	case BlockerReceive:
		return fmt.Sprintf("a receive into %s has not finished", b.Name)
	case BlockerControl:
		return fmt.Sprintf("process %d (%s) has %s open and may be sending or receiving", b.User.PID, b.User.Command, b.User.Path)
	}
	return b.Kind.String()
}

// DatasetBlockers are the blockers of operations on a dataset.
type DatasetBlockers struct {
	Blockers []Blocker
	// Unseen and Incomplete are as in DatasetUsers.
	Unseen     int
	Incomplete string
}

// DatasetBlockers reads what blocks destroying, unmounting or rolling back a
// filesystem, volume or snapshot, or renaming it with zfs(8): users, holds,
// clones, children, snapshots, newer bookmarks, and receives. It changes nothing,
// and its result may be out of date when it returns. The kernel has no list of
// sends and receives under way: as a hint, the result includes the processes that
// have the module's device open. Only on Linux does it include users.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, and the context's.
func (c *Client) DatasetBlockers(ctx context.Context, name string, opts *DatasetUsersOptions) (*DatasetBlockers, error) {
	n, err := parseDataset(name, "a bookmark is never blocked")
	if err != nil {
		return nil, mountError("look for what blocks", name, err)
	}
	ds, err := c.DatasetStats(ctx, name, nil)
	if err != nil {
		return nil, err
	}
	b := &DatasetBlockers{}
	if err := b.users(ctx, c, name, opts); err != nil {
		return nil, err
	}
	if n.Snapshot != "" {
		err = b.snapshot(ctx, c, ds, BlockedDestroy)
	} else {
		err = errors.Join(b.below(ctx, c, ds), b.receive(ctx, c, ds))
	}
	if err != nil {
		return nil, err
	}
	b.control(c)
	return b, nil
}

// add adds a blocker.
func (b *DatasetBlockers) add(blocker Blocker) { b.Blockers = append(b.Blockers, blocker) }

// users adds the users of the dataset.
func (b *DatasetBlockers) users(ctx context.Context, c *Client, name string, opts *DatasetUsersOptions) error {
	users, err := c.DatasetUsers(ctx, name, opts)
	if errors.Is(err, ErrNotSupported) {
		return nil
	}
	if err != nil {
		return err
	}
	b.Unseen, b.Incomplete = users.Unseen, users.Incomplete
	for i := range users.Users {
		u := &users.Users[i]
		b.add(Blocker{Kind: BlockerUser, Name: u.Dataset, User: u, Blocks: u.blocks(name)})
	}
	return nil
}

// blocks returns the operations that a user blocks on the dataset of that name.
// The user may use the dataset or one of its snapshots.
func (u *DatasetUser) blocks(name string) Blocked {
	switch {
	case u.Dataset != name && u.Use == UseMount:
		return 0 // the kernel unmounts it, unless it is in use
	case u.Dataset != name:
		return BlockedUnmount | BlockedRename
	case u.Use == UseMount, u.Use == UseDevice, u.Use == UseHolder, u.Use == UseSwap:
		return BlockedDestroy
	case strings.Contains(name, "@"):
		return BlockedDestroy | BlockedUnmount
	}
	return BlockedDestroy | BlockedUnmount | BlockedRename
}

// snapshot adds the holds and clones of a snapshot.
func (b *DatasetBlockers) snapshot(ctx context.Context, c *Client, snap *Dataset, blocks Blocked) error {
	if snap.Props.Uint64(prop.UserRefs) > 0 {
		for hold, err := range c.Holds(ctx, snap.Name, nil) {
			if vanished(err) {
				break
			}
			if err != nil {
				return err
			}
			b.add(Blocker{Kind: BlockerHold, Name: snap.Name, Tag: hold.Tag, Blocks: blocks})
		}
	}
	for _, clone := range slices.Sorted(slices.Values(snap.Props.Value(prop.Clones).Strings())) {
		if head, ok := strings.CutSuffix(clone, "/%recv"); ok {
			b.add(Blocker{Kind: BlockerReceive, Name: head, Blocks: blocks})
			continue
		}
		b.add(Blocker{Kind: BlockerClone, Name: clone, Of: snap.Name, Blocks: blocks})
	}
	return nil
}

// below adds the children, snapshots and bookmarks of a filesystem or volume.
func (b *DatasetBlockers) below(ctx context.Context, c *Client, ds *Dataset) error {
	for child, err := range c.Datasets(ctx, ds.Name, &DatasetsOptions{Depth: 1, NamesOnly: true}) {
		if err != nil {
			return err
		}
		if child.Name != ds.Name {
			b.add(Blocker{Kind: BlockerChild, Name: child.Name, Blocks: BlockedDestroy})
		}
	}
	all := Blocker{Kind: BlockerSnapshots, Blocks: BlockedDestroy}
	var latest uint64
	for snap, err := range c.snapshotsOf(ctx, ds.Name, &SnapshotsOptions{}) {
		if err != nil {
			return err
		}
		if all.Count++; snap.CreateTxg > latest {
			latest, all.Name = snap.CreateTxg, snap.Name
		}
		if err := b.snapshot(ctx, c, snap, BlockedDestroy); err != nil {
			return err
		}
	}
	if all.Count == 0 {
		return nil
	}
	b.add(all)
	marks, err := c.bookmarksOf(ctx, ds.Name)
	for _, mark := range marks {
		if mark.CreateTxg > latest {
			b.add(Blocker{Kind: BlockerBookmark, Name: mark.Name, Blocks: BlockedRollback})
		}
	}
	return err
}

// receive adds a receive into the dataset, which uses a hidden child or, at
// first, the dataset itself.
func (b *DatasetBlockers) receive(ctx context.Context, c *Client, ds *Dataset) error {
	seen := slices.ContainsFunc(b.Blockers, func(o Blocker) bool { return o.Kind == BlockerReceive && o.Name == ds.Name })
	if seen {
		return nil
	}
	hidden, err := c.DatasetExists(ctx, ds.Name+"/%recv")
	if hidden || ds.Inconsistent || ds.Props.Value(prop.ReceiveResumeToken).String() != "" {
		b.add(Blocker{Kind: BlockerReceive, Name: ds.Name})
	}
	return err
}

// control adds the other processes that have the module's device open.
func (b *DatasetBlockers) control(c *Client) {
	for _, u := range controllers("/proc", c.dev.Path()) {
		b.add(Blocker{Kind: BlockerControl, User: &u})
	}
}
