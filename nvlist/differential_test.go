package nvlist

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// differentialLists is how many random lists a run compares, each in both
// encodings.
const differentialLists = 10000

// reference is a running nvref, which repacks lists with libnvpair.
type reference struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// mustReference starts nvref. On a host without it the test is skipped; in a
// virtual machine of ours it must be there.
func mustReference(tb testing.TB) *reference {
	tb.Helper()
	path, err := exec.LookPath("nvref")
	if err != nil {
		if os.Getenv("ZVM_GUEST") != "" {
			tb.Fatal("the image has no nvref")
		}
		tb.Skip("no nvref in PATH: build .ci/golden/nvref.c")
	}
	cmd := exec.Command(path, "serve")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			tb.Errorf("nvref: %v", err)
		}
	})
	return &reference{in, bufio.NewReader(out)}
}

// repack has libnvpair unpack a list and pack it in both encodings.
func (r *reference) repack(packed []byte) (native, xdr []byte, err error) {
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(packed)))
	if _, err := r.in.Write(append(frame, packed...)); err != nil {
		return nil, nil, err
	}
	var head [4]byte
	if _, err := io.ReadFull(r.out, head[:]); err != nil {
		return nil, nil, err
	}
	if native, err = r.blob(); err != nil {
		return nil, nil, err
	}
	if xdr, err = r.blob(); err != nil {
		return nil, nil, err
	}
	if code := int32(binary.LittleEndian.Uint32(head[:])); code != 0 {
		return nil, nil, fmt.Errorf("libnvpair: errno %d", code)
	}
	return native, xdr, nil
}

// blob reads one of the lists of an answer.
func (r *reference) blob() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r.out, head[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.LittleEndian.Uint32(head[:]))
	_, err := io.ReadFull(r.out, b)
	return b, err
}

// zeroExtended returns what libnvpair packed as XDR with small numbers as the
// kernel wants them. The library sign-extends; everything else must be the same
// byte for byte, which comparing the result with what this package packs shows.
func zeroExtended(tb testing.TB, xdr []byte) []byte {
	tb.Helper()
	out := bytes.Clone(xdr)
	var c Cursor
	if err := c.Reset(xdr, nil); err != nil {
		tb.Fatal(err)
	}
	for c.Next() {
		info := c.typ.info()
		if info.width == 0 || info.width >= 4 || c.typ == TypeByteArray {
			continue
		}
		for off := c.val; off < c.val+c.valLen; off += 4 {
			clear(out[off : off+4-int(info.width)])
		}
	}
	if c.Err() != nil {
		tb.Fatal(c.Err())
	}
	return out
}

// compare checks that libnvpair reads what this package packs, and packs the
// same bytes in both encodings, and that this package reads these. All of it is in
// the byte order of the machine, which is the only one that libnvpair takes.
func (r *reference) compare(tb testing.TB, l *List) {
	tb.Helper()
	packed := map[Encoding][]byte{Native: mustPack(tb, l, HostHeader(Native)), XDR: mustPack(tb, l, HostHeader(XDR))}
	for enc, b := range packed {
		native, xdr, err := r.repack(b)
		if err != nil {
			tb.Fatalf("%v: %v\n%v%s", enc, err, l, hex.Dump(b))
		}
		if diff := cmp.Diff(hex.Dump(native), hex.Dump(packed[Native])); diff != "" {
			tb.Fatalf("native from %v (-libnvpair +ours):\n%s", enc, diff)
		}
		if diff := cmp.Diff(hex.Dump(zeroExtended(tb, xdr)), hex.Dump(packed[XDR])); diff != "" {
			tb.Fatalf("XDR from %v (-libnvpair +ours):\n%s", enc, diff)
		}
		for _, theirs := range [][]byte{native, xdr} {
			if got := mustDecode(tb, theirs); !got.Equal(l) {
				tb.Fatalf("%v: decoded:\n%vwant:\n%v", enc, got, l)
			}
		}
	}
}

// TestKernelDifferential compares with the library of the image's release on
// random lists. Its seed is printed, so that a failure can be repeated.
func TestKernelDifferential(t *testing.T) {
	ref := mustReference(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	types := make(map[Type]int)
	lists := differentialLists
	if testing.Short() {
		lists /= 5
	}
	for range lists {
		l := randomList(r, 4)
		for p := range l.All() {
			types[p.Type()]++
		}
		ref.compare(t, l)
	}
	for typ := TypeBoolean; typ <= maxType; typ++ {
		if types[typ] == 0 {
			t.Errorf("no list had a %v", typ)
		}
	}
}

// TestKernelDifferentialHostile feeds damaged lists to both. Where the library
// takes one, it must mean the same to us; we may refuse more than it does.
func TestKernelDifferentialHostile(t *testing.T) {
	ref := mustReference(t)
	r := rand.New(rand.NewPCG(1, 2))
	stricter, both := 0, 0
	for range 2000 {
		l := randomList(r, 2)
		for _, enc := range []Encoding{Native, XDR} {
			b := mustPack(t, l, HostHeader(enc))
			b[4+r.IntN(len(b)-4)] ^= 1 << r.IntN(8)
			ours, err := Decode(b, &DecodeOptions{AllowTrailing: true})
			native, _, refErr := ref.repack(b)
			switch {
			case err != nil && refErr == nil:
				stricter++
			case err == nil && refErr == nil:
				both++
				// The library drops flags that it does not know, so these are
				// not compared.
				if theirs := mustDecode(t, native); Diff(theirs, ours) != nil {
					t.Fatalf("%v:\n%slibnvpair reads:\n%vwe read:\n%v", enc, hex.Dump(b), theirs, ours)
				}
			}
		}
	}
	t.Logf("both accept %d, only libnvpair accepts %d", both, stricter)
	if both == 0 {
		t.Error("no damaged list was accepted by both")
	}
}

// TestKernelDifferentialGolden compares on the lists of testdata, which also
// have the shapes that random lists never take.
func TestKernelDifferentialGolden(t *testing.T) {
	ref := mustReference(t)
	for _, tt := range goldenCases() {
		ref.compare(t, listOf(tt.build))
	}
	ref.compare(t, samplePool(100))
}
