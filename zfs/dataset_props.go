package zfs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// DatasetSetProps sets properties of a filesystem, volume or snapshot. A text is
// parsed as by zfs(8): see DatasetCreateOptions. It does not remount or reshare
// anything: a new mountpoint is only stored.
//
// For a volume, refreservation may be "auto": enough for its whole size. If that
// much is reserved, and volsize is set without refreservation, the reservation
// follows the new size. On a filesystem, "userquota@alice" and the like limit a
// user, group or project by name or number, as UserspaceSet does.
//
// The properties are set one after the other. On an error Items names those that
// the kernel refused; the others have been set.
//
// Errors match ErrInvalidProp, ErrNotFound, ErrInvalidName, ErrPermission,
// ErrNoSpace, ErrQuota, ErrBusy.
//
// Kernel: ZFS_IOC_SET_PROP (legacy, since 0.8).
func (c *Client) DatasetSetProps(ctx context.Context, name string, props prop.Values) error {
	n, err := parseDataset(name, "a bookmark's properties cannot be set")
	if err != nil {
		return inputError(ioctl.OpSetProp, name, err)
	}
	typ, err := c.typeOf(ctx, n)
	if err != nil || len(props) == 0 {
		return err
	}
	in, err := c.encodeProps(props, typ, false)
	if err != nil {
		return inputError(ioctl.OpSetProp, name, err)
	}
	if err := c.reserveSet(ctx, ioctl.OpSetProp, name, in); err != nil {
		return err
	}
	err = explainBelowUsed(explainLocation(c.setProps(ctx, name, in)))
	err = c.explainRule(ctx, err, name, in)
	return c.explainFeature(ctx, err, propFeatures(in)...)
}

// explainLocation explains why the location of a key cannot be set. The errno is
// that of a key which is not loaded, which is misleading.
func explainLocation(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeAcces {
		return err
	}
	for _, item := range e.Items {
		if item.Name == string(prop.KeyLocation) {
			e.kind, e.Hint = ErrInvalidProp, "only a dataset with a key of its own has a location for it"
		}
	}
	return err
}

// errBelowUsed is what ENOSPC means for a quota: the pool may have free space.
var errBelowUsed = because(ErrNoSpace, "less than what is used or reserved")

// explainBelowUsed distinguishes a quota that is too small from a reservation
// that is too large.
func explainBelowUsed(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	for i, item := range e.Items {
		quota := item.Name == string(prop.Quota) || item.Name == string(prop.RefQuota)
		if !quota || ioctl.CodeOf(item.Err) != ioctl.CodeNospc {
			continue
		}
		e.Items[i].Err = newItemError(errBelowUsed, ioctl.CodeNospc)
		if len(e.Items) == 1 {
			e.kind = errBelowUsed
		}
	}
	return err
}

// failures decodes the answer of a failed operation on a command. After the
// context has ended the command may still be in use by the kernel, and is not
// read.
func failures(ctx context.Context, cmd *ioctl.Cmd) *nvlist.List {
	if ctx.Err() != nil {
		return nil
	}
	// The errno is enough; an answer that cannot be decoded is ignored.
	out, _ := cmd.OutList()
	return out
}

// setAll fills in the fields that the legacy operations on properties read.
func setAll(cmd *ioctl.Cmd, name, value string, in *nvlist.List) error {
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return err
	}
	if err := cmd.SetText(ioctl.FieldValue, value); err != nil {
		return err
	}
	if in == nil {
		return nil
	}
	return cmd.SetIn(in)
}

// typeOf reads the type of a dataset, because the valid values of a property
// depend on it.
func (c *Client) typeOf(ctx context.Context, n Name) (prop.DatasetType, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, n.String()); err != nil {
		return 0, inputError(ioctl.OpObjsetStats, n.String(), err)
	}
	cmd.SetNoOut()
	if err := c.call(ctx, ioctl.OpObjsetStats, cmd); err != nil {
		return 0, err
	}
	h := parseHandle(cmd.Bytes(ioctl.FieldObjsetStats))
	return h.datasetType(), nil
}

// InheritOptions are the options of DatasetInheritProp.
type InheritOptions struct {
	// Received restores the received value, if there is one.
	Received bool
}

// DatasetInheritProp clears the local value of a property, so that it is
// inherited from an ancestor or has its default. This removes a user property
// that no ancestor has set.
//
// As with zfs(8), a native property must apply to the type of dataset.
//
// Errors match ErrInvalidProp, ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_INHERIT_PROP (legacy, since 0.8).
func (c *Client) DatasetInheritProp(ctx context.Context, name string, property prop.Prop, opts *InheritOptions) error {
	n, err := parseDataset(name, "a bookmark inherits nothing")
	if err == nil {
		err = c.checkInherit(property, opts)
	}
	if err != nil {
		return inputError(ioctl.OpInheritProp, name, err)
	}
	if info, native := prop.Lookup(property); native {
		typ, err := c.typeOf(ctx, n)
		if err != nil {
			return err
		}
		if info.ExistsIn(c.release) && !info.AppliesTo(typ, c.release) {
			return inputError(ioctl.OpInheritProp, name, notFor(property, typ))
		}
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := setAll(cmd, name, string(property), nil); err != nil {
		return inputError(ioctl.OpInheritProp, name, err)
	}
	if opts != nil && opts.Received {
		cmd.SetUint64(ioctl.FieldCookie, 1)
	}
	return c.call(ctx, ioctl.OpInheritProp, cmd)
}

// checkInherit refuses properties that cannot be inherited. More can go back to a
// received value: all that can be set, except for two of which zfs(8) and the
// kernel do not allow it.
func (c *Client) checkInherit(property prop.Prop, opts *InheritOptions) error {
	if err := c.checkPropName(property); err != nil {
		return err
	}
	if isExtra(property) {
		return fmt.Errorf("%w: %s cannot be inherited", ErrInvalidProp, property)
	}
	info, native := prop.Lookup(property)
	received := opts != nil && opts.Received
	switch {
	case !native:
		return nil
	case !info.Settable(), !info.Inheritable() && !received:
		return fmt.Errorf("%w: %s is %s", ErrInvalidProp, property, info.Attr)
	case received && (property == prop.VolSize || property == prop.Version):
		return fmt.Errorf("%w: %s cannot go back to a received value", ErrInvalidProp, property)
	}
	return nil
}

// notFor is the error of a property that a type of dataset does not have.
func notFor(property prop.Prop, typ prop.DatasetType) error {
	return fmt.Errorf("%w: %s does not apply to a %s", ErrInvalidProp, property, typeWord(typ))
}

// encodeProps makes the kernel's list of properties to set, in the order of
// their names. Creating allows those that can only be set then.
func (c *Client) encodeProps(props prop.Values, typ prop.DatasetType, creating bool) (*nvlist.List, error) {
	list := &nvlist.List{}
	for _, property := range slices.Sorted(maps.Keys(props)) {
		if _, _, ok := property.Userspace(); ok {
			if err := c.encodeQuotaProp(list, property, props[property], typ); err != nil {
				return nil, err
			}
			continue
		}
		v, err := c.checkProp(property, props[property], typ, creating)
		if err != nil {
			return nil, err
		}
		if err := setValue(list, property, v); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// setValue adds a number or a text to the kernel's list of properties.
func setValue(list *nvlist.List, property prop.Prop, v prop.Value) error {
	switch v.Kind() {
	case prop.ValueNumber:
		list.SetUint64(string(property), v.Uint64())
	case prop.ValueString:
		list.SetString(string(property), v.String())
	default:
		return fmt.Errorf("%w: %s: a %s cannot be set", ErrInvalidProp, property, v.Kind())
	}
	return nil
}

// encodeQuotaProp adds a property such as userquota@alice to the kernel's list.
func (c *Client) encodeQuotaProp(list *nvlist.List, property prop.Prop, v prop.Value, typ prop.DatasetType) error {
	kind, who, _ := property.Userspace()
	if typ != prop.TypeFilesystem {
		return notFor(property, typ)
	}
	id, err := ParseUserspaceID(UserspaceKind(kind), who)
	if err == nil && v.Kind() == prop.ValueString {
		v, err = prop.Parse(property, v.String(), c.release)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrInvalidProp, err)
	case v.Kind() != prop.ValueNumber:
		return fmt.Errorf("%w: %s: a %s cannot be set", ErrInvalidProp, property, v.Kind())
	}
	return encodeQuota(list, UserspaceQuota{Kind: UserspaceKind(kind), ID: id, Value: v.Uint64()})
}

// checkProp checks one property and converts its value to the kernel's form.
func (c *Client) checkProp(property prop.Prop, v prop.Value, typ prop.DatasetType, creating bool) (prop.Value, error) {
	if err := property.Check(); err != nil {
		return prop.Value{}, fmt.Errorf("%w: %w", ErrInvalidProp, err)
	}
	if isExtra(property) {
		return prop.Value{}, fmt.Errorf("%w: %s is %s", ErrInvalidProp, property, prop.AttrReadOnly)
	}
	info, native := prop.Lookup(property)
	if !native && property.IsPlain() {
		return c.newPropValue(ofDataset, property, v)
	}
	if !native && v.Kind() != prop.ValueString {
		return prop.Value{}, fmt.Errorf("%w: %s: a user property is a string", ErrInvalidProp, property)
	}
	if !native {
		return c.parseProp(property, v.String())
	}
	allowed := info.Settable() || creating && (info.Attr == prop.AttrOnce || info.Attr == prop.AttrOnceDefault)
	switch {
	case !allowed:
		return prop.Value{}, fmt.Errorf("%w: %s is %s", ErrInvalidProp, property, info.Attr)
	case c.module.lacks(ofDataset, property):
		return prop.Value{}, c.lacksError(ofDataset, property, true, info.Since)
	case !c.appliesTo(info, typ):
		return prop.Value{}, notFor(property, typ)
	case v.Kind() == prop.ValueString:
		return c.parseProp(property, v.String())
	case v.Kind() == prop.ValueNumber && info.Kind == prop.KindString:
		return prop.Value{}, fmt.Errorf("%w: %s: want a string, not a number", ErrInvalidProp, property)
	case v.Kind() == prop.ValueNumber:
		return v, c.checkNumberProp(info, v.Uint64())
	}
	return v, nil
}

// appliesTo reports whether datasets of a type have a property. For one that the
// module may have although its release is older, that is as in the newest one.
func (c *Client) appliesTo(info prop.Info, typ prop.DatasetType) bool {
	if !info.ExistsIn(c.release) && !c.module.lacks(ofDataset, info.Name) {
		return info.AppliesTo(typ, ioctl.Release{})
	}
	return info.AppliesTo(typ, c.release)
}

// parseProp reads a text as the value of a property. A value that only newer releases
// have is left to the module, which may have it too.
func (c *Client) parseProp(property prop.Prop, text string) (prop.Value, error) {
	v, err := prop.Parse(property, text, c.release)
	if newer, nerr := prop.Parse(property, text, ioctl.Release{}); err != nil && nerr == nil {
		v, err = newer, nil
	}
	if err != nil {
		return prop.Value{}, fmt.Errorf("%w: %w", ErrInvalidProp, err)
	}
	return v, nil
}

// checkNumberProp checks a number against the bounds of zfs(8). The kernel stores
// some numbers that make no sense, such as a record size of 1000.
func (c *Client) checkNumberProp(info prop.Info, n uint64) error {
	if info.Name == prop.RefReservation && n == prop.AutoReservation {
		return nil // as prop.Parse reads "auto"
	}
	allowed := prop.CheckNumber(info.Name, n, c.release)
	if _, ok := info.ValueName(n, c.release); info.Kind == prop.KindIndex && !ok {
		allowed = "the number of one of its values"
	}
	if allowed == "" {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalidProp, &prop.Error{Prop: info.Name, Value: strconv.FormatUint(n, 10), Allowed: allowed})
}

// DatasetZPLProps reads the properties that a filesystem or its snapshot stores
// itself, most of them fixed at creation: version, normalization and the like. A
// volume does not have them, nor does a filesystem with an unfinished receive. No
// key is needed.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_OBJSET_ZPLPROPS (legacy, since 0.8).
func (c *Client) DatasetZPLProps(ctx context.Context, name string) (prop.Values, error) {
	n, err := parseDataset(name, noProps)
	if err != nil {
		return nil, inputError(ioctl.OpObjsetZplprops, name, err)
	}
	list, err := c.zplProps(ctx, name)
	if err := c.unlessPresent(ctx, n, err, ioctl.CodeNoent); err != nil {
		return nil, err
	}
	props := make(prop.Values)
	for pair := range list.All() {
		if v, ok := list.Uint(pair.Name()); ok {
			props[prop.Prop(pair.Name())] = prop.Uint64(v)
		}
	}
	return props, nil
}

// DatasetReceivedProps reads the received properties, including those that were
// set or inherited locally since. The result is empty for a dataset that was
// never received with properties.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_OBJSET_RECVD_PROPS (legacy, since 0.8).
func (c *Client) DatasetReceivedProps(ctx context.Context, name string) (prop.Values, error) {
	n, err := parseDataset(name, noProps)
	if err != nil {
		return nil, inputError(ioctl.OpObjsetRecvdProps, name, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, name); err != nil {
		return nil, inputError(ioctl.OpObjsetRecvdProps, name, err)
	}
	props := make(prop.Values)
	if err := c.call(ctx, ioctl.OpObjsetRecvdProps, cmd); err != nil {
		return props, c.unlessPresent(ctx, n, err, ioctl.CodeNotsup)
	}
	list, err := cmd.OutList()
	if err != nil {
		return nil, inputError(ioctl.OpObjsetRecvdProps, name, err)
	}
	for pair := range list.All() {
		stored, _ := list.List(pair.Name())
		if v := valueOf(stored); !v.IsZero() && pair.Name() != wireHasReceived {
			props[prop.Prop(pair.Name())] = v
		}
	}
	return props, nil
}

// noProps is the reason to refuse a bookmark.
const noProps = "a bookmark has no such properties"

// unlessPresent drops an error whose code only means that a dataset has no such
// data, if the dataset exists. The kernel returns the same code for a dataset
// that does not exist.
func (c *Client) unlessPresent(ctx context.Context, n Name, err error, code ioctl.Code) error {
	if !matches(err, code) {
		return err
	}
	_, err = c.typeOf(ctx, n)
	return err
}

// DatasetsSetProps sets user properties, those with a colon in their names, on
// many filesystems, volumes and snapshots of one pool. The map has the values by
// dataset and property. It returns the datasets whose properties it has set.
//
// All are set in one transaction group, or none is: if one cannot be set, nothing
// is changed, and Items names what blocks it. If a step fails nevertheless, as on
// a pool without space, Done names the datasets that are complete. Other
// properties must be set on one dataset at a time, with DatasetSetProps: no
// release has channel programs that set them.
//
// Errors match ErrNotFound, ErrInvalidProp, ErrInvalid (nothing to set),
// ErrCrossPool, ErrInvalidName, ErrTooMany, ErrPermission, ErrReadOnly,
// ErrNoSpace.
//
// Composite: programs/props_set.lua.
func (c *Client) DatasetsSetProps(ctx context.Context, props map[string]prop.Values) (set []string, err error) {
	names := slices.Sorted(maps.Keys(props))
	first, err := manyProps(names, props)
	if err != nil {
		return nil, c.refuse(ctx, ioctl.OpChannelProgram, first, err)
	}
	set, _, err = c.compose(ctx, &composite{program: "props_set", name: first, args: map[string]any{"sets": textsOf(props)}})
	slices.Sort(set)
	return set, err
}

// textsOf returns the values in the form of a program's argument.
func textsOf(props map[string]prop.Values) map[string]map[prop.Prop]string {
	texts := make(map[string]map[prop.Prop]string, len(props))
	for name, values := range props {
		texts[name] = make(map[prop.Prop]string, len(values))
		for property, v := range values {
			texts[name][property] = v.String()
		}
	}
	return texts
}

// manyProps checks the properties to set, and returns the first dataset.
func manyProps(names []string, props map[string]prop.Values) (first string, err error) {
	if len(names) == 0 {
		return "", fmt.Errorf("%w: no dataset is named", ErrInvalid)
	}
	var head Name
	items := 0
	for _, name := range names {
		n, err := parseDataset(name, noProps)
		switch {
		case err != nil:
			return names[0], err
		case head.Pool != "" && n.Pool != head.Pool:
			return names[0], checkPools(head, n)
		case len(props[name]) == 0:
			return names[0], fmt.Errorf("%w: nothing to set on %s", ErrInvalid, name)
		}
		head = n
		if items += 1 + len(props[name]); items > MaxCompositeItems {
			return names[0], fmt.Errorf("%w: more than %d", ErrTooMany, MaxCompositeItems)
		}
		for property, v := range props[name] {
			switch {
			case !strings.Contains(string(property), ":"):
				return names[0], fmt.Errorf("%w: %s is not a user property", ErrInvalidProp, property)
			case v.Kind() != prop.ValueString:
				return names[0], fmt.Errorf("%w: %s: a user property is a string", ErrInvalidProp, property)
			}
		}
	}
	return names[0], nil
}
