package ioctl

import (
	"errors"
	"strings"
	"testing"
)

// sizer answers measure as a module with a structure of n bytes would.
func sizer(n int, calls *int) func(int) (bool, error) {
	return func(room int) (bool, error) {
		*calls++
		return room >= n, nil
	}
}

func TestMeasure(t *testing.T) {
	for _, tc := range []struct {
		name     string
		size     int
		cleanup  int // offset of zc_cleanup_fd
		calls    int // at most
		wantErr  string
		hasZones bool
	}{
		{name: "0.8", size: 13736, cleanup: 13664, calls: 2},
		{name: "2.0 to 2.4", size: 13744, cleanup: 13664, calls: 3, hasZones: true},
		{name: "2.3.1", size: 13760, cleanup: 13680, calls: 4, hasZones: true},
		{name: "between two known", size: 13750, calls: 20, wantErr: "it has 13750 bytes"},
		{name: "smaller than all", size: 9000, calls: 20, wantErr: "it has 9000 bytes"},
		{name: "not read at all, as in 0.8", size: 0, calls: 20, wantErr: "before it reads the structure"},
		{name: "larger than all", size: 14000, calls: 20, wantErr: "it has 14000 bytes"},
		{name: "beyond the room", size: 1 << 20, calls: 20, wantErr: "larger than 16384 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			calls := 0
			l, err := measure(sizer(tc.size, &calls))
			if calls > tc.calls {
				t.Errorf("measured with %d calls, want at most %d", calls, tc.calls)
			}
			if tc.wantErr != "" {
				if !errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), tc.wantErr) {
					t.Fatalf("error %v, want ErrLayout with %q", err, tc.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if l.Size() != tc.size {
				t.Errorf("size %d, want %d", l.Size(), tc.size)
			}
			if offset, _ := l.Place(FieldCleanupFD); offset != tc.cleanup {
				t.Errorf("%s at %d, want %d", FieldCleanupFD, offset, tc.cleanup)
			}
			if offset, _ := l.Place(FieldCookie); offset != 12616 {
				t.Errorf("%s at %d, want 12616 in every release", FieldCookie, offset)
			}
			zones := false
			for f := range l.Fields() {
				zones = zones || f == FieldZoneID
			}
			if zones != tc.hasZones {
				t.Errorf("has %s: %t, want %t", FieldZoneID, zones, tc.hasZones)
			}
		})
	}
}

func TestMeasureFails(t *testing.T) {
	broken := errors.New("broken")
	for _, failAt := range []int{1, 2, 3, 4, 5} {
		calls := 0
		_, err := measure(func(int) (bool, error) {
			if calls++; calls == failAt {
				return false, broken
			}
			return false, nil
		})
		if err == nil {
			t.Errorf("failure of call %d: no error", failAt)
		}
		if failAt <= 4 && !errors.Is(err, broken) {
			t.Errorf("failure of call %d: %v, want it to match the cause", failAt, err)
		}
	}
}

// Fields must tile the structure without overlap, in the layout of every release.
func TestPlacesDoNotOverlap(t *testing.T) {
	for _, size := range []int{size08, size20, size231} {
		l, err := newLayout(size)
		if err != nil {
			t.Fatal(err)
		}
		used := make([]Field, l.Size())
		taken := make([]bool, l.Size())
		for f := range l.Fields() {
			offset, n := l.Place(f)
			for i := offset; i < offset+n; i++ {
				if taken[i] {
					t.Fatalf("layout of %d bytes: byte %d belongs to %s and %s", size, i, used[i], f)
				}
				taken[i], used[i] = true, f
			}
		}
	}
}

func TestFieldString(t *testing.T) {
	if got := FieldSimple.String(); got != "zc_simple" {
		t.Errorf("FieldSimple is %q, want zc_simple", got)
	}
	if got := Field(200).String(); got != "zc_unknown" {
		t.Errorf("an unknown field is %q, want zc_unknown", got)
	}
}

func TestZeroLayout(t *testing.T) {
	var l Layout
	if l.Size() != 13744 {
		t.Errorf("the zero layout has %d bytes, want that of 2.0", l.Size())
	}
}
