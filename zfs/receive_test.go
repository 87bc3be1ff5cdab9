package zfs_test

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
)

// partial is a module with datasets of which one is inconsistent.
func partial(t *testing.T, token string, names ...string) (*zfs.Client, *fake) {
	t.Helper()
	c, f := mustFake(t, names...)
	f.bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpObjsetStats || cmd.Text(ioctl.FieldName) != "tank/part" {
			return nil, false
		}
		binary.NativeEndian.PutUint32(cmd.Bytes(ioctl.FieldObjsetStats)[24:], kindFilesystem)
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
		want    outcome
		gone    string
	}{
		{"a new dataset", "tank/part", "1-2-3-4", nil, outcome{}, "DESTROY tank/part"},
		{"within a dataset", "tank/a", "", []string{"tank/a", "tank/a/%recv"}, outcome{}, "DESTROY tank/a/%recv"},
		{"no token", "tank/part", "", nil, outcome{want: zfs.ErrNotPartial}, ""},
		{"nothing to abort", "tank/a", "", []string{"tank/a"}, outcome{want: zfs.ErrNotPartial}, ""},
		{"not there", "tank/none", "", nil, outcome{want: zfs.ErrNotFound}, ""},
		{"a snapshot", "tank/a@s", "", nil, outcome{want: zfs.ErrInvalidName}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := partial(t, tc.token, tc.names...)
			tc.want.check(t, c.ReceiveAbort(t.Context(), tc.dataset))
			gone := ""
			for _, call := range f.sent {
				if call[:7] == "DESTROY" {
					gone += call
				}
			}
			if diff := cmp.Diff(tc.gone, gone); diff != "" {
				t.Errorf("destroyed (-want +got):\n%s", diff)
			}
		})
	}
	c, f := mustFake(t, "tank/a", "tank/a/%recv")
	f.bad = failOn(ioctl.OpDestroy, ioctl.CodeBusy)
	outcome{want: zfs.ErrBusy}.check(t, c.ReceiveAbort(t.Context(), "tank/a"))
}

// A part that another receive has left is told of, whatever the failure.
func TestPartialError(t *testing.T) {
	err := error(&zfs.PartialError{Dataset: "tank/b", Token: "1-2-3-4", Err: zfs.ErrTruncated})
	if got, want := err.Error(), "the stream ends too early; tank/b holds a partial receive that can be resumed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
