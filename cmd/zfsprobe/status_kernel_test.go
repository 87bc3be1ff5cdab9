package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// statusPool makes a pool on files that letters stand for, and runs steps, in
// which P is the pool and each single letter a file. It is destroyed at the end.
type statusPool struct {
	name, dir string
}

func newStatusPool(t *testing.T, name string) *statusPool {
	t.Helper()
	p := &statusPool{name: name, dir: t.TempDir()}
	for _, file := range strings.Split("abcdefgh", "") {
		path := filepath.Join(p.dir, file)
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Truncate(path, 512<<20))
	}
	t.Cleanup(func() { _, _ = zfstest.Try("zpool", "destroy", "-f", name) }) // a test may have done it
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// words puts names and paths in the place of letters.
func (p *statusPool) words(text string) []string {
	words := strings.Fields(text)
	for i, w := range words {
		switch {
		case w == "Q":
			words[i] = "nosuchpool"
		case w == "P" || strings.HasPrefix(w, "P/") || strings.HasPrefix(w, "P@"):
			words[i] = p.name + w[1:]
		case len(w) == 1 && w[0] >= 'a' && w[0] <= 'h':
			words[i] = filepath.Join(p.dir, w)
		}
	}
	return words
}

// run runs steps that are separated by semicolons.
func (p *statusPool) run(t *testing.T, steps string) {
	t.Helper()
	for step := range strings.SplitSeq(steps, ";") {
		w := p.words(step)
		switch w[0] {
		case "settle":
			p.settle(t, w[1])
			continue
		case "do":
			probe(t, w...)
			continue
		}
		zfstest.Run(t, w[0], w[1:]...)
	}
}

// settle waits until nothing is under way and the status says a word.
func (p *statusPool) settle(t *testing.T, word string) {
	t.Helper()
	for range 200 {
		text := zfstest.Run(t, "zpool", "status", p.name)
		if strings.Contains(text, word) && !strings.Contains(text, "in progress") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the pool does not come to say %q", word)
}

// sections begin the lines that come after the words about a pool's trouble,
// which are zfsprobe's own.
var sections = regexp.MustCompile(`^ *(see|scan|scrub|remove|checkpoint|expand|config):`)

// withoutAdvice leaves out what is the matter and what helps, and spaces at the
// ends of lines.
func withoutAdvice(text string) (lines []string) {
	skip := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "status:") {
			skip = true
		}
		if sections.MatchString(line) {
			skip = false
		}
		// Releases differ in how they announce a scrub that left something out.
		// 2.0 indents this line by spaces.
		if strings.Contains(line, "memory used for removed") {
			line = "\t" + strings.TrimSpace(line)
		}
		if !skip && !strings.Contains(line, "scan warning:") {
			lines = append(lines, strings.TrimRight(line, " \t\n"))
		}
	}
	return lines
}

// probeStatus runs zfsprobe status, which also ends with 1 for a finding.
func probeStatus(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out, errOut bytes.Buffer
	code := run(t.Context(), append([]string{"status"}, args...), strings.NewReader(""), &out, &errOut)
	if code == exitFailed || errOut.Len() > 0 {
		t.Fatalf("zfsprobe status %v: exit %d: %s", args, code, errOut.String())
	}
	return out.String(), code
}

// sameStatus compares zfsprobe status with zpool status.
func (p *statusPool) sameStatus(t *testing.T, args ...string) string {
	t.Helper()
	args = append(args, p.name)
	theirs := zfstest.Run(t, "zpool", append([]string{"status"}, args...)...)
	ours, _ := probeStatus(t, args...)
	if diff := cmp.Diff(withoutAdvice(theirs), withoutAdvice(ours)); diff != "" {
		t.Errorf("zpool status and zfsprobe status differ (-zpool +zfsprobe):\n%s", diff)
	}
	if a, b := strings.Contains(theirs, "\nstatus:"), strings.Contains(ours, "\nstatus:"); a != b {
		t.Errorf("zpool has advice: %v, zfsprobe: %v\n%s", a, b, ours)
	}
	return ours
}

// What zfsprobe says of a pool through its life equals what zpool status says.
func TestKernelStatusEqualsZpoolStatus(t *testing.T) {
	zfstest.Kernel(t)
	p := newStatusPool(t, "statuspool")
	for i, tt := range []struct {
		name, steps string
		code        int
		want        string
	}{
		{"new", "zpool create -O mountpoint=none P mirror a b log c cache d spare e", exitFine, "state: ONLINE"},
		{"scrubbed", "zpool scrub -w P", exitFine, "scrub repaired 0B"},
		{"offline", "zpool offline P a", exitFinding, "DEGRADED"},
		{"online", "zpool online P a;settle resilvered", exitFine, "resilvered"},
		{"faulted", "zpool offline -f P b", exitFinding, "external device fault"},
		{"cleared", "zpool clear P;settle resilvered", exitFine, "ONLINE"},
		{"spare in use", "do pool replace P b e;settle INUSE", exitFine, "INUSE"},
		{"spare back", "zpool detach P e", exitFine, "AVAIL"},
		{"attached in sequence", "zpool attach -s -w P a f;settle repaired", exitFine, "resilvered (mirror-0)"},
		{"trimmed", "zpool initialize -w P a", exitFine, ""},
		{"checkpoint", "zpool scrub -w P;zpool checkpoint P", exitFine, "checkpoint: created"},
	} {
		if testing.Short() && i == shortSteps/2 {
			break
		}
		p.run(t, tt.steps)
		var ours string
		if tt.name == "trimmed" {
			ours = p.sameStatus(t, "-i", "-t")
		} else {
			ours = p.sameStatus(t)
		}
		if !strings.Contains(ours, tt.want) {
			t.Errorf("%s: it does not say %q:\n%s", tt.name, tt.want, ours)
		}
		if _, code := probeStatus(t, p.name); code != tt.code {
			t.Errorf("%s: exit %d, want %d:\n%s", tt.name, code, tt.code, ours)
		}
	}
	p.sameJSON(t)
	if out, code := probeStatus(t, "-x"); code != exitFine || out != "all pools are healthy\n" {
		t.Errorf("status -x: exit %d, %q", code, out)
	}
}

// sameJSON compares the documents of both, as far as zpool has one. Numbers that
// change by themselves are left out.
func (p *statusPool) sameJSON(t *testing.T) {
	t.Helper()
	if rel := zfstest.Release(t); rel.Major == 2 && rel.Minor < 3 {
		return // zpool has no JSON before 2.3
	}
	decode := func(text []byte) any {
		var doc struct {
			Pools map[string]map[string]any `json:"pools"`
		}
		must(t, json.Unmarshal(text, &doc))
		pool := doc.Pools[p.name]
		for _, key := range []string{"txg", "zpl_version", "code", "status", "action"} {
			delete(pool, key)
		}
		return pool
	}
	theirs := decode([]byte(zfstest.Run(t, "zpool", "status", "-j", "--json-int", p.name)))
	ours := decode(probe(t, "status", "--json", p.name))
	differ := cmp.FilterPath(func(path cmp.Path) bool {
		step, ok := path.Last().(cmp.MapIndex)
		return ok && slices.Contains([]string{"alloc_space", "guid", "pool_guid", "slow_ios", "pass_time"}, step.Key().String())
	}, cmp.Ignore())
	zero := cmp.FilterPath(func(path cmp.Path) bool {
		step, ok := path.Last().(cmp.MapIndex)
		return ok && strings.Contains(path.String()+path.GoString(), "spares") && strings.HasSuffix(step.Key().String(), "_errors")
	}, cmp.Ignore())
	if diff := cmp.Diff(theirs, ours, differ, zero); diff != "" {
		t.Errorf("zpool status -j and zfsprobe status --json differ (-zpool +zfsprobe):\n%s", diff)
	}
}

// Other layouts, a removal, and damaged files.
func TestKernelStatusDamaged(t *testing.T) {
	zfstest.Kernel(t)
	p := newStatusPool(t, "damagedpool")
	mount := filepath.Join(t.TempDir(), "m")
	p.run(t, "zpool create -O mountpoint="+mount+" -O compression=off P a b special c dedup d")
	p.run(t, "zfs create P/fs")
	file := filepath.Join(mount, "fs", "file")
	must(t, os.WriteFile(file, bytes.Repeat([]byte("data"), 64<<10), 0o600))
	p.run(t, "zpool sync P;zpool remove -w P b")
	if ours := p.sameStatus(t); !strings.Contains(ours, "remove: Removal of vdev 1") {
		t.Errorf("the removal is missing:\n%s", ours)
	}
	// What was read lately is in memory, where no fault is.
	p.run(t, "zpool export P;zpool import -d "+p.dir+" P")
	p.run(t, "zinject -a -t data -e checksum "+file)
	if b, err := os.ReadFile(file); err == nil {
		t.Fatalf("the file of %d bytes is whole", len(b))
	}
	p.run(t, "zinject -c all;zpool sync P")
	ours := p.sameStatus(t, "-v")
	if !strings.Contains(ours, file) || !strings.Contains(ours, "ZFS-8000-8A") {
		t.Errorf("the damaged file is not named:\n%s", ours)
	}
	if ours, code := probeAny(t, "errors", p.name); ours != file+"\n" || code != exitFinding {
		t.Errorf("errors, exit %d, want %s:\n%s", code, file, ours)
	}
	p.run(t, "zfs unmount P/fs")
	if ours := p.sameStatus(t, "-v"); !strings.Contains(ours, "damagedpool/fs:/file") {
		t.Errorf("the damaged file is not named without a mount:\n%s", ours)
	}
	if ours, code := probeAny(t, "errors", p.name); ours != "damagedpool/fs:/file\n" || code != exitFinding {
		t.Errorf("errors without a mount, exit %d:\n%s", code, ours)
	}
	p.run(t, "zfs destroy P/fs;zpool sync P")
	p.sameStatus(t, "-v")
}

// A pool that is suspended is shown in time, and so is the rest.
func TestKernelStatusSuspended(t *testing.T) {
	zfstest.Kernel(t)
	p := newStatusPool(t, "suspendedpool")
	p.run(t, "zpool create -O mountpoint=none P a")
	// The device is not there when it is opened anew, and what is written then
	// never gets there.
	p.run(t, "zinject -d a -e nxio P;zpool reopen P")
	written := make(chan error, 1)
	go func() {
		_, err := zfstest.Try("zfs", "set", "a:b=c", p.name)
		written <- err
	}()
	deadline := time.Now().Add(60 * time.Second)
	for !strings.Contains(string(mustRead(t, "/proc/spl/kstat/zfs/"+p.name+"/state")), "SUSPENDED") {
		if time.Now().After(deadline) {
			t.Fatal("the pool is not suspended")
		}
		time.Sleep(50 * time.Millisecond)
	}
	start := time.Now()
	ours, code := probeStatus(t, "--try", "3s", p.name)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if code != exitFinding || !strings.Contains(ours, "state: SUSPENDED") || !strings.Contains(ours, "ZFS-8000-HC") {
		t.Errorf("exit %d:\n%s", code, ours)
	}
	p.run(t, "zinject -c all")
	probe(t, "do", "pool", "clear", p.name)
	must(t, <-written)
	for !strings.Contains(string(mustRead(t, "/proc/spl/kstat/zfs/"+p.name+"/state")), "ONLINE") {
		if time.Now().After(deadline.Add(20 * time.Second)) {
			t.Fatal("the pool stays suspended")
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.sameStatus(t, "-v")
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}
