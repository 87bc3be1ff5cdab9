package zfs_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustForeign converts a stream to one of a machine of the other byte order: its
// records, and its native lists.
func mustForeign(t testing.TB, in []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for r := stream.NewReader(bytes.NewReader(in), nil); ; {
		rec, err := r.Next()
		if err == io.EOF {
			return b.Bytes()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch rec := rec.(type) {
		case *stream.Begin:
			rec.BigEndian = !rec.BigEndian
			if len(rec.Payload) == 0 {
				break
			}
			list, err := rec.List()
			if err != nil {
				t.Fatal(err)
			}
			header := nvlist.HostHeader(nvlist.Native)
			header.BigEndian = rec.BigEndian
			if rec.Payload, err = list.AppendAs(nil, header); err != nil {
				t.Fatal(err)
			}
			rec.Payload = append(rec.Payload, make([]byte, -len(rec.Payload)&7)...)
		case *stream.Object:
			rec.Flags ^= stream.FlagRawByteSwap
		case *stream.Write:
			rec.Flags ^= stream.FlagRawByteSwap
		case *stream.Spill:
			rec.Flags ^= stream.FlagRawByteSwap
		case *stream.ObjectRange:
			rec.Flags ^= stream.FlagRawByteSwap
		}
		if err := w.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
	}
}

// A list in the other byte order is in this machine's when the kernel reads it,
// from any reader, and everything else is unchanged.
func TestReceiveForeignList(t *testing.T) {
	whole := mustGoldenStream(t, "2.4/raw")
	if !testkit.BigEndian() {
		// The recorded streams are of a little-endian machine.
		whole = mustForeign(t, whole)
	}
	path := filepath.Join(t.TempDir(), "stream")
	testkit.Must(t, os.WriteFile(path, append(bytes.Clone(whole), "rest"...), 0o600))
	file, err := os.Open(path)
	testkit.Must(t, err)
	defer file.Close()
	for name, r := range map[string]io.Reader{"reader": io.MultiReader(bytes.NewReader(whole), strings.NewReader("rest")), "file": file} {
		t.Run(name, func(t *testing.T) {
			fake := &receiver{exists: "tank"}
			if _, err := mustReceiver(t, fake).Receive(t.Context(), "tank/b", r, nil); err != nil {
				t.Fatal(err)
			}
			order := testkit.BigEndian()
			back := stream.NewReader(bytes.NewReader(fake.got), nil)
			if rec, err := back.Next(); err != nil || rec.(*stream.Begin).Payload[0] != 0 || rec.(*stream.Begin).Payload[1] == 1 == order {
				t.Fatalf("the first record: %+v, %v", rec, err)
			}
			for err == nil {
				_, err = back.Next()
			}
			if err != io.EOF {
				t.Errorf("the stream that the kernel got: %v", err)
			}
			if rest, _ := io.ReadAll(r); string(rest) != "rest" {
				t.Errorf("the reader has %d bytes left, want 4", len(rest))
			}
		})
	}
	for cut := 100; cut < len(whole); cut += 4999 {
		_, err := mustReceiver(t, &receiver{exists: "tank"}).Receive(t.Context(), "tank/b", bytes.NewReader(whole[:cut]), nil)
		if err != nil && !errors.Is(err, zfs.ErrTruncated) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	if _, err := testkit.NoKernel(t).Receive(t.Context(), "tank/b@", bytes.NewReader(whole), nil); !errors.Is(err, zfs.ErrInvalidName) {
		t.Errorf("a bad name: %v", err)
	}
}
