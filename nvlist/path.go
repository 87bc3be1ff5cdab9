package nvlist

import (
	"strconv"
	"strings"
)

// noIndex marks a path element that does not point into an array of lists.
const noIndex = -1

// pathElem renders one step of a path: the name, quoted where it would be
// misread, and the index for an element of an array of lists.
func pathElem(name string, index int) string {
	if needsQuote(name) {
		name = strconv.Quote(name)
	}
	if index == noIndex {
		return name
	}
	return name + pathIndex(index)
}

// pathIndex renders the index of an element.
func pathIndex(i int) string { return "[" + strconv.Itoa(i) + "]" }

// needsQuote reports whether a name cannot stand in a path as it is. Dataset
// names contain slashes, so this happens with ordinary answers too.
func needsQuote(name string) bool {
	if name == "" {
		return true
	}
	return strings.IndexFunc(name, func(r rune) bool {
		return r <= ' ' || r == '/' || r == '[' || r == '"' || r == '\\' || !strconv.IsPrint(r)
	}) >= 0
}

// joinPath joins two parts of a path, either of which may be empty. An index
// belongs to the name in front of it.
func joinPath(a, b string) string {
	if a == "" || b == "" || b[0] == '[' {
		return a + b
	}
	return a + "/" + b
}
