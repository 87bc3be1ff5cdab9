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

// Blocked is a set of operations that something stands in the way of.
type Blocked uint8

// The operations on a dataset. What only may be in the way blocks none.
const (
	// BlockedDestroy: the kernel does not destroy the dataset.
	BlockedDestroy Blocked = 1 << iota
	// BlockedRename: the dataset cannot be renamed by unmounting it and mounting
	// it again, as zfs(8) does. DatasetRename unmounts nothing.
	BlockedRename
	// BlockedUnmount: the filesystem cannot be unmounted.
	BlockedUnmount
	// BlockedRollback: the dataset cannot be rolled back to its latest snapshot.
	BlockedRollback
)

// blockedWords are the operations in the order of their bits.
var blockedWords = [...]string{"destroy", "rename", "unmount", "rollback"}

// Words are the names of the operations.
func (b Blocked) Words() (words []string) {
	for i, word := range blockedWords {
		if b&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return words
}

// BlockerKind says what stands in the way of an operation.
type BlockerKind uint8

// The kinds of what stands in the way.
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

// Blocker is something that stands in the way of operations on a dataset.
type Blocker struct {
	Kind BlockerKind
	// Name is the dataset that is used, the snapshot that is held, the clone,
	// the child, the latest of the snapshots, the bookmark.
	Name string
	// Tag is that of a hold, Of the snapshot of a clone.
	Tag, Of string
	// Count is how many snapshots there are.
	Count int
	// User is who uses the dataset, nil for other kinds but BlockerControl.
	User *DatasetUser
	// Blocks are the operations that fail. It is zero for what only may be in
	// the way: a receive that may be under way or left unfinished, and a process
	// that may be sending.
	Blocks Blocked
}

// String says what stands in the way, in one line. It escapes what could end the
// line or act on a terminal, such as in the tag of a hold.
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
		return fmt.Sprintf("%s lies below it", b.Name)
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

// DatasetBlockers is what stands in the way of operations on a dataset.
type DatasetBlockers struct {
	Blockers []Blocker
	// Unseen and Incomplete are those of DatasetUsers.
	Unseen     int
	Incomplete string
}

// DatasetBlockers reads what keeps a filesystem, volume or snapshot from being
// destroyed, unmounted or rolled back, or zfs(8) from renaming it: users, holds,
// clones, children, snapshots, newer bookmarks, and receives. It changes
// nothing, and what it tells may be over by the time that it does. Sends and
// receives that are under way are in no table: as a hint, the processes that have the
// module's device open are told. Off Linux no users are told.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, and the context's.
func (c *Client) DatasetBlockers(ctx context.Context, name string, opts *DatasetUsersOptions) (*DatasetBlockers, error) {
	n, err := parseDataset(name, "nothing stands in the way of a bookmark's end")
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

// add notes what stands in the way.
func (b *DatasetBlockers) add(blocker Blocker) { b.Blockers = append(b.Blockers, blocker) }

// users adds those who use the dataset.
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

// blocks says what a user of a dataset stands in the way of, or of the dataset
// that the snapshot belongs to which it uses.
func (u *DatasetUser) blocks(name string) Blocked {
	switch {
	case u.Dataset != name && u.Use == UseMount:
		return 0 // the kernel unmounts it, unless somebody uses it
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

// receive adds a receive into the dataset, which works in a hidden child or, at
// first, in the dataset itself.
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
