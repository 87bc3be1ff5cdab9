package text

import (
	"testing"
	"testing/quick"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for _, tt := range []struct{ in, want, lines string }{
		{"", "", ""},
		{"a é 漢 \U0001f600", "a é 漢 \U0001f600", "a é 漢 \U0001f600"},
		{"\x1b[31mred", `\x1b[31mred`, `\x1b[31mred`},
		{"a\nb\tc\r", `a\nb\tc\r`, "a\nb\tc" + `\r`},
		{"\x00\x7f\u0085\u009b", `\x00\x7f\u0085\u009b`, `\x00\x7f\u0085\u009b`},
		{"a\u202eb\u2066\u200b\ufeff", `a\u202eb\u2066\u200b\ufeff`, `a\u202eb\u2066\u200b\ufeff`},
		{"\xff\xc3(", `\xff\xc3(`, `\xff\xc3(`},
		{"\U000e0001", `\U000e0001`, `\U000e0001`},
		{"\ufffd", "\ufffd", "\ufffd"},
	} {
		if got := Escape(tt.in); got != tt.want {
			t.Errorf("Escape(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if got := EscapeLines(tt.in); got != tt.lines {
			t.Errorf("EscapeLines(%q) = %q, want %q", tt.in, got, tt.lines)
		}
	}
	safe := func(b []byte) bool {
		s := Escape(string(b))
		for _, r := range s {
			if !unicode.IsPrint(r) {
				return false
			}
		}
		return utf8.ValidString(s)
	}
	if err := quick.Check(safe, nil); err != nil {
		t.Error(err)
	}
}
