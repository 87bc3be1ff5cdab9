package label

import "strconv"

// State is the state of the pool in a label, or that of a spare or cache device.
type State uint64

// The states in a label.
const (
	StateActive    State = 0 // imported, or not exported before a crash
	StateExported  State = 1
	StateDestroyed State = 2
	StateSpare     State = 3 // a hot spare
	StateCache     State = 4 // a cache device
)

// String returns the state in one word.
func (s State) String() string {
	names := [...]string{"active", "exported", "destroyed", "spare", "cache"}
	if s < State(len(names)) {
		return names[s]
	}
	return "state(" + strconv.FormatUint(uint64(s), 10) + ")"
}

// Auxiliary reports whether the state is that of a spare or cache device.
func (s State) Auxiliary() bool { return s == StateSpare || s == StateCache }
