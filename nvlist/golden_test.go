package nvlist

import (
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goldenDir holds what libnvpair packed; its README says how it was made.
const goldenDir = "../testdata/nvlist"

// goldenCase builds the list that a golden file holds.
type goldenCase struct {
	name  string
	build func(*List)
	// wide is set where libnvpair sign-extends small numbers in XDR.
	wide bool
}

// goldenCases mirrors the functions of the program that writes the files.
func goldenCases() []goldenCase {
	return []goldenCase{
		{name: "scalars", build: goldenScalars, wide: true},
		{name: "arrays", build: goldenArrays, wide: true},
		{name: "empty", build: func(*List) {}},
		{name: "empty_arrays", build: goldenEmptyArrays},
		{name: "empty_arrays_nested", build: func(l *List) {
			inner := listOf(goldenEmptyArrays)
			l.SetList("inner", inner)
			l.SetLists("inners", []*List{inner})
		}},
		{name: "names", build: goldenNames, wide: true},
		{name: "chain", build: func(l *List) { goldenChain(l, 20) }},
		{name: "nested", build: goldenNested},
	}
}

func goldenScalars(l *List) {
	l.SetBoolean("boolean")
	l.SetBooleanValue("boolean_false", false)
	l.SetBooleanValue("boolean_true", true)
	l.SetByte("byte_min", 0)
	l.SetByte("byte_max", 0xff)
	l.SetInt8("int8_min", math.MinInt8)
	l.SetInt8("int8_max", math.MaxInt8)
	l.SetUint8("uint8_min", 0)
	l.SetUint8("uint8_max", math.MaxUint8)
	l.SetInt16("int16_min", math.MinInt16)
	l.SetInt16("int16_max", math.MaxInt16)
	l.SetUint16("uint16_max", math.MaxUint16)
	l.SetInt32("int32_min", math.MinInt32)
	l.SetInt32("int32_max", math.MaxInt32)
	l.SetUint32("uint32_max", math.MaxUint32)
	l.SetInt64("int64_min", math.MinInt64)
	l.SetInt64("int64_max", math.MaxInt64)
	l.SetUint64("uint64_max", math.MaxUint64)
	l.SetHrtime("hrtime_min", math.MinInt64)
	l.SetHrtime("hrtime_max", math.MaxInt64)
	l.SetDouble("double_zero", math.Copysign(0, -1))
	l.SetDouble("double_pi", math.Pi)
	l.SetDouble("double_inf", math.Inf(-1))
	l.SetString("string_empty", "")
	l.SetString("string_7", "1234567")
	l.SetString("string_8", "12345678")
	l.SetString("string_utf8", "grüße")
	l.SetString("string_bytes", "\x01\x7f\x80\xff")
}

func goldenArrays(l *List) {
	l.SetBooleanArray("boolean_array", []bool{true, false, true})
	l.SetByteArray("byte_array", []byte{0, 1, 0x7f, 0x80, 0xff})
	l.SetInt8Array("int8_array", []int8{math.MinInt8, -1, 0, math.MaxInt8})
	l.SetUint8Array("uint8_array", []uint8{0, 1, 0x7f, 0x80, 0xff})
	l.SetInt16Array("int16_array", []int16{math.MinInt16, -1, math.MaxInt16})
	l.SetUint16Array("uint16_array", []uint16{0, 0x8000, math.MaxUint16})
	l.SetInt32Array("int32_array", []int32{math.MinInt32, -1, math.MaxInt32})
	l.SetUint32Array("uint32_array", []uint32{0, 1 << 31, math.MaxUint32})
	l.SetInt64Array("int64_array", []int64{math.MinInt64, -1, math.MaxInt64})
	l.SetUint64Array("uint64_array", []uint64{0, 1 << 63, math.MaxUint64})
	l.SetStringArray("string_array", []string{"", "a", "", "1234567", "12345678", ""})
}

func goldenEmptyArrays(l *List) {
	l.SetBooleanArray("boolean_array", nil)
	l.SetByteArray("byte_array", nil)
	l.SetInt8Array("int8_array", nil)
	l.SetUint8Array("uint8_array", nil)
	l.SetInt16Array("int16_array", nil)
	l.SetUint16Array("uint16_array", nil)
	l.SetInt32Array("int32_array", nil)
	l.SetUint32Array("uint32_array", nil)
	l.SetInt64Array("int64_array", nil)
	l.SetUint64Array("uint64_array", nil)
	l.SetStringArray("string_array", nil)
	l.SetLists("nvlist_array", nil)
}

func goldenNames(l *List) {
	for n := 0; n < 256; {
		l.SetUint8(strings.Repeat("n", n), uint8(n))
		if n < 18 {
			n++
		} else {
			n *= 3
		}
	}
	l.SetBoolean("tank/fs@snap 1")
	l.SetBoolean("ä\xff")
}

func goldenChain(l *List, depth int32) {
	l.SetInt32("depth", depth)
	if depth > 0 {
		l.SetList("inner", listOf(func(l *List) { goldenChain(l, depth-1) }))
	}
	l.SetString("after", "x")
}

func goldenNested(l *List) {
	leaf := func(id uint64) *List {
		return listOf(func(l *List) {
			l.SetUint64("id", id)
			l.SetString("path", "/dev/sda1")
		})
	}
	leaves := []*List{leaf(0), nil, leaf(2)}
	l.SetList("vdev_tree", listOf(func(l *List) {
		l.SetLists("children", leaves)
		l.SetList("nothing", nil)
	}))
	l.SetLists("trees", leaves)
	l.SetBoolean("last")
}

// mustGolden reads a golden file.
func mustGolden(tb testing.TB, name string, enc Encoding) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(goldenDir, name+"."+enc.String()+".bin"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestGolden(t *testing.T) {
	for _, tt := range goldenCases() {
		for _, enc := range []Encoding{Native, XDR} {
			t.Run(tt.name+"/"+enc.String(), func(t *testing.T) {
				golden := mustGolden(t, tt.name, enc)
				built := listOf(tt.build)
				decoded := mustDecode(t, golden)
				if !decoded.Equal(built) {
					t.Errorf("decoded:\n%vwant:\n%v", decoded, built)
				}
				if tt.wide && enc == XDR {
					return // TestWideWords looks at what differs
				}
				for name, l := range map[string]*List{"built": built, "decoded": decoded, "clone": decoded.Clone()} {
					got := mustPack(t, l, little(enc))
					if diff := cmp.Diff(hex.Dump(golden), hex.Dump(got)); diff != "" {
						t.Errorf("packed from %s (-want +got):\n%s", name, diff)
					}
				}
			})
		}
	}
}

// TestWideWords shows where this package and libnvpair disagree: the library
// sign-extends small numbers in XDR, the kernel only accepts zero-extended ones.
// So both are read, and the kernel's form is written.
func TestWideWords(t *testing.T) {
	for _, tt := range goldenCases() {
		if !tt.wide {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			golden := mustGolden(t, tt.name, XDR)
			got := mustPack(t, mustDecode(t, golden), little(XDR))
			if len(got) != len(golden) {
				t.Fatalf("got %d bytes, want %d", len(got), len(golden))
			}
			differ := 0
			for i := 0; i < len(got); i += 4 {
				want, word := u32(golden[i:], formXDR), u32(got[i:], formXDR)
				if want == word {
					continue
				}
				differ++
				if want < 0xffff0000 || word != want&0xff && word != want&0xffff {
					t.Errorf("byte %d: got %08x, want %08x cut to its width", i, word, want)
				}
			}
			if differ == 0 {
				t.Error("no difference: the exception for this file is no longer needed")
			}
		})
	}
}

// TestNotUnique reads a list that says that its names are not unique.
func TestNotUnique(t *testing.T) {
	for _, enc := range []Encoding{Native, XDR} {
		golden := mustGolden(t, "not_unique", enc)
		l, err := Decode(golden, &DecodeOptions{RejectDuplicates: true})
		if err != nil {
			t.Fatal(err)
		}
		if l.Flags() != 0 || l.Len() != 2 {
			t.Errorf("got flags %d and %d pairs", l.Flags(), l.Len())
		}
		if v, ok := l.Uint64("twice"); !ok || v != 1 {
			t.Errorf("lookup found %d, %v, want the first pair", v, ok)
		}
		if diff := cmp.Diff(golden, mustPack(t, l.Clone(), little(enc))); diff != "" {
			t.Errorf("packed (-want +got):\n%s", diff)
		}
	}
}
