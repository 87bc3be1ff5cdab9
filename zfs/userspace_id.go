package zfs

import (
	"bytes"
	"errors"
	"fmt"
	"os/user"
	"strconv"
	"strings"
)

// UserspaceID identifies a user, group or project.
type UserspaceID struct {
	// Domain is the domain of an SMB identity, such as "S-1-5-21-1-2-3"; it is
	// empty for POSIX IDs and for projects.
	Domain string
	// RID is the number, within the domain if there is one.
	RID uint32
}

// String returns "1000", or "S-1-5-21-1-2-3-1000" for an SMB identity.
func (id UserspaceID) String() string {
	n := strconv.FormatUint(uint64(id.RID), 10)
	if id.Domain == "" {
		return n
	}
	return id.Domain + "-" + n
}

// Limits of the kernel's records and property names, in bytes.
const (
	maxDomain      = 200
	noProject      = 1<<32 - 1 // the only number that is not a project
	sidPrefix      = "S-1-"
	userspaceWords = "a user's name, a number, or an SID like S-1-5-21-1-2-3-1000"
)

// check refuses values that the kernel would truncate or misinterpret.
func (id UserspaceID) check(kind UserspaceKind) error {
	switch {
	case kind.IsProject() && id.Domain != "":
		return fmt.Errorf("%w: project %s: projects have numbers only", ErrInvalid, id)
	case kind.IsProject() && id.RID == noProject:
		return fmt.Errorf("%w: %d is not a project ID", ErrInvalid, id.RID)
	case id.Domain != "" && !isSIDDomain(id.Domain):
		return fmt.Errorf("%w: domain %.40q: want one like S-1-5-21-1-2-3", ErrInvalid, id.Domain)
	}
	return nil
}

// isSIDDomain reports whether s is an SID without its last number.
func isSIDDomain(s string) bool {
	rest, ok := strings.CutPrefix(s, sidPrefix)
	if !ok || len(s) > maxDomain {
		return false
	}
	for part := range strings.SplitSeq(rest, "-") {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}

// ParseUserspaceID parses the owner for a kind: a name, a number, or an SID.
// Names are looked up in the system's tables of users and groups by package
// os/user, and projects have numbers only.
//
// The error for an unknown name matches ErrNotFound, any other error matches
// ErrInvalid.
func ParseUserspaceID(kind UserspaceKind, who string) (UserspaceID, error) {
	if err := kind.check(); err != nil {
		return UserspaceID{}, err
	}
	id, err := parseID(kind, who)
	if err == nil {
		err = id.check(kind)
	}
	if err != nil {
		return UserspaceID{}, err
	}
	return id, nil
}

// parseID is ParseUserspaceID without the check of the result.
func parseID(kind UserspaceKind, who string) (UserspaceID, error) {
	if n, err := strconv.ParseUint(who, 10, 32); err == nil {
		return UserspaceID{RID: uint32(n)}, nil
	} else if errors.Is(err, strconv.ErrRange) {
		return UserspaceID{}, fmt.Errorf("%w: %s %.40q: the number has more than 32 bits", ErrInvalid, holder(kind), who)
	}
	if who == "" || strings.IndexByte(who, 0) >= 0 {
		return UserspaceID{}, fmt.Errorf("%w: %s %q: want %s", ErrInvalid, holder(kind), who, userspaceWords)
	}
	if i := strings.LastIndexByte(who, '-'); i > 0 && isSIDDomain(who[:i]) {
		n, err := strconv.ParseUint(who[i+1:], 10, 32)
		if err != nil {
			return UserspaceID{}, fmt.Errorf("%w: SID %.80q: it does not end in a number of 32 bits", ErrInvalid, who)
		}
		return UserspaceID{Domain: who[:i], RID: uint32(n)}, nil
	}
	if kind.IsProject() {
		return UserspaceID{}, fmt.Errorf("%w: project %q: want a number", ErrInvalid, who)
	}
	return lookupID(kind.IsGroup(), who)
}

// holder returns the noun for the owner of a kind.
func holder(kind UserspaceKind) string {
	switch {
	case kind.IsProject():
		return "project"
	case kind.IsGroup():
		return "group"
	}
	return "user"
}

// lookupID looks up the number of a name in the system.
func lookupID(group bool, who string) (UserspaceID, error) {
	noun, number := "user", ""
	if group {
		noun = "group"
		g, err := user.LookupGroup(who)
		if err != nil {
			return UserspaceID{}, lookupError(noun, who, err)
		}
		number = g.Gid
	} else {
		u, err := user.Lookup(who)
		if err != nil {
			return UserspaceID{}, lookupError(noun, who, err)
		}
		number = u.Uid
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return UserspaceID{}, fmt.Errorf("%w: %s %q has the number %q here", ErrNotSupported, noun, who, number)
	}
	return UserspaceID{RID: uint32(n)}, nil
}

// lookupError distinguishes an unknown name from tables that cannot be read.
func lookupError(noun, who string, err error) error {
	var noUser user.UnknownUserError
	var noGroup user.UnknownGroupError
	if errors.As(err, &noUser) || errors.As(err, &noGroup) {
		return fmt.Errorf("%s %q %w", noun, who, ErrNotFound)
	}
	return fmt.Errorf("%s %q: %w", noun, who, err)
}

// cString returns the text up to the first NUL.
func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
