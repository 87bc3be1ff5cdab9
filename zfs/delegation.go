package zfs

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// Grant is a list of permissions that a holder has on a filesystem or volume.
type Grant struct {
	// Dataset is the dataset that stores the grant: the one asked for, or an
	// ancestor of it. DelegationSet ignores it.
	Dataset string
	Holder  Holder
	// Scope is the set of datasets for which the grant is valid; zero means both
	// scopes. Create-time permissions and permission sets have no scope.
	Scope Scope
	// Permissions are names of operations ("snapshot"), properties
	// ("compression") and permission sets ("@backup").
	Permissions []string
}

// Delegation returns the grants on a filesystem or volume, those stored on itself
// first, then those of each ancestor upwards. Local grants of an ancestor are
// included, although they do not apply to its descendants. Within a dataset
// grants are sorted by scope, kind of holder, and holder; permissions are sorted
// by name.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_GET_FSACL (legacy, since 0.8).
func (c *Client) Delegation(ctx context.Context, name string) ([]Grant, error) {
	if _, err := parseHead(name); err != nil {
		return nil, inputError(ioctl.OpGetFsacl, name, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return nil, inputError(ioctl.OpGetFsacl, name, err)
	}
	if err := c.call(ctx, ioctl.OpGetFsacl, cmd); err != nil {
		return nil, err
	}
	out, err := cmd.OutList()
	if err != nil {
		return nil, inputError(ioctl.OpGetFsacl, name, err)
	}
	var grants []Grant
	for pair := range out.All() {
		holders, ok := out.List(pair.Name())
		if !ok {
			continue
		}
		stored, err := parseGrants(pair.Name(), holders)
		if err != nil {
			return nil, inputError(ioctl.OpGetFsacl, name, err)
		}
		grants = append(grants, stored...)
	}
	return grants, nil
}

// DelegationSetOptions are the options of DelegationSet.
type DelegationSetOptions struct {
	// Revoke revokes the permissions instead. A grant without permissions stands
	// for all permissions of its holder in its scope, or for a whole set.
	Revoke bool
}

// DelegationSet grants permissions on a filesystem or volume, or revokes them,
// all of them in one transaction group or none. Granting an existing permission,
// or revoking a missing one, is not an error. A user can grant permissions that
// he has, if he also has the permission "allow"; only root can revoke permissions
// of others. Without grants it only checks that the dataset exists.
//
// Errors match ErrNotFound, ErrInvalidName, ErrInvalid (an invalid holder or
// permission, or one that the module does not support), ErrPermission, ErrUpgrade
// (the pool is too old), ErrReadOnly.
//
// Kernel: ZFS_IOC_SET_FSACL (legacy, since 0.8).
func (c *Client) DelegationSet(ctx context.Context, name string, grants []Grant, opts *DelegationSetOptions) error {
	revoke := opts != nil && opts.Revoke
	n, err := parseHead(name)
	if err != nil {
		return inputError(ioctl.OpSetFsacl, name, err)
	}
	if len(grants) == 0 {
		_, err := c.typeOf(ctx, n)
		return err
	}
	in, err := encodeGrants(grants, revoke)
	if err != nil {
		return inputError(ioctl.OpSetFsacl, name, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := setAll(cmd, name, "", in); err != nil {
		return inputError(ioctl.OpSetFsacl, name, err)
	}
	if revoke {
		cmd.SetUint64(ioctl.FieldPermAction, 1)
	}
	err = c.call(ctx, ioctl.OpSetFsacl, cmd)
	var e *Error
	if errors.As(err, &e) && e.Code == ioctl.CodeInval {
		e.Hint = "one of the permissions is not known to this module, " + c.release.String()
	}
	return err
}

// encodeGrants returns the kernel's list: a key for each holder and scope, with
// the permissions. To grant permissions, each value must be a list that is not
// empty: anything else passes the kernel's checks and then makes it panic.
func encodeGrants(grants []Grant, revoke bool) (*nvlist.List, error) {
	lists := make(map[string]*nvlist.List)
	in := &nvlist.List{}
	for _, g := range grants {
		if err := g.check(revoke); err != nil {
			return nil, err
		}
		for _, scope := range g.scopes() {
			for _, key := range g.Holder.allKeys(scope) {
				if len(g.Permissions) == 0 {
					lists[key] = nil // all of them, regardless of others
					in.SetBoolean(key)
				}
			}
			for _, perm := range g.Permissions {
				key := g.Holder.key(scope, isSet(perm))
				list, seen := lists[key]
				if !seen {
					list = &nvlist.List{}
					lists[key] = list
				}
				if list != nil {
					list.SetBoolean(perm)
					in.SetList(key, list)
				}
			}
		}
	}
	return in, nil
}

// UsernsAttach lets the users of a user namespace see and manage a filesystem or
// volume and its descendants, within the rights of the namespace's owner. The
// namespace is an open file, such as /proc/PID/ns/user. Only root outside of all
// namespaces may attach it. The dataset stays attached until UsernsDetach, or
// until the module is unloaded; the kernel keeps the namespace that long.
//
// Errors match ErrNotFound, ErrExists (attached already), ErrInvalidName,
// ErrInvalid (the file is not a user namespace), ErrPermission, ErrNotSupported.
//
// Kernel: ZFS_IOC_USERNS_ATTACH (legacy, since 2.2).
func (c *Client) UsernsAttach(ctx context.Context, name string, ns *os.File) error {
	n, err := parseHead(name)
	if err != nil {
		return inputError(ioctl.OpUsernsAttach, name, err)
	}
	// The kernel attaches any name, even if there is no such dataset.
	if _, err := c.typeOf(ctx, n); err != nil {
		return err
	}
	return c.userns(ctx, ioctl.OpUsernsAttach, name, ns)
}

// UsernsDetach is the counterpart of UsernsAttach. The dataset need not exist any
// more.
//
// Errors match ErrNotFound (it is not attached), ErrInvalidName, ErrInvalid (the
// file is not a user namespace), ErrPermission, ErrNotSupported.
//
// Kernel: ZFS_IOC_USERNS_DETACH (legacy, since 2.2).
func (c *Client) UsernsDetach(ctx context.Context, name string, ns *os.File) error {
	if _, err := parseHead(name); err != nil {
		return inputError(ioctl.OpUsernsDetach, name, err)
	}
	return c.userns(ctx, ioctl.OpUsernsDetach, name, ns)
}

// userns makes the call for both.
func (c *Client) userns(ctx context.Context, op ioctl.Op, name string, ns *os.File) error {
	if ns == nil {
		return inputError(op, name, fmt.Errorf("%w: no namespace is given", ErrInvalid))
	}
	conn, err := ns.SyscallConn()
	if err != nil {
		return inputError(op, name, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return inputError(op, name, err)
	}
	cmd.SetUint64(ioctl.FieldObjsetType, objsetZPL)
	var callErr error
	// The file cannot be closed meanwhile, so its number cannot be reused.
	if err := conn.Control(func(fd uintptr) {
		cmd.SetUint64(ioctl.FieldCleanupFD, uint64(fd))
		callErr = c.call(ctx, op, cmd)
	}); err != nil {
		return inputError(op, name, fmt.Errorf("%s: %w", ns.Name(), os.ErrClosed))
	}
	return c.explainUnsupported(ctx, explainUserns(callErr, ns.Name()), nil)
}

// explainUserns adds what the errno means here.
func explainUserns(err error, path string) error {
	var e *Error
	if errors.As(err, &e) && e.Code == ioctl.CodeNotUserNamespace {
		e.Hint = path + " is not a user namespace, such as /proc/PID/ns/user"
	}
	return err
}
