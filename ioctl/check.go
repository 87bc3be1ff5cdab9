package ioctl

import (
	"fmt"

	"github.com/purezfs/purezfs/nvlist"
)

// optionalKey is the name of a list that every operation with a table of keys
// accepts, with any content, in every release.
const optionalKey = "optional"

// A KeyError describes what is wrong with one key of an input list that was not
// sent to the kernel.
//
// It matches what the kernel's own answer would match: [ErrNotSupported] and
// errors.ErrUnsupported for a key that the operation or the release does not
// know, fs.ErrInvalid for a key that is missing or of the wrong type.
type KeyError struct {
	Op Op
	// Key is the pair's name. It is empty if the list must have at least one
	// pair and has none.
	Key string
	// Reason is the answer that the kernel would have given:
	// CodeIocArgUnavail, CodeIocArgRequired or CodeIocArgBadtype.
	Reason Code
	// Got and Want are the types, for CodeIocArgBadtype. Want is also set for
	// a key that is missing, unless any type will do.
	Got, Want nvlist.Type
	// Since is the first release that knows the key, if the checked release
	// is older. It is zero for a key that no release knows.
	Since Release
}

// Error names the operation, the key and the fault.
func (e *KeyError) Error() string {
	switch {
	case e.Reason == CodeIocArgBadtype:
		return fmt.Sprintf("%s: key %q: type is %s, want %s", e.Op, e.Key, e.Got, e.Want)
	case e.Reason == CodeIocArgRequired && e.Key == "":
		return fmt.Sprintf("%s: input is empty, want pairs of type %s", e.Op, e.Want)
	case e.Reason == CodeIocArgRequired && e.Want == nvlist.TypeUnknown:
		return fmt.Sprintf("%s: key %q is missing", e.Op, e.Key)
	case e.Reason == CodeIocArgRequired:
		return fmt.Sprintf("%s: key %q of type %s is missing", e.Op, e.Key, e.Want)
	case !e.Since.IsZero():
		return fmt.Sprintf("%s: key %q is known since release %s", e.Op, e.Key, e.Since)
	}
	return fmt.Sprintf("%s: key %q is not known", e.Op, e.Key)
}

// Is reports whether target is what the kernel's own answer would match.
func (e *KeyError) Is(target error) bool {
	return e.Reason.Err().Is(target)
}

// CheckInput checks the input list in of this operation as the kernel would, and
// returns nil or a *[KeyError]. A nil list is an empty one.
//
// Keys newer than rel are refused. With the zero release no key is too new, and
// the module itself decides. Legacy operations have no table in the kernel and
// ignore keys that they do not expect. CheckInput checks all their keys in the
// same way, because a key that is ignored is a mistake of the caller.
//
// It is safe for concurrent use.
func (d *Descriptor) CheckInput(in *nvlist.List, rel Release) error {
	named := false // a required pair was found
	if in != nil {
		for p := range in.All() {
			required, err := d.checkPair(p.Name(), p.Type(), rel)
			if err != nil {
				return err
			}
			named = named || required
		}
	}
	for i := range d.Keys {
		k := &d.Keys[i]
		switch {
		case k.Optional || !rel.IsZero() && !rel.AtLeast(k.Since):
		case k.Wildcard && !named:
			return &KeyError{Op: d.Op, Reason: CodeIocArgRequired, Want: k.Type}
		case !k.Wildcard && (in == nil || !in.Has(k.Name)):
			return &KeyError{Op: d.Op, Key: k.Name, Reason: CodeIocArgRequired, Want: k.Type}
		}
	}
	return nil
}

// checkPair looks up the key that a pair matches, and reports whether that key is
// required.
//
// A wildcard matches every name that no key before it matches, including the
// optional list: if the wildcard has another type, as it has for bookmarks, that
// list is refused.
func (d *Descriptor) checkPair(name string, typ nvlist.Type, rel Release) (required bool, err error) {
	for i := range d.Keys {
		k := &d.Keys[i]
		if !k.Wildcard && k.Name != name {
			continue
		}
		if !rel.IsZero() && !rel.AtLeast(k.Since) {
			return false, &KeyError{Op: d.Op, Key: name, Reason: CodeIocArgUnavail, Since: k.Since}
		}
		if !k.Any && k.Type != typ {
			return false, &KeyError{Op: d.Op, Key: name, Reason: CodeIocArgBadtype, Got: typ, Want: k.Type}
		}
		return !k.Optional, nil
	}
	if name == optionalKey && typ == nvlist.TypeList {
		return false, nil
	}
	return false, &KeyError{Op: d.Op, Key: name, Reason: CodeIocArgUnavail}
}
