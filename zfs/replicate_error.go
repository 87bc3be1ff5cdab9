package zfs

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/zfs/stream"
)

// The errors of replication.
var (
	// ErrRefused means that the options of this end, or of the other end, do not
	// allow the request. ReceiveTree returns it for an origin that Origins
	// does not allow.
	ErrRefused = errors.New("is not allowed by the options")
	// ErrFarMissing means that at the other end of a replication a pool, dataset
	// or snapshot does not exist. It does not match ErrNotFound, which is about
	// this end.
	ErrFarMissing = errors.New("does not exist at the other end")
)

// FarError is an error of the other end of a replication. It matches the
// sentinels of this package that the error matches there, except that
// ErrFarMissing stands for ErrNotFound. The other end may send anything.
type FarError struct {
	// Text is the reason in words of this package, or a quotation of the other
	// end's words, without control characters and at most a line long.
	Text  string
	kinds []error
}

// Error returns the text, marked as the other end's.
func (e *FarError) Error() string { return "the other end: " + e.Text }

// Is reports whether the error matched target at the other end.
func (e *FarError) Is(target error) bool {
	return slices.ContainsFunc(e.kinds, func(kind error) bool { return errors.Is(kind, target) })
}

// farKind is a sentinel that has a word in the protocol.
type farKind struct {
	word string
	kind error
}

// farKinds are the sentinels that an end sends to the other end.
var farKinds = []farKind{
	{"not found", ErrNotFound}, {"exists", ErrExists}, {"permission", ErrPermission}, {"busy", ErrBusy}, {"no space", ErrNoSpace},
	{"quota", ErrQuota}, {"read-only", ErrReadOnly}, {"key", ErrKey}, {"stream", ErrStream}, {"truncated", ErrTruncated},
	{"source missing", ErrSourceMissing}, {"modified", ErrModified}, {"not supported", ErrNotSupported}, {"not partial", ErrNotPartial},
	{"upgrade", ErrUpgrade}, {"feature disabled", ErrFeatureDisabled},
	{"wrong parent", ErrWrongParent}, {"invalid name", ErrInvalidName}, {"not ancestor", ErrNotAncestor}, {"refused", ErrRefused},
	{"protocol", ErrProtocol}, {"token", stream.ErrToken}, {"suspended", ErrSuspended}, {"far missing", ErrFarMissing},
}

// wireError carries an error to the other end.
type wireError struct {
	Text  string   `json:"text"`
	Kinds []string `json:"kinds,omitempty"` // words for the sentinels that it matches
}

// newWireError returns the error to send, or nil for nil. The text of the error
// is not sent: it may contain names that the other end must not learn.
func newWireError(err error) *wireError {
	if err == nil {
		return nil
	}
	e := &wireError{}
	var texts []string
	for _, k := range farKinds {
		if errors.Is(err, k.kind) {
			e.Kinds, texts = append(e.Kinds, k.word), append(texts, k.kind.Error())
		}
	}
	if e.Text = strings.Join(texts, ", "); e.Text == "" {
		e.Text = "an error that only that end can explain"
	}
	return e
}

// err returns the error for this end, or nil for nil.
func (e *wireError) err() error {
	if e == nil {
		return nil
	}
	far := &FarError{}
	var texts []string
	for _, k := range farKinds {
		if !slices.Contains(e.Kinds, k.word) {
			continue
		}
		if k.kind == ErrNotFound {
			k.kind = ErrFarMissing
		}
		far.kinds, texts = append(far.kinds, k.kind), append(texts, k.kind.Error())
	}
	if far.Text = strings.Join(texts, ", "); far.Text == "" {
		far.Text = quoteFar(e.Text)
	}
	return far
}

// quoteFar quotes the text of the other end.
func quoteFar(text string) string {
	const most = 200
	if len(text) > most {
		return strconv.QuoteToASCII(text[:most]) + "..."
	}
	return strconv.QuoteToASCII(text)
}

// andAlso joins two errors, the second of which followed, in one line. Either may
// be nil.
func andAlso(err, also error) error {
	switch {
	case err == nil:
		return also
	case also == nil:
		return err
	}
	return fmt.Errorf("%w; then %w", err, also)
}
