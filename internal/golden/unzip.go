// Package golden reads test data.
package golden

import (
	"compress/gzip"
	"io"
	"os"
	"testing"
)

// Unzip returns the content of a file that is compressed with gzip. The test
// ends if it cannot be read.
func Unzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return b
}
