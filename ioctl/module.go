package ioctl

import (
	"os"
	"path/filepath"
	"strings"
)

// Module is the information of /sys about the ZFS module. Reading it does not
// touch the device.
type Module struct {
	// Known is false if /sys has no information, as in some containers.
	// The other fields are then meaningless.
	Known  bool
	Loaded bool
	// Version is the module's version, such as "2.4.4-1", or empty if it
	// is not loaded.
	Version string
	// Release is the number in Version.
	Release Release
	// SPLVersion is the version of the spl module, or empty.
	SPLVersion string
}

// moduleRoots are the directories of a module that is loaded, or built in.
var moduleRoots = [...]string{"/sys/module/zfs", "/sys/fs/zfs"}

// ReadModule reads whether the module is loaded, and its version. Use
// [Device.Supports], not the version, to find out what the module supports.
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
	// If the version cannot be parsed, the release stays zero. Nothing
	// depends on it.
	m.Release, _ = ParseRelease(m.Version)
	return m
}

// readLine returns a file's text without the end of its line, or an empty
// string.
func readLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
