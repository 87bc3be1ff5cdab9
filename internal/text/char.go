// Package text formats strings with arbitrary bytes: names, property values
// and paths from the kernel, from disks and from streams may contain control
// characters and may not be UTF-8.
package text

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Char describes the character of s that begins at byte i, for an error
// message: the quoted character, or the byte if it does not begin a UTF-8
// sequence.
func Char(s string, i int) string {
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("byte %#02x", s[i])
	}
	return strconv.QuoteRune(r)
}
