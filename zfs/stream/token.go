package stream

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/nvlist"
)

// ErrToken means that a text is not a valid resume token. The error describes the
// reason.
var ErrToken = errors.New("invalid resume token")

// Limits of tokens. The tokens of a kernel have a few hundred bytes; the arrays of a
// redacted stream may make them longer.
const (
	maxTokenList = 1 << 20
	maxTokenText = 4 * maxTokenList
	tokenVersion = 1
)

// Token describes how to resume an interrupted receive. The property
// receive_resume_token contains its text.
type Token struct {
	FromGUID uint64 // 0 for a full stream
	ToGUID   uint64
	ToName   string // the full name of the snapshot on the sender
	Object   uint64 // the object to resume at,
	Offset   uint64 // and the byte in it
	Bytes    uint64 // how many bytes were received so far

	// The options of the stream, with which the send must resume.
	LargeBlock bool
	Embed      bool
	Compress   bool
	Raw        bool

	// RedactSnaps are the GUIDs of the snapshots that the stream is redacted
	// with respect to, or nil if it is not redacted.
	RedactSnaps []uint64
	// BookRedactSnaps are the redaction snapshots of the redaction bookmark that
	// the stream is incremental from, or nil.
	BookRedactSnaps []uint64

	// BigEndian is the byte order of the receiver.
	BigEndian bool
}

// ParseToken parses the text of a token and checks its sum, its length and its
// contents. Every error matches ErrToken. Time and memory are bounded for any text.
func ParseToken(text string) (*Token, error) {
	t, err := parseToken(text)
	if err != nil {
		return nil, fmt.Errorf("stream: %w: %w", ErrToken, err)
	}
	return t, nil
}

func parseToken(text string) (*Token, error) {
	if len(text) > maxTokenText {
		return nil, fmt.Errorf("%d bytes long", len(text))
	}
	parts := strings.Split(text, "-")
	if len(parts) != 4 {
		return nil, errors.New("not of the form version-checksum-length-data")
	}
	if version, err := strconv.ParseUint(parts[0], 10, 32); err != nil || version != tokenVersion {
		return nil, fmt.Errorf("version %q is unknown", parts[0])
	}
	want, err := strconv.ParseUint(parts[1], 16, 64)
	if err != nil {
		return nil, fmt.Errorf("checksum %q is not a number", parts[1])
	}
	size, err := strconv.ParseUint(parts[2], 16, 64)
	if err != nil || size > maxTokenList {
		return nil, fmt.Errorf("length %q is not a number up to %x", parts[2], maxTokenList)
	}
	packed, err := hex.DecodeString(parts[3])
	if err != nil {
		return nil, err
	}
	// The sum is over words in the byte order of the machine that made the
	// token, which only the list contains.
	if tokenSum(packed, false) != want && tokenSum(packed, true) != want {
		return nil, fmt.Errorf("%w: the token has %x", ErrChecksum, want)
	}
	list, err := inflate(packed, int(size))
	if err != nil {
		return nil, err
	}
	h, err := nvlist.ParseHeader(list)
	if err != nil {
		return nil, err
	}
	l, err := nvlist.Decode(list, nil)
	if err != nil {
		return nil, err
	}
	t := &Token{BigEndian: h.BigEndian}
	return t, t.take(l)
}

// tokenSum is the first word of the Fletcher-4 sum.
func tokenSum(b []byte, bigEndian bool) uint64 {
	var s Sum
	s.Update(b, bigEndian)
	return s[0]
}

// inflate decompresses exactly size bytes. It reads at most one byte more, so that a
// few bytes cannot expand into many.
func inflate(packed []byte, size int) ([]byte, error) {
	src := bytes.NewReader(packed)
	z, err := zlib.NewReader(src)
	if err != nil {
		return nil, err
	}
	list, err := io.ReadAll(io.LimitReader(z, int64(size)+1))
	if err != nil {
		return nil, err
	}
	if len(list) != size {
		return nil, fmt.Errorf("length %x does not match the data", size)
	}
	if src.Len() > 0 {
		return nil, errors.New("bytes after the compressed list")
	}
	return list, nil
}

// numbers are the pairs of a token's list, in the order in which kernels write them.
func (t *Token) numbers() []number {
	return []number{
		{"fromguid", &t.FromGUID, true},
		{"object", &t.Object, false},
		{"offset", &t.Offset, false},
		{"bytes", &t.Bytes, false},
		{"toguid", &t.ToGUID, false},
	}
}

func (t *Token) flags() []flag {
	return []flag{
		{"largeblockok", &t.LargeBlock},
		{"embedok", &t.Embed},
		{"compressok", &t.Compress},
		{"rawok", &t.Raw},
	}
}

func (t *Token) arrays() []array {
	return []array{
		{"redact_snaps", &t.RedactSnaps},
		{"book_redact_snaps", &t.BookRedactSnaps},
	}
}

// number is a pair with a number. A number that may be missing is 0 by default.
type number struct {
	name     string
	value    *uint64
	optional bool
}

type flag struct {
	name  string
	value *bool
}

type array struct {
	name  string
	value *[]uint64
}

// take fills the token from its list. Like zfs(8), it skips unknown pairs.
func (t *Token) take(l *nvlist.List) error {
	for _, n := range t.numbers() {
		v, ok := l.Uint64(n.name)
		if !ok && (l.Has(n.name) || !n.optional) {
			return fmt.Errorf("%s is missing or not a number", n.name)
		}
		*n.value = v
	}
	for _, f := range t.flags() {
		*f.value = l.Boolean(f.name)
		if !*f.value && l.Has(f.name) {
			return fmt.Errorf("%s has a value", f.name)
		}
	}
	for _, a := range t.arrays() {
		v, ok := l.Uint64Array(a.name)
		if !ok && l.Has(a.name) {
			return fmt.Errorf("%s is not an array of numbers", a.name)
		}
		*a.value = v
	}
	name, ok := l.Text("toname")
	if !ok {
		return errors.New("toname is missing or not a string")
	}
	t.ToName = name
	return nil
}

// List returns the list that the token contains.
func (t *Token) List() *nvlist.List {
	l := &nvlist.List{}
	for _, n := range t.numbers() {
		if *n.value != 0 || !n.optional {
			l.SetUint64(n.name, *n.value)
		}
	}
	l.SetString("toname", t.ToName)
	for _, f := range t.flags() {
		if *f.value {
			l.SetBoolean(f.name)
		}
	}
	for _, a := range t.arrays() {
		if *a.value != nil {
			l.SetUint64Array(a.name, *a.value)
		}
	}
	return l
}

// Text returns the text of the token, for zfs send -t on a machine of its byte
// order. It may differ from the text that a kernel makes of the same token, because
// the compression may differ. A name with a NUL, and lists that ParseToken would
// refuse as too long, match ErrToken.
func (t *Token) Text() (string, error) {
	list, err := t.List().AppendAs(nil, nvlist.Header{Encoding: nvlist.Native, BigEndian: t.BigEndian})
	if err == nil && len(list) > maxTokenList {
		err = fmt.Errorf("list of %d bytes", len(list))
	}
	if err != nil {
		return "", fmt.Errorf("stream: %w: %w", ErrToken, err)
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(list); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	sum := tokenSum(packed.Bytes(), t.BigEndian)
	return fmt.Sprintf("%d-%x-%x-%x", tokenVersion, sum, len(list), packed.Bytes()), nil
}
