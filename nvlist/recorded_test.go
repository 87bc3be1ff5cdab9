package nvlist

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recordedList is a list that went to or came from a kernel.
type recordedList struct {
	what   string
	packed []byte
}

// recordedLists returns every list in the recordings of the four images.
func recordedLists(tb testing.TB) []recordedList {
	tb.Helper()
	files, err := filepath.Glob("../testdata/calls/*.jsonl")
	if err != nil || len(files) != 4 {
		tb.Fatalf("recordings %v, error %v, want those of four images", files, err)
	}
	var all []recordedList
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		for dec := json.NewDecoder(f); ; {
			var call struct {
				Op, Name string
				In, Out  []byte
			}
			if err := dec.Decode(&call); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				tb.Fatalf("%s: %v", file, err)
			}
			for _, packed := range [][]byte{call.In, call.Out} {
				if len(packed) > 0 {
					all = append(all, recordedList{fmt.Sprintf("%s: %s %s", filepath.Base(file), call.Op, call.Name), packed})
				}
			}
		}
	}
	if len(all) < 40 {
		tb.Fatalf("%d lists have been recorded only", len(all))
	}
	return all
}

// What kernels say is read and packed again byte for byte, also by way of XDR
// and of the other byte order.
func TestRecordedLists(t *testing.T) {
	for _, r := range recordedLists(t) {
		l := mustDecode(t, r.packed)
		for _, h := range headers() {
			again := mustDecode(t, mustPack(t, l, h))
			if diff := cmp.Diff(r.packed, mustPack(t, again.Clone(), little(Native))); diff != "" {
				t.Errorf("%s by way of %+v (-recorded +packed):\n%s", r.what, h, diff)
			}
		}
	}
}

// TestKernelDifferentialRecorded compares with libnvpair on what four kernels
// have answered.
func TestKernelDifferentialRecorded(t *testing.T) {
	ref := mustReference(t)
	for _, r := range recordedLists(t) {
		ref.compare(t, mustDecode(t, r.packed))
	}
}
