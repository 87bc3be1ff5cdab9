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

// The limits that values are held to before the kernel sees them.
const (
	MaxValue       = 8192 // bytes of text, with the NUL at the end
	blockSizeMin   = 512
	MaxBlockSize   = 16 << 20 // pools may allow less
	MinPBKDF2Iters = 100000
)

// AutoReservation is what "auto" means for refreservation: enough for the whole
// volume. It is no size that the kernel takes; whoever sets it on a volume replaces
// it by the size that the volume needs.
const AutoReservation uint64 = math.MaxUint64

// A Error says why a value cannot be given to a property.
type Error struct {
	Prop  Prop
	Value string

	// Allowed says what the property takes, or why it takes nothing.
	Allowed string
}

// Error names the property, the value and what is allowed.
func (e *Error) Error() string {
	value := strconv.Quote(e.Value)
	if len(e.Value) > 64 {
		value = strconv.Quote(e.Value[:64]) + "..."
	}
	return fmt.Sprintf("zfs: property %s=%s: %s", string(e.Prop), value, e.Allowed)
}

// Parse reads the value of p as a person gives it to zfs set or zfs create
// of release rel: "10G", "1.5T", "none", "on", "lz4". Sizes take the suffixes B, K,
// M, G, T, P, E and Z, powers of 1024, alone or followed by B or iB, in either case.
// The zero release stands for the newest one.
//
// Index names become numbers, and a number differs between releases for some of
// them, such as xattr=on. "auto" for refreservation becomes AutoReservation. Share
// options and SELinux contexts are taken as they are.
//
// The error is a *Error, or what Prop.Check says of the name. Whether the
// property can be set on a certain dataset at a certain time is not asked; a
// property that can never be set is an error.
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

// parseValue returns the value, or what is allowed instead: the words are joined
// with the property's name and the value in one place.
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
	// From here on the kind decides, and for text the property itself.
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

// parseText reads a value that may be any text that the kernel can store.
func parseText(text string) (v Value, allowed string) {
	if len(text) >= MaxValue {
		return Value{}, fmt.Sprintf("want at most %d bytes, got %d", MaxValue-1, len(text))
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		return Value{}, fmt.Sprintf("want text without NUL bytes, there is one at byte %d", i)
	}
	return String(text), ""
}

// parseIndex reads one of the names that the row has in release rel. Numbers are
// not taken: the kernel's own differ between releases for the same name.
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

// parseUserspace reads a quota of a user, group or project. Odd kinds are quotas,
// even ones are what has been used.
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

// parseNumber reads a size or a count, and holds it to the bounds of its property.
// The words come first, because limits have no bound at 0 and sizes have one.
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
	// What is wrong with the number is told first, then which words would do too.
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

// hasNone reports whether "none" is a way to say 0 for p. zfs(8) reads it as 0 for
// every number, and then refuses the 0 or takes it for something else.
func hasNone(p Prop) bool {
	switch p {
	case Quota, RefQuota, Reservation, RefReservation,
		DefaultUserQuota, DefaultGroupQuota, DefaultProjectQuota,
		DefaultUserObjQuota, DefaultGroupObjQuota, DefaultProjectObjQuota, ZonedUID:
		return true
	}
	return false
}

// CheckNumber returns what is allowed when n is out of the bounds of p.
func CheckNumber(p Prop, n uint64, rel ioctl.Release) (allowed string) {
	block := n >= blockSizeMin && n <= MaxBlockSize && bits.OnesCount64(n) == 1
	switch p {
	case Quota, RefQuota, VolSize:
		// A quota of 0 would lift the quota, which is what "none" says clearly.
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
		// The number is taken: it would be mistaken for "auto".
		if n == AutoReservation {
			return "want a size below 16E"
		}
	}
	return ""
}

// parseMountpoint reads a path, or a word that stands for no path. A directory name
// that no filesystem can hold would be stored and then never be mounted.
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

// parseKeyLocation reads where a key comes from. An address on the network is
// understood since 2.1.3. Whether "none" fits depends on the dataset's encryption,
// which the text cannot tell.
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

// ParseSize reads a number with an optional fraction and suffix, as zfs(8) does:
// a fraction is computed in floating point and cut off, a whole number is exact.
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
		// Only the range can be wrong now, and then the result is infinite.
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

// sizeShift returns the power of two that a suffix stands for. Bytes take no second
// letter.
func sizeShift(suffix string) (shift int, ok bool) {
	if suffix == "" {
		return 0, true
	}
	// Letters outside ASCII have upper cases inside it, so bytes are what counts.
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
