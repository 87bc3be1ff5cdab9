package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/purezfs/purezfs"

// listed is the output of go list for a package.
type listed struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	CgoFiles     []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// goList lists the module's packages.
func goList(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json", "./...")
	cmd.Dir = "../.."
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []listed
	for dec := json.NewDecoder(out); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(all) < 6 {
		t.Fatalf("go list found %d packages only", len(all))
	}
	return all
}

// allowed are the packages outside of std that a package may import, by
// prefix. The first rule that matches applies. Layers import downwards only.
var allowed = []struct {
	pkg  string
	deps []string
}{
	{"/internal/text", nil},
	{"/internal/enum", nil},
	{"/internal/release", []string{module + "/ioctl"}},
	{"/nvlist", nil},
	{"/ioctl/ioctltest", []string{module + "/ioctl", module + "/nvlist"}},
	{"/ioctl", []string{module + "/nvlist", module + "/internal/text", "golang.org/x/sys/unix"}},
	{"/zfs/stream", []string{module + "/nvlist", "golang.org/x/sys/cpu"}},
	{"/zfs/label", []string{module + "/nvlist"}},
	{"/zfs/prop", []string{module + "/ioctl", module + "/internal/enum", module + "/internal/release"}},
	{"/zfs/volumes", []string{module + "/zfs", module + "/zfs/prop", module + "/ioctl"}},
	{"/zfs/internal/transfer", []string{module + "/ioctl"}},
	{"/zfs/internal/testkit", []string{module + "/zfs", module + "/ioctl", module + "/nvlist", "github.com/google/go-cmp/cmp"}},
	{"/zfs/zfstest", []string{module + "/zfs", module + "/ioctl", module + "/nvlist"}},
	{"/zfs", []string{module + "/ioctl", module + "/nvlist", module + "/zfs/stream", module + "/zfs/label", module + "/zfs/prop", module + "/zfs/internal/transfer", module + "/internal/text", module + "/internal/enum", module + "/internal/release"}},
	{"/cmd/zfsprobe/internal/show", []string{module + "/zfs/prop", module + "/nvlist", module + "/internal/text", "golang.org/x/term"}},
	{"/cmd/zfsprobe", []string{module + "/cmd/zfsprobe/internal/show", module + "/zfs", module + "/ioctl", module + "/nvlist", module + "/internal/text", module + "/internal/release", "github.com/spf13/cobra", "golang.org/x/term"}},
	{"/internal/cmd/zvm", []string{module + "/internal/vm", "golang.org/x/sys/unix"}},
	{"/internal/vm/cpio", nil},
	{"/internal/vm/vmtest", nil},
	{"/internal/vm/image", []string{module + "/internal/vm/cpio", "golang.org/x/sys/unix"}},
	{"/internal/vm", []string{module + "/internal/vm", "golang.org/x/sys/unix"}},
	{"/internal/house", []string{module + "/ioctl", module + "/internal/release"}},
	{"/internal/bench", []string{module + "/zfs", module + "/ioctl", module + "/nvlist", "golang.org/x/sys/unix"}},
	{"/internal/carry", []string{module + "/zfs"}},
	{"/internal/golden", []string{module + "/zfs", module + "/ioctl", module + "/nvlist"}},
	{"/examples", []string{module + "/zfs", module + "/ioctl", module + "/nvlist"}},
}

// fits reports whether path is prefix or below it.
func fits(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func TestLayering(t *testing.T) {
	for _, p := range goList(t) {
		i := slices.IndexFunc(allowed, func(r struct {
			pkg  string
			deps []string
		}) bool {
			return fits(p.ImportPath, module+r.pkg)
		})
		if i < 0 {
			t.Errorf("%s: no rule for its imports; add one to internal/house/layering_test.go", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if !strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
				continue // std
			}
			if !slices.ContainsFunc(allowed[i].deps, func(d string) bool { return fits(imp, d) }) {
				t.Errorf("%s imports %s, which its layer may not", p.ImportPath, imp)
			}
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo in %v", p.ImportPath, p.CgoFiles)
		}
		checkRestricted(t, p)
	}
}

// checkRestricted checks that unsafe and system-dependent code is in one
// place.
func checkRestricted(t *testing.T, p listed) {
	t.Helper()
	for _, imp := range p.Imports {
		switch {
		case imp == "unsafe" && p.ImportPath != module+"/ioctl" && !fits(p.ImportPath, module+"/internal"):
			t.Errorf("%s imports unsafe; only ioctl may", p.ImportPath)
		case imp == "os/exec" && (p.ImportPath == module+"/zfs" || p.ImportPath == module+"/ioctl" || p.ImportPath == module+"/nvlist"):
			t.Errorf("%s imports os/exec: the library must not start programs", p.ImportPath)
		case fits(p.ImportPath, module+"/internal"):
		case strings.HasSuffix(imp, "/ioctltest") || strings.HasSuffix(imp, "/zfstest"):
			t.Errorf("%s imports %s outside of its tests", p.ImportPath, imp)
		}
	}
}
