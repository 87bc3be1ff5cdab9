package zfs

import (
	"bufio"
	"io"
	"os"
	"strings"

	"github.com/purezfs/purezfs/zfs/prop"
)

// mountTable is the system's table of mounts, reduced to ZFS.
type mountTable struct {
	entries map[string]mountEntry // by dataset
	// tops are the devices of the topmost mount at each path, of every type of
	// filesystem.
	tops map[string]string
}

// mountEntry is one mount.
type mountEntry struct {
	path    string
	options string // separated by commas
}

// mountsPath is the table of the process's own mount namespace.
const mountsPath = "/proc/self/mounts"

// readMounts reads the table. If there is none, as off Linux, it is empty.
func readMounts() *mountTable {
	f, err := os.Open(mountsPath)
	if err != nil {
		return &mountTable{}
	}
	defer f.Close()
	return parseMounts(f)
}

// maxMountLine is the length of the longest line of the table in bytes. Overlay
// mounts of many layers have long lines, at which a scanner with the default
// limit would stop.
const maxMountLine = 1 << 20

// parseMounts reads lines of device, path, type and options. It skips a line that
// it cannot parse. Of several mounts of a dataset it keeps the first.
func parseMounts(r io.Reader) *mountTable {
	t := &mountTable{entries: make(map[string]mountEntry), tops: make(map[string]string)}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxMountLine)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 {
			continue
		}
		name, path := unescapeMount(fields[0]), unescapeMount(fields[1])
		t.tops[path] = name
		if _, ok := t.entries[name]; !ok && fields[2] == "zfs" {
			t.entries[name] = mountEntry{path: path, options: fields[3]}
		}
	}
	return t
}

// unescapeMount decodes the octal escapes of the table.
func unescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && isOctal(s[i+1:i+4]) {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isOctal(s string) bool {
	return strings.Trim(s, "01234567") == "" && s[0] <= '3'
}

// MountOverrides reports whether a mount option can override the property.
func MountOverrides(property prop.Prop) bool {
	_, _, ok := prop.MountOptions(property)
	return ok
}

// overlay applies the options of a mount to a value. They override the property
// of a mounted dataset.
func (t *mountTable) overlay(name string, property prop.Prop, v prop.Value, src prop.Source) (prop.Value, prop.Source) {
	m, ok := t.entries[name]
	if !ok {
		return v, src
	}
	if shown, changed := prop.MountOverride(property, v, m.options); changed {
		return shown, prop.Source{Kind: prop.SourceTemporary}
	}
	return v, src
}
