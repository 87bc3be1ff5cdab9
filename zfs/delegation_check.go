package zfs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Credentials identify a user whose permissions are checked.
type Credentials struct {
	UID uint32
	// Groups are the user's groups, including the primary one.
	Groups []uint32
	// Admin reports whether the user has CAP_SYS_ADMIN outside of user
	// namespaces, as root has. The kernel then checks no permissions.
	Admin bool
}

// PermissionNeed is a permission that an operation needs.
type PermissionNeed struct {
	// Dataset is the filesystem, volume or snapshot on which it is needed. A
	// local grant on a dataset does not apply to its snapshots.
	Dataset string
	// Permission is the name of a permission that can be delegated.
	Permission string
	// Admin reports whether CAP_SYS_ADMIN is needed. Permission is then empty.
	Admin bool
}

// PermissionAnswer reports whether a need is met.
type PermissionAnswer struct {
	PermissionNeed
	Granted bool
	// Grant is the grant of the permission, and Set the permission set that
	// contains it, or "" if it is granted directly. Both are zero for an
	// administrator.
	Grant Grant
	Set   string
	// Refused is the reason why no grant applies: the dataset is delegated to a
	// user namespace, or the pool does not delegate. Otherwise it is empty.
	Refused string
}

// DelegationNeedsOptions are the operands of an operation other than its target.
type DelegationNeedsOptions struct {
	// NewName is the new name for OpRename and OpClone. Empty means a name in the
	// same dataset as the old one.
	NewName string
	// Props are the properties for OpSetProp, OpInheritProp and the operations on
	// the space of users.
	Props []prop.Prop
}

// DelegationNeeds returns the permissions that a user other than root needs for
// an operation on a target. The target of OpCreate is the new dataset, that of
// OpClone the origin. The result is empty for an operation that every user may
// carry out. The kernel looks at mount permissions too, but on Linux only root
// can use mount(2) and umount(2), whatever is granted.
//
// Errors match ErrNotFound, ErrInvalidName, ErrInvalid (no properties are given),
// ErrNotSupported (no such operation).
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

// needs returns several permissions on one dataset.
func needs(dataset string, perms ...string) (all []PermissionNeed) {
	for _, perm := range perms {
		all = append(all, PermissionNeed{Dataset: dataset, Permission: perm})
	}
	return all
}

// newParent returns the parent of a new name, or that of the old name if there is
// no new one.
func newParent(old Name, newName string) string {
	if to, err := ParseName(newName); err == nil {
		return to.Parent()
	}
	return old.Parent()
}

// promoteNeeds adds the permissions on the origin.
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

// receiveNeeds replaces a dataset that does not exist yet by its parent.
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

// propNeeds returns the permissions named like properties. All user properties
// share one, and so do the limits of one kind for users, groups and projects.
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

// DelegationCheck reports which needs of an operation a user meets, and by which
// grants. It follows the kernel's rules: from the dataset upwards, grants to the
// user, to groups and to everyone apply, directly or by a permission set. The
// nearest definition of a set is used.
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

// delegated holds what decides about permissions on one dataset.
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
		// Sets that are found in other sets are searched as well.
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
	by   Grant // the grant of the set to the user
	done bool  // its definition was found
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

// covers reports whether a grant is to the user, in a scope.
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
