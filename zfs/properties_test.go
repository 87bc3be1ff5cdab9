package zfs

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// pair returns a value with its source, in the form of the kernel's list. A
// source of "none" stands for none.
func pair(value any, source string) *nvlist.List {
	l := &nvlist.List{}
	switch v := value.(type) {
	case int:
		l.SetUint64(keyValue, uint64(v))
	case string:
		l.SetString(keyValue, v)
	case []uint64:
		l.SetUint64Array(keyValue, v)
	case *nvlist.List:
		l.SetList(keyValue, v)
	case bool:
		l.SetBooleanValue(keyValue, v)
	}
	if source != "none" {
		l.SetString(keySource, source)
	}
	return l
}

// sample are the properties of a filesystem with every kind of source.
func sample() *Properties {
	clones := &nvlist.List{}
	clones.SetBoolean("tank/c")
	clones.SetBoolean("tank/d")
	stats := &nvlist.List{}
	stats.SetList("used", pair(98304, "none"))
	stats.SetList("compression", pair(15, "tank/a"))
	stats.SetList("recordsize", pair(1<<20, "tank"))
	stats.SetList("checksum", pair(8, wireReceived))
	stats.SetList("atime", pair(1, ""))
	stats.SetList("quota", pair(1<<30, "none"))
	stats.SetList("mountpoint", pair("/srv", "tank"))
	stats.SetList("clones", pair(clones, "none"))
	stats.SetList("redact_snaps", pair([]uint64{5, 7}, "none"))
	stats.SetList("com.example:note", pair("hello", "tank/a"))
	stats.SetList("com.example:from", pair("above", "tank"))
	stats.SetList(wireHasReceived, pair(1, "none"))
	return &Properties{name: "tank/a", typ: prop.TypeFilesystem, release: ioctl.Release{Major: 2, Minor: 4}, stats: stats}
}

func TestPropertiesLookup(t *testing.T) {
	tests := []struct {
		name string
		prop prop.Prop
		want string // value and source
		ok   bool
	}{
		{"statistic", prop.Used, "98304 -", true},
		{"local", prop.Compression, "15 local", true},
		{"inherited", prop.RecordSize, "1048576 inherited from tank", true},
		{"received", prop.Checksum, "8 received", true},
		{"default that is sent", prop.Atime, "1 default", true},
		{"default that is not sent", prop.Exec, "1 default", true},
		{"without source but settable", prop.Quota, "1073741824 local", true},
		{"read-only and not sent", prop.Available, " -", false},
		{"mountpoint is computed", prop.Mountpoint, "/srv/a inherited from tank", true},
		{"name", prop.Name, "tank/a -", true},
		{"type", prop.Type, "filesystem -", true},
		{"not of this type", prop.VolSize, " -", false},
		{"newer than the release knows", prop.Prop("newer"), " -", false},
		{"not read: held by the filesystem", prop.Version, " -", false},
		{"not read: table of mounts", prop.Mounted, " -", false},
		{"user property", "com.example:note", "hello local", true},
		{"inherited user property", "com.example:from", "above inherited from tank", true},
		{"user property that nobody has set", "com.example:none", " -", false},
		{"marker of received properties", wireHasReceived, " -", false},
		{"empty name", "", " -", false},
	}
	p := sample()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, src, ok := p.Lookup(tt.prop)
			if got := fmt.Sprintf("%s %s", v, src); got != tt.want || ok != tt.ok {
				t.Errorf("Lookup(%s) = %q, %t, want %q, %t", tt.prop, got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestPropertiesDefaultOfRelease(t *testing.T) {
	tests := []struct {
		release ioctl.Release
		want    string
	}{
		{ioctl.Release{Major: 2}, "off"},
		{ioctl.Release{Major: 2, Minor: 1, Patch: 11}, "off"},
		{ioctl.Release{Major: 2, Minor: 2}, "on"},
		{ioctl.Release{Major: 2, Minor: 4}, "on"},
	}
	for _, tt := range tests {
		t.Run(tt.release.String(), func(t *testing.T) {
			p := &Properties{name: "tank", typ: prop.TypeFilesystem, release: tt.release, stats: &nvlist.List{}}
			if got := p.Text(prop.Compression); got != tt.want {
				t.Errorf("compression = %s, want %s", got, tt.want)
			}
			if src := p.Source(prop.Compression); src.Kind != prop.SourceDefault {
				t.Errorf("source = %s", src)
			}
		})
	}
}

// A walk over names alone reads no properties, and must not invent any.
func TestPropertiesNotRead(t *testing.T) {
	p := &Properties{name: "tank/a@s", typ: prop.TypeFilesystem | prop.TypeSnapshot}
	for _, property := range []prop.Prop{prop.Exec, prop.Used, prop.Compression, "a:b"} {
		if v, src, ok := p.Lookup(property); ok {
			t.Errorf("%s = %v from %v although nothing was read", property, v, src)
		}
	}
	if got := p.Text(prop.Type); got != "snapshot" {
		t.Errorf("type = %s", got)
	}
	for property := range p.All() {
		if info, _ := prop.Lookup(property.Name); info.From != prop.FromHandle {
			t.Errorf("All yields %v", property)
		}
	}
}

func TestPropertiesMounted(t *testing.T) {
	p := sample()
	p.mounts = parseMounts(strings.NewReader("tank/a /srv/a zfs ro,noexec 0 0\n"))
	tests := []struct {
		prop         prop.Prop
		text, source string
	}{
		{prop.Mounted, "yes", "-"},
		{prop.Readonly, "on", "temporary"},
		{prop.Exec, "off", "temporary"},
		{prop.Atime, "on", "default"},
		{prop.Mountpoint, "/srv/a", "inherited from tank"},
	}
	for _, tt := range tests {
		t.Run(string(tt.prop), func(t *testing.T) {
			if got := p.Text(tt.prop) + " " + p.Source(tt.prop).String(); got != tt.text+" "+tt.source {
				t.Errorf("%s, want %s %s", got, tt.text, tt.source)
			}
		})
	}
	p.name = "tank/b"
	if got := p.Text(prop.Mounted); got != "no" {
		t.Errorf("mounted = %s, want no", got)
	}
	p.typ |= prop.TypeSnapshot
	if v, _, ok := p.Lookup(prop.Mounted); ok {
		t.Errorf("mounted of a snapshot = %v", v)
	}
}

func TestPropertiesMountpoint(t *testing.T) {
	tests := []struct {
		name, value, source, altroot, want string
	}{
		{"local", "/srv", "tank/a", "", "/srv"},
		{"inherited", "/srv", "tank", "", "/srv/a"},
		{"received", "/srv", wireReceived, "", "/srv"},
		{"default", "/", "", "", "/tank/a"},
		{"legacy", "legacy", "tank", "/mnt", "legacy"},
		{"none", "none", "tank/a", "/mnt", "none"},
		{"altroot", "/srv", "tank/a", "/mnt", "/mnt/srv"},
		{"altroot and inherited", "/", "tank", "/mnt", "/mnt/a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := sample()
			p.altroot = tt.altroot
			p.stats.SetList("mountpoint", pair(tt.value, tt.source))
			if got := p.Text(prop.Mountpoint); got != tt.want {
				t.Errorf("mountpoint = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestPropertiesZPL(t *testing.T) {
	p := sample()
	p.zpl = &nvlist.List{}
	p.zpl.SetUint64("version", 5)
	p.zpl.SetUint64("casesensitivity", 1)
	p.zpl.SetString("normalization", "of another type")
	if got := p.Text(prop.Version) + " " + p.Text(prop.CaseSensitivity); got != "5 insensitive" {
		t.Errorf("version and casesensitivity = %s", got)
	}
	if v, _, ok := p.Lookup(prop.Normalization); ok {
		t.Errorf("a text was parsed as a number: %v", v)
	}
}

func TestPropertiesAccessors(t *testing.T) {
	p := sample()
	if got := p.Uint64(prop.Used); got != 98304 {
		t.Errorf("Uint64(used) = %d", got)
	}
	if got := p.Text(prop.VolSize); got != "-" {
		t.Errorf("Text of a property that is not there = %q", got)
	}
	want := prop.Property{Name: prop.Compression, Value: prop.Uint64(15), Source: prop.Source{Kind: prop.SourceLocal}, Text: "lz4"}
	if got, ok := p.Property(prop.Compression); !ok || !cmp.Equal(want, got) {
		t.Errorf("Property = %+v, %t, want %+v", got, ok, want)
	}
	if got, ok := p.Property(prop.VolSize); ok {
		t.Errorf("Property of what is not there = %+v", got)
	}
	if !p.Raw().Has(wireHasReceived) {
		t.Error("Raw is not the kernel's list")
	}
}

func TestPropertiesAll(t *testing.T) {
	p := sample()
	texts := make(map[prop.Prop]string)
	var order []prop.Prop
	for property := range p.All() {
		if _, twice := texts[property.Name]; twice {
			t.Errorf("%s is repeated", property.Name)
		}
		texts[property.Name] = property.Text
		order = append(order, property.Name)
	}
	for property, want := range map[prop.Prop]string{
		prop.Type: "filesystem", prop.Used: "98304", prop.Compression: "lz4", "com.example:note": "hello", prop.Exec: "on",
	} {
		if texts[property] != want {
			t.Errorf("%s = %q, want %q", property, texts[property], want)
		}
	}
	for _, property := range []prop.Prop{wireHasReceived, prop.VolSize, prop.Clones} {
		if text, ok := texts[property]; ok {
			t.Errorf("All yields %s = %q", property, text)
		}
	}
	if diff := cmp.Diff([]prop.Prop{"com.example:note", "com.example:from"}, order[len(order)-2:]); diff != "" {
		t.Errorf("user properties come last (-want +got):\n%s", diff)
	}
	for stop := 1; stop <= len(order); stop++ {
		n := 0
		for range p.All() {
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("stopped after %d of %d", n, stop)
		}
	}
}

func TestPropertiesOfSnapshot(t *testing.T) {
	p := sample()
	p.name, p.typ = "tank/a@s", prop.TypeFilesystem|prop.TypeSnapshot
	tests := []struct {
		prop prop.Prop
		want string
	}{
		{prop.Clones, "tank/c,tank/d"},
		{prop.RedactSnaps, "5,7"},
		{prop.Type, "snapshot"},
		{prop.Mountpoint, "-"},
	}
	for _, tt := range tests {
		t.Run(string(tt.prop), func(t *testing.T) {
			if got := p.Text(tt.prop); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// The kernel's list is not trusted: whatever it holds, something is shown.
func TestPropertiesHostile(t *testing.T) {
	broken := map[string]func(*nvlist.List, string){
		"number":         func(l *nvlist.List, name string) { l.SetUint64(name, 7) },
		"empty list":     func(l *nvlist.List, name string) { l.SetList(name, nil) },
		"text":           func(l *nvlist.List, name string) { l.SetList(name, pair("text", "tank")) },
		"largest":        func(l *nvlist.List, name string) { l.SetList(name, pair(math.MaxInt, "")) },
		"boolean":        func(l *nvlist.List, name string) { l.SetList(name, pair(true, "tank")) },
		"numbers":        func(l *nvlist.List, name string) { l.SetList(name, pair([]uint64{1}, "none")) },
		"list":           func(l *nvlist.List, name string) { l.SetList(name, pair(&nvlist.List{}, "none")) },
		"endless source": func(l *nvlist.List, name string) { l.SetList(name, pair(1, strings.Repeat("x", 1<<16))) },
		"source is a number": func(l *nvlist.List, name string) {
			v := pair(1, "none")
			v.SetUint64(keySource, 9)
			l.SetList(name, v)
		},
	}
	for name, breakIt := range broken {
		t.Run(name, func(t *testing.T) {
			for _, typ := range []prop.DatasetType{prop.TypeFilesystem, prop.TypeVolume, prop.TypeFilesystem | prop.TypeSnapshot, prop.TypeBookmark, 0} {
				p := &Properties{name: "tank/a", typ: typ, stats: &nvlist.List{}, mounts: parseMounts(strings.NewReader("tank/a /a zfs ro 0 0"))}
				for info := range prop.All() {
					breakIt(p.stats, string(info.Name))
				}
				breakIt(p.stats, "a:b")
				p.zpl = p.stats
				for info := range prop.All() {
					if text := p.Text(info.Name); text == "" && name != "list" {
						t.Errorf("%s of a %s has no text", info.Name, typ)
					}
				}
				for property := range p.All() {
					if property.Name == "" {
						t.Error("a property has no name")
					}
				}
			}
		})
	}
}

func TestSourceString(t *testing.T) {
	tests := []struct {
		in   prop.Source
		want string
	}{
		{prop.Source{}, "-"},
		{prop.Source{Kind: prop.SourceDefault}, "default"},
		{prop.Source{Kind: prop.SourceLocal}, "local"},
		{prop.Source{Kind: prop.SourceInherited, From: "tank"}, "inherited from tank"},
		{prop.Source{Kind: prop.SourceReceived}, "received"},
		{prop.Source{Kind: prop.SourceTemporary}, "temporary"},
		{prop.Source{Kind: 99}, "-"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			if got := tt.in.String(); got != tt.want {
				t.Errorf("String() = %q", got)
			}
		})
	}
}
