//go:build !purego

package stream

import "golang.org/x/sys/cpu"

// addLanes sums up n bytes, a positive multiple of 64, as four interleaved
// sequences of words: lanes[k][i] becomes the k-th sum of every fourth word from
// the i-th on.
//
//go:noescape
func addLanes(lanes *[4]Sum, p *byte, n int)

const (
	// laneStep is the number of bytes per step of addLanes.
	laneStep = 64
	// laneMin is the smallest size for which joining the four lanes pays off.
	laneMin = 512
	// laneMost is the largest size for which the products in spread fit in 64
	// bits before they are divided.
	laneMost = 1 << 20
)

// updateLanes adds the beginning of p if that is faster, and returns the rest.
// Without AVX2 it returns all of p.
func (s *Sum) updateLanes(p []byte) []byte {
	if !cpu.X86.HasAVX2 {
		return p
	}
	for len(p) >= laneMin {
		n := min(len(p), laneMost) &^ (laneStep - 1)
		var lanes [4]Sum
		addLanes(&lanes, &p[0], n)
		s.join(&lanes, uint64(n)/4)
		p = p[n:]
	}
	return p
}

// join adds n words that were summed up in lanes. The word that is the t-th from
// the end, counted from one, is in the four sums once, t times, t(t+1)/2 times
// and t(t+1)(t+2)/6 times. In its lane i it is the m-th from the end, and t is
// 4m-i, so the sums follow from those of the lanes.
func (s *Sum) join(lanes *[4]Sum, n uint64) {
	twice, thrice := n*(n+1)/2, n*(n+1)*(n+2)/6
	s[3] += n*s[2] + twice*s[1] + thrice*s[0]
	s[2] += n*s[1] + twice*s[0]
	s[1] += n * s[0]
	for i := range uint64(4) {
		a, b, c, d := lanes[0][i], lanes[1][i], lanes[2][i], lanes[3][i]
		s[0] += a
		s[1] += 4*b - i*a
		s[2] += 16*c - (6+4*i)*b + i*(i-1)/2*a
		s[3] += 64*d - (48+16*i)*c + (4+4*i+2*i*i)*b - i*(i-1)*(i-2)/6*a
	}
}
