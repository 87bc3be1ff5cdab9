package zfs_test

import (
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// farEnd reads frames, and acts on the one that aborts a stream.
type farEnd struct{ onAbort func() error }

func (f farEnd) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] == 'X' {
		if err := f.onAbort(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// message returns a frame with a message.
func message(text string) string {
	return "M" + string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
}

// The sending end does not wait for an end that it cannot inform of its failure,
// and reports what failed here.
func TestReplicateSendBreaks(t *testing.T) {
	for _, tc := range []struct {
		name string
		told bool
	}{{"the other end is told", true}, {"the other end cannot be told", false}} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@s")
			f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
				switch op {
				case ioctl.OpGetBookmarks:
					return cmd.Answer(&nvlist.List{}), true
				case ioctl.OpSendNew:
					return ioctl.CodeNospc.Err(), true
				}
				return nil, false
			}
			r, w := io.Pipe()
			defer w.Close()
			say := func(text string) { _, _ = io.WriteString(w, text) } // or the other side has ended
			go say(message(`{"protocol":"purezfs-replicate","version":1}`) + message(`{}`) + message(`{"exists":false}`))
			far := farEnd{func() error {
				if !tc.told {
					return errors.New("broken")
				}
				go say(message(`{"error":{"text":"no stream"}}`))
				return nil
			}}
			ended := make(chan error, 1)
			go func() {
				_, err := c.ReplicateSend(t.Context(), "tank/a@s", zfs.ReplicateConn{Reader: r, Writer: far}, nil)
				ended <- err
			}()
			select {
			case err := <-ended:
				if !errors.Is(err, zfs.ErrNoSpace) {
					t.Errorf("error %v, want ErrNoSpace", err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it waits forever")
			}
		})
	}
}
