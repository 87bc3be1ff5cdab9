package zfs_test

import (
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// The kernel is called at an interval, for the descriptor that it writes to, and
// not after its end. A slow report does not delay the stream.
func TestProgress(t *testing.T) {
	reported, ended := make(chan struct{}), make(chan struct{})
	asked := uint64(0)
	c := testkit.Open(t, ioctl.NewDevice(func(op ioctl.Op, cmd *ioctl.Cmd) error {
		select {
		case <-ended:
			t.Errorf("%s after the end", op)
		default:
		}
		switch op {
		case ioctl.OpSendNew:
			<-reported
			close(ended)
			return nil
		case ioctl.OpSendProgress:
			if cmd.Uint64(ioctl.FieldCookie) < 3 {
				t.Error("the descriptor is not one of ours")
			}
			asked++
			if asked == 1 {
				return ioctl.CodeNoent.Err() // it has not begun
			}
			cmd.SetUint64(ioctl.FieldCookie, 100*asked)
			cmd.SetUint64(ioctl.FieldObjsetType, 1000*asked)
			return nil
		}
		return ioctl.CodeIo.Err()
	}))
	var got []zfs.SendProgress
	opts := &zfs.SendOptions{ProgressInterval: time.Millisecond, Progress: func(p zfs.SendProgress) {
		got = append(got, p)
		if len(got) == 2 {
			close(reported)
			<-ended
		}
	}}
	testkit.Must(t, c.Send(t.Context(), "tank/a@s", io.Discard, opts))
	want := []zfs.SendProgress{
		{Snapshot: "tank/a@s", Bytes: 200, Blocks: 2000},
		{Snapshot: "tank/a@s", Bytes: 300, Blocks: 3000},
		{Snapshot: "tank/a@s", Bytes: 300, Blocks: 3000, Done: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}
