//go:build !race

package nvlist

// raceEnabled tells whether the race detector is on.
const raceEnabled = false
