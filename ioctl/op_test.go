package ioctl

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mustConsts reads the constants with a value of their own from one of the
// package's files, so that a test sees what a reader sees.
func mustConsts(t *testing.T, file, prefix string) map[string]uint64 {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	consts := map[string]uint64{}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true // another name of a constant that is listed
		}
		v, err := strconv.ParseUint(lit.Value, 0, 16)
		if err != nil {
			t.Fatal(err)
		}
		consts[spec.Names[0].Name] = v
		return true
	})
	return consts
}

// camel turns the words of a C name into those of a Go name.
func camel(c string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(strings.ToLower(c), "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

func TestOpConstants(t *testing.T) {
	want := map[string]uint64{}
	for d := range All() {
		want["Op"+camel(strings.TrimPrefix(d.C, "ZFS_IOC_"))] = uint64(d.Op)
	}
	if diff := cmp.Diff(want, mustConsts(t, "op.go", "Op")); diff != "" {
		t.Errorf("constants derived from the rows' C names (-want +got):\n%s", diff)
	}
	if OpJail != OpUsernsAttach || OpUnjail != OpUsernsDetach {
		t.Error("FreeBSD's names are not those of the same numbers")
	}
}

func TestOpRequest(t *testing.T) {
	tests := map[Op]uintptr{
		OpPoolCreate:  0x5a00,
		OpObjsetStats: 0x5a12,
		OpSendNew:     0x5a40,
		OpPoolScrub:   0x5a57,
		OpEventsNext:  0x5a81,
		OpGetBootenv:  0x5a88,
		0xff:          0x5aff,
	}
	for op, want := range tests {
		if got := op.Request(); got != want {
			t.Errorf("%s.Request() = %#x, want %#x", op, got, want)
		}
	}
}

func TestOpString(t *testing.T) {
	tests := map[Op]string{
		OpPoolScrub:      "ZFS_IOC_POOL_SCRUB",
		OpDsobjToDsname:  "ZFS_IOC_DSOBJ_TO_DSNAME",
		OpJail:           "ZFS_IOC_USERNS_ATTACH",
		OpGetBootenv + 1: "ZFS_IOC(0x89)",
		0x80:             "ZFS_IOC(0x80)",
	}
	for op, want := range tests {
		if got := op.String(); got != want {
			t.Errorf("Op(%#x).String() = %q, want %q", uint8(op), got, want)
		}
	}
}
