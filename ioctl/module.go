package ioctl

import (
	"os"
	"path/filepath"
	"strings"
)

// Module is what /sys tells about the ZFS module, without touching the device.
type Module struct {
	// Known is false where /sys does not tell, as in some containers; the
	// other fields mean nothing then.
	Known  bool
	Loaded bool
	// Version is the module's own text, as "2.4.4-1"; empty if not loaded.
	Version string
	// Release is the number in Version.
	Release Release
	// SPLVersion is the version of the spl module, empty if there is none.
	SPLVersion string
}

// moduleRoots are the directories of a module that is loaded, or built in.
var moduleRoots = [...]string{"/sys/module/zfs", "/sys/fs/zfs"}

// ReadModule looks whether the module is loaded and which it is. Versions
// explain; what the module can do is asked of the module, see
// [Device.Supports].
func ReadModule() Module { return readModule("/") }

func readModule(root string) Module {
	if _, err := os.Stat(filepath.Join(root, "sys/module")); err != nil {
		return Module{}
	}
	m := Module{Known: true}
	for _, dir := range moduleRoots {
		if _, err := os.Stat(filepath.Join(root, dir)); err != nil {
			continue
		}
		m.Loaded = true
		if m.Version == "" {
			m.Version = readLine(filepath.Join(root, dir, "version"))
		}
	}
	m.SPLVersion = readLine(filepath.Join(root, "sys/module/spl/version"))
	// A version that cannot be read leaves the release zero, and nothing
	// depends on it.
	m.Release, _ = ParseRelease(m.Version)
	return m
}

// readLine returns a file's text without the end of its line, empty if there
// is none.
func readLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
