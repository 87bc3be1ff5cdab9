package ioctl

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/purezfs/purezfs/internal/text"
)

// The kernel's limits for names, in bytes.
const (
	// maxName is the longest name of a dataset, snapshot or bookmark.
	maxName = 255
	// maxPoolName leaves room for the datasets that the kernel creates in
	// each pool: POOL/$ORIGIN@$ORIGIN must fit too.
	maxPoolName = maxName - len("/$ORIGIN@$ORIGIN")
)

// ErrName is matched by every error of [CheckName].
var ErrName = errors.New("ioctl: invalid name")

// A NameError describes what is wrong with a name, and where. It matches
// [ErrName] and fs.ErrInvalid.
type NameError struct {
	// Name is the checked name, truncated to 256 bytes.
	Name string
	// Target is the kind of object that should have this name.
	Target Target
	// Offset is the byte at which the fault was found: after a component that
	// is invalid as a whole, or the name's length if the name ends too early.
	Offset int
	// Reason is a short phrase.
	Reason string
}

// Error quotes the name and describes the fault and its offset.
func (e *NameError) Error() string {
	what := e.Target.String() + " name"
	if e.Target == TargetNone {
		what = "name"
	}
	return fmt.Sprintf("%s %q is invalid at byte %d: %s", what, e.Name, e.Offset, e.Reason)
}

// Is reports whether target is ErrName or fs.ErrInvalid.
func (e *NameError) Is(target error) bool {
	return target == ErrName || target == fs.ErrInvalid
}

// CheckName checks a name of kind t as the kernel would, and returns nil or a
// *[NameError]. The rules for each kind:
//
//	pool     letter, then letters, digits, and "-_.: "; at most 239 bytes;
//	         neither "mirror" nor "raidz"
//	dataset  components between slashes, of the same characters and '%', none
//	         of them "." or ".."; perhaps "@" and one more; at most 255 bytes
//	entity   like dataset, with "@" or "#"
//	none     at most 255 bytes
//
// A NUL is refused in all of them. The kernel would end the name there, and might
// act on the parent of the intended dataset.
//
// Rules that differ between releases are left to the module: that a pool cannot
// be called "draid", and how deep datasets may be nested.
func CheckName(t Target, name string) error {
	if i := strings.IndexByte(name, 0); i >= 0 {
		return nameError(t, name, i, "a NUL would cut it short")
	}
	limit := maxName
	if t == TargetPool {
		limit = maxPoolName
	}
	if len(name) > limit {
		return nameError(t, name, limit, fmt.Sprintf("longer than %d bytes", limit))
	}
	switch t {
	case TargetPool:
		return checkPoolName(name)
	case TargetDataset, TargetEntity:
		return checkEntityName(t, name)
	}
	return nil
}

// checkPoolName checks the characters of a pool's name, whose length is valid.
func checkPoolName(name string) error {
	const t = TargetPool
	switch name {
	case "":
		return nameError(t, name, 0, "it is empty")
	case "mirror", "raidz":
		return nameError(t, name, 0, "a reserved word")
	}
	for i := range len(name) {
		if isDelimiter(name[i]) {
			return nameError(t, name, i, "a pool's name has no "+text.Char(name, i))
		}
		if !isNameByte(name[i]) {
			return nameError(t, name, i, text.Char(name, i)+" is not allowed")
		}
	}
	if !isLetter(name[0]) {
		return nameError(t, name, 0, "it does not begin with a letter")
	}
	return nil
}

// checkEntityName checks the components of the name of a dataset or bookmark,
// whose length is valid.
func checkEntityName(t Target, name string) error {
	start, marked := 0, false
	for i := 0; i <= len(name); i++ {
		if i < len(name) && !isDelimiter(name[i]) {
			// The kernel itself uses '%' in the names of unfinished
			// receives.
			if !isNameByte(name[i]) && name[i] != '%' {
				return nameError(t, name, i, text.Char(name, i)+" is not allowed")
			}
			continue
		}
		if reason := endComponent(name[start:i], name[i:], marked); reason != "" {
			return nameError(t, name, i, reason)
		}
		if i < len(name) && name[i] == '#' && t == TargetDataset {
			return nameError(t, name, i, "'#' is for bookmarks only")
		}
		marked = marked || i < len(name) && name[i] != '/'
		start = i + 1
	}
	return nil
}

// endComponent returns what is wrong with a component that ends where rest
// begins, or an empty string. marked reports whether '@' or '#' precedes the
// component.
func endComponent(component, rest string, marked bool) string {
	switch {
	case component == "":
		return "a component is empty"
	case component == "." || component == "..":
		// The kernel accepts them before '@' and '#'.
		if rest == "" || rest[0] == '/' {
			return fmt.Sprintf("component %q is not a name", component)
		}
	}
	if marked && rest != "" {
		return text.Char(rest, 0) + " comes after a '@' or '#'"
	}
	return ""
}

// nameError makes the error. The name may be of any length, or a view of memory
// that the caller reuses, so the error keeps a copy of its beginning.
func nameError(t Target, name string, offset int, reason string) error {
	name = strings.Clone(name[:min(len(name), maxName+1)])
	return &NameError{Name: name, Target: t, Offset: offset, Reason: reason}
}

// isDelimiter reports whether c separates the parts of a name.
func isDelimiter(c byte) bool { return c == '/' || c == '@' || c == '#' }

// isLetter reports whether c is an ASCII letter.
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isNameByte reports whether c is allowed in every part of a name.
func isNameByte(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || strings.IndexByte("-_.: ", c) >= 0
}
