package zfs_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// Properties that contradict each other are refused at the call, before anything is
// read or sent: by a single receive, one of a package, and a replication.
func TestExcludedRefused(t *testing.T) {
	on := prop.String("on")
	for _, tt := range []struct {
		name     string
		exclude  []prop.Prop
		override prop.Values
		text     string
	}{
		{"overridden", []prop.Prop{prop.Atime}, prop.Values{prop.Atime: on}, "atime is both excluded and overridden"},
		{"user property", []prop.Prop{"a:b"}, prop.Values{"a:b": on}, "a:b is both excluded and overridden"},
		{"twice", []prop.Prop{prop.Atime, prop.Exec, prop.Atime}, nil, "atime is excluded twice"},
		{"unknown", []prop.Prop{"no-such"}, nil, "no-such"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := testkit.Open(t, ioctl.NewDevice(func(op ioctl.Op, _ *ioctl.Cmd) error {
				t.Errorf("%v reached the kernel", op)
				return ioctl.CodeIo.Err()
			}))
			want := testkit.Outcome{Want: zfs.ErrInvalidProp, Text: tt.text}
			in := bytes.NewReader([]byte("unread"))
			_, err := c.Receive(t.Context(), "tank/a@s", in, &zfs.ReceiveOptions{Exclude: tt.exclude, Override: tt.override})
			want.Check(t, err)
			_, err = c.ReceiveTree(t.Context(), "tank/a", in, &zfs.ReceiveTreeOptions{Exclude: tt.exclude, Override: tt.override})
			want.Check(t, err)
			err = c.ReplicateReceive(t.Context(), "tank/a", zfs.ReplicateConn{Reader: in, Writer: io.Discard},
				&zfs.ReplicateReceiveOptions{Exclude: tt.exclude, Override: tt.override})
			want.Check(t, err)
			if in.Len() != len("unread") {
				t.Errorf("%d bytes were read", len("unread")-in.Len())
			}
		})
	}
}
