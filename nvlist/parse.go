package nvlist

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// Source describes the form of a list that Parse has read.
type Source struct {
	// Text is "raw" for packed bytes, "hex" for hexadecimal digits of these,
	// and "json" for the typed JSON form.
	Text string
	// Packed are the packed bytes, or nil for JSON. Offsets of errors are
	// relative to their start. For raw input they are the input.
	Packed []byte
	// Header is the start of the packed bytes. It is zero for JSON.
	Header Header
	// Len is how many of the packed bytes belong to the list.
	Len int
}

// Parse reads a list in any form: packed bytes of either encoding and byte order,
// the same bytes in hexadecimal (with white space, with 0x, or as printed by xxd
// and hexdump -C), or typed JSON. Nil options mean the defaults.
//
// The source is valid even if the list is malformed. Input in any other form is
// ErrHeader.
func Parse(b []byte, opts *DecodeOptions) (*List, Source, error) {
	if len(b)/maxHexPerByte > opts.orDefault().Limits.resolved().Bytes {
		return nil, Source{}, &SyntaxError{Err: ErrLimit}
	}
	src := Source{Text: "raw", Packed: b}
	h, err := ParseHeader(b)
	if err != nil {
		text := bytes.TrimSpace(b)
		if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
			l := new(List)
			err := l.UnmarshalJSON(text)
			return l, Source{Text: "json"}, err
		}
		packed, ok := parseHex(text)
		if !ok {
			return nil, src, err
		}
		src.Text, src.Packed = "hex", packed
		if h, err = ParseHeader(packed); err != nil {
			return nil, src, err
		}
	}
	src.Header = h
	l, n, err := decode(src.Packed, opts.orDefault())
	src.Len = n
	return l, src, err
}

// maxHexPerByte is how many characters of a hexadecimal dump stand for a byte
// at most, roughly.
const maxHexPerByte = 16

// parseHex reads hexadecimal digits, line by line. It reports false for text
// that is anything else.
func parseHex(text []byte) ([]byte, bool) {
	var out []byte
	dump := false
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if dump && len(line) == offsetLen {
			continue // hexdump -C ends with an offset and nothing behind it
		}
		var digits []byte
		digits, dump = hexDigits(line)
		n := len(out)
		out = append(out, make([]byte, len(digits)/2)...)
		if _, err := hex.Decode(out[n:], digits); err != nil {
			return nil, false
		}
	}
	return out, len(out) > 0
}

// offsetLen is how many digits the offsets of xxd and hexdump have.
const offsetLen = 8

// hexDigits strips a line of what is not part of the bytes: spaces, 0x, and in
// a dump the offset in front of them and the characters behind them.
func hexDigits(line []byte) (digits []byte, dump bool) {
	offset := bytes.IndexByte(line, ':')
	if offset < 0 && len(line) > offsetLen+2 && string(line[offsetLen:offsetLen+2]) == "  " {
		offset = offsetLen // hexdump -C has spaces instead of a colon
	}
	if dump = offset == offsetLen; dump {
		line = bytes.TrimSpace(line[offset+1:])
		// Characters follow a bar (hexdump -C), which has two spaces in the
		// middle too, or two spaces (xxd).
		if bar := bytes.IndexByte(line, '|'); bar >= 0 {
			line = line[:bar]
		} else if i := bytes.Index(line, []byte("  ")); i >= 0 {
			line = line[:i]
		}
	}
	for word := range bytes.FieldsSeq(line) {
		digits = append(digits, bytes.TrimPrefix(word, []byte("0x"))...)
	}
	return digits, dump
}

// Convert returns the packed form of packed bytes in another encoding or byte
// order. Nil options mean the defaults.
func Convert(b []byte, h Header, opts *DecodeOptions) ([]byte, error) {
	l, err := Decode(b, opts)
	if err != nil {
		return nil, fmt.Errorf("convert: %w", err)
	}
	return l.AppendAs(nil, h)
}
