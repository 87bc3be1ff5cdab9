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

// A Prop names a property of a dataset, as zfs(8) spells it: "used",
// "com.example:backup", "userquota@alice", "written@monday".
//
// It is a string and not a number, so that user properties and the properties of
// newer kernels can be named too. Lookup tells what is known about a native one.
type Prop string

// UserspacePrefixes are the families of space and quotas per user, group and
// project, in the order of the kernel's numbers for them.
var UserspacePrefixes = [...]string{
	"userused@", "userquota@", "groupused@", "groupquota@",
	"userobjused@", "userobjquota@", "groupobjused@", "groupobjquota@",
	"projectused@", "projectquota@", "projectobjused@", "projectobjquota@",
}

// IsNative reports whether p is a property that purezfs knows from some OpenZFS
// release, hidden ones included.
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

// Userspace splits a property such as "userquota@alice" into the kernel's number
// of the family (0 for userused to 11 for projectobjquota) and the name, number or
// SID behind the at sign, which may be anything. ok is false for other properties.
func (p Prop) Userspace() (kind int, who string, ok bool) {
	for i, prefix := range UserspacePrefixes {
		if rest, found := strings.CutPrefix(string(p), prefix); found {
			return i, rest, true
		}
	}
	return 0, "", false
}

// Written returns what a property such as "written@monday" or "written#mark"
// counts from, with its delimiter ("@monday", "#mark"). The text behind the
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
		return fmt.Errorf("zfs: property %q: a user property takes a-z, 0-9 and -_.: only", string(p))
	}
	return fmt.Errorf("zfs: property %q: neither a native property nor a user property (those have a colon)", string(p))
}

// A DatasetType is a set of kinds of dataset. Where one dataset is described, a
// snapshot may carry the type of the dataset that it was taken of as well:
// TypeSnapshot|TypeVolume is a snapshot of a volume.
type DatasetType uint8

// The kinds of dataset.
const (
	TypeFilesystem DatasetType = 1 << iota
	TypeVolume
	TypeSnapshot
	TypeBookmark

	// TypeAll has every kind.
	TypeAll = TypeFilesystem | TypeVolume | TypeSnapshot | TypeBookmark
)

// datasetTypeNames are the names of the bits, lowest first.
var datasetTypeNames = [...]string{"filesystem", "volume", "snapshot", "bookmark"}

// Has reports whether t and o have a kind in common.
func (t DatasetType) Has(o DatasetType) bool { return t&o != 0 }

// String returns the kinds as zfs(8) writes them, separated by commas, "none" for
// the empty set, and bits that have no name in hexadecimal.
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

// ParseDatasetType reads a list such as "filesystem,volume", with the short forms
// of zfs list -t: "fs", "vol", "snap", "bookmark" and "all". The error names the
// word that is none of them.
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

// MarshalText gives the kinds as String does.
func (t DatasetType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (t *DatasetType) UnmarshalText(word []byte) (err error) {
	*t, err = ParseDatasetType(string(word))
	return err
}

// Lookup returns what is known about the native property p. ok is false for
// user properties, for the families userused@ to projectobjquota@ and written@,
// and for properties that are newer than this package. It does not allocate.
func Lookup(p Prop) (info Info, ok bool) {
	row, ok := row(p)
	if !ok {
		return Info{}, false
	}
	return *row, true
}

// row finds the row of p. The caller must not change it.
func row(p Prop) (*Info, bool) {
	// slices.BinarySearchFunc would copy a row for each comparison, and this runs
	// for each property of each dataset that is listed.
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

// All returns the native properties, hidden ones included, in the order of the
// kernel's own numbers. zfs get all prints in this order, in every release: newer
// releases have only added at the end.
func All() iter.Seq[Info] {
	return func(yield func(Info) bool) {
		for _, i := range order() {
			if !yield(rows[i]) {
				return
			}
		}
	}
}

// order returns the rows' positions in the order of their numbers.
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

// Visible returns the native properties that zfs get all may print for a
// dataset of type t under release rel, in its order. A row is still left out when
// its value cannot be had: see Info.DefaultFor.
//
// A snapshot shows what fits both itself and the dataset that it was taken of, so
// t should have both types: TypeSnapshot|TypeFilesystem or TypeSnapshot|TypeVolume.
// The zero release stands for the newest one.
func Visible(t DatasetType, rel ioctl.Release) []Prop {
	var props []Prop
	for info := range All() {
		if !info.Hidden && info.AppliesTo(t, rel) {
			props = append(props, info.Name)
		}
	}
	return props
}
