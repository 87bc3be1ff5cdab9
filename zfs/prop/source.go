package prop

// SourceKind is the kind of a property's source.
type SourceKind uint8

// The sources of a value.
const (
	SourceNone      SourceKind = iota // a statistic, or a property that cannot be set
	SourceDefault                     // not set
	SourceLocal                       // set on the dataset itself
	SourceInherited                   // set on an ancestor
	SourceReceived                    // received with a stream
	SourceTemporary                   // a mount option overrides it
)

// Source is the source of a property's value.
type Source struct {
	Kind SourceKind
	From string // the ancestor of an inherited value, or empty
}

// String returns the source as zfs(8) prints it.
func (s Source) String() string {
	switch s.Kind {
	case SourceDefault:
		return "default"
	case SourceLocal:
		return "local"
	case SourceInherited:
		return "inherited from " + s.From
	case SourceReceived:
		return "received"
	case SourceTemporary:
		return "temporary"
	}
	return "-"
}

// Property is one property with its value and its source.
type Property struct {
	Name   Prop
	Value  Value
	Source Source
	// Text is the value as zfs get -p and zpool get -p print it, but percentages of a
	// device without a sign.
	Text string
}

// Values are the properties to set on a dataset, a pool or a device. A value may be
// text in the form of zfs set and zpool set.
type Values map[Prop]Value
