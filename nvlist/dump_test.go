package nvlist

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDump(t *testing.T) {
	l := listOf(func(l *List) {
		l.SetBoolean("flag")
		l.SetUint64("tank/a@b", 1)
		l.SetString("text", "a\nb")
		l.SetStringArray("texts", []string{"x", ""})
		l.SetUint8Array("key", []byte{1, 0xff})
		l.SetInt16Array("numbers", []int16{-1, 2})
		l.SetList("list", listOf(func(l *List) { l.SetBooleanValue("on", true) }))
		l.SetLists("lists", []*List{nil, listOf(func(l *List) { l.SetUint8("key", 5) })})
	})
	want := `flag: boolean
"tank/a@b": uint64 = 1
text: string = "a\nb"
texts: string_array[2] = ["x" ""]
key: uint8_array[2] = 01ff
numbers: int16_array[2] = [-1 2]
list: nvlist
    on: boolean_value = true
lists: nvlist_array[2]
    [0]
    [1]
        key: uint8 = 5
`
	for form, l := range everyForm(t, l) {
		if diff := cmp.Diff(want, fmt.Sprint(l)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
	}
	var b bytes.Buffer
	if err := l.Dump(&b, &DumpOptions{Redact: RedactNames("key", "list"), Prefix: "> "}); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, line := range []string{"> key: uint8_array[2] = (redacted)\n", "> list: nvlist = (redacted)\n", ">         key: uint8 = (redacted)\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("no line %q in:\n%s", line, got)
		}
	}
	for _, secret := range []string{"01ff", "= 5", "boolean_value"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is not hidden in:\n%s", secret, got)
		}
	}
}

// failingWriter refuses everything.
type failingWriter struct{}

var errWriter = errors.New("disk full")

func (failingWriter) Write([]byte) (int, error) { return 0, errWriter }

func TestDumpErrors(t *testing.T) {
	if err := sampleStats().Dump(failingWriter{}, nil); !errors.Is(err, errWriter) {
		t.Errorf("got %v", err)
	}
	cycle := new(List)
	cycle.SetList("self", cycle)
	var b bytes.Buffer
	if err := cycle.Dump(&b, nil); err != nil || !strings.Contains(b.String(), "...") {
		t.Errorf("a list that holds itself: %v", err)
	}
}
