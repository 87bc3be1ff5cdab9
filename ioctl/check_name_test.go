package ioctl

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// nameCases says for each name which kinds accept it (p, d and e), and where
// the fault of the others is. It seeds the fuzzer, too.
var nameCases = []struct {
	name, in string
	accepted string
	offset   int // for the kinds that refuse it
}{
	{"pool", "tank", "pde", 0},
	{"all characters", "tank-1_2.3:4 5", "pde", 0},
	{"space at the end", "tank ", "pde", 0},
	{"filesystem", "tank/a/b", "de", 4},
	{"snapshot", "tank/a@b", "de", 4},
	{"snapshot of a pool", "tank@b", "de", 4},
	{"percent", "tank/%recv", "de", 4},
	{"percent in a pool", "tank%", "de", 4},
	{"pool begins with a digit", "1tank", "de", 0},
	{"reserved word in a dataset", "tank/mirror", "de", 4},
	{"mirror", "mirror", "de", 0},
	{"raidz", "raidz", "de", 0},
	{"mirror and more", "mirror1", "pde", 0},
	{"left to the module", "draid", "pde", 0},
	{"empty", "", "", 0},
	{"dollar", "$MOS", "", 0},
	{"not ASCII", "tänk", "", 1},
	{"not UTF-8", "ta\xffnk", "", 2},
	{"control", "tank\n", "", 4},
	{"plus", "tank+", "", 4},
	{"NUL", "tank\x00", "", 4},
	{"NUL first", "\x00tank", "", 0},
	{"NUL hides a child", "tank\x00/a", "", 4},
	{"slash first", "/tank", "", 0},
	{"delimiter alone", "@", "", 0},
}

// entityCases are names that only matter to datasets and bookmarks.
var entityCases = []struct {
	name, in string
	accepted string
	offset   int
}{
	{"bookmark", "tank/a#b", "e", 6},
	{"dot before a delimiter", "tank/.@a", "de", 0},
	{"three dots", "tank/...", "de", 0},
	{"slash last", "tank/", "", 5},
	{"empty component", "tank//a", "", 5},
	{"empty before a delimiter", "tank/@a", "", 5},
	{"nothing behind a delimiter", "tank@", "", 5},
	{"dot", "tank/.", "", 6},
	{"dot inside", "tank/./a", "", 6},
	{"two dots", "tank/../a", "", 7},
	{"two dots as snapshot", "tank@..", "", 7},
	{"two delimiters", "tank@a@b", "", 6},
	{"slash behind a delimiter", "tank@a/b", "", 6},
	{"empty between delimiters", "tank@@", "", 5},
}

func TestCheckName(t *testing.T) {
	kinds := map[string]Target{"p": TargetPool, "d": TargetDataset, "e": TargetEntity}
	for letter, kind := range kinds {
		for _, tt := range nameCases {
			t.Run(kind.String()+"/"+tt.name, func(t *testing.T) {
				wantName(t, kind, tt.in, strings.Contains(tt.accepted, letter), tt.offset)
			})
		}
		if kind == TargetPool {
			continue
		}
		for _, tt := range entityCases {
			t.Run(kind.String()+"/"+tt.name, func(t *testing.T) {
				wantName(t, kind, tt.in, strings.Contains(tt.accepted, letter), tt.offset)
			})
		}
	}
}

// wantName checks one name, and where its fault is.
func wantName(t *testing.T, kind Target, name string, ok bool, offset int) {
	t.Helper()
	err := CheckName(kind, name)
	if ok {
		if err != nil {
			t.Errorf("good name: %v", err)
		}
		return
	}
	var e *NameError
	if !errors.As(err, &e) {
		t.Fatalf("CheckName(%s, %.40q) = %v, want a *NameError", kind, name, err)
	}
	if e.Offset != offset || e.Name != name || e.Target != kind {
		t.Errorf("fault of %s %q at byte %d, want %s %q at %d", e.Target, e.Name, e.Offset, kind, name, offset)
	}
	if !errors.Is(err, ErrName) || !errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v matches the wrong sentinels", err)
	}
}

func TestCheckNameLength(t *testing.T) {
	tests := []struct {
		kind  Target
		limit int
	}{{TargetPool, 239}, {TargetDataset, 255}, {TargetEntity, 255}, {TargetNone, 255}}
	for _, tt := range tests {
		t.Run(tt.kind.String(), func(t *testing.T) {
			if err := CheckName(tt.kind, strings.Repeat("a", tt.limit)); err != nil {
				t.Errorf("longest name: %v", err)
			}
			var e *NameError
			err := CheckName(tt.kind, strings.Repeat("a", tt.limit+1))
			if !errors.As(err, &e) || e.Offset != tt.limit {
				t.Errorf("one byte more: %v, want a fault at byte %d", err, tt.limit)
			}
			err = CheckName(tt.kind, strings.Repeat("a", 1<<20))
			if !errors.As(err, &e) || len(e.Name) > 256 || len(e.Error()) > 1024 {
				t.Error("the error keeps a whole megabyte")
			}
		})
	}
}

// An operation that names nothing takes what it is given, except what would
// not arrive whole.
func TestCheckNameNone(t *testing.T) {
	for _, name := range []string{"", "$MOS", "/dev/sda", "tank#a"} {
		if err := CheckName(TargetNone, name); err != nil {
			t.Error(err)
		}
	}
	wantName(t, TargetNone, "tank\x00a", false, 4)
}

func TestNameErrorText(t *testing.T) {
	tests := []struct {
		kind     Target
		in, want string
	}{
		{TargetPool, "tank/a", `pool name "tank/a" is invalid at byte 4: a pool's name has no '/'`},
		{TargetPool, "", `pool name "" is invalid at byte 0: it is empty`},
		{TargetPool, "raidz", `pool name "raidz" is invalid at byte 0: a reserved word`},
		{TargetPool, "9", `pool name "9" is invalid at byte 0: it does not begin with a letter`},
		{TargetDataset, "a#b", `dataset name "a#b" is invalid at byte 1: '#' is for bookmarks only`},
		{TargetDataset, "a\x00b", `dataset name "a\x00b" is invalid at byte 1: a NUL would cut it short`},
		{TargetDataset, "a/", `dataset name "a/" is invalid at byte 2: a component is empty`},
		{TargetEntity, "a/..", `entity name "a/.." is invalid at byte 4: component ".." is not a name`},
		{TargetEntity, "a#b#c", `entity name "a#b#c" is invalid at byte 3: '#' comes after a '@' or '#'`},
		{TargetEntity, "a$", `entity name "a$" is invalid at byte 1: '$' is not allowed`},
		{TargetNone, "\x00", `name "\x00" is invalid at byte 0: a NUL would cut it short`},
	}
	for _, tt := range tests {
		err := CheckName(tt.kind, tt.in)
		if err == nil || err.Error() != tt.want {
			t.Errorf("CheckName(%s, %q):\ngot  %v\nwant %s", tt.kind, tt.in, err, tt.want)
		}
	}
}

// A name may be a view of a buffer that is used again.
func TestNameErrorKeepsItsName(t *testing.T) {
	name := "tank/" + strings.Repeat("a", 10)
	if allocs := testing.AllocsPerRun(100, func() {
		if CheckName(TargetDataset, name) != nil {
			t.Error("good name refused")
		}
	}); allocs != 0 {
		t.Errorf("%v allocations for a good name, want 0", allocs)
	}
}

func FuzzCheckName(f *testing.F) {
	for _, c := range nameCases {
		f.Add(c.in)
	}
	for _, c := range entityCases {
		f.Add(c.in)
	}
	f.Add(strings.Repeat("a/", 127) + "a")
	pool := regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9_.: ]{0,238}$`)
	entity := regexp.MustCompile(`^[-A-Za-z0-9_.: %]+(/[-A-Za-z0-9_.: %]+)*([@#][-A-Za-z0-9_.: %]+)?$`)
	dots := regexp.MustCompile(`(^|[/@#])\.\.?(/|$)`)
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 1<<16 {
			return
		}
		want := map[Target]bool{
			TargetPool:   pool.MatchString(name) && name != "mirror" && name != "raidz",
			TargetEntity: len(name) < 256 && entity.MatchString(name) && !dots.MatchString(name),
			TargetNone:   len(name) < 256 && !strings.Contains(name, "\x00"),
		}
		want[TargetDataset] = want[TargetEntity] && !strings.Contains(name, "#")
		for kind, ok := range want {
			if err := CheckName(kind, name); (err == nil) != ok {
				t.Errorf("CheckName(%s, %q) = %v, want success %v", kind, name, err, ok)
			}
		}
	})
}
