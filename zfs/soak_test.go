package zfs_test

import (
	"os"
	"strconv"
	"testing"
)

// soaks is how often a randomized test runs: the number in PUREZFS_SOAK, which
// make soak sets, or the default.
func soaks(t *testing.T, usual int) int {
	t.Helper()
	text, ok := os.LookupEnv("PUREZFS_SOAK")
	if !ok {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("PUREZFS_SOAK=%q is not a number of runs", text)
	}
	return n
}
