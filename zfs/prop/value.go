package prop

import (
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/internal/enum"
)

// A ValueKind is the form of a Value.
type ValueKind uint8

// The forms of a Value.
const (
	ValueAbsent  ValueKind = iota // the zero Value
	ValueNumber                   // one number
	ValueString                   // one text
	ValueNumbers                  // several numbers, such as redact_snaps
	ValueStrings                  // several texts, such as clones
)

// String returns the name of the form.
func (k ValueKind) String() string {
	return enum.Name(k, "absent", "number", "string", "numbers", "strings")
}

// A Value is the value of a property as the kernel stores it: a number, a text, or
// a list of either. The zero Value means that the property is absent. A Value is
// immutable and safe for concurrent use.
type Value struct {
	kind    ValueKind
	number  uint64
	text    string
	numbers []uint64
	strings []string
}

// Uint64 returns the value n.
func Uint64(n uint64) Value { return Value{kind: ValueNumber, number: n} }

// String returns the value s.
func String(s string) Value { return Value{kind: ValueString, text: s} }

// Uint64s returns a list of numbers, which it copies. An empty list differs from
// an absent value.
func Uint64s(n []uint64) Value {
	return Value{kind: ValueNumbers, numbers: slices.Clone(n)}
}

// Strings returns a list of texts, which it copies. An empty list differs from an
// absent value.
func Strings(s []string) Value {
	return Value{kind: ValueStrings, strings: slices.Clone(s)}
}

// Kind returns the form of v.
func (v Value) Kind() ValueKind { return v.kind }

// IsZero reports whether v is absent.
func (v Value) IsZero() bool { return v.kind == ValueAbsent }

// Uint64 returns the number, or 0 if v is not a single number.
func (v Value) Uint64() uint64 { return v.number }

// Uint64s returns a copy of the list of numbers, or nil if v is not such a list.
func (v Value) Uint64s() []uint64 { return slices.Clone(v.numbers) }

// Strings returns a copy of the list of texts, or nil if v is not such a list.
func (v Value) Strings() []string { return slices.Clone(v.strings) }

// String returns the text of v, numbers in decimal, lists joined by commas, and ""
// if v is absent. It does not depend on the property: Format returns the text that
// zfs(8) prints.
func (v Value) String() string {
	switch v.kind {
	case ValueNumber:
		return strconv.FormatUint(v.number, 10)
	case ValueString:
		return v.text
	case ValueNumbers:
		words := make([]string, len(v.numbers))
		for i, n := range v.numbers {
			words[i] = strconv.FormatUint(n, 10)
		}
		return strings.Join(words, ",")
	case ValueStrings:
		return strings.Join(v.strings, ",")
	}
	return ""
}

// Equal reports whether v and o have the same form and content.
func (v Value) Equal(o Value) bool {
	return v.kind == o.kind && v.number == o.number && v.text == o.text &&
		slices.Equal(v.numbers, o.numbers) && slices.Equal(v.strings, o.strings)
}
