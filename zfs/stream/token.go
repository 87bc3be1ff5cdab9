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

// ErrToken means that a resume token is damaged, forged or not one at all. The
// error says what is wrong.
var ErrToken = errors.New("invalid resume token")

// Limits of tokens. A kernel's have some hundred bytes; the arrays of a
// redacted stream may make them longer.
const (
	maxTokenList = 1 << 20
	maxTokenText = 4 * maxTokenList
	tokenVersion = 1
)

// Token says how to go on with an interrupted receive. The property
// receive_resume_token has its text.
type Token struct {
	FromGUID uint64 // 0 for a full stream
	ToGUID   uint64
	ToName   string // the full name of the snapshot at the sender
	Object   uint64 // where to go on: the object,
	Offset   uint64 // and the byte in it
	Bytes    uint64 // how many were received so far

	// What the stream was made with, and has to be made with again.
	LargeBlock bool
	Embed      bool
	Compress   bool
	Raw        bool

	// RedactSnaps are the GUIDs of the snapshots that the stream is redacted
	// with respect to, nil if it is not.
	RedactSnaps []uint64
	// BookRedactSnaps are those of the redaction bookmark that it is incremental
	// to, nil if it is none.
	BookRedactSnaps []uint64

	// BigEndian is the byte order of the receiver.
	BigEndian bool
}

// ParseToken reads the text of a token and checks its sum, its length and its
// contents. Any fault matches ErrToken. Time and memory are bounded, whatever
// the text says.
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
	// The sum is over words of the machine that made it, which only the list
	// inside tells.
	if tokenSum(packed, false) != want && tokenSum(packed, true) != want {
		return nil, fmt.Errorf("%w: %x is written", ErrChecksum, want)
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

// inflate unpacks exactly size bytes. It reads no more than one beyond, so that
// a few bytes cannot grow into many.
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
		return nil, fmt.Errorf("length %x is written, the data has another", size)
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

// number is a pair with a number. One that may be missing then is 0.
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

// take fills the token from its list. Pairs that it does not know are passed
// over, as zfs(8) does.
func (t *Token) take(l *nvlist.List) error {
	for _, n := range t.numbers() {
		v, ok := l.Uint64(n.name)
		if !ok && (l.Has(n.name) || !n.optional) {
			return fmt.Errorf("%s is missing or no number", n.name)
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
		return errors.New("toname is missing or no text")
	}
	t.ToName = name
	return nil
}

// List returns the list that the token packs.
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

// Text makes the text of the token, which zfs send -t takes on a machine of its
// byte order. It is not always the text that a kernel makes of the same token,
// since there are many ways to compress. A name with a NUL, or lists beyond what
// ParseToken takes, match ErrToken.
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
