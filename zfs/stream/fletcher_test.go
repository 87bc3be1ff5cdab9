package stream

import (
	"encoding/binary"
	"fmt"
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
