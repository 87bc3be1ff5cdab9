package prop

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// maxName is the size of the kernel's buffer for a property name, with the
// NUL at its end.
const maxName = 256

// A Prop is the name of a property in zfs(8): "used", "com.example:backup",
// "userquota@alice", "written@monday".
//
// It is a string, not a number, so that it can name user properties and properties
// of newer kernels too. Lookup describes a native property.
type Prop string

// UserspacePrefixes are the families of space and quotas per user, group and
// project, in the order of the kernel's numbers for them.
var UserspacePrefixes = [...]string{
	"userused@", "userquota@", "groupused@", "groupquota@",
	"userobjused@", "userobjquota@", "groupobjused@", "groupobjquota@",
	"projectused@", "projectquota@", "projectobjused@", "projectobjquota@",
}

// IsNative reports whether p is a native property of any release that this package
// supports. Hidden properties are native too.
func (p Prop) IsNative() bool {
	_, ok := row(p)
	return ok
}

// IsUser reports whether p is a valid name for a user property: shorter than 256
// bytes, made of lower-case letters, digits and "-_.:", with at least one colon.
func (p Prop) IsUser() bool {
	if len(p) >= maxName || !strings.Contains(string(p), ":") {
		return false
	}
	for i := range len(p) {
		if !isPropChar(p[i]) {
			return false
		}
	}
	return true
}

// IsPlain reports whether p can be the name of a native property, of this release
// or of a newer one: shorter than 256 bytes, made of lower-case letters, digits and
// "_".
func (p Prop) IsPlain() bool {
	if p == "" || len(p) >= maxName {
		return false
	}
	for i := range len(p) {
		if !isPropChar(p[i]) || strings.IndexByte("-.:", p[i]) >= 0 {
			return false
		}
	}
	return true
}

// isPropChar reports whether the kernel takes c in the name of a user property.
func isPropChar(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_.:", c) >= 0
}

// Userspace splits a property such as "userquota@alice" into the kernel's number of
// the family (0 for userused to 11 for projectobjquota) and the name, number or SID
// after the at sign, which may be any text. ok is false for other properties.
func (p Prop) Userspace() (kind int, who string, ok bool) {
	for i, prefix := range UserspacePrefixes {
		if rest, found := strings.CutPrefix(string(p), prefix); found {
			return i, rest, true
		}
	}
	return 0, "", false
}

// Written returns the snapshot or bookmark of a property such as "written@monday"
// or "written#mark", with its delimiter ("@monday", "#mark"). The text after the
// delimiter may be a full name. ok is false for other properties.
func (p Prop) Written() (since string, ok bool) {
	rest, found := strings.CutPrefix(string(p), "written")
	if !found || rest == "" || rest[0] != '@' && rest[0] != '#' {
		return "", false
	}
	return rest, true
}

// Check returns nil if p can be the name of a property: a native one, of a newer
// release too (see IsPlain), a user property, or a member of the families that
// Userspace and Written read. Otherwise the error says what is wrong with the name.
func (p Prop) Check() error {
	_, _, userspace := p.Userspace()
	_, written := p.Written()
	switch {
	case strings.IndexByte(string(p), 0) >= 0:
		return fmt.Errorf("zfs: property %q: a NUL byte in the name", string(p))
	case len(p) >= maxName:
		return fmt.Errorf("zfs: property %.32q...: %d bytes, at most %d are allowed", string(p), len(p), maxName-1)
	case userspace || written || p.IsUser() || p.IsPlain():
		return nil
	case strings.Contains(string(p), ":"):
		return fmt.Errorf("zfs: property %q: only a-z, 0-9 and -_.: are allowed in a user property", string(p))
	}
	return fmt.Errorf("zfs: property %q: neither a native property nor a user property (those have a colon)", string(p))
}

// A DatasetType is a set of kinds of dataset. For a single snapshot, the set may
// include the kind of its dataset: TypeSnapshot|TypeVolume is a snapshot of a
// volume.
type DatasetType uint8

// The kinds of dataset.
const (
	TypeFilesystem DatasetType = 1 << iota
	TypeVolume
	TypeSnapshot
	TypeBookmark

	// TypeAll is the set of all kinds.
	TypeAll = TypeFilesystem | TypeVolume | TypeSnapshot | TypeBookmark
)

// datasetTypeNames are the names of the bits, lowest first.
var datasetTypeNames = [...]string{"filesystem", "volume", "snapshot", "bookmark"}

// Has reports whether t and o have a kind in common.
func (t DatasetType) Has(o DatasetType) bool { return t&o != 0 }

// String returns the names of the kinds in zfs(8), separated by commas, "none" for
// the empty set, and unknown bits in hexadecimal.
func (t DatasetType) String() string {
	if t == 0 {
		return "none"
	}
	var names []string
	for i, name := range datasetTypeNames {
		if t.Has(1 << i) {
			names = append(names, name)
		}
	}
	if rest := t &^ TypeAll; rest != 0 {
		names = append(names, fmt.Sprintf("0x%x", uint8(rest)))
	}
	return strings.Join(names, ",")
}

// ParseDatasetType parses a list such as "filesystem,volume", with the short forms
// of zfs list -t: "fs", "vol", "snap", "bookmark" and "all". The error names the
// unknown word.
func ParseDatasetType(text string) (DatasetType, error) {
	var t DatasetType
	for word := range strings.SplitSeq(text, ",") {
		switch word {
		case "filesystem", "fs":
			t |= TypeFilesystem
		case "volume", "vol":
			t |= TypeVolume
		case "snapshot", "snap":
			t |= TypeSnapshot
		case "bookmark":
			t |= TypeBookmark
		case "all":
			t |= TypeAll
		default:
			return 0, fmt.Errorf("zfs: type %q: want filesystem, volume, snapshot, bookmark or all", word)
		}
	}
	return t, nil
}

// MarshalText returns the kinds as String does.
func (t DatasetType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText parses the output of MarshalText.
func (t *DatasetType) UnmarshalText(word []byte) (err error) {
	*t, err = ParseDatasetType(string(word))
	return err
}

// Lookup returns the description of the native property p. ok is false for user
// properties, for the families userused@ to projectobjquota@ and written@, and for
// properties that are newer than this package. It does not allocate.
func Lookup(p Prop) (info Info, ok bool) {
	row, ok := row(p)
	if !ok {
		return Info{}, false
	}
	return *row, true
}

// row returns the row of p. The caller must not change it.
func row(p Prop) (*Info, bool) {
	// slices.BinarySearchFunc would copy a row for each comparison, and row is
	// called for each property of each listed dataset.
	low, high := 0, len(rows)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if rows[mid].Name < p {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == len(rows) || rows[low].Name != p {
		return nil, false
	}
	return &rows[low], true
}

// All returns the native properties, including hidden ones, in the order of the
// kernel's own numbers. zfs get all prints them in this order, in every release:
// newer releases have only added properties at the end.
func All() iter.Seq[Info] {
	return func(yield func(Info) bool) {
		for _, i := range order() {
			if !yield(rows[i]) {
				return
			}
		}
	}
}

// order returns the indexes of the rows in the order of their numbers.
func order() [len(rows)]uint8 {
	var order [len(rows)]uint8
	for i := range rows {
		order[i] = uint8(i)
	}
	slices.SortFunc(order[:], func(a, b uint8) int {
		return cmp.Compare(rows[a].number, rows[b].number)
	})
	return order
}

// Visible returns the native properties that zfs get all of release rel may print
// for a dataset of type t, in its order. zfs get all skips those that have no
// value: see Info.DefaultFor.
//
// A snapshot has the properties that apply to both snapshots and its dataset, so t
// should have both types: TypeSnapshot|TypeFilesystem or TypeSnapshot|TypeVolume.
// The zero release means the newest one.
func Visible(t DatasetType, rel ioctl.Release) []Prop {
	var props []Prop
	for info := range All() {
		if !info.Hidden && info.AppliesTo(t, rel) {
			props = append(props, info.Name)
		}
	}
	return props
}
