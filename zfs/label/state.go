package label

import "strconv"

// State is what a label says of its pool, or of the device if it belongs to none
// for good.
type State uint64

// The states that a label can tell.
const (
	StateActive    State = 0 // imported, or left behind by a machine that crashed
	StateExported  State = 1
	StateDestroyed State = 2
	StateSpare     State = 3 // a device that waits to replace another
	StateCache     State = 4 // a device that caches reads
)

// String returns the state in one word.
func (s State) String() string {
	names := [...]string{"active", "exported", "destroyed", "spare", "cache"}
	if s < State(len(names)) {
		return names[s]
	}
	return "state(" + strconv.FormatUint(uint64(s), 10) + ")"
}

// Auxiliary reports whether a device in this state belongs to no pool for good.
func (s State) Auxiliary() bool { return s == StateSpare || s == StateCache }
