package golden

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"
)

// Answers returns the packed lists that a module has answered an operation with, out
// of a recording of calls. The test ends if there is none.
func Answers(t testing.TB, path, op string) (all [][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for dec := json.NewDecoder(f); ; {
		var call struct {
			Op  string
			Out []byte
		}
		err := dec.Decode(&call)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if call.Op == op && len(call.Out) > 0 {
			all = append(all, call.Out)
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s: no answer to %s", path, op)
	}
	return all
}
