package zfs_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustCloneStream returns a stream of a clone whose origin has a GUID.
func mustCloneStream(t *testing.T, origin uint64) []byte {
	t.Helper()
	begin := plain()
	begin.Flags, begin.FromGUID, begin.ToName = stream.FlagClone|stream.FlagFreeRecords, origin, "far/c@2"
	return mustStream(t, begin)
}

// A replication stream makes clones of snapshots at or below its target, and of
// others only if that is allowed. The dry run has the same result.
func TestReceiveTreeOrigins(t *testing.T) {
	// The fake uses the GUIDs 1001, 1002 and so on.
	names := []string{"tank", "tank/o", "tank/o@1", "tank/o@2", "tank/o/below", "tank/o/below@1", "tank/to", "tank/to/o", "tank/to/o@1"}
	const outside, below, inside = 1004, 1006, 1009
	tail := zfs.NamingTail
	for _, tt := range []struct {
		name, target string
		origin       uint64
		naming       zfs.ReceiveNaming
		origins      []string
		want         error
		text         string // of the error, or the origin that the kernel gets
	}{
		{"outside", "tank/new", outside, 0, nil, zfs.ErrRefused,
			`"tank/new@2": tank/o@2: is not allowed by the options (the stream makes a clone of it; it is outside of tank/new, and Origins does not have tank/o)`},
		{"outside, as a snapshot", "tank/new@x", outside, 0, nil, zfs.ErrRefused, `"tank/new@x": tank/o@2: is not allowed`},
		{"beside", "tank/to/new", inside, 0, nil, zfs.ErrRefused, "outside of tank/to/new, and Origins does not have tank/to/o"},
		{"outside of a tree", "tank/to", outside, tail, nil, zfs.ErrRefused, "outside of tank/to, and"},
		{"another one is allowed", "tank/new", outside, 0, []string{"tank/to", "tank/to/o"}, zfs.ErrRefused, "does not have tank/o"},
		{"only what is above it", "tank/new", below, 0, []string{"tank", "tank/o"}, zfs.ErrRefused, "does not have tank/o/below"},
		{"none that exists", "tank/new", outside, 0, []string{"tank/no", "tank/o"}, zfs.ErrBaseNotFound, "tank/no, which may have the origin, does not exist"},
		{"no name", "tank/new", outside, 0, []string{"tank/o@2"}, zfs.ErrInvalidName, ""},
		{"nowhere", "tank/new", 77, 0, []string{"tank/o"}, zfs.ErrSourceMissing, "no snapshot of the pool has the GUID 77"},
		{"nowhere, in a tree", "tank/to", 77, tail, nil, zfs.ErrSourceMissing, "no snapshot of the pool has the GUID 77"},
		{"allowed", "tank/new", outside, 0, []string{"tank/to", "tank/o"}, nil, "tank/o@2"},
		{"in a tree", "tank/to", inside, tail, nil, nil, "tank/to/o@1"},
		{"in a pool", "tank", outside, tail, nil, nil, "tank/o@2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, dry := range []bool{true, false} {
				c, f := mustDryFake(t, names...)
				got, err := c.ReceiveTree(t.Context(), tt.target, bytes.NewReader(mustCloneStream(t, tt.origin)),
					&zfs.ReceiveTreeOptions{Naming: tt.naming, Origins: tt.origins, DryRun: dry})
				sent := strings.Join(f.Sent, "\n")
				switch {
				case tt.want != nil:
					if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || strings.Contains(sent, "RECV_NEW") {
						t.Errorf("dry %v: error %v", dry, err)
					}
				case dry:
					if err != nil || len(got.Streams) != 1 {
						t.Errorf("dry: %+v, error %v", got, err)
					}
				case ioctl.CodeOf(err) != ioctl.CodeIocCmdUnavail || !strings.Contains(sent, `origin: string = "`+tt.text+`"`):
					t.Errorf("error %v, sent:\n%s", err, sent)
				}
			}
		})
	}
}
