package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/stream"
)

// dumpStream prints record after record, so memory does not grow with the
// stream.
func (a *app) dumpStream(r *stream.Reader, secrets bool) error {
	out := bufio.NewWriter(a.out)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return out.Flush()
		}
		if err == nil && a.json {
			err = recordJSON(out, rec, secrets)
		} else if err == nil {
			err = recordText(out, rec, secrets)
		}
		if err != nil {
			if flushErr := out.Flush(); flushErr != nil {
				return flushErr
			}
			return err
		}
	}
}

// recordField is a field as it is shown.
type recordField struct {
	name  string
	value any
}

// recordFields lists the fields of a record but those of its head.
func recordFields(rec stream.Record) (head stream.Head, all []recordField) {
	v := reflect.ValueOf(rec).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case f.Anonymous:
			head = v.Field(i).Interface().(stream.Head)
		case f.IsExported():
			all = append(all, recordField{snakeCase(f.Name), showField(v.Field(i).Interface())})
		}
	}
	return head, all
}

// showField makes bytes hexadecimal and names features.
func showField(v any) any {
	switch v := v.(type) {
	case [8]byte:
		return hex.EncodeToString(v[:])
	case [12]byte:
		return hex.EncodeToString(v[:])
	case [16]byte:
		return hex.EncodeToString(v[:])
	case stream.Features:
		return v.Names()
	}
	return v
}

// snakeCase makes to_guid of ToGUID.
func snakeCase(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		upper := unicode.IsUpper(c)
		if upper && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// redactStream hides key material. The keys of a raw stream are wrapped, and
// still are what somebody needs to guess the passphrase.
func redactStream(secrets bool) func(string) bool {
	if secrets {
		return nil
	}
	return func(name string) bool {
		return ioctl.Secret(name) || name == "DSL_CRYPTO_MASTER_KEY_1" || name == "DSL_CRYPTO_HMAC_KEY_1"
	}
}

// recordList returns the list of a Begin, nil if there is none.
func recordList(rec stream.Record) (*nvlist.List, error) {
	if begin, ok := rec.(*stream.Begin); ok {
		return begin.List()
	}
	return nil, nil
}

// recordText prints a record as a line, and its list below.
func recordText(w io.Writer, rec stream.Record, secrets bool) error {
	head, all := recordFields(rec)
	b := show.NewNotes()
	b.Addf("%d %v payload=%d", head.Offset, rec.Type(), len(head.Payload))
	for _, f := range all {
		if s, ok := f.value.(string); ok && f.name == "to_name" {
			f.value = strconv.Quote(s)
		}
		b.Addf(" %s=%v", f.name, f.value)
	}
	b.Addf("\n")
	if err := b.Emit(w); err != nil {
		return err
	}
	l, err := recordList(rec)
	if err != nil || l == nil {
		return err
	}
	return l.Dump(w, &nvlist.DumpOptions{Redact: redactStream(secrets)})
}

// recordJSON prints a record as an object on a line of its own.
func recordJSON(w io.Writer, rec stream.Record, secrets bool) error {
	head, all := recordFields(rec)
	doc := struct {
		Schema  string          `json:"schema"`
		Offset  int64           `json:"offset"`
		Type    string          `json:"type"`
		Payload int             `json:"payload"`
		Fields  map[string]any  `json:"fields"`
		List    json.RawMessage `json:"list,omitempty"`
	}{"zfsprobe.stream-record/1", head.Offset, rec.Type().String(), len(head.Payload), make(map[string]any), nil}
	for _, f := range all {
		doc.Fields[f.name] = f.value
	}
	l, err := recordList(rec)
	if err != nil {
		return err
	}
	if l != nil {
		if doc.List, err = l.AppendJSON(nil, &nvlist.JSONOptions{Redact: redactStream(secrets)}); err != nil {
			return err
		}
	}
	b, err := text.MarshalJSON(doc)
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	return err
}
