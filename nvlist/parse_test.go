package nvlist

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// xxd prints bytes as the program of that name does.
func xxd(b []byte) string {
	var s strings.Builder
	for i := 0; i < len(b); i += 16 {
		line := b[i:min(i+16, len(b))]
		fmt.Fprintf(&s, "%08x: %-39s  %s\n", i, pairsOf(line), strings.Repeat(".", len(line)))
	}
	return s.String()
}

// pairsOf prints bytes in groups of two.
func pairsOf(b []byte) string {
	var words []string
	for i := 0; i < len(b); i += 2 {
		words = append(words, hex.EncodeToString(b[i:min(i+2, len(b))]))
	}
	return strings.Join(words, " ")
}

func TestParse(t *testing.T) {
	want := sampleStats()
	native, xdr := mustPack(t, want, little(Native)), mustPack(t, want, little(XDR))
	big := mustPack(t, want, Header{Native, true})
	json, err := want.AppendJSON(nil, &JSONOptions{Indent: "  "})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, input, text string
		header            Header
	}{
		{"native", string(native), "raw", Header{Native, false}},
		{"big-endian", string(big), "raw", Header{Native, true}},
		{"xdr", string(xdr), "raw", Header{XDR, false}},
		{"digits", hex.EncodeToString(native), "hex", Header{Native, false}},
		{"upper-case digits in lines", strings.ToUpper(pairsOf(xdr)) + "\n", "hex", Header{XDR, false}},
		{"digits with 0x", "0x" + hex.EncodeToString(xdr), "hex", Header{XDR, false}},
		{"xxd", xxd(native), "hex", Header{Native, false}},
		{"hexdump -C", hex.Dump(native) + fmt.Sprintf("%08x\n", len(native)), "hex", Header{Native, false}},
		{"json", " " + string(json) + "\n", "json", Header{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, src, err := Parse([]byte(tt.input), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !l.Equal(want) {
				t.Errorf("got:\n%v", l)
			}
			if src.Text != tt.text || src.Header != tt.header || src.Len != len(src.Packed) {
				t.Errorf("got source %q %v, %d of %d bytes", src.Text, src.Header, src.Len, len(src.Packed))
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	short := mustPack(t, sampleStats(), little(Native))[:100]
	tests := []struct {
		name, input string
		want        error
		offset      int64
	}{
		{"nothing", "", ErrTruncated, 0},
		{"white space", " \n", ErrTruncated, 2},
		{"text", "hello, world", ErrHeader, 0},
		{"odd digits", "0001000", ErrHeader, 0},
		{"two dots", "00:01:00:00", ErrHeader, 0},
		{"hex of text", "68656c6c6f", ErrHeader, 0},
		{"truncated", string(short), ErrTruncated, 100},
		{"truncated hex", hex.EncodeToString(short), ErrTruncated, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Parse([]byte(tt.input), nil)
			var e *SyntaxError
			if !errors.Is(err, tt.want) || !errors.As(err, &e) || e.Offset != tt.offset {
				t.Errorf("got %v, want %v at byte %d", err, tt.want, tt.offset)
			}
		})
	}
	if _, src, err := Parse([]byte(`{"a": 1}`), nil); !errors.Is(err, ErrJSON) || src.Text != "json" {
		t.Errorf("bad JSON: got %v, %q", err, src.Text)
	}
	long := strings.Repeat("0", 32)
	if _, _, err := Parse([]byte(long), &DecodeOptions{Limits: Limits{Bytes: 1}}); !errors.Is(err, ErrLimit) {
		t.Errorf("long input: got %v", err)
	}
}

func TestConvert(t *testing.T) {
	l := sampleStats()
	native := mustPack(t, l, little(Native))
	for _, h := range []Header{{Native, false}, {Native, true}, {XDR, false}, {XDR, true}} {
		there, err := Convert(native, h, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseHeader(there); err != nil || got != h {
			t.Errorf("header is %v, %v, want %v", got, err, h)
		}
		back, err := Convert(there, little(Native), nil)
		if err != nil || string(back) != string(native) {
			t.Errorf("%v and back: %d bytes, %v", h, len(back), err)
		}
	}
	if _, err := Convert(native[:20], little(XDR), nil); !errors.Is(err, ErrTruncated) {
		t.Errorf("truncated input: got %v", err)
	}
}
