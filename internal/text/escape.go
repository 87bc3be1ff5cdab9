package text

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape escapes characters of s that a terminal could interpret or that could
// mislead a reader, as in a Go string: control characters including line ends,
// marks that change the direction of writing, invisible characters, and bytes that
// are not UTF-8. It does not change printable characters.
func Escape(s string) string { return escape(s, "") }

// EscapeLines is Escape for a text of several lines: it keeps line ends and tabs.
func EscapeLines(s string) string { return escape(s, "\n\t") }

// escape is Escape that keeps the characters in keep.
func escape(s, keep string) string {
	if printable(s, keep) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(0x100|uint64(s[i]), 16)[1:])
		case unicode.IsPrint(r) || strings.ContainsRune(keep, r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}

// printable reports whether s needs no escapes.
func printable(s, keep string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && !strings.ContainsRune(keep, r) {
			return false
		}
	}
	return true
}
