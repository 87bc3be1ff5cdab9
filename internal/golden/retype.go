package golden

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/nvlist"
)

// lists returns l and all lists in it, by their paths.
func lists(l *nvlist.List) map[string]*nvlist.List {
	all := make(map[string]*nvlist.List)
	var add func(path string, l *nvlist.List)
	add = func(path string, l *nvlist.List) {
		all[path] = l
		for pair := range l.All() {
			if inner, ok := pair.List(); ok {
				add(path+"/"+pair.Name(), inner)
			}
			for i, inner := range pair.AllLists() {
				add(fmt.Sprintf("%s/%s[%d]", path, pair.Name(), i), inner)
			}
		}
	}
	add("", l)
	return all
}

// Retype gives each pair of a list, and of the lists in it, another type, one at
// a time. Parse describes what a reader takes out of a list. The test fails unless
// the reader reports a mismatch for each pair without which it takes out
// something else, or if a pair that it does not report matters. Of the lists with
// the names in sets only the names of their pairs count. The number of pairs
// that the reader has reported is returned.
func Retype(t testing.TB, l *nvlist.List, parse func(*nvlist.List) (string, error), sets ...string) (reported int) {
	t.Helper()
	want, err := parse(l)
	if err != nil {
		t.Fatal(err)
	}
	for path, inner := range lists(l) {
		if slices.Contains(sets, path[strings.LastIndexByte(path, '/')+1:]) {
			continue
		}
		for pair := range inner.All() {
			name := path + "/" + pair.Name()
			without, retyped := l.Clone(), l.Clone()
			lists(without)[path].Delete(pair.Name())
			lists(retyped)[path].SetDouble(pair.Name(), 1)
			got, err := parse(without)
			matters := err != nil || got != want
			got, err = parse(retyped)
			switch {
			case errors.Is(err, nvlist.ErrMismatch):
				reported++
			case err != nil:
				t.Errorf("%s of another type: error %v, want a mismatch", name, err)
			case matters:
				t.Errorf("%s of another type is not reported", name)
			case got != want:
				t.Errorf("%s is not read, but matters:\n%s\nwant\n%s", name, got, want)
			}
		}
	}
	return reported
}
