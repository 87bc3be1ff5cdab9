package zfs_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/golden"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustGoldenStream reads a stream of a kernel.
func mustGoldenStream(t testing.TB, name string) []byte {
	t.Helper()
	return golden.Unzip(t, filepath.Join("../testdata/streams", name+".gz"))
}

// An invalid or damaged replication stream never reaches the kernel.
func TestReceiveTreeRefused(t *testing.T) {
	whole := mustGoldenStream(t, "2.4/package")
	flipped := bytes.Clone(whole)
	flipped[700] ^= 1
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	noList := mustTreeBytes(t, &stream.Begin{Compound: true, ToName: "t/p@3", Head: stream.Head{Payload: make([]byte, 8)}})
	foreign := mustTreeBytes(t, &stream.Begin{Compound: true, ToName: "@3"})
	for _, tc := range []struct {
		name   string
		ctx    context.Context
		target string
		in     []byte
		opts   *zfs.ReceiveTreeOptions
		want   error
	}{
		{"empty", nil, "tank/a", nil, nil, zfs.ErrTruncated},
		{"half a record", nil, "tank/a", whole[:100], nil, zfs.ErrTruncated},
		{"no list", nil, "tank/a", whole[:stream.HeaderSize], nil, zfs.ErrTruncated},
		{"half a list", nil, "tank/a", whole[:600], nil, zfs.ErrTruncated},
		{"no end of the list", nil, "tank/a", whole[:stream.HeaderSize+2700], nil, zfs.ErrTruncated},
		{"damaged list", nil, "tank/a", flipped, nil, zfs.ErrStream},
		{"not a stream", nil, "tank/a", bytes.Repeat([]byte("text"), 100), nil, zfs.ErrStream},
		{"malformed list", nil, "tank/a", noList, nil, zfs.ErrStream},
		{"target is not a name", nil, "tank//a", whole, nil, zfs.ErrInvalidName},
		{"target is a bookmark", nil, "tank/a#b", whole, nil, zfs.ErrInvalidName},
		{"tree as a snapshot", nil, "tank/a@s", whole, nil, zfs.ErrInvalidName},
		{"snapshot with a path", nil, "tank/a@s", foreign, &zfs.ReceiveTreeOptions{Naming: zfs.NamingPath}, zfs.ErrInvalidName},
		{"ended context", ended, "tank/a", whole, nil, context.Canceled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx := tc.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			got, err := testkit.NoKernel(t).ReceiveTree(ctx, tc.target, bytes.NewReader(tc.in), tc.opts)
			if got != nil || !errors.Is(err, tc.want) {
				t.Errorf("%+v, error %v, want %v", got, err, tc.want)
			}
		})
	}
}

// mustTreeBytes returns a replication stream that is only a list.
func mustTreeBytes(t *testing.T, begin *stream.Begin) []byte {
	t.Helper()
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for _, rec := range []stream.Record{begin, &stream.End{}, &stream.End{}} {
		if err := w.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// mustDryFake is a fake with what a dry run reads of its pool: all features are
// enabled.
func mustDryFake(t *testing.T, names ...string) (*zfs.Client, *testkit.Fake) {
	t.Helper()
	c, f := testkit.OpenFake(t, names...)
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		switch op {
		case ioctl.OpPoolSync:
			return nil, true
		case ioctl.OpPoolStats:
			features, config := &nvlist.List{}, &nvlist.List{}
			for _, name := range []string{"lz4_compress", "embedded_data", "large_blocks", "large_dnode", "encryption"} {
				features.SetUint64("org:"+name, 0)
			}
			config.SetList("feature_stats", features)
			config.SetList("vdev_tree", &nvlist.List{})
			return cmd.Answer(config), true
		}
		return nil, false
	}
	return c, f
}

// dryStreams returns what would be created from a replication stream.
func dryStreams(t *testing.T, c *zfs.Client, in []byte, naming zfs.ReceiveNaming) (string, error) {
	t.Helper()
	r := strings.NewReader(string(in) + "rest")
	got, err := c.ReceiveTree(t.Context(), "tank/to", r, &zfs.ReceiveTreeOptions{DryRun: true, Naming: naming})
	if err != nil {
		return "", err
	}
	if r.Len() != len("rest") {
		t.Errorf("%d bytes are left", r.Len())
	}
	var names []string
	for _, s := range got.Streams {
		names = append(names, strings.TrimPrefix(s.Snapshot, "tank/to"))
	}
	return strings.Join(names, " "), nil
}

func TestReceiveTreeDryRun(t *testing.T) {
	for _, tc := range []struct {
		name   string
		file   string
		naming zfs.ReceiveNaming
		want   string
	}{
		{"tree", "compound", zfs.NamingExact, "@1 @2 /c@1 /c@2"},
		{"tree by its path", "compound", zfs.NamingPath, "/p@1 /p@2 /p/c@1 /p/c@2"},
		{"tree by its tail", "compound", zfs.NamingTail, "/p@1 /p@2 /p/c@1 /p/c@2"},
		{"one by its path", "properties", zfs.NamingPath, "/p/c@2"},
		{"one by its tail", "properties", zfs.NamingTail, "/c@2"},
		{"plain", "full", zfs.NamingExact, "@1"},
		{"plain by its tail", "full", zfs.NamingTail, "/a@1"},
		{"raw", "raw", zfs.NamingExact, "@1"},
	} {
		for _, release := range []string{"2.0", "2.1", "2.3", "2.4"} {
			t.Run(release+"/"+tc.name, func(t *testing.T) {
				c, f := mustDryFake(t, "tank", "tank/to")
				if tc.naming == zfs.NamingExact {
					c, f = mustDryFake(t, "tank")
				}
				got, err := dryStreams(t, c, mustGoldenStream(t, release+"/"+tc.file), tc.naming)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("streams (-want +got):\n%s", diff)
				}
				for _, call := range f.Sent {
					if op, _, _ := strings.Cut(call, " "); !slices.Contains([]string{"OBJSET_STATS", "POOL_SYNC", "POOL_STATS"}, op) {
						t.Errorf("a dry run called %s", call)
					}
				}
			})
		}
	}
}

// A replication stream that is cut anywhere is truncated, and the result has the
// complete streams.
func TestReceiveTreeTruncated(t *testing.T) {
	whole := mustGoldenStream(t, "2.4/compound")
	c, _ := mustDryFake(t, "tank")
	for cut := 5000; cut < len(whole); cut += 7919 {
		got, err := c.ReceiveTree(t.Context(), "tank/to", bytes.NewReader(whole[:cut]), &zfs.ReceiveTreeOptions{DryRun: true})
		if !errors.Is(err, zfs.ErrTruncated) || got == nil || len(got.Streams) > 4 {
			t.Errorf("cut at %d: %+v, error %v", cut, got, err)
		}
	}
}

// A name in the stream that is not below the sent dataset is refused.
func TestReceiveTreeForeignName(t *testing.T) {
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for _, rec := range []stream.Record{
		&stream.Begin{Compound: true, ToName: "t/p@1"}, &stream.End{},
		&stream.Begin{ToName: "t/other@1", ToGUID: 1, ObjsetType: 2}, &stream.End{ToGUID: 1}, &stream.End{},
	} {
		if err := w.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := mustDryFake(t, "tank")
	if got, err := dryStreams(t, c, b.Bytes(), zfs.NamingExact); !errors.Is(err, zfs.ErrStream) {
		t.Errorf("%q, error %v", got, err)
	}
}
