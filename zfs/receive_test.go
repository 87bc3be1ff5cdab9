package zfs_test

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// partial is a module with datasets of which one is inconsistent.
func partial(t *testing.T, token string, names ...string) (*zfs.Client, *testkit.Fake) {
	t.Helper()
	c, f := testkit.OpenFake(t, names...)
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpObjsetStats || cmd.Text(ioctl.FieldName) != "tank/part" {
			return nil, false
		}
		binary.NativeEndian.PutUint32(cmd.Bytes(ioctl.FieldObjsetStats)[24:], testkit.KindFilesystem)
		cmd.Bytes(ioctl.FieldObjsetStats)[29] = 1
		l := &nvlist.List{}
		if token != "" {
			v := &nvlist.List{}
			v.SetString("value", token)
			l.SetList("receive_resume_token", v)
		}
		if err := cmd.Answer(l); ioctl.CodeOf(err) != ioctl.CodeNomem {
			return err, true
		}
		return nil, true
	}
	return c, f
}

func TestReceiveAbort(t *testing.T) {
	for _, tc := range []struct {
		name    string
		dataset string
		token   string
		names   []string
		want    testkit.Outcome
		gone    string
	}{
		{"a new dataset", "tank/part", "1-2-3-4", nil, testkit.Outcome{}, "DESTROY tank/part"},
		{"within a dataset", "tank/a", "", []string{"tank/a", "tank/a/%recv"}, testkit.Outcome{}, "DESTROY tank/a/%recv"},
		{"no token", "tank/part", "", nil, testkit.Outcome{Want: zfs.ErrNotPartial}, ""},
		{"nothing to abort", "tank/a", "", []string{"tank/a"}, testkit.Outcome{Want: zfs.ErrNotPartial}, ""},
		{"not there", "tank/none", "", nil, testkit.Outcome{Want: zfs.ErrNotFound}, ""},
		{"a snapshot", "tank/a@s", "", nil, testkit.Outcome{Want: zfs.ErrInvalidName}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := partial(t, tc.token, tc.names...)
			tc.want.Check(t, c.ReceiveAbort(t.Context(), tc.dataset))
			gone := ""
			for _, call := range f.Sent {
				if call[:7] == "DESTROY" {
					gone += call
				}
			}
			if diff := cmp.Diff(tc.gone, gone); diff != "" {
				t.Errorf("destroyed (-want +got):\n%s", diff)
			}
		})
	}
	c, f := testkit.OpenFake(t, "tank/a", "tank/a/%recv")
	f.Bad = testkit.FailOn(ioctl.OpDestroy, ioctl.CodeBusy)
	testkit.Outcome{Want: zfs.ErrBusy}.Check(t, c.ReceiveAbort(t.Context(), "tank/a"))
}

// A part that another receive has left is told of, whatever the failure.
func TestPartialError(t *testing.T) {
	err := error(&zfs.PartialError{Dataset: "tank/b", Token: "1-2-3-4", Err: zfs.ErrTruncated})
	if got, want := err.Error(), "the stream ends too early; tank/b holds a partial receive that can be resumed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
