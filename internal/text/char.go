// Package text writes strings whose bytes may be anything: names, property
// values and paths come from the kernel, from disks and from streams, and need
// not be UTF-8 or free of control characters.
package text

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Char names the character of s that begins at byte i, for an error message: a
// quoted character, or the byte if it does not begin a UTF-8 sequence.
func Char(s string, i int) string {
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("byte %#02x", s[i])
	}
	return strconv.QuoteRune(r)
}
