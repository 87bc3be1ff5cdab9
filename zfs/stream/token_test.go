package stream

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
)

// mustGoldenToken reads the token that a kernel made.
func mustGoldenToken(t testing.TB, release string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldenDir, release, "token"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// A kernel's token says what its receive had got of the stream that the sender
// then resumed.
func TestTokenGolden(t *testing.T) {
	for _, release := range goldenReleases() {
		t.Run(release, func(t *testing.T) {
			token, err := ParseToken(mustGoldenToken(t, release))
			if err != nil {
				t.Fatal(err)
			}
			rec, err := NewReader(bytes.NewReader(mustGolden(t, release+"/resumed")), nil).Next()
			if err != nil {
				t.Fatal(err)
			}
			begin := rec.(*Begin)
			l, err := begin.List()
			if err != nil {
				t.Fatal(err)
			}
			object, _ := l.Uint64("resume_object")
			offset, _ := l.Uint64("resume_offset")
			want := &Token{ToGUID: begin.ToGUID, ToName: "t/a@3", Object: object, Offset: offset, Bytes: token.Bytes}
			if diff := cmp.Diff(want, token); diff != "" || object == 0 || token.Bytes == 0 {
				t.Errorf("token (-want +got):\n%s", diff)
			}
		})
	}
}

// tokenCases are tokens with each field set once.
func tokenCases() []struct {
	name  string
	token Token
} {
	return []struct {
		name  string
		token Token
	}{
		{"full", Token{ToGUID: 1, ToName: "p/f@s", Object: 2, Offset: 3, Bytes: 4}},
		{"incremental", Token{FromGUID: 9, ToGUID: 1, ToName: "p/f@s"}},
		{"flags", Token{ToName: "p@s", LargeBlock: true, Embed: true, Compress: true, Raw: true}},
		{"redacted", Token{ToName: "p@s", RedactSnaps: []uint64{1, 2}, BookRedactSnaps: []uint64{3}}},
		{"redacted by nothing", Token{ToName: "p@s", RedactSnaps: []uint64{}}},
		{"big-endian", Token{ToName: "p@s", ToGUID: 7, BigEndian: true}},
		{"largest", Token{FromGUID: 1<<64 - 1, ToGUID: 1<<64 - 1, Object: 1<<64 - 1, Offset: 1<<64 - 1, Bytes: 1<<64 - 1, ToName: strings.Repeat("a", 255)}},
	}
}

func TestTokenText(t *testing.T) {
	for _, tt := range tokenCases() {
		t.Run(tt.name, func(t *testing.T) {
			text, err := tt.token.Text()
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseToken(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tt.token, got); diff != "" {
				t.Errorf("token (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTokenTextRefuses(t *testing.T) {
	tests := []struct {
		name  string
		token Token
	}{
		{"name with a NUL", Token{ToName: "p\x00@s"}},
		{"too long", Token{ToName: "p@s", RedactSnaps: make([]uint64, 1<<18)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if text, err := tt.token.Text(); !errors.Is(err, ErrToken) {
				t.Errorf("%d bytes, error %v", len(text), err)
			}
		})
	}
}

// mustTokenOf packs any list as a token of the given length field.
func mustTokenOf(t *testing.T, l *nvlist.List, lie int) string {
	t.Helper()
	b, err := l.AppendNative(nil)
	if err != nil {
		t.Fatal(err)
	}
	return tokenOfBytes(t, b, len(b)+lie)
}

func tokenOfBytes(t *testing.T, b []byte, size int) string {
	t.Helper()
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("1-%x-%x-%x", tokenSum(packed.Bytes(), false), size, packed.Bytes())
}

// tokenWithTail has bytes at its end that the sum does not cover, since they
// make no whole word.
func tokenWithTail(t *testing.T) string {
	t.Helper()
	for n := range 4 {
		token := Token{ToName: strings.Repeat("p", n+1)}
		text, err := token.Text()
		if err != nil {
			t.Fatal(err)
		}
		if packed := text[strings.LastIndexByte(text, '-')+1:]; len(packed)/2%4 != 3 {
			return text + "00"
		}
	}
	t.Fatal("no name gives a token of such a length")
	return ""
}

func TestParseTokenRefuses(t *testing.T) {
	good := mustGoldenToken(t, "2.4")
	parts := strings.Split(good, "-")
	list := func(change func(*nvlist.List)) string {
		l := (&Token{ToName: "p@s"}).List()
		change(l)
		return mustTokenOf(t, l, 0)
	}
	tests := []struct {
		name string
		text string
		want string
	}{
		{"nothing", "", "not of the form"},
		{"three parts", strings.Join(parts[:3], "-"), "not of the form"},
		{"five parts", good + "-", "not of the form"},
		{"version", "2" + good[1:], `version "2"`},
		{"sum", parts[0] + "-x-" + parts[2] + "-" + parts[3], "checksum"},
		{"length", parts[0] + "-" + parts[1] + "-x-" + parts[3], "length"},
		{"huge length", parts[0] + "-" + parts[1] + "-ffffffff-" + parts[3], "length"},
		{"negative length", parts[0] + "-" + parts[1] + "--5-" + parts[3], "not of the form"},
		{"odd digits", good[:len(good)-1], "odd length"},
		{"no digits", good[:len(good)-1] + "x", "invalid byte"},
		{"altered", strings.Replace(good, parts[3][20:24], "ffff", 1), "checksum"},
		{"cut", good[:len(good)-20], "checksum"},
		{"longer than it says", mustTokenOf(t, &nvlist.List{}, -1), "length"},
		{"shorter than it says", mustTokenOf(t, &nvlist.List{}, 1), "length"},
		{"bytes after the list", tokenWithTail(t), "after the compressed list"},
		{"not compressed", "1-0-5-", "EOF"},
		{"no list", tokenOfBytes(t, []byte("text"), 4), "encoding"},
		{"bomb", tokenOfBytes(t, make([]byte, 8<<20), 100), "length"},
		{"too long", strings.Repeat("0", maxTokenText+1), "bytes long"},
		{"no object", list(func(l *nvlist.List) { l.Delete("object") }), "object is missing"},
		{"fromguid as text", list(func(l *nvlist.List) { l.SetString("fromguid", "1") }), "fromguid"},
		{"no name", list(func(l *nvlist.List) { l.Delete("toname") }), "toname"},
		{"flag with a value", list(func(l *nvlist.List) { l.SetBooleanValue("rawok", true) }), "rawok"},
		{"array as number", list(func(l *nvlist.List) { l.SetUint64("redact_snaps", 1) }), "redact_snaps"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token, err := ParseToken(tt.text)
			if !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("token %v, error %v, want %q", token, err, tt.want)
			}
		})
	}
}

// Pairs of later releases do no harm.
func TestParseTokenUnknown(t *testing.T) {
	l := (&Token{ToName: "p@s"}).List()
	l.SetBoolean("laterok")
	if _, err := ParseToken(mustTokenOf(t, l, 0)); err != nil {
		t.Error(err)
	}
}
