package zfs

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// Grant is permissions that somebody has on a filesystem or volume.
type Grant struct {
	// Dataset is where the grant is stored: what was asked for, or an ancestor
	// of it. DelegationSet does not read it.
	Dataset string
	Holder  Holder
	// Scope says for which datasets it holds; zero means both scopes.
	// Permissions at creation and sets have none.
	Scope Scope
	// Permissions are those of operations ("snapshot"), properties
	// ("compression") and sets ("@backup").
	Permissions []string
}

// Delegation returns the grants on a filesystem or volume, those stored on
// itself first, then those of each ancestor upwards. What an ancestor grants
// locally is among them, although it does not hold below. Within a dataset they
// are in the order of scopes, kinds of holder, and holders; permissions are in
// the order of their names.
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

// DelegationSetOptions says what DelegationSet does with the grants.
type DelegationSetOptions struct {
	// Revoke takes the permissions away instead. A grant without permissions
	// stands for all that its holder has in its scope, or for a whole set.
	Revoke bool
}

// DelegationSet grants permissions on a filesystem or volume, or revokes them,
// all of them in one transaction group or none. To grant what is there already,
// and to revoke what is not, is no error. Only a user who has them, and the
// permission "allow", can grant any; only root can revoke those of others. Without
// grants it only checks that the dataset exists.
//
// Errors match ErrNotFound, ErrInvalidName, ErrInvalid (a holder or permission
// that there cannot be, also one that the release does not know),
// ErrPermission, ErrUpgrade (the pool is too old), ErrReadOnly.
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

// encodeGrants makes the kernel's list: a key for each holder and scope, with
// the permissions. To grant, each value must be a list with something in it:
// anything else passes the kernel's checks and then brings it down.
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
					lists[key] = nil // all of them, whatever else is named
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

// UsernsAttach lets the users of a user namespace see and manage a filesystem
// or volume and what lies below it, as its owner's rights allow. The namespace
// is an open file, such as /proc/PID/ns/user. Only root outside of all
// namespaces may do it. It holds until UsernsDetach, or until the module is
// unloaded; the kernel keeps the namespace for as long.
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
	// The kernel attaches any name, also one that nothing has.
	if _, err := c.typeOf(ctx, n); err != nil {
		return err
	}
	return c.userns(ctx, ioctl.OpUsernsAttach, name, ns)
}

// UsernsDetach is the counterpart of UsernsAttach. The dataset need not be there
// any more.
//
// Errors match ErrNotFound (it is not attached), ErrInvalidName, ErrInvalid
// (the file is not a user namespace), ErrPermission, ErrNotSupported.
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
	// The file cannot be closed, and its number given to another, meanwhile.
	if err := conn.Control(func(fd uintptr) {
		cmd.SetUint64(ioctl.FieldCleanupFD, uint64(fd))
		callErr = c.call(ctx, op, cmd)
	}); err != nil {
		return inputError(op, name, fmt.Errorf("%s: %w", ns.Name(), os.ErrClosed))
	}
	return c.explainUnsupported(ctx, explainUserns(callErr, ns.Name()), nil)
}

// explainUserns says what the errno means here.
func explainUserns(err error, path string) error {
	var e *Error
	if errors.As(err, &e) && e.Code == ioctl.CodeNotUserNamespace {
		e.Hint = path + " is not a user namespace, such as /proc/PID/ns/user"
	}
	return err
}
