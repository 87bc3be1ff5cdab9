// Package enum has what the String methods of small enumerations share.
package enum

// Name returns the name of a value, which counts from 0, and "unknown" for one
// that has none.
func Name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "unknown"
}
