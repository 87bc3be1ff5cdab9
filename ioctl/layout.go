package ioctl

import (
	"errors"
	"fmt"
	"iter"
)

// cmdSize is the size that a Cmd reserves. It exceeds every release's structure,
// so that no kernel copies past the end.
const cmdSize = 16 << 10

// The sizes of struct zfs_cmd that released modules have.
const (
	size08  = 13736 // 0.8: without the last field
	size20  = 13744 // 2.0 and later
	size231 = 13760 // 2.3.1 alone: the inject record grew by 16 bytes
)

// shifted is the first offset that moved in 2.3.1.
const shifted = 13648

// ErrLayout reports a command structure of a size that this package does not know.
// No operation can be called safely then.
var ErrLayout = errors.New("unknown layout of struct zfs_cmd")

// Layout describes where the running module expects the members of struct zfs_cmd.
// The zero value is the layout of OpenZFS 2.0 and later. It is immutable.
type Layout struct {
	size  int
	shift int
}

// newLayout returns the layout of a structure of size bytes.
func newLayout(size int) (Layout, error) {
	switch size {
	case size08, size20:
		return Layout{size: size}, nil
	case size231:
		return Layout{size: size, shift: size231 - size20}, nil
	}
	return Layout{size: size}, fmt.Errorf("%w: it has %d bytes; known are %d (0.8), %d (2.0 and later) and %d (2.3.1)",
		ErrLayout, size, size08, size20, size231)
}

// Size returns the structure's size in bytes.
func (l Layout) Size() int {
	if l.size == 0 {
		return size20
	}
	return l.size
}

// Place returns the offset and the size of a field, both in bytes.
func (l Layout) Place(f Field) (offset, size int) {
	p := &places[f]
	if p.offset >= shifted {
		return p.offset + l.shift, p.size
	}
	return p.offset, p.size
}

// Fields yields every field that the layout has, in the order of the table.
func (l Layout) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for f := range numFields {
			offset, size := l.Place(f)
			if offset+size <= l.Size() && !yield(f) {
				return
			}
		}
	}
}

// measure finds the structure's size with try, which reports whether a structure
// of n bytes that ends at an unreadable page is large enough. The known sizes are
// tried first; the search finds the size for the error text.
func measure(try func(n int) (bool, error)) (Layout, error) {
	low := 0
	for _, n := range [...]int{size08, size20, size231} {
		enough, err := try(n)
		if err != nil {
			return Layout{}, err
		}
		if enough {
			return settle(try, low, n)
		}
		low = n
	}
	if enough, err := try(cmdSize); err != nil || !enough {
		return Layout{}, errors.Join(err, fmt.Errorf("%w: it is larger than %d bytes", ErrLayout, cmdSize))
	}
	return settle(try, low, cmdSize)
}

// settle finds the smallest size above low that is enough, given that high is
// enough. A structure of an unknown size between two known sizes must not be
// mistaken for the larger one.
func settle(try func(n int) (bool, error), low, high int) (Layout, error) {
	// high-1 is tried first: it decides for every known release.
	for mid := high - 1; high-low > 1; mid = low + (high-low)/2 {
		enough, err := try(mid)
		if err != nil {
			return Layout{}, err
		}
		if enough {
			high = mid
		} else {
			low = mid
		}
	}
	if high == 1 {
		// The smallest structure there is: nothing was copied at all.
		return Layout{}, fmt.Errorf("%w: the module refuses the number of the operation before it reads the structure, as OpenZFS 0.8 does; releases from 2.0 on are served",
			ErrLayout)
	}
	return newLayout(high)
}
