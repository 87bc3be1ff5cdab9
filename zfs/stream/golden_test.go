package stream

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/golden"
)

// goldenDir holds what kernels sent; its README says how it was made.
const goldenDir = "../../testdata/streams"

// goldenReleases are the releases that sent them.
func goldenReleases() []string { return []string{"2.0", "2.1", "2.3", "2.4"} }

// goldenNames are the streams there, of all releases.
func goldenNames() (names []string) {
	for _, release := range goldenReleases() {
		for _, name := range []string{
			"full", "compressed", "embedded", "redacted", "incremental", "raw", "volume", "compound", "package", "properties", "resumed",
		} {
			names = append(names, release+"/"+name)
		}
	}
	return names
}

// mustGolden reads a stream.
func mustGolden(t testing.TB, name string) []byte {
	t.Helper()
	return golden.Unzip(t, filepath.Join(goldenDir, name+".gz"))
}

// zstreamCounts reads what zstream(8) counted in a stream.
func zstreamCounts(t *testing.T, name string) map[string]Count {
	t.Helper()
	release, name := filepath.Split(name)
	b, err := os.ReadFile(filepath.Join(goldenDir, release, "zstream.txt"))
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]Count)
	inside := false
	for line := range strings.Lines(string(b)) {
		if len(strings.Fields(line)) == 1 && !strings.HasPrefix(line, "SUMMARY") {
			inside = strings.TrimSpace(line) == name
		}
		// Total DRR_FREE records = 16 (0 bytes)
		f := strings.Fields(strings.NewReplacer("(", "", ")", "").Replace(line))
		if !inside || len(f) != 7 || !strings.HasPrefix(f[1], "DRR_") {
			continue
		}
		records, err := strconv.ParseInt(f[4], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := strconv.ParseInt(f[5], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		counts[strings.TrimPrefix(f[1], "DRR_")] = Count{records, payload}
	}
	if len(counts) < 8 {
		t.Fatalf("zstream.txt has %d counts of %s", len(counts), name)
	}
	return counts
}

// Every stream is read to its end with all sums right, and counted as zstream(8)
// of the same release counts it.
func TestGoldenCounts(t *testing.T) {
	for _, name := range goldenNames() {
		t.Run(name, func(t *testing.T) {
			b := mustGolden(t, name)
			s, err := Summarize(NewReader(bytes.NewReader(b), nil))
			if err != nil {
				t.Fatal(err)
			}
			if s.Bytes != int64(len(b)) {
				t.Errorf("%d bytes, want %d", s.Bytes, len(b))
			}
			want := zstreamCounts(t, name)
			got := make(map[string]Count)
			for typ, count := range s.Types {
				if _, ok := want[Type(typ).String()]; ok {
					got[Type(typ).String()] = count
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// What the summaries say beside the counts, which is the same in all releases.
func TestGoldenSummary(t *testing.T) {
	tests := []struct {
		name     string
		features []string
		parts    []string
		compound bool
	}{
		{"full", []string{"sa_spill"}, []string{"t/a@1"}, false},
		{"compressed", []string{"sa_spill", "lz4", "compressed"}, []string{"t/a@1"}, false},
		{"embedded", []string{"sa_spill", "embed_data", "lz4", "compressed"}, []string{"t/a@1"}, false},
		{"redacted", []string{"sa_spill", "redacted"}, []string{"t/a@1"}, false},
		{"incremental", []string{"sa_spill"}, []string{"from t/a@2"}, false},
		{"raw", []string{"sa_spill", "lz4", "compressed", "raw"}, []string{"t/r@1"}, false},
		{"volume", []string{}, []string{"t/v@1"}, false},
		{"compound", []string{"sa_spill"}, []string{"t/p@1", "from t/p@2", "t/p/c@1", "from t/p/c@2"}, true},
		{"package", []string{"sa_spill", "holds"}, []string{
			"from t/p@2", "from t/p@3", "from t/p/c@2", "from t/p/c@3", "t/p/new@3", "from t/p/b@3",
		}, true},
		{"properties", []string{"sa_spill"}, []string{"t/p/c@2"}, true},
		{"resumed", []string{"sa_spill", "resuming"}, []string{"t/a@3"}, false},
	}
	for _, release := range goldenReleases() {
		for _, tt := range tests {
			t.Run(release+"/"+tt.name, func(t *testing.T) {
				s, err := Summarize(NewReader(bytes.NewReader(mustGolden(t, release+"/"+tt.name)), nil))
				if err != nil {
					t.Fatal(err)
				}
				parts := []string{}
				for _, p := range s.Parts {
					if p.FromGUID != 0 {
						p.ToName = "from " + p.ToName
					}
					parts = append(parts, p.ToName)
				}
				slices.Sort(parts)
				slices.Sort(tt.parts)
				if diff := cmp.Diff(tt.parts, parts); diff != "" {
					t.Errorf("parts (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.features, s.Features.Names()); diff != "" {
					t.Errorf("features (-want +got):\n%s", diff)
				}
				if s.Compound != tt.compound || s.BigEndian {
					t.Errorf("compound %t, big-endian %t", s.Compound, s.BigEndian)
				}
			})
		}
	}
}

// The lists behind the Begins are there and say what they should.
func TestGoldenLists(t *testing.T) {
	tests := []struct {
		name string
		key  string
	}{
		{"2.0/raw", "crypt_keydata"},
		{"2.4/raw", "crypt_keydata"},
		{"2.0/compound", "fss"},
		{"2.4/compound", "fss"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec, err := NewReader(bytes.NewReader(mustGolden(t, tt.name)), nil).Next()
			if err != nil {
				t.Fatal(err)
			}
			l, err := rec.(*Begin).List()
			if err != nil {
				t.Fatal(err)
			}
			if inner, ok := l.List(tt.key); !ok || inner.Len() == 0 {
				t.Errorf("no list %s in %v", tt.key, l)
			}
		})
	}
}

// Cut at any record boundary and inside of records, a stream is truncated, and
// the offset is that of its end.
func TestGoldenTruncated(t *testing.T) {
	b := mustGolden(t, "2.4/compound")
	var cuts []int
	for r := NewReader(bytes.NewReader(b), nil); ; {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		off := int(rec.head().Offset)
		cuts = append(cuts, off, off+1, off+311, off+312)
	}
	for _, cut := range cuts[:len(cuts)-1] { // the last one is the end
		_, err := Summarize(NewReader(bytes.NewReader(b[:cut]), nil))
		wantSyntax(t, err, ErrTruncated, int64(cut))
	}
}

// A flipped bit anywhere is found.
func TestGoldenFlipped(t *testing.T) {
	b := mustGolden(t, "2.4/incremental")
	for at := 0; at < len(b); at += 37 {
		damaged := bytes.Clone(b)
		damaged[at] ^= 1 << (at % 8)
		_, err := Summarize(NewReader(bytes.NewReader(damaged), nil))
		if !errors.Is(err, ErrSyntax) {
			t.Errorf("byte %d: error %v", at, err)
		}
	}
}
