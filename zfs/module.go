package zfs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// sysModule is the directory in which the running module describes itself.
const sysModule = "/sys/module/zfs"

// propKind is a kind of native properties, as the module names it.
type propKind string

const (
	ofDataset propKind = "dataset"
	ofPool    propKind = "pool"
	ofDevice  propKind = "vdev"
)

// noun is what has properties of a kind.
func (k propKind) noun() string {
	if k == ofDevice {
		return "device"
	}
	return string(k)
}

// module is what the running module says about itself in /sys. The zero module, and
// one that /sys does not describe, says nothing: then only the answers of its
// operations tell what it has.
type module struct {
	dir string

	mu    sync.Mutex
	names map[string][]string // by directory, what was read so far
}

// list returns the sorted names in one of the module's directories, which is read
// once. It is empty if there is no such directory, as in some containers.
func (m *module) list(dir string) []string {
	if m.dir == "" {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if names, read := m.names[dir]; read {
		return names
	}
	entries, _ := os.ReadDir(filepath.Join(m.dir, dir)) // sorted by name
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if m.names == nil {
		m.names = make(map[string][]string)
	}
	m.names[dir] = names
	return names
}

// props lists the native properties of a kind. It is empty if /sys has no list: in
// some containers, and for devices before 2.2.
func (m *module) props(kind propKind) []string { return m.list("properties." + string(kind)) }

// attr reads what the module says about a property: "type", "visible", "values".
func (m *module) attr(kind propKind, name prop.Prop, attr string) string {
	if m.dir == "" {
		return ""
	}
	b, _ := os.ReadFile(filepath.Join(m.dir, "properties."+string(kind), filepath.Base(string(name)), attr))
	return strings.TrimSpace(string(b))
}

// lists looks a native property up in the module's list. Known is false if /sys has no
// list.
func (m *module) lists(kind propKind, name prop.Prop) (listed, known bool) {
	names := m.props(kind)
	_, listed = slices.BinarySearch(names, string(name))
	return listed, len(names) > 0
}

// lacks reports whether the module is known not to have a native property. If /sys
// does not tell, the module is asked by the operation itself.
func (m *module) lacks(kind propKind, name prop.Prop) bool {
	listed, known := m.lists(kind, name)
	return known && !listed
}

// features lists the GUIDs of the pool features that the module has. It is empty if
// /sys has no list.
func (m *module) features() []string { return m.list("features.pool") }

// lacksFeature reports whether the module is known not to have a feature of a name.
func (m *module) lacksFeature(name string) bool {
	guids := m.features()
	return len(guids) > 0 && !slices.ContainsFunc(guids, func(guid string) bool { return featureName(guid) == name })
}

// hasProp reports whether the module has a native property that came with a release.
// The module's own list decides; the release is for when /sys has none.
func (c *Client) hasProp(kind propKind, name prop.Prop, since ioctl.Release) bool {
	if listed, known := c.module.lists(kind, name); known {
		return listed
	}
	return release.Has(c.release, since)
}

// PropCheck returns nil if datasets may have a property: one that the tables or the
// running module have, a user property, or a member of the families that
// prop.Prop.Userspace and prop.Prop.Written read. If /sys does not list what the module
// has, that is any name that a native property can have. No call is made.
//
// The error matches ErrInvalidProp.
func (c *Client) PropCheck(property prop.Prop) error {
	if err := c.checkPropName(property); err != nil {
		return &Error{Op: NoOp, Name: string(property), verb: "get prop", err: err}
	}
	return nil
}

// checkPropName is PropCheck for methods that name their operation.
func (c *Client) checkPropName(property prop.Prop) error {
	if err := property.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidProp, err)
	}
	if property.IsPlain() && !property.IsNative() && c.module.lacks(ofDataset, property) {
		return c.lacksError(ofDataset, property, false, ioctl.Release{})
	}
	return nil
}

// newProps are the native properties that the module lists and our tables do not
// have, without those that it hides.
func (c *Client) newProps(kind propKind, known func(prop.Prop) bool) (names []prop.Prop) {
	for _, listed := range c.module.props(kind) {
		name := prop.Prop(listed)
		if !known(name) && c.module.attr(kind, name, "visible") == "1" {
			names = append(names, name)
		}
	}
	return names
}

// lacksError says that the module does not have a property, and why if that is
// known. Since is the zero release for a property that no table has.
func (c *Client) lacksError(kind propKind, name prop.Prop, known bool, since ioctl.Release) error {
	if !known {
		return poolPropError(name, fmt.Sprintf("there is no such property of a %s", kind.noun()))
	}
	return poolPropError(name, fmt.Sprintf("the property exists since %v, and this module, %v, does not have it", since, c.release))
}

// newPropValue brings the value of a native property that no table has into the form
// that the kernel takes: the module says whether that is a number or a text. Where it
// does not say, what looks like a number is one.
func (c *Client) newPropValue(kind propKind, name prop.Prop, v prop.Value) (prop.Value, error) {
	// A dataset's property that is given to a pool is a slip, unless the module has it.
	slip := kind != ofDataset && name.IsNative() && len(c.module.props(kind)) == 0
	if slip || !name.IsPlain() || c.module.lacks(kind, name) {
		return v, c.lacksError(kind, name, false, ioctl.Release{})
	}
	switch v.Kind() {
	case prop.ValueNumber:
		return v, nil
	case prop.ValueString:
	default:
		return v, poolPropError(name, fmt.Sprintf("a %s cannot be set", v.Kind()))
	}
	typ := c.module.attr(kind, name, "type")
	n, wrong := prop.ParseSize(v.String())
	switch {
	case typ == "string" || typ == "" && wrong != "":
		return v, nil
	case wrong == "":
		return prop.Uint64(n), nil
	}
	if values := c.module.attr(kind, name, "values"); typ == "index" && values != "" {
		wrong = fmt.Sprintf("want the number of one of its values, %s", values)
	}
	return v, poolPropError(name, wrong)
}

// featureName returns the name of the feature with a GUID: the part after the
// colon.
func featureName(guid string) string { return guid[strings.IndexByte(guid, ':')+1:] }
