package zfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/stream"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// describeStream writes down a package: its list, sorted, and its streams in
// their order.
func describeStream(t *testing.T, b []byte) string {
	t.Helper()
	var lines []string
	r := stream.NewReader(bytes.NewReader(b), nil)
	for {
		rec, err := r.Next()
		if err != nil {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			return strings.Join(lines, "\n")
		}
		begin, ok := rec.(*stream.Begin)
		if !ok {
			continue
		}
		p, err := begin.Tree()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s from %d to %d flags %d features %v", begin.ToName, begin.FromGUID, begin.ToGUID, begin.Flags, begin.Features.Names()))
		if p == nil {
			continue
		}
		lines = append(lines, fmt.Sprintf("from %q to %q one %t raw %t", p.FromSnap, p.ToSnap, p.NotRecursive, p.Raw))
		var all []string
		for _, ds := range p.Datasets {
			all = append(all, fmt.Sprintf("%x %s %x %x %t %s", ds.GUID, ds.Name, ds.ParentFromSnap, ds.Origin, ds.EncryptionRoot, sortedPairs(ds.Props)))
			for _, s := range ds.Snapshots {
				all = append(all, fmt.Sprintf("%s@%s %x %v %s", ds.Name, s.Name, s.GUID, s.Holds, sortedPairs(s.Props)))
			}
		}
		slices.Sort(all)
		lines = append(lines, all...)
	}
}

func sortedPairs(l *nvlist.List) string {
	lines := strings.Split(fmt.Sprint(l), "\n")
	slices.Sort(lines)
	return fmt.Sprint(l == nil) + strings.Join(lines, ";")
}

// A replication stream has the same list and the same streams as that of zfs
// send, in an equivalent order, and zfs receive accepts it.
func TestKernelSendTree(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	src := pool + "/src"
	mustSentTree(t, src)
	mustChangeTree(t, src)
	mustScript(t, strings.ReplaceAll(`
snapshot SRC/a@only
snapshot -r SRC@3
create SRC/young
set org.example:later=1 SRC/a
`, "SRC", src))
	tests := []struct {
		args string
		at   string
		opts zfs.SendTreeOptions
	}{
		{"-R", "@3", zfs.SendTreeOptions{Recursive: true}},
		{"-R -h -i @1", "@3", zfs.SendTreeOptions{Recursive: true, Holds: true, From: "1"}},
		{"-R -h -I @1", "@3", zfs.SendTreeOptions{Recursive: true, Holds: true, Intermediates: true, From: "@1"}},
		{"-R -b -I @1", "@2", zfs.SendTreeOptions{Recursive: true, Backup: true, Intermediates: true, From: "1"}},
		{"-R -w -i @2", "@3", zfs.SendTreeOptions{Recursive: true, Raw: true, From: "2"}},
		{"-L -e -c -I @1", "/a@3", zfs.SendTreeOptions{Intermediates: true, LargeBlocks: true, Embedded: true, Compressed: true, From: "1"}},
		{"-R -s -i @2", "/new@3", zfs.SendTreeOptions{Recursive: true, SkipMissing: true, From: "2"}},
		{"-p", "/a@3", zfs.SendTreeOptions{Props: true}},
		{"-p -i @1", "/a@3", zfs.SendTreeOptions{Props: true, From: "1"}},
		{"-I @1", "/a@3", zfs.SendTreeOptions{Intermediates: true, From: "1"}},
		{"-h -I @1", "/a@3", zfs.SendTreeOptions{Intermediates: true, Holds: true, From: "1"}},
	}
	for i, tt := range tests {
		if !zfstest.Share(t, i) {
			continue
		}
		t.Run(tt.args, func(t *testing.T) {
			if tt.opts.SkipMissing {
				zfstest.Since(t, "2.1", "zfs send --skip-missing")
			}
			args := append(strings.Fields(tt.args), src+tt.at)
			theirs, err := os.ReadFile(mustSendFile(t, args...))
			if err != nil {
				t.Fatal(err)
			}
			var ours bytes.Buffer
			sent, err := c.SendTree(t.Context(), src+tt.at, &ours, &tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(describeStream(t, theirs), describeStream(t, ours.Bytes())); diff != "" {
				t.Errorf("stream (-theirs +ours):\n%s", diff)
			}
			plan, size, err := c.SendTreePlan(t.Context(), src+tt.at, &tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			for i := range plan.Streams {
				size -= plan.Streams[i].Size
				plan.Streams[i].Size = 0
			}
			if size != 0 {
				t.Errorf("the sizes of the streams are %d bytes less than that of all", int64(size))
			}
			if diff := cmp.Diff(sent, plan); diff != "" || err != nil {
				t.Errorf("error %v, plan (-sent +planned):\n%s", err, diff)
			}
		})
	}
	t.Run("received", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "stream")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := c.SendTree(t.Context(), src+"@3", f, &zfs.SendTreeOptions{Recursive: true, Holds: true}); err != nil {
			t.Fatal(err)
		}
		mustReceiveTheirs(t, path, pool+"/theirs")
		zfstest.Run(t, "zfs", "destroy", src+"/young")
		want := strings.NewReplacer("(local)", "(received)").Replace(mustDescribeTree(t, c, src, nil))
		got := mustDescribeTree(t, c, pool+"/theirs", nil)
		if guidsOf(want) != guidsOf(got) {
			t.Errorf("tree (-sent +received):\n%s", cmp.Diff(want, got))
		}
	})
	t.Run("missing", func(t *testing.T) {
		var e *zfs.Error
		_, err := c.SendTree(t.Context(), src+"@mid", &bytes.Buffer{}, &zfs.SendTreeOptions{Recursive: true})
		if !errors.Is(err, zfs.ErrNotFound) {
			t.Errorf("no such snapshot at the top: %v", err)
		}
		_, err = c.SendTree(t.Context(), src+"/a@2", &bytes.Buffer{}, &zfs.SendTreeOptions{From: "nosuch", Props: true})
		if !errors.Is(err, zfs.ErrBaseNotFound) || errors.As(err, &e) && e.Code != 0 {
			t.Errorf("no such source: %v", err)
		}
	})
}

// guidsOf reduces a described tree to what shows that everything was received.
func guidsOf(tree string) string {
	var lines []string
	for line := range strings.Lines(tree) {
		f := strings.Fields(line)
		if strings.Contains(f[0], "@") {
			lines = append(lines, strings.Join(f[:min(len(f), 4)], " "))
		}
	}
	return strings.Join(lines, "\n")
}
