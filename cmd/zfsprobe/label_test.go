package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/golden"
	"github.com/purezfs/purezfs/zfs/label"
)

// goldenLabels holds labels that kernels wrote; its README says how it was made.
const goldenLabels = "../../testdata/labels"

// mustLabelled makes files that have the labels of golden devices of a release,
// and returns where they are.
func mustLabelled(t *testing.T, release string, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		b := golden.Unzip(t, filepath.Join(goldenLabels, release, name+".gz"))
		mustWriteAt(t, filepath.Join(dir, name), b[:len(b)/2], 0)
		mustWriteAt(t, filepath.Join(dir, name), b[len(b)/2:], label.MinDeviceSize-int64(len(b)/2))
	}
	return dir
}

// mustWriteAt changes a part of a file, which it makes if there is none.
func mustWriteAt(t *testing.T, path string, b []byte, off int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, off); err != nil {
		t.Fatal(err)
	}
}

// zdbText is what zdb(8) printed under a heading of the golden text, without
// spaces at the ends of lines and without what it says of a cache's own header.
func zdbText(t *testing.T, release, heading string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldenLabels, release, "zdb.txt"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "== "+heading+"\n")
	if !ok {
		t.Fatalf("zdb.txt says nothing of %s", heading)
	}
	text, _, _ = strings.Cut(text, "\n== ")
	text, _, _ = strings.Cut(text, strings.Repeat("-", 36)+"\nL2ARC")
	return trimLines(text)
}

// trimLines takes away spaces at the ends of lines, and empty lines at the end.
func trimLines(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// What label prints is what zdb -l prints, and with -u the uberblocks are those
// of zdb -lu.
func TestLabelEqualsZdb(t *testing.T) {
	for _, release := range []string{"2.0", "2.4"} {
		for _, name := range []string{"mirror0", "mirror1", "log", "cache", "spare", "raidz0", "multihost", "destroyed"} {
			dir := mustLabelled(t, release, name)
			got := trimLines(mustRun(t, "label", filepath.Join(dir, name)))
			if diff := cmp.Diff(zdbText(t, release, name), got); diff != "" {
				t.Errorf("%s of %s (-zdb +zfsprobe):\n%s", name, release, diff)
			}
		}
		for _, name := range []string{"mirror0", "raidz0"} {
			dir := mustLabelled(t, release, name)
			var want, got []string
			for line := range strings.Lines(zdbText(t, release, name+" uberblocks")) {
				if field := strings.Fields(line)[0]; field != "mmp_magic" && field != "mmp_valid" {
					want = append(want, strings.TrimSpace(line))
				}
			}
			_, text, _ := strings.Cut(mustRun(t, "label", "-u", filepath.Join(dir, name)), "labels = ")
			for line := range strings.Lines("labels = " + text) {
				if field := strings.Fields(line)[0]; field != "magic" && field != "version" && field != "checkpoint_txg" {
					got = append(got, strings.TrimSpace(line))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("uberblocks of %s of %s (-zdb +zfsprobe):\n%s", name, release, diff)
			}
		}
	}
}

// Damage is a finding, and is told label by label.
func TestLabelDamaged(t *testing.T) {
	dir := mustLabelled(t, "2.4", "raidz0")
	path := filepath.Join(dir, "raidz0")
	mustWriteAt(t, path, make([]byte, label.Size), 0)
	mustWriteAt(t, path, []byte("damage"), label.Size+16<<10+200)
	other := filepath.Join(dir, "none")
	r := runOn(t, fakeDevice(), "", "label", "-u", path, other)
	for _, want := range []string{
		path + ":\nlabel 0: config at byte 16384: empty\nlabel 1: config at byte 278528: checksum mismatch\n",
		"LABEL 2", "labels = 2 3", other + ":\nstat " + other,
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in:\n%s", want, r.out)
		}
	}
	if r.code != exitFinding || r.errOut != "" {
		t.Errorf("exit %d, %s", r.code, r.errOut)
	}
	r = runOn(t, fakeDevice(), "", "label", "--json", "-u", path, other)
	var doc labelDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.code != exitFinding {
		t.Fatalf("exit %d, %v in %s", r.code, err, r.out)
	}
	d := doc.Devices[0]
	if len(doc.Devices) != 2 || d.Whole != 2 || d.Size != label.MinDeviceSize || len(d.Labels) != 3 || len(d.Uberblocks) < 2 || doc.Devices[1].Error == "" {
		t.Errorf("document %+v", doc)
	}
	if !strings.Contains(string(d.Labels[2].Config), `"striped"`) || d.Labels[0].Error == "" || doc.Schema != "zfsprobe.label/1" {
		t.Errorf("labels %+v", d.Labels)
	}
	if r := runOn(t, fakeDevice(), "", "label"); r.code != exitFailed {
		t.Errorf("without a device: exit %d", r.code)
	}
}
