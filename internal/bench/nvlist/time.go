package main

import (
	"testing"
	"time"
)

// batchTime is how long one batch of calls takes, roughly. It is well below the
// slice of time that a scheduler hands out, so that some batches run alone.
const batchTime = 100 * time.Microsecond

// nanos returns how many nanoseconds one call of f takes in the fastest of the
// given number of batches.
func nanos(f func(), batches int) float64 {
	n := calibrate(f)
	best := timed(f, n)
	for range batches - 1 {
		best = min(best, timed(f, n))
	}
	return float64(best) / float64(n)
}

// timed measures n calls.
func timed(f func(), n int) time.Duration {
	start := time.Now()
	for range n {
		f()
	}
	return time.Since(start)
}

// calibrate returns how many calls make a batch.
func calibrate(f func()) int {
	for n := 1; ; n *= 2 {
		if timed(f, n) >= batchTime {
			return n
		}
	}
}

// allocs returns how often one call of f allocates.
func allocs(f func()) float64 { return testing.AllocsPerRun(10, f) }
