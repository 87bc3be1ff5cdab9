package text

import "testing"

func TestChar(t *testing.T) {
	for _, tt := range []struct {
		s    string
		i    int
		want string
	}{
		{"a/b", 1, "'/'"},
		{"tank/é", 5, "'é'"},
		{"tank/\xc3", 5, "byte 0xc3"},
		{"tank/é", 6, "byte 0xa9"},
		{"a\x01", 1, `'\x01'`},
		{"a\u202e", 1, `'\u202e'`},
		{"�", 0, "'�'"},
	} {
		if got := Char(tt.s, tt.i); got != tt.want {
			t.Errorf("Char(%q, %d) = %s, want %s", tt.s, tt.i, got, tt.want)
		}
	}
}
