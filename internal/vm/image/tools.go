package image

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A Tool is a program that building or running needs.
type Tool struct {
	Program string
	Package string // Debian's
	// Older is the package of Debian releases that lack Package, or "".
	Older string
	Why   string
	// Path is where it was found, "" when it is missing.
	Path string
}

// Tools returns the programs that building and booting the releases needs on this
// machine, and where they are. No release means those of amd64.
func Tools(releases ...Release) []Tool {
	if len(releases) == 0 {
		releases = []Release{{Arch: DefaultArch}}
	}
	tools := BuildTools()
	for _, r := range releases {
		if qemu := r.Emulator(); !slices.Contains(tools, qemu) {
			tools = append(tools, qemu)
		}
	}
	return tools
}

// Emulator returns the program that boots the release's image.
func (r Release) Emulator() Tool { return located(r.Machine().tool())[0] }

// BuildTools returns the programs that building an image needs.
func BuildTools() []Tool {
	tools := []Tool{
		{Program: "mmdebstrap", Package: "mmdebstrap", Why: "makes the chroot that an image is built in"},
		{Program: "unshare", Package: "util-linux", Why: "runs the build apart from the machine"},
	}
	if os.Geteuid() != 0 {
		tools = append(tools, Tool{Program: "newuidmap", Package: "uidmap", Why: "lets an ordinary user make a chroot"})
	}
	return located(tools...)
}

// located looks for programs on this machine.
func located(tools ...Tool) []Tool {
	for i := range tools {
		tools[i].Path, _ = exec.LookPath(tools[i].Program)
	}
	return tools
}

// DebianPackage returns the package of the tool that this machine's Debian release has,
// as far as apt's lists are here.
func (t Tool) DebianPackage() string {
	if t.Older == "" {
		return t.Package
	}
	out, err := exec.Command("apt-cache", "pkgnames", t.Package).Output()
	if err == nil && !slices.Contains(strings.Fields(string(out)), t.Package) {
		return t.Older
	}
	return t.Package
}

// A MissingError says what to install.
type MissingError struct{ Packages []string }

// Error names the command that mends it.
func (e *MissingError) Error() string {
	return "missing programs: apt-get install --no-install-recommends " + strings.Join(e.Packages, " ")
}

// Missing returns a *MissingError for the tools that are not there, or nil.
func Missing(tools []Tool) error {
	var packages []string
	for _, t := range tools {
		if t.Path == "" {
			packages = append(packages, t.DebianPackage())
		}
	}
	if len(packages) == 0 {
		return nil
	}
	return &MissingError{Packages: packages}
}

// CheckBuildTools returns nil, a *MissingError, or an error that says what an
// ordinary user lacks for building without being root.
func (b *Builder) CheckBuildTools() error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("images are built on Linux, this is %s", runtime.GOOS)
	}
	if err := Missing(BuildTools()); err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		return nil
	}
	return checkUserNamespace("/etc", "/proc")
}

// checkUserNamespace looks for what mmdebstrap's unshare mode needs.
func checkUserNamespace(etc, proc string) error {
	u, err := user.Current()
	if err != nil {
		return err
	}
	for _, name := range []string{"subuid", "subgid"} {
		data, _ := os.ReadFile(filepath.Join(etc, name))
		if !hasRange(string(data), u) {
			return fmt.Errorf("no subordinate numbers in /etc/%s: run as root:"+
				" usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s", name, u.Username)
		}
	}
	for _, name := range []string{"kernel/unprivileged_userns_clone", "user/max_user_namespaces"} {
		data, err := os.ReadFile(filepath.Join(proc, "sys", name))
		if err == nil && strings.TrimSpace(string(data)) == "0" {
			return fmt.Errorf("user namespaces are off: run as root: sysctl -w %s=1", strings.ReplaceAll(name, "/", "."))
		}
	}
	return nil
}

// hasRange looks for a user's line in a file such as /etc/subuid.
func hasRange(text string, u *user.User) bool {
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, ":")
		if name == u.Username || name == u.Uid {
			return true
		}
	}
	return false
}

// sortedKeys makes the order of a map's entries the same on every run.
func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
