package zfs

import (
	"context"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// checkBatch checks the names of a batch, all of them before the kernel sees
// one, and returns their pool. Every name that is refused is an item of the error.
func (c *Client) checkBatch(ctx context.Context, op ioctl.Op, names []string, check func(name string) (Name, error)) (pool string, err error) {
	var refused []Item
	var first Name
	for _, name := range names {
		n, err := check(name)
		switch {
		case err != nil:
		case pool == "":
			pool, first = n.Pool, n
		default:
			err = checkPools(first, n)
		}
		if err != nil {
			refused = append(refused, Item{name, err})
		}
	}
	if len(refused) > 0 {
		return pool, c.explainTwoPools(ctx, &Error{Op: op, Name: pool, Items: refused, err: blockedError(refused)})
	}
	return pool, nil
}

// nameSet returns the kernel's form of a set of names.
func nameSet(names []string) *nvlist.List {
	set := &nvlist.List{}
	for _, name := range names {
		set.SetBoolean(name)
	}
	return set
}
