package nvlist

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// little is the header of a list packed on a little-endian host.
func little(enc Encoding) Header { return Header{Encoding: enc, BigEndian: false} }

// mustPack packs l for the host that h describes.
func mustPack(tb testing.TB, l *List, h Header) []byte {
	tb.Helper()
	b, err := l.AppendAs(nil, h)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// mustDecode unpacks b with the default options.
func mustDecode(tb testing.TB, b []byte) *List {
	tb.Helper()
	l, err := Decode(b, nil)
	if err != nil {
		tb.Fatalf("%v\n%s", err, hex.Dump(b))
	}
	return l
}

func TestVectors(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			built := listOf(v.build)
			native, xdr := mustHex(t, v.native), mustHex(t, v.xdr)
			if diff := cmp.Diff(hex.Dump(native), hex.Dump(mustPack(t, built, little(Native)))); diff != "" {
				t.Errorf("native (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(hex.Dump(xdr), hex.Dump(mustPack(t, built, little(XDR)))); diff != "" && !v.wide {
				t.Errorf("XDR (-want +got):\n%s", diff)
			}
			for _, packed := range [][]byte{native, xdr, mustPack(t, built, Header{Native, true})} {
				l := mustDecode(t, packed)
				if !l.Equal(built) || !built.Equal(l) {
					t.Errorf("decoded:\n%vbuilt:\n%v", l, built)
				}
			}
		})
	}
}
