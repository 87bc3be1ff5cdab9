package stream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// plainSum is Fletcher-4 as it is defined.
func plainSum(b []byte, order binary.ByteOrder) (s Sum) {
	for ; len(b) >= 4; b = b[4:] {
		s[0] += uint64(order.Uint32(b))
		s[1] += s[0]
		s[2] += s[1]
		s[3] += s[2]
	}
	return s
}

func TestSumKnown(t *testing.T) {
	var s Sum
	s.Update([]byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}, false)
	if want := (Sum{6, 10, 15, 21}); s != want {
		t.Errorf("sum %v, want %v", s, want)
	}
}

// Every length, in both byte orders, in one piece and in two.
func TestSumUpdate(t *testing.T) {
	b := filled(300)
	for n := range len(b) {
		for _, bigEndian := range []bool{false, true} {
			order := binary.ByteOrder(binary.LittleEndian)
			if bigEndian {
				order = binary.BigEndian
			}
			want := plainSum(b[:n], order)
			var whole, parts Sum
			whole.Update(b[:n], bigEndian)
			cut := n / 2 &^ 3
			parts.Update(b[:cut], bigEndian)
			parts.Update(b[cut:n], bigEndian)
			if whole != want || parts != want {
				t.Errorf("%d bytes, big-endian %t: %v and %v, want %v", n, bigEndian, whole, parts, want)
			}
		}
	}
}

// What a processor adds several words at a time is what the loop adds: around
// the lengths where the way changes, with sums that run over.
func TestSumUpdateLong(t *testing.T) {
	b := make([]byte, 3<<20+4)
	source := rand.NewChaCha8([32]byte{7})
	_, _ = source.Read(b) // never fails
	copy(b[1<<20:], bytes.Repeat([]byte{0xff}, 1<<20))
	for _, n := range []int{508, 512, 516, 572, 576, 640, 4096, 128 << 10, 1<<20 - 4, 1 << 20, 1<<20 + 4, 1<<20 + 640, 2<<20 + 64, len(b)} {
		want := plainSum(b[:n], binary.LittleEndian)
		for _, cut := range []int{0, 4, 256, n / 2 &^ 3, n - 4} {
			var got Sum
			got.Update(b[:cut], false)
			got.Update(b[cut:n], false)
			if got != want {
				t.Errorf("%d bytes in two pieces, the first of %d: %v, want %v", n, cut, got, want)
			}
		}
	}
}

func TestSumIsZero(t *testing.T) {
	if !(Sum{}).IsZero() || (Sum{0, 0, 0, 1}).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func BenchmarkSum(b *testing.B) {
	data := filled(128 << 10)
	for _, bigEndian := range []bool{false, true} {
		b.Run(fmt.Sprintf("bigEndian=%t", bigEndian), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			var s Sum
			for b.Loop() {
				s.Update(data, bigEndian)
			}
		})
	}
	// How fast memory is, for comparison.
	b.Run("copy", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		to := make([]byte, len(data))
		for b.Loop() {
			copy(to, data)
		}
	})
}
