package zfs_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// records answers DIFF: it writes numbers into the descriptor and returns an
// error.
func records(t *testing.T, code ioctl.Code, numbers ...uint64) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpDiff {
			return nil, false
		}
		var b []byte
		for _, n := range numbers {
			b = binary.NativeEndian.AppendUint64(b, n)
		}
		fd := int(c.Uint64(ioctl.FieldCookie))
		c.SetUint64(ioctl.FieldCookie, 0) // the number is not for comparison
		if n, err := syscall.Write(fd, b); n != len(b) {
			t.Errorf("%d bytes written, %v", n, err)
		}
		if code == 0 {
			return nil, true
		}
		return code.Err(), true
	}
}

// ranges collects what ObjectDiff yields.
func ranges(ctx context.Context, c *zfs.Client, from, to string) (got []zfs.ObjectRange, err error) {
	for r, e := range c.ObjectDiff(ctx, from, to) {
		if err != nil {
			return got, errors.New("it goes on behind its error")
		}
		if err = e; err == nil {
			got = append(got, r)
		}
	}
	return got, err
}

// openFiles counts the open descriptors of the process.
func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestObjectDiff(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = records(t, 0, 1, 0, 0, 4, 0, 0, 2, 1, 1, 4, 32, 63, 2, 64, 1<<48, 4, 0, 1<<64-1)
	before := openFiles(t)
	got, err := ranges(t.Context(), c, "tank/a@1", "tank/a@2")
	if err != nil {
		t.Fatal(err)
	}
	want := []zfs.ObjectRange{{First: 1, Last: 1}, {First: 32, Last: 63, Freed: true}, {First: 64, Last: 1 << 48}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ranges (-want +got):\n%s", diff)
	}
	if len(f.Sent) != 1 || !strings.HasPrefix(f.Sent[0], "DIFF tank/a@2 value=tank/a@1 cookie=") {
		t.Errorf("sent %q", f.Sent)
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

func TestObjectDiffErrors(t *testing.T) {
	tests := []struct {
		name, from, to string
		bad            func(ioctl.Op, *ioctl.Cmd) (error, bool)
		seen           int
		want           error
		text           string
	}{
		{"no earlier snapshot", "tank/a@2", "tank/a@1", records(t, ioctl.CodeXdev), 0, zfs.ErrNotAncestor, "not made after tank/a@2"},
		{"not there", "tank/a@1", "tank/a@9", records(t, ioctl.CodeNoent), 0, zfs.ErrNotFound, ""},
		{"forbidden", "tank/a@1", "tank/a@2", records(t, ioctl.CodePerm), 0, zfs.ErrPermission, ""},
		{"in the middle", "tank/a@1", "tank/a@2", records(t, ioctl.CodeIo, 2, 1, 1), 1, syscall.EIO, ""},
		{"half a record", "tank/a@1", "tank/a@2", records(t, 0, 2, 1, 1, 2, 2), 1, nil, "unexpected EOF"},
		{"unknown record", "tank/a@1", "tank/a@2", records(t, 0, 3, 1, 1), 0, nil, "kind 3"},
		{"backwards", "tank/a@1", "tank/a@2", records(t, 0, 2, 5, 4), 0, nil, "from 5 to 4"},
		{"from a filesystem", "tank/a", "tank/a@2", nil, 0, zfs.ErrInvalidName, ""},
		{"to a filesystem", "tank/a@1", "tank/a", nil, 0, zfs.ErrInvalidName, ""},
		{"from a bookmark", "tank/a#1", "tank/a@2", nil, 0, zfs.ErrInvalidName, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = tt.bad
			before := openFiles(t)
			got, err := ranges(t.Context(), c, tt.from, tt.to)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %v with %q", err, tt.want, tt.text)
			}
			if len(got) != tt.seen || tt.bad == nil && len(f.Sent) > 0 {
				t.Errorf("%d ranges, want %d; sent %v", len(got), tt.seen, f.Sent)
			}
			if after := openFiles(t); after > before {
				t.Errorf("%d descriptors are open, %d were", after, before)
			}
		})
	}
}

// When a loop ends early the call ends too, however much it has to write.
func TestObjectDiffStop(t *testing.T) {
	c, f := testkit.OpenFake(t)
	numbers := make([]uint64, 0, 30000)
	for i := range uint64(10000) {
		numbers = append(numbers, 2, i+1, i+1)
	}
	f.Bad = records(t, ioctl.CodeIntr, numbers...)
	before := openFiles(t)
	seen := 0
	for _, err := range c.ObjectDiff(t.Context(), "tank/a@1", "tank/a@2") {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 3 {
			break
		}
	}
	if after := openFiles(t); seen != 3 || after > before {
		t.Errorf("%d ranges; %d descriptors are open, %d were", seen, after, before)
	}
}

func TestObjectDiffCancelled(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = records(t, ioctl.CodeIntr, 2, 1, 1, 2, 2, 2, 2, 3, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	seen := 0
	for _, err := range c.ObjectDiff(ctx, "tank/a@1", "tank/a@2") {
		if last = err; err == nil {
			seen++
			cancel()
		}
	}
	if seen != 1 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d ranges, then %v, want 1 and context.Canceled", seen, last)
	}
	if _, err := ranges(ctx, c, "tank/a@1", "tank/a@2"); !errors.Is(err, context.Canceled) {
		t.Errorf("begun with a context that has ended: %v", err)
	}
}
