package zfs

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/nvlist"
)

// HolderKind is a kind of holder of permissions.
type HolderKind uint8

// The kinds of holder, in the order of zfs(8).
const (
	// HolderSet is not a holder but a permission set, which can be granted to
	// others.
	HolderSet HolderKind = iota
	// HolderCreator is the user who creates a descendant: on the new dataset, the
	// creator has the permissions granted to this holder.
	HolderCreator
	HolderUser
	HolderGroup
	HolderEveryone
)

// holderLetters are the kernel's letters for the kinds. The upper-case letters
// are for permission sets that are granted.
const holderLetters = "scuge"

// String returns the kind in the words of zfs(8).
func (k HolderKind) String() string {
	switch k {
	case HolderSet:
		return "set"
	case HolderCreator:
		return "create"
	case HolderUser:
		return "user"
	case HolderGroup:
		return "group"
	case HolderEveryone:
		return "everyone"
	}
	return fmt.Sprintf("HolderKind(%d)", uint8(k))
}

// Holder is a user, a group, everyone, a creator, or a set.
type Holder struct {
	Kind HolderKind
	ID   uint32 // the number of a user or group
	Set  string // the name of a set, with its at sign
}

// String returns the holder as zfs(8) prints it, with a number instead of the
// name.
func (h Holder) String() string {
	switch h.Kind {
	case HolderSet:
		return h.Set
	case HolderUser, HolderGroup:
		return fmt.Sprintf("%s %d", h.Kind, h.ID)
	}
	return h.Kind.String()
}

// Scope is a set of datasets for which a grant is valid.
type Scope uint8

// The scopes.
const (
	ScopeLocal      Scope = 1 << iota // the dataset itself
	ScopeDescendent                   // all descendants
	// ScopeBoth is how DelegationSet treats zero.
	ScopeBoth = ScopeLocal | ScopeDescendent
)

// String returns the scope in the words of zfs(8).
func (s Scope) String() string {
	switch s {
	case 0:
		return "none"
	case ScopeLocal:
		return "local"
	case ScopeDescendent:
		return "descendent"
	case ScopeBoth:
		return "local+descendent"
	}
	return fmt.Sprintf("Scope(%d)", uint8(s))
}

// noScope is the letter of holders that have no scope.
const noScope = '-'

// scopes returns the kernel's letters for the scopes of a grant.
func (g *Grant) scopes() []byte {
	if g.Holder.Kind == HolderSet || g.Holder.Kind == HolderCreator {
		return []byte{noScope}
	}
	var letters []byte
	if g.Scope == 0 || g.Scope&ScopeLocal != 0 {
		letters = append(letters, 'l')
	}
	if g.Scope == 0 || g.Scope&ScopeDescendent != 0 {
		letters = append(letters, 'd')
	}
	return letters
}

// key returns the kernel's name for a holder in a scope: letter, scope, dollar
// sign, and the number or name.
func (h Holder) key(scope byte, sets bool) string {
	letter := holderLetters[h.Kind]
	if sets {
		letter -= 'a' - 'A'
	}
	key := []byte{letter, scope, '$'}
	switch h.Kind {
	case HolderSet:
		key = append(key, h.Set...)
	case HolderUser, HolderGroup:
		key = strconv.AppendUint(key, uint64(h.ID), 10)
	}
	return string(key)
}

// allKeys returns the keys for permissions and for sets.
func (h Holder) allKeys(scope byte) []string {
	return []string{h.key(scope, false), h.key(scope, true)}
}

// maxPermission is the length of the longest name of a permission or set in
// bytes.
const maxPermission = 63

// isSet reports whether a permission is a permission set.
func isSet(perm string) bool { return strings.HasPrefix(perm, "@") }

// check refuses grants that the kernel refuses, or misinterprets.
func (g *Grant) check(revoke bool) error {
	switch h := g.Holder; {
	case h.Kind > HolderEveryone:
		return fmt.Errorf("%w: %s", ErrInvalid, h.Kind)
	case h.Kind == HolderSet:
		if !isSet(h.Set) {
			return fmt.Errorf("%w: set %.80q: its name begins with an at sign", ErrInvalid, h.Set)
		}
		if err := checkPermission(h.Set); err != nil {
			return err
		}
	case h.Set != "":
		return fmt.Errorf("%w: %s has the name of a set, %.80q", ErrInvalid, h.Kind, h.Set)
	}
	if g.Scope > ScopeBoth {
		return fmt.Errorf("%w: %s", ErrInvalid, g.Scope)
	}
	if len(g.Permissions) == 0 && !revoke {
		return fmt.Errorf("%w: %s is granted no permissions", ErrInvalid, g.Holder)
	}
	for _, perm := range g.Permissions {
		if err := checkPermission(perm); err != nil {
			return err
		}
	}
	return nil
}

// checkPermission checks the name of a permission or a set. The module decides
// which ones exist.
func checkPermission(perm string) error {
	name := strings.TrimPrefix(perm, "@")
	if name == "" || len(perm) > maxPermission {
		return fmt.Errorf("%w: permission %.80q: want 1 to %d bytes", ErrInvalid, perm, maxPermission)
	}
	for i := range len(name) {
		c := name[i]
		if !isNameByte(c) || c == '%' || c == ' ' && !isSet(perm) {
			return fmt.Errorf("%w: permission %q: %s is not allowed", ErrInvalid, perm, text.Char(name, i))
		}
	}
	return nil
}

// parseGrants parses the grants stored on one dataset. The kernel has a key for
// each scope, so the scopes of each permission are combined.
func parseGrants(dataset string, keys *nvlist.List) ([]Grant, error) {
	scopes := make(map[Holder]map[string]Scope)
	for pair := range keys.All() {
		h, scope, err := parseHolder(pair.Name())
		if err != nil {
			return nil, err
		}
		perms, ok := keys.List(pair.Name())
		if !ok {
			return nil, fmt.Errorf("holder %q of %s has no list of permissions", pair.Name(), dataset)
		}
		if scopes[h] == nil {
			scopes[h] = make(map[string]Scope)
		}
		for perm := range perms.All() {
			scopes[h][perm.Name()] |= scope
		}
	}
	type place struct {
		holder Holder
		scope  Scope
	}
	perms := make(map[place][]string)
	for h, byName := range scopes {
		for perm, scope := range byName {
			perms[place{h, scope}] = append(perms[place{h, scope}], perm)
		}
	}
	var grants []Grant
	for at, names := range perms {
		slices.Sort(names)
		grants = append(grants, Grant{Dataset: dataset, Holder: at.holder, Scope: at.scope, Permissions: names})
	}
	slices.SortFunc(grants, compareGrants)
	return grants, nil
}

// compareGrants orders grants as zfs(8) prints them: numbers are compared as
// texts.
func compareGrants(a, b Grant) int {
	return cmp.Or(
		cmp.Compare(a.Scope, b.Scope),
		cmp.Compare(a.Holder.Kind, b.Holder.Kind),
		strings.Compare(a.Holder.Set, b.Holder.Set),
		strings.Compare(strconv.FormatUint(uint64(a.Holder.ID), 10), strconv.FormatUint(uint64(b.Holder.ID), 10)),
	)
}

// parseHolder parses one of the kernel's keys.
func parseHolder(key string) (h Holder, scope Scope, err error) {
	fail := func() (Holder, Scope, error) {
		return Holder{}, 0, fmt.Errorf("holder %q cannot be parsed", key)
	}
	if len(key) < 3 || key[2] != '$' {
		return fail()
	}
	kind := strings.IndexByte(holderLetters, key[0]|0x20)
	if kind < 0 {
		return fail()
	}
	h.Kind = HolderKind(kind)
	rest := key[3:]
	switch h.Kind {
	case HolderSet:
		h.Set = rest
	case HolderUser, HolderGroup:
		id, err := strconv.ParseUint(rest, 10, 32)
		if err != nil {
			return fail()
		}
		h.ID = uint32(id)
	}
	switch key[1] {
	case 'l':
		return h, ScopeLocal, nil
	case 'd':
		return h, ScopeDescendent, nil
	case noScope:
		return h, 0, nil
	}
	return fail()
}
