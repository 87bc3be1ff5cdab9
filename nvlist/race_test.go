//go:build race

package nvlist

// raceEnabled reports whether the race detector is on.
const raceEnabled = true
