package zfs

import (
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/internal/text"
)

// The limits on names in all releases.
const (
	// MaxNameLen is the length of the longest name in bytes, including its
	// snapshot or bookmark.
	MaxNameLen = 255
	// MaxNesting is the largest number of components of a path if the module's
	// limit was not changed. The module applies it to new names only.
	MaxNesting = 50
	// maxPoolNameLen leaves room for the kernel's internal names.
	maxPoolNameLen = MaxNameLen - 2 - 2*len("$ORIGIN")
)

// Name is the name of a dataset, split into its parts.
type Name struct {
	// Pool is the first component.
	Pool string
	// Dataset is the path of the filesystem or volume: "tank/a/b". For the root
	// it equals Pool.
	Dataset string
	// Snapshot is the part after '@', Bookmark the part after '#'. At least one
	// of them is empty.
	Snapshot, Bookmark string
}

// ParseName parses a name and checks it by the kernel's rules. An error matches
// ErrInvalidName and has the reason.
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

// check applies the rules for whole names.
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

// isNameByte reports whether a component may contain c. The hidden dataset of a
// partial receive has a percent sign.
func isNameByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_.: %", c) >= 0
}

// checkPoolName checks the rules for pools only.
func checkPoolName(s string) error {
	switch c := s[0]; {
	case !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'):
		return fmt.Errorf("a pool name must start with a letter")
	case len(s) > maxPoolNameLen:
		return fmt.Errorf("the pool's name has %d bytes, at most %d are allowed", len(s), maxPoolNameLen)
	case strings.Contains(s, "%"):
		return fmt.Errorf("'%%' is not allowed in a pool's name")
	case s == "mirror" || s == "raidz":
		// Later releases also reserve draid; 2.0 can have a pool of that name.
		return fmt.Errorf("%q is reserved", s)
	}
	return nil
}

// String returns the full name.
func (n Name) String() string {
	switch {
	case n.Snapshot != "":
		return n.Dataset + "@" + n.Snapshot
	case n.Bookmark != "":
		return n.Dataset + "#" + n.Bookmark
	}
	return n.Dataset
}

// Parent returns the parent filesystem: "tank/a" for "tank/a/b", "tank/a/b@s" and
// "tank/a/b#m". It is empty for a pool's root.
func (n Name) Parent() string {
	if n.Snapshot != "" || n.Bookmark != "" {
		return n.Dataset
	}
	if i := strings.LastIndexByte(n.Dataset, '/'); i >= 0 {
		return n.Dataset[:i]
	}
	return ""
}

// Depth returns the number of levels below the pool's root: 0 for the root
// itself.
func (n Name) Depth() int { return strings.Count(n.Dataset, "/") }

// poolOf returns the first component of a dataset's name.
func poolOf(name string) string {
	if i := strings.IndexAny(name, "/@#"); i >= 0 {
		return name[:i]
	}
	return name
}
