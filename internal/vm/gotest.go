package vm

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// A TestBinary is a go test -exec request: the binary, its flags, and the directory
// in which the go command started it, all on the host.
type TestBinary struct {
	Args []string // as passed by the go command
	Dir  string   // the package's directory, absolute
	Env  []string // the host's environment
}

// outputFlags returns the flags that name files or directories that a test binary writes.
func outputFlags() []string {
	return []string{
		"coverprofile", "cpuprofile", "memprofile", "blockprofile", "mutexprofile",
		"trace", "gocoverdir",
	}
}

// watchdogGrace is the time that a test has after its own timeout to print stacks.
const watchdogGrace = 30 * time.Second

// Command returns the command that runs the test in an image. Every file has the
// same path in the guest as on the host, so that the working directory, testdata and
// the paths in flags are valid.
func (t *TestBinary) Command(img *image.Image) (*Command, error) {
	if len(t.Args) == 0 {
		return nil, fmt.Errorf("%w: no test binary", ErrStart)
	}
	binary := t.Args[0]
	if !filepath.IsAbs(binary) {
		binary = filepath.Join(t.Dir, binary)
	}
	if err := checkMachine(binary, img.Release.Machine().Name); err != nil {
		return nil, err
	}
	c := &Command{Image: img, Dir: t.Dir, Env: PassedEnv(t.Env), Args: []string{binary}}
	c.Put = append(c.Put, same(binary))
	c.Put = append(c.Put, t.testdata()...)
	flags := t.flags()
	for _, arg := range t.Args[1:] {
		// The go command must not cache results: the kernel is not one of
		// its inputs.
		if name, _, _ := testFlag(arg); name != "testlogfile" {
			c.Args = append(c.Args, arg)
		}
	}
	for _, name := range outputFlags() {
		if path := flags[name]; path != "" {
			c.fetch(t.output(path, flags["outputdir"]))
		}
	}
	if dir := envValue(t.Env, "GOCOVERDIR"); dir != "" && flags["gocoverdir"] == "" {
		c.fetch(t.output(dir, ""))
	}
	if s := flags["timeout"]; s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			return nil, fmt.Errorf("%w: -test.timeout: %w", ErrStart, err)
		}
		if d > 0 {
			c.Timeout = d + watchdogGrace
		}
	}
	return c, nil
}

// checkMachine finds a test binary that was built for another machine than the
// image's. The guest refuses a file that cannot be read as a program.
func checkMachine(binary, arch string) error {
	f, err := elf.Open(binary)
	if err != nil {
		return nil
	}
	defer f.Close()
	machines := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_S390: "s390x"}
	if got := machines[f.Machine]; got != arch {
		return fmt.Errorf("%w: %s is a program for %v: set GOARCH=%s CGO_ENABLED=0", ErrStart, binary, f.Machine, arch)
	}
	return nil
}

// fetch brings a file or directory back. Directories must exist in the guest: the Go
// runtime writes coverage into one that its caller made.
func (c *Command) fetch(path string) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		c.Put = append(c.Put, same(path))
	}
	c.Get = append(c.Get, same(path))
}

// same returns a copy between equal paths.
func same(path string) Copy { return Copy{Host: path, Guest: path} }

// testdata returns the package's testdata and that of the module, and the module's
// go.mod, by which tests find its root.
func (t *TestBinary) testdata() []Copy {
	var all []Copy
	add := func(dir string, names ...string) {
		for _, name := range names {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err == nil {
				all = append(all, same(path))
			}
		}
	}
	root := image.ModuleRoot(t.Dir)
	if root != t.Dir {
		add(t.Dir, "testdata")
	}
	if root != "" {
		add(root, "go.mod", "testdata")
	}
	return all
}

// flags returns the test flags of the command line, by name without "test.".
func (t *TestBinary) flags() map[string]string {
	flags := map[string]string{}
	for i, arg := range t.Args[1:] {
		name, value, joined := testFlag(arg)
		if name == "" {
			continue
		}
		if next := i + 2; !joined && next < len(t.Args) {
			value = t.Args[next]
		}
		flags[name] = value
	}
	return flags
}

// testFlag splits -test.name=value. The name is "" for anything else.
func testFlag(arg string) (name, value string, joined bool) {
	rest := strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
	rest, ok := strings.CutPrefix(rest, "test.")
	if !ok || !strings.HasPrefix(arg, "-") {
		return "", "", false
	}
	return strings.Cut(rest, "=")
}

// output resolves a path like the testing package.
func (t *TestBinary) output(path, outputDir string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	if outputDir == "" {
		outputDir = t.Dir
	} else if !filepath.IsAbs(outputDir) {
		outputDir = filepath.Join(t.Dir, outputDir)
	}
	return filepath.Join(outputDir, path)
}

// PassedEnv returns the variables that a guest gets from the host.
func PassedEnv(env []string) []string {
	var passed []string
	for _, kv := range env {
		for _, prefix := range []string{"GO", "ZFS", "PUREZFS"} {
			if strings.HasPrefix(kv, prefix) {
				passed = append(passed, kv)
				break
			}
		}
	}
	return passed
}

// envValue returns the last value of a variable, as in exec.Cmd.
func envValue(env []string, name string) string {
	value := ""
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}
