package nvlist

import "math"

// Hard bounds of the three limits, and what a zero field stands for.
const (
	// MaxDepth is the deepest nesting that any consumer of lists accepts.
	MaxDepth = 100
	// MaxBytes is the largest packed list: its sizes are signed 32-bit numbers.
	MaxBytes = math.MaxInt32

	defaultPairs = 1 << 22
	defaultBytes = 128 << 20
)

// Limits bound what a decoder accepts. Each is checked before anything of that
// size is allocated. A zero or negative field means its default; a field above
// its range means the top of the range.
type Limits struct {
	// Depth is how many lists may be nested inside the top one: 1 to 100,
	// default 100. The kernel itself refuses more than 20.
	Depth int
	// Pairs is how many pairs and array elements that are lists may occur in
	// all: 1 to 2,147,483,647, default 4,194,304.
	Pairs int
	// Bytes is how long the input may be: 1 to 2,147,483,647, default 128 MiB,
	// which is the most that a kernel takes in one list.
	Bytes int
}

// DecodeOptions change what the decoding functions accept. Nil means the zero
// value. Options are only read, so they may be shared by concurrent calls.
type DecodeOptions struct {
	// Limits bound depth, pairs and bytes.
	Limits Limits
	// AllowTrailing accepts bytes behind the end of the list. Kernel buffers
	// and vdev labels have such slack.
	AllowTrailing bool
	// RejectDuplicates makes a name that occurs twice in one list an error,
	// unless the list says that its names are not unique. The default keeps
	// both, as libnvpair does, and lookups find the first.
	RejectDuplicates bool
}

// within returns v, or def if v is not set, but no more than top.
func within(v, def, top int) int {
	if v <= 0 {
		v = def
	}
	return min(v, top)
}

// resolved returns the limits with every field set and in range.
func (l Limits) resolved() Limits {
	return Limits{
		Depth: within(l.Depth, MaxDepth, MaxDepth),
		Pairs: within(l.Pairs, defaultPairs, math.MaxInt32),
		Bytes: within(l.Bytes, defaultBytes, MaxBytes),
	}
}

// orDefault returns the options to work with.
func (o *DecodeOptions) orDefault() DecodeOptions {
	if o == nil {
		return DecodeOptions{}
	}
	return *o
}
