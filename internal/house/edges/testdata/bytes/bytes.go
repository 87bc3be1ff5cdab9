// Package bytes prints bytes as characters, for the test that looks for it.
package bytes

import "fmt"

const digits = "0123"

// Faults has four of them.
func Faults(s string) string {
	c := s[0]
	return fmt.Sprintf("%q %*c %d", s[0], 5, c, c) + string(rune(c)) + string(c)
}

// Fine has none.
func Fine(s string) string {
	return fmt.Sprintf("%c%q %v", digits[1], s, s[0]) + string(s[0:1]) + string('a')
}
