package prop

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/purezfs/purezfs/ioctl"
)

// mustModuleRelease returns the release of the loaded module. Without one the test
// is skipped on a host, and fails in a guest that exists to have one.
func mustModuleRelease(t *testing.T) ioctl.Release {
	t.Helper()
	text, err := os.ReadFile("/sys/module/zfs/version")
	if err != nil {
		if os.Getenv("ZVM_GUEST") == "1" {
			t.Fatalf("the guest has no ZFS module: %v", err)
		}
		t.Skip("no ZFS module is loaded")
	}
	rel, err := ioctl.ParseRelease(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

// mustRunZFS runs a command of the system's own ZFS tools and returns its output.
func mustRunZFS(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestKernelPropTable compares the table with what the module says of itself.
func TestKernelPropTable(t *testing.T) {
	rel := mustModuleRelease(t)
	const root = "/sys/module/zfs/properties.dataset"
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
		info, ok := Lookup(Prop(entry.Name()))
		if !ok {
			continue
		}
		read := func(attr string) string {
			text, err := os.ReadFile(filepath.Join(root, entry.Name(), attr))
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimSpace(string(text))
		}
		want := []string{
			read("type"), read("readonly"), read("setonce"), read("visible"), read("default"), sortedWords(read("datasets")),
		}
		if diff := cmp.Diff(want, moduleRow(info, rel)); diff != "" {
			t.Errorf("%s: type, readonly, setonce, visible, default, datasets (-module +table):\n%s", info.Name, diff)
		}
	}
	var want []string
	for info := range All() {
		if info.ExistsIn(rel) {
			want = append(want, string(info.Name))
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(names, want); diff != "" {
		t.Errorf("names in %v (-module +table):\n%s", rel, diff)
	}
}

// moduleRow writes a row of the table as the module writes its own.
func moduleRow(info Info, rel ioctl.Release) []string {
	flag := map[bool]string{false: "0", true: "1"}
	types, def := info.Types, info.def
	if old, ok := info.past(rel); ok {
		types, def = old.types, old.def
	}
	text := info.text
	switch info.Kind {
	case KindNumber:
		text = strconv.FormatUint(def, 10)
	case KindIndex:
		text, _ = info.ValueName(def, rel)
	}
	return []string{
		info.Kind.String(), flag[info.Attr == AttrReadOnly], flag[info.Attr == AttrOnce], flag[!info.Hidden], text,
		sortedWords(strings.ReplaceAll(types.String(), ",", " ")),
	}
}

// sortedWords puts the words of a text into a fixed order.
func sortedWords(text string) string {
	words := strings.Fields(text)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// TestKernelZfsGet compares the order, the choice and the defaults of properties
// with what the system's own zfs(8) prints.
func TestKernelZfsGet(t *testing.T) {
	rel := mustModuleRelease(t)
	const pool = "proptest"
	file := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 128<<20); err != nil {
		t.Fatal(err)
	}
	mustRunZFS(t, "zpool", "create", "-O", "mountpoint="+t.TempDir(), pool, file)
	t.Cleanup(func() { mustRunZFS(t, "zpool", "destroy", pool) })
	for _, args := range [][]string{
		{"create", pool + "/fs"}, {"create", "-V", "8M", pool + "/vol"}, {"create", "-s", "-V", "1G", pool + "/thin"},
		{"create", "-o", "xattr=on", "-o", "compression=zstd-fast-20", "-o", "quota=10M", "-o", "filesystem_limit=9", pool + "/set"},
		{"snapshot", "-r", pool + "@s"}, {"bookmark", pool + "/fs@s", pool + "/fs#b"}, {"clone", pool + "/fs@s", pool + "/clone"},
	} {
		mustRunZFS(t, append([]string{"zfs"}, args...)...)
	}
	for name, typ := range map[string]DatasetType{
		"": TypeFilesystem, "/fs": TypeFilesystem, "/set": TypeFilesystem, "/clone": TypeFilesystem,
		"/vol": TypeVolume, "/thin": TypeVolume, "/fs@s": TypeSnapshot | TypeFilesystem, "/vol@s": TypeSnapshot | TypeVolume,
		"/fs#b": TypeBookmark,
	} {
		t.Run(typ.String()+name, func(t *testing.T) { checkZfsGet(t, pool+name, typ, rel) })
	}
}

// checkZfsGet compares one dataset's list.
func checkZfsGet(t *testing.T, name string, typ DatasetType, rel ioctl.Release) {
	var printed []Prop
	for line := range strings.Lines(mustRunZFS(t, "zfs", "get", "-Hp", "-o", "property,value,source", "all", name)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		p, value, source := Prop(fields[0]), fields[1], fields[2]
		printed = append(printed, p)
		info, ok := Lookup(p)
		if !ok {
			t.Errorf("%s is not in the table", p)
			continue
		}
		v, filled := info.DefaultFor(rel, typ)
		if source == "default" && (!filled || p != Mountpoint && Format(p, v, rel) != value) {
			t.Errorf("%s: default is %q, zfs get says %q", p, Format(p, v, rel), value)
		}
		if _, err := Parse(p, value, rel); err != nil && info.Settable() && value != "0" && p != KeyFormat {
			t.Errorf("zfs get prints what cannot be read: %v", err)
		}
		if info.From == FromZPL && source != "-" || info.Attr == AttrReadOnly && source != "-" &&
			p != FilesystemCount && p != SnapshotCount {
			t.Errorf("%s: from %v, %v, but source %q", p, info.From, info.Attr, source)
		}
	}
	var want []Prop
	for _, p := range Visible(typ, rel) {
		info, _ := Lookup(p)
		if _, filled := info.DefaultFor(rel, typ); filled || slices.Contains(printed, p) {
			want = append(want, p)
		}
	}
	if diff := cmp.Diff(want, printed); diff != "" {
		t.Errorf("properties of %s in %v (-want +zfs get):\n%s", name, rel, diff)
	}
}
