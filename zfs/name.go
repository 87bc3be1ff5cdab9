package zfs

import (
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/internal/text"
)

// The limits on names that all releases share.
const (
	// MaxNameLen is the longest name in bytes, with its snapshot or bookmark.
	MaxNameLen = 255
	// MaxNesting is how many components a path may have where the module's
	// limit has not been changed. The module applies it, to new names only.
	MaxNesting = 50
	// maxPoolNameLen leaves room for the names that the kernel makes itself.
	maxPoolNameLen = MaxNameLen - 2 - 2*len("$ORIGIN")
)

// Name is the name of a dataset, taken apart.
type Name struct {
	// Pool is the first component.
	Pool string
	// Dataset is the filesystem or volume with its path: "tank/a/b". For the
	// root it equals Pool.
	Dataset string
	// Snapshot is the part behind '@', Bookmark the one behind '#'. One of
	// them at most is not empty.
	Snapshot, Bookmark string
}

// ParseName takes a name apart and checks it by the kernel's rules. An error
// matches ErrInvalidName and says what is wrong.
func ParseName(s string) (Name, error) {
	n := Name{Dataset: s}
	if i := strings.IndexAny(s, "@#"); i >= 0 {
		n.Dataset = s[:i]
		if s[i] == '@' {
			n.Snapshot = s[i+1:]
		} else {
			n.Bookmark = s[i+1:]
		}
		if err := checkComponent(s[i+1:]); err != nil {
			return Name{}, nameError(s, err)
		}
	}
	n.Pool, _, _ = strings.Cut(n.Dataset, "/")
	if err := n.check(s); err != nil {
		return Name{}, nameError(s, err)
	}
	return n, nil
}

func nameError(s string, err error) error {
	if len(s) > MaxNameLen {
		s = s[:32] + "..."
	}
	return fmt.Errorf("%w %q: %w", ErrInvalidName, s, err)
}

// check applies the rules that go beyond one component.
func (n Name) check(s string) error {
	if len(s) > MaxNameLen {
		return fmt.Errorf("%d bytes, at most %d are allowed", len(s), MaxNameLen)
	}
	for component := range strings.SplitSeq(n.Dataset, "/") {
		if err := checkComponent(component); err != nil {
			return err
		}
	}
	return checkPoolName(n.Pool)
}

// checkComponent checks one part between delimiters.
func checkComponent(s string) error {
	switch s {
	case "":
		return fmt.Errorf("a component is empty")
	case ".", "..":
		return fmt.Errorf("a component is %q", s)
	}
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return fmt.Errorf("%s is not allowed", text.Char(s, i))
		}
	}
	return nil
}

// isNameByte reports whether a component may hold c. The percent sign stands in
// the hidden dataset of a partial receive.
func isNameByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_.: %", c) >= 0
}

// checkPoolName checks what only pools have to obey.
func checkPoolName(s string) error {
	switch c := s[0]; {
	case !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'):
		return fmt.Errorf("a pool name must start with a letter")
	case len(s) > maxPoolNameLen:
		return fmt.Errorf("the pool's name has %d bytes, at most %d are allowed", len(s), maxPoolNameLen)
	case strings.Contains(s, "%"):
		return fmt.Errorf("'%%' is not allowed in a pool's name")
	case s == "mirror" || s == "raidz":
		// Later releases reserve draid as well; 2.0 can have a pool of that name.
		return fmt.Errorf("%q is reserved", s)
	}
	return nil
}

// String puts the name together again.
func (n Name) String() string {
	switch {
	case n.Snapshot != "":
		return n.Dataset + "@" + n.Snapshot
	case n.Bookmark != "":
		return n.Dataset + "#" + n.Bookmark
	}
	return n.Dataset
}

// Parent returns the filesystem that the dataset lies in: "tank/a" for
// "tank/a/b", "tank/a/b@s" and "tank/a/b#m" alike lie in "tank/a/b". It is
// empty for a pool's root.
func (n Name) Parent() string {
	if n.Snapshot != "" || n.Bookmark != "" {
		return n.Dataset
	}
	if i := strings.LastIndexByte(n.Dataset, '/'); i >= 0 {
		return n.Dataset[:i]
	}
	return ""
}

// Depth returns how many components the dataset lies below its pool's root: 0
// for the root itself.
func (n Name) Depth() int { return strings.Count(n.Dataset, "/") }
