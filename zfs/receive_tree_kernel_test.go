package zfs_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// mustScript runs zfs(8) once per line, and the lines that begin with "!" as
// other commands.
func mustScript(t *testing.T, script string) {
	t.Helper()
	for line := range strings.Lines(script) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "!":
			zfstest.Run(t, f[1], f[2:]...)
		default:
			zfstest.Run(t, "zfs", f...)
		}
	}
}

// mustSendFile sends with zfs(8) into a file.
func mustSendFile(t *testing.T, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stream")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var errOut bytes.Buffer
	cmd := exec.Command("zfs", append([]string{"send"}, args...)...)
	cmd.Stdout, cmd.Stderr = f, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatalf("zfs send %v: %v\n%s", args, err, errOut.String())
	}
	return path
}

// mustReceiveTheirs receives a file with zfs(8).
func mustReceiveTheirs(t *testing.T, path string, args ...string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var errOut bytes.Buffer
	cmd := exec.Command("zfs", append([]string{"receive", "-u"}, args...)...)
	cmd.Stdin, cmd.Stderr = f, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatalf("zfs receive %v: %v\n%s", args, err, errOut.String())
	}
}

// receiveOurs receives a file. Nothing may be left of it.
func receiveOurs(t *testing.T, c *zfs.Client, path, target string, opts *zfs.ReceiveTreeOptions) (*zfs.ReceivedTree, error) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := strings.NewReader(string(b) + "rest")
	got, err := c.ReceiveTree(t.Context(), target, r, opts)
	if err == nil && r.Len() != len("rest") {
		t.Errorf("the reader has %d bytes left, want %d", r.Len(), len("rest"))
	}
	return got, err
}

// blockSum returns a checksum of a snapshot's contents: every block of every
// object.
func blockSum(t *testing.T, c *zfs.Client, snapshot string, opts *zfs.SendOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Send(t.Context(), snapshot, &b, opts); err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	for r := stream.NewReader(&b, nil); ; {
		rec, err := r.Next()
		if err != nil {
			break
		}
		if w, ok := rec.(*stream.Write); ok {
			fmt.Fprintln(sum, w.Object, w.Offset, w.LogicalSize)
			sum.Write(w.Payload)
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:4])
}

// mustDescribeTree writes down all of a tree that a package carries. Names are
// relative to the root.
func mustDescribeTree(t *testing.T, c *zfs.Client, root string, opts *zfs.SendOptions) string {
	t.Helper()
	var lines []string
	for ds, err := range c.Datasets(t.Context(), root, &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll &^ prop.TypeBookmark}) {
		if err != nil {
			t.Fatal(err)
		}
		line := strings.TrimPrefix(ds.Name, root) + " " + ds.Type.String()
		if ds.Origin != "" {
			line += " origin=" + strings.TrimPrefix(ds.Origin, root)
		}
		if ds.Type.Has(prop.TypeSnapshot) {
			line += fmt.Sprintf(" guid=%d %v", ds.GUID, heldTags(t, c, ds.Name))
			if strings.Contains(ds.Name, "/a@") { // one with contents is enough
				line += " " + blockSum(t, c, ds.Name, opts)
			}
		}
		for p := range ds.Props.All() {
			if p.Source.Kind == prop.SourceReceived || p.Source.Kind == prop.SourceLocal {
				line += fmt.Sprintf(" %s=%s(%s)", p.Name, p.Text, p.Source)
			}
		}
		if root := ds.Props.Value(prop.EncryptionRoot).String(); root != "" {
			line += " root=" + root[strings.LastIndexByte(root, '/')+1:]
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// mustSentTree creates a tree to send: properties of all kinds, a volume, a
// clone, holds, and a filesystem with contents.
func mustSentTree(t *testing.T, src string) {
	t.Helper()
	dir := t.TempDir()
	mustScript(t, strings.NewReplacer("SRC", src, "DIR", dir).Replace(`
create -o compression=lz4 -o org.example:a=1 SRC
create -o recordsize=16k -o quota=50M -o mountpoint=DIR SRC/a
create SRC/a/b
create SRC/gone
create SRC/x
create SRC/y
create -s -V 1M -o volblocksize=16k SRC/v
`))
	if err := os.WriteFile(filepath.Join(dir, "file"), noise(100000), 0o600); err != nil {
		t.Fatal(err)
	}
	mustScript(t, strings.ReplaceAll(`
snapshot -r SRC@0
clone -o atime=off SRC/a@0 SRC/clone
set org.example:note=zero SRC@0
snapshot -r SRC@1
hold keep SRC/a@1
`, "SRC", src))
}

// mustChangeTree changes it: everything that a receiver has to follow.
func mustChangeTree(t *testing.T, src string) {
	t.Helper()
	mustScript(t, strings.ReplaceAll(`
destroy -r SRC/gone
rename SRC/x SRC/tmp
rename SRC/y SRC/x
rename SRC/tmp SRC/y
rename SRC/a/b SRC/moved
create SRC/new
rename SRC/moved SRC/new/b
set quota=60M SRC/a
inherit org.example:a SRC
set org.example:note=one SRC@1
snapshot SRC/new@mid
clone SRC/new@mid SRC/newclone
promote SRC/clone
rename SRC/clone@0 SRC/clone@renamed
hold more SRC@1
snapshot -r SRC@2
`, "SRC", src))
}

// We make of replication streams what zfs receive makes of them.
func TestKernelReceiveTree(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	src, ours, theirs := pool+"/src", pool+"/ours", pool+"/theirs"
	mustSentTree(t, src)
	compare := func(t *testing.T) {
		t.Helper()
		want := mustDescribeTree(t, c, theirs, nil)
		if diff := cmp.Diff(want, mustDescribeTree(t, c, ours, nil)); diff != "" {
			t.Errorf("tree (-theirs +ours):\n%s", diff)
		}
	}
	t.Run("tree", func(t *testing.T) {
		file := mustSendFile(t, "-R", "-h", src+"@1")
		mustReceiveTheirs(t, file, theirs)
		got, err := receiveOurs(t, c, file, ours, nil)
		if err != nil || len(got.Failed) > 0 {
			t.Fatalf("%+v, error %v", got, err)
		}
		compare(t)
		// Once more, nothing is left to do.
		got, err = receiveOurs(t, c, file, ours, nil)
		if err != nil || len(got.Streams) > 0 || len(got.Skipped) < 12 {
			t.Errorf("again: %+v, error %v", got, err)
		}
	})
	mustChangeTree(t, src)
	for _, target := range []string{ours, theirs} {
		mustScript(t, strings.ReplaceAll("create T/local\nsnapshot T/local@x\nsnapshot T/a@local\n", "T", target))
	}
	t.Run("incremental", func(t *testing.T) {
		file := mustSendFile(t, "-R", "-h", "-I", "@1", src+"@2")
		planned, err := receiveOurs(t, c, file, ours, &zfs.ReceiveTreeOptions{Force: true, DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		mustReceiveTheirs(t, file, "-F", theirs)
		got, err := receiveOurs(t, c, file, ours, &zfs.ReceiveTreeOptions{Force: true})
		if err != nil || len(got.Failed) > 0 {
			t.Fatalf("%+v, error %v", got, err)
		}
		compare(t)
		if len(planned.Streams) != len(got.Streams) || len(planned.Steps) > len(got.Steps) {
			t.Errorf("planned %d streams and %v, done %d and %v", len(planned.Streams), planned.Steps, len(got.Streams), got.Steps)
		}
	})
}

// The options to name received datasets, to override and to exclude properties.
func TestKernelReceiveTreeNaming(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	src := pool + "/src/deep"
	mustScript(t, strings.NewReplacer("POOL", pool, "SRC", src).Replace(`
create POOL/src
create -o compression=lz4 -o org.example:a=1 SRC
create -o quota=50M SRC/a
create -s -V 1M -o volblocksize=16k SRC/v
snapshot SRC/a@0
snapshot -r SRC@1
create POOL/ours
create POOL/theirs
`))
	tree, one, many := mustSendFile(t, "-R", src+"@1"), mustSendFile(t, "-p", src+"/a@1"), mustSendFile(t, "-I", "@0", src+"/a@1")
	first, volume := mustSendFile(t, src+"/a@0"), mustSendFile(t, "-p", src+"/v@1")
	user := prop.Prop("org.example:a")
	tests := []struct {
		name string
		file string
		args []string
		opts zfs.ReceiveTreeOptions
		tail string
	}{
		{"path", tree, []string{"-d"}, zfs.ReceiveTreeOptions{Naming: zfs.NamingPath}, ""},
		{"override", tree, []string{"-e", "-o", "compression=zle", "-o", "org.example:a=2", "-o", "atime=off"}, zfs.ReceiveTreeOptions{
			Naming: zfs.NamingTail, Override: prop.Values{
				prop.Compression: prop.String("zle"), user: prop.String("2"), prop.Atime: prop.String("off"),
			},
		}, ""},
		{"exclude", tree, []string{"-e", "-x", "compression", "-x", "quota", "-x", "org.example:a"}, zfs.ReceiveTreeOptions{
			Naming: zfs.NamingTail, Exclude: []prop.Prop{prop.Compression, prop.Quota, user},
		}, ""},
		{"one with properties", one, nil, zfs.ReceiveTreeOptions{}, "/one"},
		{"one as a snapshot", one, nil, zfs.ReceiveTreeOptions{}, "/two@other"},
		{"volume", volume, nil, zfs.ReceiveTreeOptions{}, "/volume"},
		{"plain", first, nil, zfs.ReceiveTreeOptions{}, "/plain"},
		{"intermediate", many, nil, zfs.ReceiveTreeOptions{}, "/plain"},
	}
	for i, tt := range tests {
		ours, theirs := pool+"/ours"+tt.tail, pool+"/theirs"+tt.tail
		if tt.tail == "" {
			ours, theirs = fmt.Sprintf("%s/ours/%d", pool, i), fmt.Sprintf("%s/theirs/%d", pool, i)
			mustScript(t, "create "+ours+"\ncreate "+theirs)
		}
		t.Run(tt.name, func(t *testing.T) {
			mustReceiveTheirs(t, tt.file, append(tt.args, theirs)...)
			if got, err := receiveOurs(t, c, tt.file, ours, &tt.opts); err != nil || len(got.Failed) > 0 {
				t.Fatalf("%+v, error %v", got, err)
			}
		})
	}
	if diff := cmp.Diff(mustDescribeTree(t, c, pool+"/theirs", nil), mustDescribeTree(t, c, pool+"/ours", nil)); diff != "" {
		t.Errorf("trees (-theirs +ours):\n%s", diff)
	}
}

// A raw replication stream keeps its encryption roots, even with renames.
func TestKernelReceiveTreeRaw(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	src, ours, theirs := pool+"/src", pool+"/ours", pool+"/theirs"
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("passphrase of the test"), 0o600); err != nil {
		t.Fatal(err)
	}
	encrypted := "-o encryption=aes-256-gcm -o keyformat=passphrase -o pbkdf2iters=100000 -o keylocation=file://" + key
	mustScript(t, strings.NewReplacer("SRC", src, "ENC", encrypted).Replace(`
create ENC SRC
create SRC/a
create SRC/a/b
create ENC SRC/own
snapshot -r SRC@1
`))
	raw := &zfs.SendOptions{Raw: true}
	for step, args := range [][]string{{"-Rw", src + "@1"}, {"-Rw", "-I", "@1", src + "@2"}} {
		if step == 1 {
			mustScript(t, strings.NewReplacer("SRC", src, "ENC", encrypted).Replace(`
rename SRC/a/b SRC/c
create ENC SRC/late
snapshot -r SRC@2
`))
		}
		file := mustSendFile(t, args...)
		mustReceiveTheirs(t, file, "-F", theirs)
		if got, err := receiveOurs(t, c, file, ours, &zfs.ReceiveTreeOptions{Force: true}); err != nil || len(got.Failed) > 0 {
			t.Fatalf("%v: %+v, error %v", args, got, err)
		}
		if diff := cmp.Diff(mustDescribeTree(t, c, theirs, raw), strings.ReplaceAll(mustDescribeTree(t, c, ours, raw), "root=ours", "root=theirs")); diff != "" {
			t.Errorf("%v (-theirs +ours):\n%s", args, diff)
		}
	}
}

// What cannot be done is reported, and what was done before it.
func TestKernelReceiveTreeErrors(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	src, to := pool+"/src", pool+"/to"
	mustScript(t, strings.ReplaceAll(`
create SRC
create SRC/a
create SRC/a/b
create SRC/y
snapshot -r SRC@0
`, "SRC", src))
	full := mustSendFile(t, "-R", src+"@0")
	if _, err := receiveOurs(t, c, full, to+"@s", nil); !errors.Is(err, zfs.ErrInvalidName) {
		t.Errorf("a tree as a snapshot: %v", err)
	}
	if _, err := receiveOurs(t, c, full, pool+"/none/below", nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("below nothing: %v", err)
	}
	for _, naming := range []zfs.ReceiveNaming{zfs.NamingPath, zfs.NamingTail} {
		for _, dry := range []bool{true, false} {
			_, err := receiveOurs(t, c, full, pool+"/none", &zfs.ReceiveTreeOptions{Naming: naming, DryRun: dry})
			if !errors.Is(err, zfs.ErrNotFound) {
				t.Errorf("into a target that is not there, naming %v, dry run %v: %v", naming, dry, err)
			}
		}
	}
	if there, err := c.DatasetExists(t.Context(), pool+"/none"); there || err != nil {
		t.Errorf("the target was made: %v, %v", there, err)
	}
	whole, err := os.ReadFile(full)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.ReceiveTree(t.Context(), to, bytes.NewReader(whole[:len(whole)-400]), nil)
	if !errors.Is(err, zfs.ErrTruncated) || got == nil || len(got.Streams) != 3 {
		t.Errorf("truncated: %+v, %v", got, err)
	}
	if got, err = receiveOurs(t, c, full, to, nil); err != nil || len(got.Streams) != 1 || len(got.Skipped) != 3 {
		t.Errorf("the rest: %+v, %v", got, err)
	}
	// A snapshot that is held cannot be destroyed, and its filesystem is left alone. The
	// rest is received.
	mustScript(t, strings.NewReplacer("SRC", src, "TO", to).Replace(`
create TO/local
snapshot TO/local@here
hold keep TO/local@here
rename SRC/a/b SRC/b
snapshot -r SRC@1
`))
	got, err = receiveOurs(t, c, mustSendFile(t, "-R", "-I", "@0", src+"@1"), to, &zfs.ReceiveTreeOptions{Force: true})
	var e *zfs.Error
	if !errors.As(err, &e) || !errors.Is(err, zfs.ErrBusy) || len(e.Items) != 1 || e.Items[0].Name != to+"/local@here" {
		t.Errorf("error %v", err)
	}
	if len(got.Streams) != 4 {
		t.Errorf("result %+v", got)
	}
}

// A clone gets an origin at or below the target, or an allowed one.
func TestKernelReceiveTreeOrigins(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	mustScript(t, strings.ReplaceAll(`
create POOL/secret
snapshot POOL/secret@1
clone POOL/secret@1 POOL/clone
snapshot POOL/clone@2
create POOL/dir
`, "POOL", pool))
	base, clone := mustSendFile(t, "-p", pool+"/secret@1"), mustSendFile(t, "-i", pool+"/secret@1", pool+"/clone@2")
	origin := pool + "/secret@1"
	for _, dry := range []bool{true, false} {
		for _, opts := range []zfs.ReceiveTreeOptions{{}, {Origins: []string{pool, pool + "/dir"}}, {Naming: zfs.NamingTail}, {Force: true, Resumable: true}} {
			opts.DryRun = dry
			target := pool + "/dir"
			if opts.Naming == zfs.NamingExact {
				target += "/clone"
			}
			_, err := receiveOurs(t, c, clone, target, &opts)
			var e *zfs.Error
			if !errors.Is(err, zfs.ErrRefused) || !errors.As(err, &e) || e.Object != origin {
				t.Errorf("%+v: %v", opts, err)
			}
		}
	}
	if found, err := c.DatasetExists(t.Context(), pool+"/dir/clone"); err != nil || found {
		t.Fatalf("the clone was made: %v, error %v", found, err)
	}
	// mustMake receives with and without a dry run, and checks the origin.
	mustMake := func(file, target, made, origin string, opts zfs.ReceiveTreeOptions) {
		t.Helper()
		for _, opts.DryRun = range []bool{true, false} {
			if got, err := receiveOurs(t, c, file, target, &opts); err != nil || len(got.Streams) != 1 || !strings.HasPrefix(got.Streams[0].Snapshot, made+"@") {
				t.Fatalf("%s: %+v, error %v", made, got, err)
			}
		}
		ds, err := c.DatasetStats(t.Context(), made, nil)
		if err != nil || ds.Origin != origin {
			t.Fatalf("%s: the origin is %q, want %q, error %v", made, ds.Origin, origin, err)
		}
	}
	mustMake(clone, pool+"/dir/allowed", pool+"/dir/allowed", origin, zfs.ReceiveTreeOptions{Origins: []string{pool + "/secret"}})
	// A copy of the origin below the target is preferred.
	mustMake(base, pool+"/dir", pool+"/dir/secret", "", zfs.ReceiveTreeOptions{Naming: zfs.NamingTail})
	mustMake(clone, pool+"/dir", pool+"/dir/clone", pool+"/dir/secret@1", zfs.ReceiveTreeOptions{Naming: zfs.NamingTail, Origins: []string{pool + "/secret"}})
}
