package zfs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// DelegationVerb is a verb of zfs(8), such as "snapshot", as the kernel sees it.
type DelegationVerb struct {
	Name string
	// Op is the operation that decides about permissions, unless SystemCall is set.
	Op ioctl.Op
	// SystemCall is the system call of a verb that the module has no operation for,
	// such as "mount(2)".
	SystemCall string
	// Props are the properties of a verb that is always about the same ones.
	Props []prop.Prop
	// Mounts reports whether zfs(8) mounts or unmounts for it. On Linux that takes root,
	// whatever is granted.
	Mounts bool
}

// delegationVerbs are the verbs in the order of their names. It is never written to.
var delegationVerbs = [...]DelegationVerb{
	{Name: "allow", Op: ioctl.OpSetFsacl},
	{Name: "bookmark", Op: ioctl.OpBookmark},
	{Name: "change-key", Op: ioctl.OpChangeKey},
	{Name: "clone", Op: ioctl.OpClone, Mounts: true},
	{Name: "create", Op: ioctl.OpCreate, Mounts: true},
	{Name: "destroy", Op: ioctl.OpDestroy, Mounts: true},
	{Name: "diff", Op: ioctl.OpDiff},
	{Name: "get", Op: ioctl.OpObjsetStats},
	{Name: "groupspace", Op: ioctl.OpUserspaceMany, Props: []prop.Prop{"groupused", "groupquota"}},
	{Name: "hold", Op: ioctl.OpHold},
	{Name: "holds", Op: ioctl.OpGetHolds},
	{Name: "inherit", Op: ioctl.OpInheritProp},
	{Name: "list", Op: ioctl.OpDatasetListNext},
	{Name: "load-key", Op: ioctl.OpLoadKey},
	{Name: "mount", SystemCall: "mount(2)"},
	{Name: "program", Op: ioctl.OpChannelProgram},
	{Name: "projectspace", Op: ioctl.OpUserspaceMany, Props: []prop.Prop{"projectused", "projectquota"}},
	{Name: "promote", Op: ioctl.OpPromote, Mounts: true},
	{Name: "receive", Op: ioctl.OpRecvNew, Mounts: true},
	{Name: "redact", Op: ioctl.OpRedact},
	{Name: "release", Op: ioctl.OpRelease},
	{Name: "rename", Op: ioctl.OpRename, Mounts: true},
	{Name: "rollback", Op: ioctl.OpRollback},
	{Name: "send", Op: ioctl.OpSendNew},
	{Name: "set", Op: ioctl.OpSetProp},
	{Name: "snapshot", Op: ioctl.OpSnapshot},
	{Name: "unallow", Op: ioctl.OpSetFsacl},
	{Name: "unload-key", Op: ioctl.OpUnloadKey},
	{Name: "unmount", SystemCall: "umount(2)"},
	{Name: "userspace", Op: ioctl.OpUserspaceMany, Props: []prop.Prop{"userused", "userquota"}},
}

// DelegationVerbs returns the verbs of zfs(8) in the order of their names.
func DelegationVerbs() []DelegationVerb {
	verbs := slices.Clone(delegationVerbs[:])
	for i := range verbs {
		verbs[i].Props = slices.Clone(verbs[i].Props)
	}
	return verbs
}

// DelegationVerbOf finds a verb by its name. The meaning of destroy depends on the target:
// a dataset, a snapshot or a bookmark. ok is false for what is not a verb of zfs(8).
func DelegationVerbOf(name, target string) (v DelegationVerb, ok bool) {
	i := slices.IndexFunc(delegationVerbs[:], func(v DelegationVerb) bool { return v.Name == name })
	if i < 0 {
		return DelegationVerb{}, false
	}
	v = delegationVerbs[i]
	v.Props = slices.Clone(v.Props)
	switch {
	case name == "destroy" && strings.Contains(target, "@"):
		v.Op, v.Mounts = ioctl.OpDestroySnaps, false
	case name == "destroy" && strings.Contains(target, "#"):
		v.Op, v.Mounts = ioctl.OpDestroyBookmarks, false
	}
	return v, true
}

// DelegationVerbNeeds is DelegationNeeds for a verb of zfs(8). Verbs that are system
// calls take CAP_SYS_ADMIN. The properties of opts are added to those of the verb.
//
// Errors match those of DelegationNeeds; ErrInvalid also for a verb without a name.
func (c *Client) DelegationVerbNeeds(ctx context.Context, v DelegationVerb, name string, opts *DelegationNeedsOptions) ([]PermissionNeed, error) {
	if v.Name == "" {
		return nil, inputError(v.Op, name, fmt.Errorf("%w: no verb", ErrInvalid))
	}
	if v.SystemCall != "" {
		if _, err := c.DatasetStats(ctx, name, nil); err != nil {
			return nil, err
		}
		return []PermissionNeed{{Dataset: name, Admin: true}}, nil
	}
	with := DelegationNeedsOptions{Props: v.Props}
	if opts != nil {
		with.NewName, with.Props = opts.NewName, slices.Concat(v.Props, opts.Props)
	}
	return c.DelegationNeeds(ctx, v.Op, name, &with)
}
