package zfs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// UserspaceKind is a kind of count or limit for users, groups or projects.
type UserspaceKind uint8

// The kinds, in the order of the kernel's numbers. Space is in bytes, objects
// are files, directories and the like.
const (
	UserUsed UserspaceKind = iota
	UserQuota
	GroupUsed
	GroupQuota
	UserObjUsed
	UserObjQuota
	GroupObjUsed
	GroupObjQuota
	ProjectUsed
	ProjectQuota
	ProjectObjUsed
	ProjectObjQuota
	numUserspaceKinds
)

// String returns the property without its at sign: "userused".
func (k UserspaceKind) String() string {
	if k >= numUserspaceKinds {
		return fmt.Sprintf("UserspaceKind(%d)", uint8(k))
	}
	prefix := prop.UserspacePrefixes[k]
	return prefix[:len(prefix)-1]
}

// IsQuota reports whether the kind is a limit, which can be set.
func (k UserspaceKind) IsQuota() bool { return k < numUserspaceKinds && k%2 == 1 }

// IsGroup reports whether the kind is about groups.
func (k UserspaceKind) IsGroup() bool {
	return k == GroupUsed || k == GroupQuota || k == GroupObjUsed || k == GroupObjQuota
}

// IsObjects reports whether the kind counts objects, and not bytes.
func (k UserspaceKind) IsObjects() bool {
	switch k {
	case UserObjUsed, UserObjQuota, GroupObjUsed, GroupObjQuota, ProjectObjUsed, ProjectObjQuota:
		return true
	}
	return false
}

// IsProject reports whether the kind is about projects.
func (k UserspaceKind) IsProject() bool { return k >= ProjectUsed && k < numUserspaceKinds }

// prop returns the property of one owner, in the spelling of zfs(8).
func (k UserspaceKind) prop(id UserspaceID) prop.Prop {
	return prop.Prop(prop.UserspacePrefixes[k] + id.String())
}

// check refuses numbers that are not a kind.
func (k UserspaceKind) check() error {
	if k >= numUserspaceKinds {
		return fmt.Errorf("%w: %s", ErrInvalid, k)
	}
	return nil
}

// UserspaceEntry is the space or limit of one user, group or project.
type UserspaceEntry struct {
	Kind UserspaceKind
	ID   UserspaceID
	// Value is in bytes, or a number of objects.
	Value uint64
	// DefaultQuota is the limit for owners without a limit, set with the used
	// kinds since 2.4; 0 means no limit.
	DefaultQuota uint64
}

// UserspaceGet reads the space or limit of one user, group or project, or 0 if
// nothing is recorded. It works on filesystems and their snapshots, mounted or
// not. It does not wait for a transaction group: recent writes may not be counted
// yet. Users need no permission to read their own space, or that of one of their
// supplementary groups.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrInvalid (a volume),
// ErrUpgrade (the filesystem does not count this), ErrFeatureDisabled, ErrKey,
// ErrBusy, ErrReadOnly (a filesystem that is not mounted, of a pool that was
// imported read-only: the kernel might never answer).
//
// Kernel: ZFS_IOC_USERSPACE_ONE (legacy, since 0.8).
func (c *Client) UserspaceGet(ctx context.Context, name string, kind UserspaceKind, id UserspaceID) (uint64, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	err := fillUserspace(cmd, name, kind)
	if err == nil {
		err = id.check(kind)
	}
	if err == nil {
		err = cmd.SetText(ioctl.FieldValue, id.Domain)
	}
	if err != nil {
		return 0, inputError(ioctl.OpUserspaceOne, name, err)
	}
	if err := c.checkCounted(ctx, ioctl.OpUserspaceOne, name); err != nil {
		return 0, err
	}
	cmd.SetUint64(ioctl.FieldGUID, uint64(id.RID))
	err = c.call(ctx, ioctl.OpUserspaceOne, cmd)
	if id.Domain != "" && matches(err, ioctl.CodeNoent) {
		// If the lookup fails, the error stays unchanged.
		if found, _ := c.DatasetExists(ctx, name); found {
			return 0, nil // the domain has no entries here
		}
	}
	if err != nil {
		return 0, c.explainUserspace(ctx, err, kind)
	}
	return cmd.Uint64(ioctl.FieldCookie), nil
}

// checkCounted refuses a call that might never return. To read the counts of a
// filesystem that is not mounted, the kernel opens it for writing, checks in the
// background whether there is something to count, and if it finishes before that
// check waits for the next transaction group. A pool that was imported read-only
// has no next one.
func (c *Client) checkCounted(ctx context.Context, op ioctl.Op, name string) error {
	if strings.Contains(name, "@") {
		return nil
	}
	// If the properties cannot be read, the operation reports why.
	pool, err := c.poolProps(ctx, poolOf(name))
	if err != nil || !importedReadOnly(pool) {
		return nil
	}
	if _, mounted := readMounts().entries[name]; mounted {
		return nil
	}
	err = inputError(op, name, ErrReadOnly)
	var e *Error
	if errors.As(err, &e) {
		e.Hint = "the pool was imported read-only, and the module may never answer; mount the filesystem first, or read a snapshot"
	}
	return err
}

// fillUserspace fills in what the reading operations have in common.
func fillUserspace(cmd *ioctl.Cmd, name string, kind UserspaceKind) error {
	_, err := parseDataset(name, "a bookmark has no space per user")
	if err == nil {
		err = kind.check()
	}
	if err != nil {
		return err
	}
	cmd.SetUint64(ioctl.FieldObjsetType, uint64(kind))
	return cmd.SetText(ioctl.FieldName, name)
}

// features returns the pool features that a count needs.
func (k UserspaceKind) features() []string {
	switch k {
	case ProjectUsed, ProjectQuota, ProjectObjUsed, ProjectObjQuota:
		return []string{"project_quota"}
	case UserObjUsed, UserObjQuota, GroupObjUsed, GroupObjQuota:
		return []string{"userobj_accounting"}
	}
	return nil
}

const onlyFilesystems = "only filesystems and their snapshots count space per user"

// explainUserspace explains ambiguous errnos.
func (c *Client) explainUserspace(ctx context.Context, err error, kind UserspaceKind) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case ioctl.CodeInval:
		e.Hint = onlyFilesystems
	case ioctl.CodeNotsup:
		e.Hint = "possible causes: the filesystem does not count this yet, see UserspaceUpgrade; its version is too old"
		return c.explainFeature(ctx, err, kind.features()...)
	}
	return err
}

// userspaceBatch is the size of the buffer for the records of one call, in bytes:
// some five hundred records, so that memory does not grow with their number.
const userspaceBatch = 128 << 10

// Userspace yields the users, groups or projects for which something of one kind
// is recorded, in the kernel's order, which is not sorted. They are read in
// batches during the loop.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrInvalid (a volume),
// ErrUpgrade (the filesystem does not count this), ErrFeatureDisabled, ErrKey,
// ErrBusy, ErrReadOnly (as for UserspaceGet).
//
// Kernel: ZFS_IOC_USERSPACE_MANY (legacy, since 0.8).
func (c *Client) Userspace(ctx context.Context, name string, kind UserspaceKind) iter.Seq2[UserspaceEntry, error] {
	return func(yield func(UserspaceEntry, error) bool) {
		cmd := c.dev.Cmd()
		defer cmd.Release()
		cmd.SetOutSize(userspaceBatch)
		if err := fillUserspace(cmd, name, kind); err != nil {
			yield(UserspaceEntry{}, inputError(ioctl.OpUserspaceMany, name, err))
			return
		}
		if err := c.checkCounted(ctx, ioctl.OpUserspaceMany, name); err != nil {
			yield(UserspaceEntry{}, err)
			return
		}
		for {
			if err := c.call(ctx, ioctl.OpUserspaceMany, cmd); err != nil {
				yield(UserspaceEntry{}, c.explainUserspace(ctx, err, kind))
				return
			}
			records, err := userspaceRecords(cmd)
			if err != nil {
				yield(UserspaceEntry{}, inputError(ioctl.OpUserspaceMany, name, err))
				return
			}
			if len(records) == 0 || !yieldRecords(records, kind, cmd.Uint64(ioctl.FieldGUID), yield) {
				return
			}
		}
	}
}

// userspaceRecordSize is the size of the kernel's record: 256 bytes of domain,
// the number within it, padding, the value.
const userspaceRecordSize = 272

// userspaceRecords returns the records of one answer. They are not an nvlist, so
// the kernel returns their size only in its field.
func userspaceRecords(cmd *ioctl.Cmd) ([]byte, error) {
	room, size := cmd.OutRoom(), cmd.OutSize()
	if size > uint64(len(room)) || size%userspaceRecordSize != 0 {
		return nil, fmt.Errorf("answer of %d bytes, which is not a whole number of records", size)
	}
	return room[:size], nil
}

// yieldRecords yields the records of one batch and reports whether to continue.
func yieldRecords(records []byte, kind UserspaceKind, defaultQuota uint64, yield func(UserspaceEntry, error) bool) bool {
	for ; len(records) > 0; records = records[userspaceRecordSize:] {
		entry := UserspaceEntry{
			Kind:         kind,
			ID:           UserspaceID{Domain: cString(records[:256]), RID: binary.NativeEndian.Uint32(records[256:])},
			Value:        binary.NativeEndian.Uint64(records[264:]),
			DefaultQuota: defaultQuota,
		}
		if !yield(entry, nil) {
			return false
		}
	}
	return true
}

// UserspaceQuota is a limit to set.
type UserspaceQuota struct {
	Kind UserspaceKind // one of the quotas
	ID   UserspaceID
	// Value is in bytes, or a number of objects; 0 removes the limit.
	Value uint64
}

// UserspaceSet sets limits for users, groups and projects of a filesystem. The
// limits are set one at a time: on an error Items names those that the kernel
// refused, in the spelling of zfs(8), and the others have been set. The default
// limits are properties of the filesystem, such as prop.DefaultUserQuota.
//
// Errors match ErrNotFound, ErrInvalidName, ErrInvalidProp, ErrPermission,
// ErrNoSpace, ErrUpgrade, ErrFeatureDisabled, ErrReadOnly.
func (c *Client) UserspaceSet(ctx context.Context, name string, quotas []UserspaceQuota) error {
	n, err := parseHead(name)
	if err != nil {
		return inputError(ioctl.OpSetProp, name, err)
	}
	if len(quotas) == 0 {
		_, err := c.typeOf(ctx, n)
		return err
	}
	in, err := encodeQuotas(quotas)
	if err != nil {
		return inputError(ioctl.OpSetProp, name, err)
	}
	return c.explainFeature(ctx, c.setProps(ctx, name, in), propFeatures(in)...)
}

// setProps sets the properties and limits in a list.
func (c *Client) setProps(ctx context.Context, name string, in *nvlist.List) error {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := setAll(cmd, name, "", in); err != nil {
		return inputError(ioctl.OpSetProp, name, err)
	}
	err := c.dev.Call(ctx, ioctl.OpSetProp, cmd)
	if err == nil {
		return nil
	}
	return quotaError(c.failed(ctx, ioctl.OpSetProp, name, err, failures(ctx, cmd)))
}

// quotaError gives the limits among the items their readable names.
func quotaError(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	for i, item := range e.Items {
		if property, ok := parseQuotaKey(item.Name); ok {
			e.Items[i].Name = string(property)
		}
	}
	return err
}

// encodeQuotas returns the kernel's list.
func encodeQuotas(quotas []UserspaceQuota) (*nvlist.List, error) {
	list := &nvlist.List{}
	for _, q := range quotas {
		if err := encodeQuota(list, q); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// encodeQuota adds a limit to the kernel's list. It is a property whose value has
// the kind, the owner's number, and the limit.
func encodeQuota(list *nvlist.List, q UserspaceQuota) error {
	if !q.Kind.IsQuota() {
		return fmt.Errorf("%w: %s cannot be set", ErrInvalidProp, q.Kind)
	}
	if err := q.ID.check(q.Kind); err != nil {
		return err
	}
	key := quotaKey(q.Kind, q.ID)
	if list.Has(key) {
		return fmt.Errorf("%w: %s is set twice", ErrInvalid, q.Kind.prop(q.ID))
	}
	list.SetUint64Array(key, []uint64{uint64(q.Kind), uint64(q.ID.RID), q.Value})
	return nil
}

// quotaKey returns the kernel's name for a limit, which ends in the number in
// hexadecimal and the domain.
func quotaKey(kind UserspaceKind, id UserspaceID) string {
	return fmt.Sprintf("%s%x-%s", prop.UserspacePrefixes[kind], id.RID, id.Domain)
}

// parseQuotaKey converts the kernel's name to that of zfs(8). ok is false for any
// other property.
func parseQuotaKey(key string) (property prop.Prop, ok bool) {
	kind, who, ok := prop.Prop(key).Userspace()
	number, domain, found := strings.Cut(who, "-")
	rid, err := strconv.ParseUint(number, 16, 32)
	if !ok || !found || err != nil {
		return "", false
	}
	return UserspaceKind(kind).prop(UserspaceID{Domain: domain, RID: uint32(rid)}), true
}

// UserspaceUpgrade counts the space of users and groups on a filesystem of an old
// release that does not count it yet, and waits until all files are counted,
// which can take long. If the context ends first, the kernel continues. If space
// is already counted it does nothing. It does not count objects and projects: the
// kernel begins to count these when a filesystem is mounted and its pool has the
// features.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrInvalid (a volume),
// ErrUpgrade (the filesystem is too old to count), ErrReadOnly.
//
// Kernel: ZFS_IOC_USERSPACE_UPGRADE (legacy, since 0.8).
func (c *Client) UserspaceUpgrade(ctx context.Context, name string) error {
	if _, err := parseHead(name); err != nil {
		return inputError(ioctl.OpUserspaceUpgrade, name, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return inputError(ioctl.OpUserspaceUpgrade, name, err)
	}
	err := c.call(ctx, ioctl.OpUserspaceUpgrade, cmd)
	var e *Error
	if errors.As(err, &e) && e.Code == ioctl.CodeNotsup {
		if ds, serr := c.DatasetStats(ctx, name, nil); serr == nil && ds.Type.Has(prop.TypeVolume) {
			e.kind, e.Hint = ErrInvalid, onlyFilesystems
		}
	}
	return err
}
