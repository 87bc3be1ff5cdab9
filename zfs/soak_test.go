package zfs_test

import (
	"os"
	"strconv"
	"testing"
)

// soaks is how often a test tries what comes out differently each time: the
// number in PUREZFS_SOAK, which make soak sets, or the usual one.
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
