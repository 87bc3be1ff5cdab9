// Carry tests that streams and pools of one release, and of one byte order, are
// received and imported by another. It runs in a virtual machine of each: "carry
// send DIR" fills a directory with streams and exported pools of our making and of
// zfs(8)'s, "carry receive DIR" takes all of them, in the way of the other maker, and
// checks GUIDs and contents.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/zfs"
)

func main() {
	if os.Getenv("ZVM_GUEST") != "1" || len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "runs in a virtual machine only: .ci/carry")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run makes a pool and does one half of the work.
func run(ctx context.Context, what, dir string) error {
	c, err := zfs.Open(nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := emptyFile("/tmp/carry.disk", 256<<20); err != nil {
		return err
	}
	if err := zfsCommands("zpool create -O mountpoint=none carry /tmp/carry.disk"); err != nil {
		return err
	}
	if what == "send" {
		if err := send(ctx, c, dir); err != nil {
			return err
		}
		return makePools(ctx, c, dir)
	}
	return receiveAll(ctx, c, dir)
}

// zfsCommands runs lines of zfs(8) and zpool(8).
func zfsCommands(lines string) error {
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if out, err := exec.Command(f[0], f[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", line, err, out)
		}
	}
	return nil
}

// manifest is the expected result of every stream.
type manifest struct {
	Snapshots map[string]uint64 // the name below the topmost dataset, and the GUID
	Props     string            // properties set on each dataset, in lines
	Sum       string            // of the file in the last snapshot
}

// props returns the properties at and below a dataset that have a source, as zfs
// get shows them, with names relative to that dataset.
func props(root, source string) (string, error) {
	out, err := exec.Command("zfs", "get", "-rHp", "-t", "filesystem,snapshot", "-o", "name,property,value", "-s", source, "all", root).Output()
	if err != nil {
		return "", fmt.Errorf("zfs get %s: %w", root, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, root)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// sendings are the streams: the arguments of zfs send, and the same options for
// purezfs. With -c and -e but not -L, no release receives its own increments of
// large blocks.
func sendings() []struct {
	name, args string
	opts       zfs.SendTreeOptions
} {
	return []struct {
		name, args string
		opts       zfs.SendTreeOptions
	}{
		{"plain", "-R", zfs.SendTreeOptions{Recursive: true}},
		{"compressed", "-R -c", zfs.SendTreeOptions{Recursive: true, Compressed: true}},
		{"embedded", "-R -e", zfs.SendTreeOptions{Recursive: true, Embedded: true}},
		{"large", "-R -L -c -e", zfs.SendTreeOptions{Recursive: true, LargeBlocks: true, Compressed: true, Embedded: true}},
		{"raw", "-R -w", zfs.SendTreeOptions{Recursive: true, Raw: true}},
	}
}

// send creates a tree and all streams of it.
func send(ctx context.Context, c *zfs.Client, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := zfsCommands("zfs create -o compression=zstd -o recordsize=1M -o mountpoint=/tmp/carry.src carry/src"); err != nil {
		return err
	}
	data := []byte(strings.Repeat("many of the same words ", 40000))
	for range 300000 {
		data = append(data, byte(rand.Uint32()))
	}
	if err := os.WriteFile("/tmp/carry.src/file", data[:400000], 0o644); err != nil {
		return err
	}
	if err := zfsCommands("zfs create -o quota=200M -o a:b=c carry/src/a\n"); err != nil {
		return err
	}
	// A clone without large blocks is sent without -L, but its origin is
	// received with -L, so the streams would not match.
	if err := os.WriteFile("/tmp/carry.src/a/file", data[:400000], 0o644); err != nil {
		return err
	}
	if err := zfsCommands("zfs snapshot -r carry/src@1\nzfs clone carry/src/a@1 carry/src/b\n"); err != nil {
		return err
	}
	if err := os.WriteFile("/tmp/carry.src/file", data, 0o644); err != nil {
		return err
	}
	if err := zfsCommands("zfs snapshot -r carry/src@2\nzfs set org.example:of=snapshot carry/src@2\nzfs set checksum=sha512 carry/src/b\n"); err != nil {
		return err
	}
	set, err := props("carry/src", "local")
	if err != nil {
		return err
	}
	m := manifest{Props: set, Sum: fmt.Sprintf("%x", sha256.Sum256(data))}
	if m.Snapshots, err = snapshotGUIDs(ctx, c, "carry/src"); err != nil {
		return err
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest"), b, 0o644); err != nil {
		return err
	}
	for _, s := range sendings() {
		var ours, errOut bytes.Buffer
		if _, err := c.SendTree(ctx, "carry/src@2", &ours, &s.opts); err != nil {
			return err
		}
		cmd := exec.Command("zfs", append(append([]string{"send"}, strings.Fields(s.args)...), "carry/src@2")...)
		cmd.Stderr = &errOut
		theirs, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("zfs send %s: %w\n%s", s.args, err, errOut.Bytes())
		}
		for name, b := range map[string][]byte{s.name + ".ours": ours.Bytes(), s.name + ".theirs": theirs} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// receiveAll receives the streams of every sender: a directory each.
func receiveAll(ctx context.Context, c *zfs.Client, dir string) error {
	senders, err := filepath.Glob(filepath.Join(dir, "*/manifest"))
	if err != nil || len(senders) == 0 {
		return fmt.Errorf("no streams in %s: %v", dir, err)
	}
	for _, path := range senders {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var m manifest
		if err := json.Unmarshal(b, &m); err != nil {
			return err
		}
		for _, s := range sendings() {
			for _, maker := range []string{"ours", "theirs"} {
				file := filepath.Join(filepath.Dir(path), s.name+"."+maker)
				if err := receive(ctx, c, file, &m); err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
				fmt.Println("received", strings.TrimPrefix(file, dir+"/"))
			}
		}
		if err := importPools(ctx, c, filepath.Dir(path)); err != nil {
			return err
		}
	}
	return nil
}

// receive receives one stream: ours with zfs receive, theirs with ReceiveTree.
func receive(ctx context.Context, c *zfs.Client, file string, m *manifest) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if strings.HasSuffix(file, ".theirs") {
		if _, err := c.ReceiveTree(ctx, "carry/dst", f, nil); err != nil {
			return err
		}
	} else {
		cmd := exec.Command("zfs", "receive", "-u", "carry/dst")
		cmd.Stdin = f
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("zfs receive: %w\n%s", err, out)
		}
	}
	found, err := snapshotGUIDs(ctx, c, "carry/dst")
	if err != nil {
		return err
	}
	if !maps.Equal(found, m.Snapshots) {
		return fmt.Errorf("the GUIDs are %v, want %v", found, m.Snapshots)
	}
	if set, err := props("carry/dst", "received"); err != nil || set != m.Props {
		return fmt.Errorf("what is set is now (%v)\n%s\nwant\n%s", err, set, m.Props)
	}
	path, err := c.DatasetMount(ctx, "carry/dst", &zfs.DatasetMountOptions{Path: "/tmp/carry.dst"})
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(path, "file"))
	if err != nil {
		return err
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(b)); sum != m.Sum {
		return fmt.Errorf("the file has the sum %s, want %s", sum, m.Sum)
	}
	return zfsCommands("zfs destroy -R carry/dst")
}
