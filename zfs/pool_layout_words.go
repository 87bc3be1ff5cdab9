package zfs

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseLayout parses a layout in the syntax of zpool create and zpool add: single
// devices, or devices after "mirror", "raidz", "raidz1" to "raidz3" or "draid",
// all of these optionally after "log", "special", "dedup", "spare" and "cache".
//
//	mirror /dev/a /dev/b raidz2 /dev/c /dev/d /dev/e log /dev/f cache /dev/g
//	draid2:4d:11c:1s /dev/a ...
//
// Devices are not examined. The error is a *LayoutError.
func ParseLayout(words []string) (*Layout, error) {
	l := &Layout{}
	p := layoutParser{layout: l}
	for _, word := range words {
		if err := p.word(word); err != nil {
			return nil, err
		}
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	return l, nil
}

// layoutParser parses words from left to right.
type layoutParser struct {
	layout *Layout
	class  LayoutClass
	// open is the part that the following devices belong to, or nil if each is a
	// part; word is the word that began it.
	open  *LayoutVdev
	paths *[]string
	word0 string
	// children is the number of devices that a draid states, or 0.
	children int
	// waiting is the class that has no device yet, or "".
	waiting string
}

// word parses one word.
func (p *layoutParser) word(word string) error {
	kind, group := groupOf(word)
	class, isClass := classOf(word)
	if group {
		p.waiting = "" // it applies to what follows
	}
	switch {
	case isClass, word == "spare", word == "cache", group:
		if err := p.end(); err != nil {
			return err
		}
	}
	switch {
	case isClass:
		p.class, p.waiting = class, word
	case word == "spare":
		p.class, p.paths, p.word0 = ClassNormal, &p.layout.Spares, word
	case word == "cache":
		p.class, p.paths, p.word0 = ClassNormal, &p.layout.Cache, word
	case group:
		return p.begin(kind, word)
	default:
		p.device(word)
	}
	return nil
}

// device parses a path.
func (p *layoutParser) device(path string) {
	p.waiting = ""
	switch {
	case p.paths != nil:
		*p.paths = append(*p.paths, path)
	case p.open != nil:
		p.open.Devices = append(p.open.Devices, path)
	default:
		p.layout.Vdevs = append(p.layout.Vdevs, LayoutVdev{Class: p.class, Devices: []string{path}})
	}
}

// begin begins a part of several devices.
func (p *layoutParser) begin(kind LayoutKind, word string) error {
	p.open = &LayoutVdev{Kind: kind, Class: p.class}
	p.word0, p.waiting = word, ""
	rest := strings.TrimPrefix(word, kind.String())
	parity, options, _ := strings.Cut(rest, ":")
	if parity != "" {
		p.open.Parity, _ = strconv.Atoi(parity) // groupOf has checked the digit
	}
	if p.open.Parity == 0 && parity != "" || p.open.Parity > maxParity {
		return &LayoutError{Vdev: word, Reason: fmt.Sprintf("parity is %s, want 1 to %d", parity, maxParity)}
	}
	if options == "" && !strings.HasSuffix(word, ":") {
		return nil
	}
	for option := range strings.SplitSeq(options, ":") {
		if err := p.draidOption(word, option); err != nil {
			return err
		}
	}
	return nil
}

// draidOption parses a number followed by the letter of what it counts.
func (p *layoutParser) draidOption(word, option string) error {
	const want = "want draid, the parity, and numbers as :4d, :11c and :1s for data, devices and spares"
	if option == "" {
		return &LayoutError{Vdev: word, Reason: want}
	}
	n, err := strconv.ParseUint(option[:len(option)-1], 10, 16)
	if err != nil {
		return &LayoutError{Vdev: word, Reason: want}
	}
	switch option[len(option)-1] {
	case 'd', 'D':
		if p.open.Data = int(n); n == 0 {
			return &LayoutError{Vdev: word, Reason: "it has no device for data"}
		}
	case 'c', 'C':
		p.children = int(n)
	case 's', 'S':
		p.open.Spares = int(n)
	default:
		return &LayoutError{Vdev: word, Reason: want}
	}
	return nil
}

// end ends the current part or list.
func (p *layoutParser) end() error {
	switch {
	case p.waiting != "":
		return &LayoutError{Vdev: p.waiting, Reason: "no device follows"}
	case p.open != nil && p.children != 0 && p.children != len(p.open.Devices):
		return &LayoutError{Vdev: p.word0, Reason: fmt.Sprintf("%d devices are stated, but %d follow", p.children, len(p.open.Devices))}
	case p.open != nil:
		p.layout.Vdevs = append(p.layout.Vdevs, *p.open)
	case p.paths != nil && len(*p.paths) == 0:
		return &LayoutError{Vdev: p.word0, Reason: "no device follows"}
	}
	p.open, p.paths, p.children = nil, nil, 0
	return nil
}

// classOf returns the class for a word.
func classOf(word string) (LayoutClass, bool) {
	switch word {
	case "log":
		return ClassLog, true
	case "special":
		return ClassSpecial, true
	case "dedup":
		return ClassDedup, true
	}
	return 0, false
}

// groupOf returns the kind for a word: a path begins with a slash, and the names
// of distributed spares have dashes.
func groupOf(word string) (LayoutKind, bool) {
	if word == "mirror" {
		return LayoutMirror, true
	}
	for _, kind := range [...]LayoutKind{LayoutRaidz, LayoutDraid} {
		rest, ok := strings.CutPrefix(word, kind.String())
		if !ok || strings.ContainsAny(rest, "-/") {
			continue
		}
		parity, _, options := strings.Cut(rest, ":")
		digits := strings.Trim(parity, "0123456789") == ""
		if digits && (kind == LayoutDraid || !options) {
			return kind, true
		}
	}
	return 0, false
}
