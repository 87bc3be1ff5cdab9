package prop

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

// The limits that are checked before a value is sent to the kernel.
const (
	MaxValue       = 8192 // bytes of text, with the NUL at the end
	blockSizeMin   = 512
	MaxBlockSize   = 16 << 20 // pools may allow less
	MinPBKDF2Iters = 100000
)

// AutoReservation is the number for "auto" of refreservation: enough for the whole
// volume. The kernel does not accept it; a caller that sets it on a volume must
// replace it by the size that the volume needs.
const AutoReservation uint64 = math.MaxUint64

// An Error reports that a value is not valid for a property.
type Error struct {
	Prop  Prop
	Value string

	// Allowed describes the valid values, or why the property cannot be set.
	Allowed string
}

// Error returns the property, the value and the valid values.
func (e *Error) Error() string {
	value := strconv.Quote(e.Value)
	if len(e.Value) > 64 {
		value = strconv.Quote(e.Value[:64]) + "..."
	}
	return fmt.Sprintf("zfs: property %s=%s: %s", string(e.Prop), value, e.Allowed)
}

// Parse parses the value of p as it is written for zfs set or zfs create of release
// rel: "10G", "1.5T", "none", "on", "lz4". Sizes may have the suffixes B, K, M, G,
// T, P, E and Z, powers of 1024, alone or followed by B or iB, in either case. The
// zero release means the newest one.
//
// Index names become numbers. The number of some names, such as xattr=on, differs
// between releases. "auto" for refreservation becomes AutoReservation. Share options
// and SELinux contexts are not checked.
//
// The error is a *Error, or that of Prop.Check for the name. A property that can
// never be set is an error. Parse does not check whether the property can be set on
// a certain dataset.
func Parse(p Prop, text string, rel ioctl.Release) (Value, error) {
	if err := p.Check(); err != nil {
		return Value{}, err
	}
	v, allowed := parseValue(p, text, rel)
	if allowed != "" {
		return Value{}, &Error{Prop: p, Value: text, Allowed: allowed}
	}
	return v, nil
}

// parseValue returns the value, or a description of valid values. Its caller adds
// the property's name and the value.
func parseValue(p Prop, text string, rel ioctl.Release) (v Value, allowed string) {
	if kind, _, ok := p.Userspace(); ok {
		return parseUserspace(kind, text)
	}
	if _, ok := p.Written(); ok {
		return Value{}, "the property is read-only"
	}
	row, native := row(p)
	switch {
	case !native && p.IsPlain():
		return Value{}, "none of the known releases has the property"
	case !native:
		return parseText(text)
	case row.Attr == AttrReadOnly:
		return Value{}, "the property is read-only"
	case !row.ExistsIn(rel):
		return Value{}, fmt.Sprintf("the property exists since %v, this is %v", row.Since, rel)
	// The rest depends on the kind and, for text, on the property.
	case row.Kind == KindIndex:
		return parseIndex(row, text, rel)
	case row.Kind == KindNumber:
		return parseNumber(p, text, rel)
	case p == Mountpoint:
		return parseMountpoint(text)
	case p == KeyLocation:
		return parseKeyLocation(text, rel)
	}
	return parseText(text)
}

// parseText parses a value that may be any text that the kernel can store.
func parseText(text string) (v Value, allowed string) {
	if len(text) >= MaxValue {
		return Value{}, fmt.Sprintf("want at most %d bytes, got %d", MaxValue-1, len(text))
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		return Value{}, fmt.Sprintf("want text without NUL bytes, there is one at byte %d", i)
	}
	return String(text), ""
}

// parseIndex parses one of the names of the row in release rel. Numbers are not
// accepted, because the kernel's number of a name differs between releases.
func parseIndex(row *Info, text string, rel ioctl.Release) (v Value, allowed string) {
	if n, ok := row.ValueNumber(text, rel); ok {
		return Uint64(n), ""
	}
	names := make([]string, 0, len(row.values))
	for _, value := range row.Values(rel) {
		names = append(names, value.Name)
	}
	return Value{}, "want one of " + strings.Join(names, ", ")
}

// parseUserspace parses a quota of a user, group or project. Odd kinds are quotas,
// even ones are used space.
func parseUserspace(kind int, text string) (v Value, allowed string) {
	if kind%2 == 0 {
		return Value{}, "the property is read-only"
	}
	if text == "none" {
		return Uint64(0), ""
	}
	n, allowed := ParseSize(text)
	if allowed != "" {
		return Value{}, allowed + ", or none"
	}
	return Uint64(n), ""
}

// parseNumber parses a size or a count, and checks the bounds of its property. Words
// are parsed first, because they are not subject to the bounds.
func parseNumber(p Prop, text string, rel ioctl.Release) (v Value, allowed string) {
	limit := p == FilesystemLimit || p == SnapshotLimit
	switch {
	case text == "none" && limit:
		return Uint64(math.MaxUint64), ""
	case text == "none" && hasNone(p):
		return Uint64(0), ""
	case text == "auto" && p == RefReservation:
		return Uint64(AutoReservation), ""
	}
	// The error describes valid numbers first, then valid words.
	n, allowed := ParseSize(text)
	if allowed == "" {
		allowed = CheckNumber(p, n, rel)
	}
	switch {
	case allowed == "":
		return Uint64(n), ""
	case p == RefReservation:
		return Value{}, allowed + ", or none, or auto for a volume"
	case limit || hasNone(p):
		return Value{}, allowed + ", or none"
	}
	return Value{}, allowed
}

// hasNone reports whether "none" means 0 for p. zfs(8) parses it as 0 for every
// number, and then refuses the 0 or gives it another meaning.
func hasNone(p Prop) bool {
	switch p {
	case Quota, RefQuota, Reservation, RefReservation,
		DefaultUserQuota, DefaultGroupQuota, DefaultProjectQuota,
		DefaultUserObjQuota, DefaultGroupObjQuota, DefaultProjectObjQuota, ZonedUID:
		return true
	}
	return false
}

// CheckNumber returns a description of valid numbers if n is out of the bounds of p.
func CheckNumber(p Prop, n uint64, rel ioctl.Release) (allowed string) {
	block := n >= blockSizeMin && n <= MaxBlockSize && bits.OnesCount64(n) == 1
	switch p {
	case Quota, RefQuota, VolSize:
		// A quota of 0 would remove the quota, for which "none" is clearer.
		if n == 0 {
			return "want a size above 0"
		}
	case RecordSize, VolBlockSize:
		if !block {
			return "want a power of two from 512 to 16M"
		}
	case SpecialSmallBlocks:
		// 2.4 compares sizes instead of block sizes, so any number will do.
		if !release.Has(rel, release.V2_4) && n != 0 && !block {
			return "want 0 or a power of two from 512 to 16M"
		}
		if n > MaxBlockSize {
			return "want a size from 0 to 16M"
		}
	case PBKDF2Iters:
		if n < MinPBKDF2Iters {
			return fmt.Sprintf("want at least %d", MinPBKDF2Iters)
		}
	case RefReservation:
		// The number would be mistaken for "auto".
		if n == AutoReservation {
			return "want a size below 16E"
		}
	}
	return ""
}

// parseMountpoint parses a path, none or legacy. It refuses directory names that are
// too long for any filesystem: the kernel would store the path, but it could never
// be mounted.
func parseMountpoint(text string) (v Value, allowed string) {
	if text == "none" || text == "legacy" {
		return String(text), ""
	}
	if !strings.HasPrefix(text, "/") {
		return Value{}, "want an absolute path, none or legacy"
	}
	for part := range strings.SplitSeq(text, "/") {
		if len(part) >= maxName {
			return Value{}, fmt.Sprintf("want directory names of at most %d bytes, one has %d", maxName-1, len(part))
		}
	}
	return parseText(text)
}

// parseKeyLocation parses the location of a key. Network addresses are supported
// since 2.1.3. Whether "none" is valid depends on the dataset's encryption, which is
// not checked here.
func parseKeyLocation(text string, rel ioctl.Release) (v Value, allowed string) {
	allowed = "want none, prompt or file:///PATH"
	schemes := []string{"file:///"}
	if release.Has(rel, release.V2_1_3) {
		allowed = "want none, prompt, file:///PATH, https://ADDRESS or http://ADDRESS"
		schemes = append(schemes, "https://", "http://")
	}
	if text == "none" || text == "prompt" {
		return String(text), ""
	}
	for _, scheme := range schemes {
		if rest, ok := strings.CutPrefix(text, scheme); ok && rest != "" {
			return parseText(text)
		}
	}
	return Value{}, allowed
}

// sizeSuffixes are the powers of 1024, in order.
const sizeSuffixes = "BKMGTPEZ"

// ParseSize parses a number with an optional fraction and suffix, as zfs(8) does: a
// number with a fraction is computed in floating point and truncated, a whole number
// is exact.
func ParseSize(text string) (n uint64, allowed string) {
	const want = "want a number with an optional suffix, such as 512, 10G or 1.5TiB"
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(text)
	}
	number, suffix := text[:end], text[end:]
	shift, ok := sizeShift(suffix)
	if !ok || strings.Count(number, ".") > 1 || strings.Trim(number, ".") == "" {
		return 0, want
	}
	const tooLarge = "want a number below 2^64"
	if strings.Contains(number, ".") {
		// Only a range error is possible here, and then the result is
		// infinite.
		f, _ := strconv.ParseFloat(number, 64)
		f = math.Ldexp(f, shift)
		if f >= math.MaxUint64 {
			return 0, tooLarge
		}
		return uint64(f), ""
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || shift >= 64 || n<<shift>>shift != n {
		return 0, tooLarge
	}
	return n << shift, ""
}

// sizeShift returns the power of two of a suffix. The suffix B is not followed by a
// second letter.
func sizeShift(suffix string) (shift int, ok bool) {
	if suffix == "" {
		return 0, true
	}
	// Some letters outside ASCII have upper-case forms within ASCII, so bytes
	// are compared.
	upper := []byte(suffix)
	for i, c := range upper {
		if 'a' <= c && c <= 'z' {
			upper[i] = c - 'a' + 'A'
		}
	}
	i := strings.IndexByte(sizeSuffixes, upper[0])
	rest := string(upper[1:])
	if i < 0 || rest != "" && (i == 0 || rest != "B" && rest != "IB") {
		return 0, false
	}
	return 10 * i, true
}
