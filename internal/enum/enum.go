// Package enum implements the String methods of small enumerations.
package enum

import "strconv"

// Name returns the name of a value, which counts from 0, or "unknown (N)" for a
// value N without a name, as newer modules may have.
func Name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "unknown (" + strconv.Itoa(int(v)) + ")"
}
