package zfs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Credentials are those of a user whose permissions are asked for.
type Credentials struct {
	UID uint32
	// Groups are the user's groups, the primary one among them.
	Groups []uint32
	// Admin reports whether the user has CAP_SYS_ADMIN outside of user namespaces, as
	// root has. The kernel then asks for no permission.
	Admin bool
}

// PermissionNeed is something that an operation takes.
type PermissionNeed struct {
	// Dataset is the filesystem, volume or snapshot on which it is needed. What
	// is granted on a dataset locally does not hold for its snapshots.
	Dataset string
	// Permission is the name of a permission that can be delegated.
	Permission string
	// Admin reports whether nothing but CAP_SYS_ADMIN will do. Permission is then
	// empty.
	Admin bool
}

// PermissionAnswer reports whether a need is met.
type PermissionAnswer struct {
	PermissionNeed
	Granted bool
	// Grant is where the permission comes from, and Set the named set that it is
	// in, empty if it is granted itself. Both are zero for an administrator.
	Grant Grant
	Set   string
	// Refused says why no grant counts: the dataset is left to a user namespace,
	// or the pool does not delegate. It is empty otherwise.
	Refused string
}

// DelegationNeedsOptions are what an operation is about besides its target.
type DelegationNeedsOptions struct {
	// NewName is the new name for OpRename and OpClone. Empty takes one beside
	// the old.
	NewName string
	// Props are the properties for OpSetProp, OpInheritProp and the operations
	// on the space of users.
	Props []prop.Prop
}

// DelegationNeeds tells what a user who is not root needs for an operation on a
// target: of OpCreate the dataset to make, of OpClone the origin, else what the
// operation works on. It is empty for what everyone may do. The kernel looks at
// mount permissions too, but mount(2) and umount(2) are root's on Linux,
// whatever is granted.
//
// Errors match ErrNotFound, ErrInvalidName, ErrInvalid (no properties are
// given), ErrNotSupported (no such operation).
func (c *Client) DelegationNeeds(ctx context.Context, op ioctl.Op, name string, opts *DelegationNeedsOptions) ([]PermissionNeed, error) {
	if opts == nil {
		opts = &DelegationNeedsOptions{}
	}
	n, err := ParseName(name)
	if err != nil {
		return nil, inputError(op, name, err)
	}
	row, ok := ioctl.Lookup(op)
	if !ok {
		return nil, inputError(op, name, ErrNotSupported)
	}
	perms := strings.Split(row.Permission, ",")
	head := n.Dataset
	switch op {
	case ioctl.OpSnapshot, ioctl.OpBookmark, ioctl.OpDestroyBookmarks, ioctl.OpHold, ioctl.OpRelease:
		return needs(head, perms...), nil
	case ioctl.OpCreate:
		return needs(n.Parent(), perms...), nil
	case ioctl.OpClone:
		return append(needs(name, "clone"), needs(newParent(Name{Dataset: head}, opts.NewName), "create", "mount")...), nil
	case ioctl.OpRename:
		return append(needs(name, "rename", "mount"), needs(newParent(n, opts.NewName), "create", "mount")...), nil
	case ioctl.OpPromote:
		return c.promoteNeeds(ctx, name, perms)
	case ioctl.OpRecv, ioctl.OpRecvNew:
		return c.receiveNeeds(ctx, n, perms)
	}
	switch row.Permission {
	case "none", "read", "token":
		return nil, nil
	case "config":
		return []PermissionNeed{{Dataset: head, Admin: true}}, nil
	case "<property>":
		return propNeeds(op, name, opts.Props)
	}
	return needs(name, perms...), nil
}

// needs are several permissions on one dataset.
func needs(dataset string, perms ...string) (all []PermissionNeed) {
	for _, perm := range perms {
		all = append(all, PermissionNeed{Dataset: dataset, Permission: perm})
	}
	return all
}

// newParent is what a new name lies in, of no name what old lies in.
func newParent(old Name, newName string) string {
	if to, err := ParseName(newName); err == nil {
		return to.Parent()
	}
	return old.Parent()
}

// promoteNeeds are also about the origin.
func (c *Client) promoteNeeds(ctx context.Context, name string, perms []string) ([]PermissionNeed, error) {
	ds, err := c.DatasetStats(ctx, name, nil)
	if err != nil {
		return nil, err
	}
	all := needs(name, perms...)
	if ds.Origin != "" {
		all = append(all, needs(ds.Origin, "promote")...)
	}
	return all, nil
}

// receiveNeeds are about the parent of a dataset that is not there yet.
func (c *Client) receiveNeeds(ctx context.Context, n Name, perms []string) ([]PermissionNeed, error) {
	found, err := c.DatasetExists(ctx, n.Dataset)
	if err != nil {
		return nil, err
	}
	if !found {
		return needs(n.Parent(), perms...), nil
	}
	return needs(n.Dataset, perms...), nil
}

// propNeeds are the permissions named like properties. All user properties share
// one, and so do the limits of one kind for users, groups and projects.
func propNeeds(op ioctl.Op, name string, props []prop.Prop) (all []PermissionNeed, err error) {
	if len(props) == 0 {
		return nil, inputError(op, name, fmt.Errorf("%w: no property name", ErrInvalid))
	}
	for _, property := range props {
		perm, _, owner := strings.Cut(string(property), "@")
		if !owner && strings.Contains(perm, ":") {
			perm = "userprop"
		}
		need := PermissionNeed{Dataset: name, Permission: perm}
		if !slices.Contains(all, need) {
			all = append(all, need)
		}
	}
	return all, nil
}

// DelegationCheck tells which needs of an operation a user meets, and by which
// grants, as the kernel decides it: from the dataset upwards, grants to the
// user, to groups and to everyone, directly or by a set. The nearest definition
// of a set holds.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
func (c *Client) DelegationCheck(ctx context.Context, wanted []PermissionNeed, who Credentials) ([]PermissionAnswer, error) {
	answers := make([]PermissionAnswer, 0, len(wanted))
	known := make(map[string]*delegated)
	for _, need := range wanted {
		answer := PermissionAnswer{PermissionNeed: need, Granted: who.Admin}
		if who.Admin || need.Admin {
			answers = append(answers, answer)
			continue
		}
		n, err := ParseName(need.Dataset)
		if err != nil {
			return nil, inputError(ioctl.OpGetFsacl, need.Dataset, err)
		}
		d := known[need.Dataset]
		if d == nil {
			if d, err = c.delegated(ctx, n); err != nil {
				return nil, err
			}
			known[need.Dataset] = d
		}
		if answer.Refused = d.refused; d.refused == "" {
			d.find(&answer, who)
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

// delegated is what decides about permissions on one dataset.
type delegated struct {
	name    Name
	grants  []Grant
	refused string
}

// delegated reads what decides about permissions on a dataset.
func (c *Client) delegated(ctx context.Context, n Name) (*delegated, error) {
	ds, err := c.DatasetStats(ctx, n.String(), nil)
	if err != nil {
		return nil, err
	}
	d := &delegated{name: n}
	if d.grants, err = c.Delegation(ctx, n.Dataset); err != nil {
		return nil, err
	}
	pool, err := c.poolProps(ctx, n.Pool)
	if err != nil {
		return nil, err
	}
	pair, _ := pool.List("delegation")
	if on, ok := pair.Uint(keyValue); ok && on == 0 {
		d.refused = "property delegation of the pool is off"
	}
	if ds.Props.Uint64(prop.Zoned) != 0 {
		d.refused = "property zoned is on, which leaves it to a user namespace"
	}
	return d, nil
}

// find looks for a permission, level by level.
func (d *delegated) find(answer *PermissionAnswer, who Credentials) {
	var sets []heldSet
	scope := ScopeLocal
	if d.name.Snapshot != "" {
		scope = ScopeDescendent
	}
	for level := d.name.Dataset; level != ""; level = (Name{Dataset: level}).Parent() {
		var here []Grant
		for _, g := range d.grants {
			if g.Dataset == level {
				here = append(here, g)
			}
		}
		for _, g := range here {
			if g.covers(who, scope) && slices.Contains(g.Permissions, answer.Permission) {
				answer.Granted, answer.Grant = true, g
				return
			}
		}
		for _, g := range here {
			if g.covers(who, scope) {
				sets = addSets(sets, g, g)
			}
		}
		// Sets that are found to be part of others are looked at as well.
		for i := 0; i < len(sets); i++ {
			held := sets[i]
			if held.done {
				continue
			}
			for _, g := range here {
				if g.Holder.Kind != HolderSet || g.Holder.Set != held.set {
					continue
				}
				if slices.Contains(g.Permissions, answer.Permission) {
					answer.Granted, answer.Grant, answer.Set = true, held.by, held.set
					return
				}
				sets[i].done = true
				sets = addSets(sets, g, held.by)
			}
		}
		scope = ScopeDescendent
	}
}

// heldSet is a set that the user holds.
type heldSet struct {
	set  string
	by   Grant // what gives it to the user
	done bool  // its definition was seen
}

// addSets adds the sets among a grant's permissions.
func addSets(sets []heldSet, g, by Grant) []heldSet {
	for _, perm := range g.Permissions {
		if isSet(perm) && !slices.ContainsFunc(sets, func(s heldSet) bool { return s.set == perm }) {
			sets = append(sets, heldSet{set: perm, by: by})
		}
	}
	return sets
}

// covers reports whether a grant is one to the user, in a scope.
func (g *Grant) covers(who Credentials, scope Scope) bool {
	switch {
	case g.Scope&scope == 0:
		return false
	case g.Holder.Kind == HolderUser:
		return g.Holder.ID == who.UID
	case g.Holder.Kind == HolderGroup:
		return slices.Contains(who.Groups, g.Holder.ID)
	}
	return g.Holder.Kind == HolderEveryone
}
