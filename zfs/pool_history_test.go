package zfs_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// refuseRecords answers LOG_HISTORY with a code, 0 for success, and counts.
func refuseRecords(records *int, code ioctl.Code) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		switch {
		case op != ioctl.OpLogHistory:
			return nil, false
		case code != 0:
			return code.Err(), true
		}
		*records++
		return c.Answer(&nvlist.List{}), true
	}
}

// A method with several steps writes one record, after the first of them.
func TestHistoryOfSeveralSteps(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a")
	records := 0
	f.Bad = refuseRecords(&records, 0)
	ctx := zfs.WithHistory(t.Context(), "create it")
	if err := c.DatasetCreate(ctx, "tank/x/y/z", &zfs.DatasetCreateOptions{Parents: true}); err != nil {
		t.Fatal(err)
	}
	if records != 1 || len(f.Sent) != 4 || !strings.HasPrefix(f.Sent[1], "LOG_HISTORY") || !strings.Contains(f.Sent[1], "create it") {
		t.Errorf("%d records; sent %q", records, f.Sent)
	}
	for range 2 {
		if err := c.DatasetDestroy(ctx, "tank/a"); err != nil {
			t.Fatal(err)
		}
	}
	if records != 3 {
		t.Errorf("%d records after three commands", records)
	}
}

func TestHistoryErrors(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		refuse     ioctl.Code
		want       error
		executed   bool
		message    string
	}{
		{"refused", "text", ioctl.CodePerm, zfs.ErrHistory, true, `zfs: destroy "tank/a": carried out, but without its record in the pool's history: EPERM`},
		{"too long", strings.Repeat("x", 8193), 0, zfs.ErrInvalid, false, `zfs: destroy "tank/a": text cannot be a record in a pool's history: 8193 bytes, at most 8192 are allowed`},
		{"NUL", "a\x00", 0, zfs.ErrInvalid, false, `zfs: destroy "tank/a": text cannot be a record in a pool's history: NUL at byte 1`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a")
			f.Bad = refuseRecords(new(int), tc.refuse)
			err := c.DatasetDestroy(zfs.WithHistory(t.Context(), tc.text), "tank/a")
			var e *zfs.Error
			if !errors.As(err, &e) || !errors.Is(err, tc.want) || e.Executed != tc.executed || e.Code != 0 || errors.Is(err, fs.ErrPermission) {
				t.Fatalf("error %#v, want %v", err, tc.want)
			}
			if got := err.Error(); !strings.HasPrefix(got, tc.message) || strings.Contains(got, "may have been") {
				t.Errorf("message %q, want %q", got, tc.message)
			}
			if carried := len(f.Sent) > 0; carried != tc.executed {
				t.Errorf("the kernel was sent %q", f.Sent)
			}
		})
	}
}

// The parent exists when its record is refused, and no further step is made.
func TestHistoryRefusedOnTheWay(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank")
	f.Bad = refuseRecords(nil, ioctl.CodeInval)
	err := c.DatasetCreate(zfs.WithHistory(t.Context(), "text"), "tank/x/y", &zfs.DatasetCreateOptions{Parents: true})
	var e *zfs.Error
	if !errors.As(err, &e) || !errors.Is(err, zfs.ErrHistory) || !e.Executed || e.Name != "tank/x" {
		t.Errorf("error %#v, want ErrHistory of tank/x", err)
	}
	if len(f.Sent) != 2 {
		t.Errorf("calls %q", f.Sent)
	}
}

// The history comes in parts, and a record may be cut by their ends.
func TestPoolHistory(t *testing.T) {
	var log []byte
	for i := range 3 {
		l := &nvlist.List{}
		l.SetUint64("history time", uint64(100+i))
		l.SetString("history command", strings.Repeat("x", 60_000*(i+1)))
		b, err := l.AppendNative(nil)
		testkit.Must(t, err)
		log = append(log, byte(len(b)), byte(len(b)>>8), byte(len(b)>>16), 0, 0, 0, 0, 0)
		log = append(log, b...)
	}
	log = append(log, 4, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4) // not a valid list
	c, f := testkit.OpenFake(t)
	f.Bad = func(_ ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		offset, room := cmd.Uint64(ioctl.FieldHistoryOff), cmd.Uint64(ioctl.FieldHistoryLen)
		n := copy(cmd.HistoryRoom()[:room], log[offset:])
		cmd.SetUint64(ioctl.FieldHistoryLen, uint64(n))
		return nil, true
	}
	var got []int
	for r, err := range c.PoolHistory(t.Context(), "tank") {
		testkit.Must(t, err)
		got = append(got, len(r.Command))
		if r.Internal() != (r.Err != nil) {
			t.Errorf("record %d: %v", len(got), r.Err)
		}
	}
	if diff := cmp.Diff([]int{60_000, 120_000, 180_000, 0}, got); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	log = log[:len(log)-2]
	failed := false
	for _, err := range c.PoolHistory(t.Context(), "tank") {
		failed = failed || err != nil
	}
	if !failed {
		t.Error("a log that ends within a record is not an error")
	}
}
