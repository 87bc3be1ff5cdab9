package show

import (
	"math"
	"testing"
)

func TestSize(t *testing.T) {
	tests := []struct {
		want string
		in   uint64
	}{
		{"0B", 0},
		{"1B", 1},
		{"1023B", 1023},
		{"1K", 1 << 10},
		{"1.00K", 1<<10 + 1},
		{"1.50K", 1536},
		{"24K", 24 << 10},
		{"24.5K", 24<<10 + 512},
		{"100K", 100<<10 + 1},
		{"1024K", 1<<20 - 1},
		{"1M", 1 << 20},
		{"9.99M", 10475274},
		{"999M", 999<<20 + 1},
		{"1G", 1 << 30},
		{"1.50T", 3 << 39},
		{"8P", 8 << 50},
		{"16.0E", math.MaxUint64},
		{"8E", 1 << 63},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			if got := Size(tt.in); got != tt.want {
				t.Errorf("Size(%d) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}
