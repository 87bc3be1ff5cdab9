package prop

// SourceKind says where a property's value comes from.
type SourceKind uint8

// The sources of a value.
const (
	SourceNone      SourceKind = iota // a statistic, or a property without a choice
	SourceDefault                     // not set
	SourceLocal                       // set on the dataset itself
	SourceInherited                   // set on an ancestor
	SourceReceived                    // came with a stream
	SourceTemporary                   // a mount option overrides it
)

// Source is where a property's value comes from.
type Source struct {
	Kind SourceKind
	From string // the ancestor of an inherited value, else empty
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
	// Text is the value as zfs get -p and zpool get -p print it, the percentages of a
	// device without a sign.
	Text string
}

// Values are properties to be set, of a dataset, a pool or a device. A value
// may be the text that zfs set and zpool set take.
type Values map[Prop]Value
