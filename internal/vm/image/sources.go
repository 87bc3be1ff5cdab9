package image

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// debianSuites returns names by which a source is known to be Debian's main
// archive. Security, updates and other vendors' archives have other ones.
func debianSuites() []string {
	return []string{
		"bullseye", "bookworm", "trixie", "forky", "duke", "sid",
		"oldoldstable", "oldstable", "stable", "testing", "unstable",
	}
}

// A source is one archive of an apt configuration.
type source struct {
	uri    string
	suites []string
	parts  []string // components
}

// isDebian tells a main archive from everything else by its suite: a mirror's host
// name says nothing.
func (s source) isDebian() bool {
	return slices.Contains(s.parts, "main") && slices.ContainsFunc(s.suites, func(suite string) bool {
		return slices.Contains(debianSuites(), suite)
	})
}

// aptMirror finds the URI of the Debian archive that the machine itself uses,
// below etc (/etc/apt). It returns "" when there is none.
func aptMirror(etc string) (string, error) {
	files := []string{filepath.Join(etc, "sources.list")}
	for _, pattern := range []string{"*.list", "*.sources"} {
		more, err := filepath.Glob(filepath.Join(etc, "sources.list.d", pattern))
		if err != nil {
			return "", err
		}
		files = append(files, more...)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		parse := parseList
		if strings.HasSuffix(file, ".sources") {
			parse = parseDeb822
		}
		for _, s := range parse(string(data)) {
			if s.isDebian() {
				return resolveMirrorList(s.uri), nil
			}
		}
	}
	return "", nil
}

// parseList reads the one-line style: deb [options] URI suite component...
func parseList(text string) []source {
	var all []source
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		if rest = strings.TrimSpace(rest); strings.HasPrefix(rest, "[") {
			_, rest, _ = strings.Cut(rest, "]")
		}
		if f := strings.Fields(rest); len(f) >= 3 {
			all = append(all, source{uri: f[0], suites: f[1:2], parts: f[2:]})
		}
	}
	return all
}

// parseDeb822 reads the style of *.sources: paragraphs of fields.
func parseDeb822(text string) []source {
	var all []source
	for _, paragraph := range paragraphs(text) {
		uris := strings.Fields(paragraph["uris"])
		enabled := !strings.EqualFold(paragraph["enabled"], "no")
		if !enabled || len(uris) == 0 || !slices.Contains(strings.Fields(paragraph["types"]), "deb") {
			continue
		}
		all = append(all, source{
			uri:    uris[0],
			suites: strings.Fields(paragraph["suites"]),
			parts:  strings.Fields(paragraph["components"]),
		})
	}
	return all
}

// paragraphs splits deb822 text into maps from a field's name in lower case to
// its value; lines that begin with a blank go on with the field before.
func paragraphs(text string) []map[string]string {
	var all []map[string]string
	fields, last := map[string]string{}, ""
	scan := bufio.NewScanner(strings.NewReader(text + "\n\n"))
	for scan.Scan() {
		line := scan.Text()
		name, value, ok := strings.Cut(line, ":")
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			if len(fields) > 0 {
				all = append(all, fields)
			}
			fields, last = map[string]string{}, ""
		case line[0] == ' ' || line[0] == '\t':
			fields[last] += " " + strings.TrimSpace(line)
		case ok:
			last = strings.ToLower(name)
			fields[last] = strings.TrimSpace(value)
		}
	}
	return all
}

// resolveMirrorList replaces a reference to a local list of mirrors, which the
// chroot would not have, by the list's first entry.
func resolveMirrorList(uri string) string {
	path, ok := strings.CutPrefix(uri, "mirror+file:")
	if !ok {
		return uri
	}
	data, err := os.ReadFile(filepath.Clean("/" + strings.TrimLeft(path, "/")))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 0 && !strings.HasPrefix(f[0], "#") {
			return f[0]
		}
	}
	return ""
}
