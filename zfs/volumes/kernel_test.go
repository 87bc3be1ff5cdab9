package volumes_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/volumes"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// volumeLine says in one line what a list of volumes says: "a[1 2] b<a@1 c! d=ro".
func volumeLine(t *testing.T, v *volumes.Service) string {
	t.Helper()
	all, err := v.List(t.Context())
	testkit.Must(t, err)
	var words []string
	for _, o := range all {
		word := o.Name
		if o.Destroyed {
			word += "!"
		}
		if o.ReadOnly {
			word += "=ro"
		}
		if o.Origin != "" {
			word += "<" + o.Origin
		}
		var snaps []string
		for _, s := range o.Snapshots {
			snaps = append(snaps, strings.TrimPrefix(s.Name, o.Name+"@"))
		}
		if len(snaps) > 0 {
			word += "[" + strings.Join(snaps, " ") + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// hiddenVolumes is how many datasets are hidden.
func hiddenDir(t *testing.T, c *zfs.Client, parent string) (n int) {
	t.Helper()
	for _, err := range c.Datasets(t.Context(), parent+"/.volumes", &zfs.DatasetsOptions{Depth: 1, NamesOnly: true}) {
		if errors.Is(err, zfs.ErrNotFound) {
			return 0
		}
		testkit.Must(t, err)
		n++
	}
	return n - 1
}

// writeFile and readFile write to and read from a volume that is a filesystem.
func writeFile(t *testing.T, c *zfs.Client, name, text string) {
	t.Helper()
	withMounted(t, c, name, func(dir string) error { return os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o600) })
}

func readFile(t *testing.T, c *zfs.Client, name string) (text string) {
	t.Helper()
	withMounted(t, c, name, func(dir string) error {
		b, err := os.ReadFile(filepath.Join(dir, "file"))
		text = string(b)
		return err
	})
	return text
}

func withMounted(t *testing.T, c *zfs.Client, name string, do func(dir string) error) {
	t.Helper()
	dir, err := c.DatasetMount(t.Context(), name, &zfs.DatasetMountOptions{Path: filepath.Join(t.TempDir(), "m")})
	testkit.Must(t, err)
	err = do(dir)
	testkit.Must(t, c.DatasetUnmount(t.Context(), name, nil))
	testkit.Must(t, err)
}

// volumeCall makes the call of a line: "create a", "snapshot a@1", "clone a@1 b",
// "image a b" (a read-only clone), "copy a b", "rollback a@1", "destroy a", "purge a"
// (with snapshots), "put a text", "mount a", "unmount a". It returns what the fate
// says.
func volumeCall(t *testing.T, c *zfs.Client, v *volumes.Service, line string) (string, error) {
	t.Helper()
	ctx := t.Context()
	f := append(strings.Fields(line), "")
	switch f[0] {
	case "create":
		return "", v.Create(ctx, f[1], nil)
	case "device":
		return "", v.Create(ctx, f[1], &volumes.CreateOptions{Size: 1 << 20, Props: prop.Values{
			prop.RefReservation: prop.String("auto")}})
	case "snapshot":
		return "", v.Snapshot(ctx, f[1])
	case "clone":
		return "", v.Clone(ctx, f[1], f[2], nil)
	case "image":
		return "", v.Clone(ctx, f[1], f[2], &volumes.CloneOptions{ReadOnly: true})
	case "copy":
		return "", v.Copy(ctx, f[1], f[2], nil)
	case "rollback":
		return "", v.Rollback(ctx, f[1])
	case "put":
		writeFile(t, c, v.Dataset(f[1]), f[2])
	case "mount":
		_, err := c.DatasetMount(ctx, v.Dataset(f[1]), &zfs.DatasetMountOptions{Path: "/tmp/" + v.Dataset(f[1])})
		return "", err
	case "unmount":
		return "", c.DatasetUnmount(ctx, v.Dataset(f[1]), nil)
	case "destroy", "purge":
		fate, err := v.Destroy(ctx, f[1], &volumes.DestroyOptions{Snapshots: f[0] == "purge"})
		if err != nil || !fate.Hidden {
			return "", err
		}
		return "for " + strings.Join(fate.Needed, " "), nil
	default:
		t.Fatalf("no call %q", line)
	}
	return "", nil
}

// A life of volumes, step by step.
func TestKernelVolumes(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	testkit.Must(t, c.DatasetCreate(t.Context(), pool+"/p", nil))
	v, err := volumes.Open(t.Context(), c, pool+"/p")
	testkit.Must(t, err)
	for i, step := range []struct {
		call   string
		want   error
		says   string // what needs what was destroyed
		list   string // of all volumes, empty for unchanged
		reads  string // what a volume holds: "a=text"
		hidden int
	}{
		{call: "create a", list: "a"},
		{call: "create a", want: zfs.ErrExists},
		{call: "create .a", want: zfs.ErrInvalidName},
		{call: "put a one"},
		{call: "snapshot a@1", list: "a[1]"},
		{call: "snapshot a@1", want: zfs.ErrExists},
		{call: "put a two"},
		{call: "snapshot a@2", list: "a[1 2]"},
		{call: "put a three"},
		{call: "clone a b", list: "a[1 2] b", reads: "b=three"},
		{call: "image a@1 i", list: "a[1 2] b i=ro<a@1", reads: "i=one"},
		{call: "clone a@1 b", want: zfs.ErrExists},
		{call: "rollback a@2", reads: "a=two", want: nil, list: "a<a@2[1 2] b i=ro<a@1", hidden: 1},
		{call: "rollback a@1", reads: "a=one", list: "a<a@1[1 2] b i=ro<a@1", hidden: 1},
		{call: "rollback a@2", reads: "a=two", list: "a<a@2[1 2] b i=ro<a@1", hidden: 1},
		{call: "snapshot a@2", want: zfs.ErrExists, hidden: 1},
		{call: "snapshot a@3", list: "a<a@2[1 2 3] b i=ro<a@1", hidden: 1},
		{call: "rollback a@3", reads: "a=two", hidden: 1},
		{call: "copy a@1 k", list: "a<a@2[1 2 3] b i=ro<a@1 k", reads: "k=one", hidden: 1},
		{call: "copy a b", want: zfs.ErrExists, hidden: 1},
		{call: "copy a l", list: "a<a@2[1 2 3] b i=ro<a@1 k l", reads: "l=two", hidden: 1},
		{call: "destroy a@1", says: "for i", list: "a<a@2[2 3] b i=ro k l", hidden: 1},
		{call: "snapshot a@1", list: "a<a@2[2 3 1] b i=ro k l", hidden: 1},
		{call: "mount a", hidden: 1},
		{call: "destroy a", want: zfs.ErrBusy, hidden: 1},
		{call: "rollback a@2", want: zfs.ErrBusy, hidden: 1},
		{call: "unmount a", hidden: 1},
		{call: "destroy a", says: "for a@1 a@3", list: "a![2 3 1] b i=ro k l", hidden: 2},
		{call: "create a", want: zfs.ErrExists, hidden: 2},
		{call: "rollback a@3", want: zfs.ErrNotFound, hidden: 2},
		{call: "clone a@3 c", list: "a![2 3 1] b c<a@3 i=ro k l", reads: "c=two", hidden: 2},
		{call: "destroy a@1", list: "a![2 3] b c<a@3 i=ro k l", hidden: 2},
		{call: "purge a", list: "b c i=ro k l", reads: "c=two", hidden: 2},
		{call: "destroy c", list: "b i=ro k l", hidden: 1},
		{call: "destroy b", list: "i=ro k l", hidden: 1},
		{call: "destroy i", list: "k l"},
		{call: "device d", list: "d k l"},
		{call: "snapshot d@1", list: "d[1] k l"},
		{call: "snapshot d@2", list: "d[1 2] k l"},
		{call: "rollback d@1", list: "d<d@1[1 2] k l", hidden: 1},
		{call: "copy d e", list: "d<d@1[1 2] e k l", hidden: 1},
		{call: "purge d", list: "e k l"},
	} {
		if testing.Short() && i > 24 {
			break
		}
		list := volumeLine(t, v)
		says, err := volumeCall(t, c, v, step.call)
		if !errors.Is(err, step.want) || says != step.says {
			t.Fatalf("%s: %q, %v; want %q, %v", step.call, says, err, step.says, step.want)
		}
		if step.list != "" {
			list = step.list
		}
		if diff := cmp.Diff(list, volumeLine(t, v)); diff != "" {
			t.Fatalf("%s: volumes (-want +got):\n%s", step.call, diff)
		}
		if n := hiddenDir(t, c, pool+"/p"); n != step.hidden {
			t.Fatalf("%s: %d are hidden, want %d: %v", step.call, n, step.hidden, allNames(t, pool))
		}
		if name, text, ok := strings.Cut(step.reads, "="); ok && readFile(t, c, v.Dataset(name)) != text {
			t.Errorf("%s: %s does not hold %s", step.call, name, text)
		}
	}
	if size := zfstest.Run(t, "zfs", "list", "-Hpo", "volsize", "-t", "volume", "-r", pool); !testing.Short() && size != "1048576\n" {
		t.Errorf("the copy of a device has %s", size)
	}
}

// crashing is a client whose n-th call that changes something, and all later
// ones, do not reach the kernel.
func crashing(t *testing.T, c *zfs.Client, n int) (*zfs.Client, *int) {
	t.Helper()
	calls := new(int)
	dev := c.Device().Tap(func(op ioctl.Op, _ *ioctl.Cmd, next func() error) error {
		switch op {
		case ioctl.OpClone, ioctl.OpRename, ioctl.OpChannelProgram, ioctl.OpRollback, ioctl.OpSnapshot, ioctl.OpDestroySnaps,
			ioctl.OpRecvNew, ioctl.OpSetProp, ioctl.OpCreate:
			*calls++
		}
		if *calls >= n {
			return ioctl.CodeIo.Err()
		}
		return next()
	})
	dead, err := zfs.Open(&zfs.Options{Device: dev})
	testkit.Must(t, err)
	return dead, calls
}

// died carries out a call that dies at its n-th change, and returns what there is
// after the volumes were opened again, and whether the call came to its end.
func died(t *testing.T, c *zfs.Client, parent, call string, n int) (after string, survived bool) {
	t.Helper()
	dead, calls := crashing(t, c, 1000)
	dying, err := volumes.Open(t.Context(), dead, parent)
	testkit.Must(t, err)
	*calls = 1000 - n
	_, err = volumeCall(t, c, dying, call)
	survived = *calls < 1000
	if survived != (err == nil) {
		t.Errorf("%s with %d calls: %v", call, n, err)
	}
	again, err := volumes.Open(t.Context(), c, parent)
	testkit.Must(t, err)
	return volumeLine(t, again), survived
}

// play makes the calls of a line, which are separated by semicolons.
func play(t *testing.T, c *zfs.Client, v *volumes.Service, lines string) {
	t.Helper()
	for line := range strings.SplitSeq(lines, ";") {
		_, err := volumeCall(t, c, v, line)
		testkit.Must(t, err)
	}
}

// Whichever step an operation dies at, the next one to open the volumes finds
// either the state before or the one after, and nothing hidden without a reason.
func TestKernelVolumesCrash(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	v, err := volumes.Open(t.Context(), c, pool)
	testkit.Must(t, err)
	play := func(lines string) { play(t, c, v, lines) }
	play("create a;snapshot a@1;snapshot a@2")
	steps := map[string]int{}
	for n, before := 1, "a[1 2]"; ; n++ {
		to := "a@1"
		if strings.HasPrefix(before, "a<a@1") {
			to = "a@2"
		}
		line, survived := died(t, c, pool, "rollback "+to, n)
		after := "a<" + to + "[1 2]"
		if line != after && (survived || line != before) {
			t.Fatalf("the rollback died at change %d: %q", n, line)
		}
		if n := hiddenDir(t, c, pool); n > 1 {
			t.Fatalf("the rollback died at change %d, and %d are hidden", n, n)
		}
		before, steps["rollback"] = line, n
		if survived {
			break
		}
	}
	kinds := []string{"copy a b", "clone a b", "destroy b", "purge a"}
	if testing.Short() {
		kinds = kinds[3:]
	}
	for _, call := range kinds {
		if call == "purge a" {
			play("clone a@2 x") // all of it has to be hidden, one life after the other
		}
		before := volumeLine(t, v)
		after := map[string]string{"copy a b": before + " b", "clone a b": before + " b", "destroy b": strings.TrimSuffix(before, " b"), "purge a": "x"}[call]
		for n := 1; ; n++ {
			line, survived := died(t, c, pool, call, n)
			if line != after && (survived || line != before && call != "purge a") {
				t.Fatalf("%s died at change %d: %q", call, n, line)
			}
			if steps[call] = n; line == after {
				break
			}
		}
		if call == "copy a b" {
			play("destroy b")
		}
	}
	play("destroy x")
	if n := hiddenDir(t, c, pool); n != 0 {
		t.Errorf("%d are hidden: %v", n, allNames(t, pool))
	}
	if steps["purge a"] < 3 || steps["rollback"] < 4 || steps["copy a b"] < 3 && !testing.Short() {
		t.Errorf("the calls did not die: %v", steps)
	}
}

// While a copy is made, all goes on but what would take away its source. Here it
// rests when all is received: then the kernel no longer protects any of it.
func TestKernelVolumesCopyMeanwhile(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	entered, leave := make(chan struct{}), make(chan struct{})
	dev := c.Device().Tap(func(op ioctl.Op, _ *ioctl.Cmd, next func() error) error {
		err := next()
		if op == ioctl.OpRecvNew {
			close(entered)
			<-leave
		}
		return err
	})
	slow, err := zfs.Open(&zfs.Options{Device: dev})
	testkit.Must(t, err)
	v, err := volumes.Open(t.Context(), slow, pool)
	testkit.Must(t, err)
	testkit.Must(t, v.Create(t.Context(), "a", nil))
	writeFile(t, c, v.Dataset("a"), "one")
	testkit.Must(t, v.Snapshot(t.Context(), "a@1"))
	copied := make(chan error, 1)
	var last zfs.SendProgress
	go func() {
		copied <- v.Copy(t.Context(), "a", "b", &volumes.CloneOptions{Progress: func(p zfs.SendProgress) { last = p }})
	}()
	<-entered
	if _, err := v.Collect(t.Context()); err != nil {
		t.Error(err)
	}
	for _, call := range []string{"create c", "snapshot a@2", "clone a@1 d", "destroy d", "purge c"} {
		if _, err := volumeCall(t, c, v, call); err != nil {
			t.Errorf("%s: %v", call, err)
		}
	}
	for _, call := range []string{"create b", "clone a b", "copy a@1 b"} {
		if _, err := volumeCall(t, c, v, call); !errors.Is(err, zfs.ErrExists) {
			t.Errorf("%s: error %v, want ErrExists", call, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for _, name := range []string{"a", "a@1"} {
		if _, err := v.Destroy(ctx, name, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("destroy %s: %v, want to wait", name, err)
		}
	}
	if err := v.Rollback(ctx, "a@1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("rollback: %v, want to wait", err)
	}
	if line, names := volumeLine(t, v), fmt.Sprint(allNames(t, pool)); line != "a[1 2]" || !strings.Contains(names, "/a@.from-") {
		t.Errorf("there is %q, and %s", line, names)
	}
	destroyed := make(chan error, 1)
	go func() {
		_, err := v.Destroy(t.Context(), "a", &volumes.DestroyOptions{Snapshots: true})
		destroyed <- err
	}()
	close(leave)
	testkit.Must(t, <-copied)
	testkit.Must(t, <-destroyed)
	if !last.Done || !strings.Contains(last.Snapshot, "/a@.from-") {
		t.Errorf("the progress is %+v in the end", last)
	}
	if line, text := volumeLine(t, v), readFile(t, c, v.Dataset("b")); line != "b" || text != "one" {
		t.Errorf("afterwards there is %q, and it holds %q", line, text)
	}
	if n := hiddenDir(t, c, pool); n != 0 {
		t.Errorf("%d are hidden: %v", n, allNames(t, pool))
	}
}

// A copy that is given up leaves nothing behind, also not its context.
func TestKernelVolumesCanceled(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	v, err := volumes.Open(t.Context(), c, pool)
	testkit.Must(t, err)
	testkit.Must(t, v.Create(t.Context(), "a", nil))
	writeFile(t, c, v.Dataset("a"), strings.Repeat("x", 1<<20))
	ctx, cancel := context.WithCancel(t.Context())
	dev := c.Device().Tap(func(op ioctl.Op, _ *ioctl.Cmd, next func() error) error {
		if op == ioctl.OpRecvNew {
			cancel()
		}
		return next()
	})
	slow, err := zfs.Open(&zfs.Options{Device: dev})
	testkit.Must(t, err)
	v, err = volumes.Open(t.Context(), slow, pool)
	testkit.Must(t, err)
	if err := v.Copy(ctx, "a", "b", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if line := volumeLine(t, v); line != "a" || hiddenDir(t, c, pool) != 0 {
		t.Errorf("left is %q, and %v", line, allNames(t, pool))
	}
}

// allNames lists all that is in a pool, as zfs(8) sees it.
func allNames(t *testing.T, pool string) []string {
	t.Helper()
	return strings.Fields(zfstest.Run(t, "zfs", "list", "-H", "-r", "-t", "all", "-o", "name", pool))
}
