package stream

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFeatures(t *testing.T) {
	f := FeatureRaw | FeatureLZ4 | 1<<3 | 1<<40
	if diff := cmp.Diff([]string{"bit 3", "lz4", "raw", "bit 40"}, f.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if got := f.Unknown(); got != 1<<3|1<<40 {
		t.Errorf("unknown %#x", uint64(got))
	}
	if !f.Has(FeatureRaw|FeatureLZ4) || f.Has(FeatureRaw|FeatureZstd) {
		t.Error("Has is wrong")
	}
	known := 0
	for bit := range 64 {
		if featureName(1<<bit) != "" {
			known++
		}
	}
	if known != 16 {
		t.Errorf("%d features have names", known)
	}
}

func TestTypeString(t *testing.T) {
	tests := []struct {
		typ  Type
		want string
	}{{TypeBegin, "BEGIN"}, {TypeWriteByRef, "WRITE_BYREF"}, {TypeRedact, "REDACT"}, {11, "11"}, {1 << 31, "2147483648"}}
	for _, tt := range tests {
		if got := tt.typ.String(); got != tt.want {
			t.Errorf("%d is %s, want %s", uint32(tt.typ), got, tt.want)
		}
	}
}

// A part has its own records, and what is around the parts belongs to none.
func TestSummarizeParts(t *testing.T) {
	b := sampleCompound(t)
	s, err := Summarize(NewReader(bytes.NewReader(b), nil))
	if err != nil {
		t.Fatal(err)
	}
	first := int64(2*recordSize + len(sampleList()))
	want := []Part{
		{Offset: first, ToName: "pool@1", ToGUID: 1, Count: Count{Records: 3}},
		{Offset: first + 3*recordSize, ToName: "pool@2", ToGUID: 2, FromGUID: 1, Count: Count{Records: 2}},
	}
	if diff := cmp.Diff(want, s.Parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if s.Total.Records != 8 || s.Types[TypeEnd].Records != 4 || s.Types[TypeBegin].Payload != int64(len(sampleList())) {
		t.Errorf("summary %+v", s)
	}
}

// Of a broken stream, what comes before the fault is counted.
func TestSummarizeBroken(t *testing.T) {
	b := sampleCompound(t)
	s, err := Summarize(NewReader(bytes.NewReader(b[:len(b)-1]), nil))
	wantSyntax(t, err, ErrTruncated, int64(len(b)-1))
	if s == nil || s.Total.Records != 7 {
		t.Errorf("summary %+v", s)
	}
}

// However many parts there are, the list of them ends.
func TestSummarizeManyParts(t *testing.T) {
	var s Summary
	for range MaxParts + 10 {
		s.Add(&Begin{ToName: "p@s"})
		s.Add(&End{})
	}
	if len(s.Parts) != MaxParts || s.PartCount != MaxParts+10 || s.Parts[MaxParts-1].Count.Records != 2 {
		t.Errorf("%d of %d parts", len(s.Parts), s.PartCount)
	}
}
