// Package enum implements the String methods of small enumerations.
package enum

// Name returns the name of a value, which counts from 0, or "unknown" for a
// value without a name.
func Name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "unknown"
}
