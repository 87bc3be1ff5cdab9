package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/golden"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustStreamFile reads a stream that a kernel sent.
func mustStreamFile(t *testing.T, name string) string {
	t.Helper()
	return string(golden.Unzip(t, filepath.Join("../../testdata/streams/2.4", name+".gz")))
}

const streamText = `kind        plain
byte order  little-endian
features    sa_spill
snapshots   1
records     33
payload     6352 bytes
length      16648 bytes

TYPE         RECORDS  PAYLOAD
BEGIN              1        0
OBJECT             9      720
FREEOBJECTS        3        0
WRITE              3     5120
FREE              15        0
END                1        0
SPILL              1      512

SNAPSHOT                 GUID                 FROM  CREATED               RECORDS  PAYLOAD
"t/a@2"   6608681983646668991  1099107253857918462  2026-11-21T07:19:15Z       33     6352
`

func TestStreamSummary(t *testing.T) {
	data := mustStreamFile(t, "incremental")
	r := runOn(t, nil, data, "stream", "-")
	if r.code != exitFine || r.errOut != "" {
		t.Fatalf("exit %d, %s", r.code, r.errOut)
	}
	if diff := cmp.Diff(streamText, r.out); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	path := filepath.Join(t.TempDir(), "stream")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if file := runOn(t, nil, "", "stream", path); file.out != r.out {
		t.Errorf("a file gives %q, standard input %q", file.out, r.out)
	}
}

func TestStreamJSON(t *testing.T) {
	r := runOn(t, nil, mustStreamFile(t, "compound"), "--json", "stream", "-")
	if r.code != exitFine {
		t.Fatalf("exit %d, %s", r.code, r.errOut)
	}
	var doc streamJSON
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "zfsprobe.stream/1" || doc.Kind != "compound" || doc.ByteOrder != "little" || doc.Bytes != 102796 || doc.Fault != nil {
		t.Errorf("document %+v", doc)
	}
	names := []string{}
	for _, p := range doc.Parts {
		names = append(names, p.ToName)
	}
	if diff := cmp.Diff([]string{"t/p@1", "t/p@2", "t/p/c@1", "t/p/c@2"}, names); diff != "" {
		t.Errorf("snapshots (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(countJSON{18, 75776}, doc.Types["WRITE"]); diff != "" {
		t.Errorf("WRITE (-want +got):\n%s", diff)
	}
}

func TestStreamCheck(t *testing.T) {
	data := mustStreamFile(t, "full")
	damaged := []byte(data)
	damaged[20000] ^= 1
	tests := []struct {
		name string
		in   string
		code int
		want string
		json string
	}{
		{"whole", data, exitFine, "-: valid, 43 records, 63464 bytes\n", `"bytes": 63464`},
		{"truncated", data[:5000], exitFinding, "-: malformed: stream: unexpected end of the stream at byte 5000, record 7\n", `"offset": 5000`},
		{"damaged", string(damaged), exitFinding, "checksum mismatch at byte 19920, record 26\n", `"error": "checksum mismatch"`},
		{"no stream", strings.Repeat("text", 100), exitFinding, "not a send stream at byte 8, record 0\n", `"offset": 8`},
		{"empty", "", exitFinding, "unexpected end of the stream at byte 0, record 0\n", `"offset": 0`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, nil, tt.in, "stream", "--check", "-")
			if r.code != tt.code || !strings.Contains(r.out, tt.want) || r.errOut != "" {
				t.Errorf("exit %d, %q, %q", r.code, r.out, r.errOut)
			}
			r = runOn(t, nil, tt.in, "--json", "stream", "--check", "-")
			if r.code != tt.code || !strings.Contains(r.out, tt.json) || !json.Valid([]byte(r.out)) {
				t.Errorf("exit %d, %q", r.code, r.out)
			}
		})
	}
}

// Of a stream that is cut off, the summary is printed with the fault.
func TestStreamTruncated(t *testing.T) {
	data := mustStreamFile(t, "full")[:5000]
	r := runOn(t, nil, data, "stream", "-")
	if r.code != exitFinding || !strings.Contains(r.out, "records     7\n") || !strings.Contains(r.out, "at byte 5000") {
		t.Errorf("exit %d\n%s", r.code, r.out)
	}
	r = runOn(t, nil, data, "--json", "stream", "-")
	var doc streamJSON
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatal(err)
	}
	if r.code != exitFinding || doc.Fault == nil || doc.Fault.Offset != 5000 || doc.Total.Records != 7 {
		t.Errorf("exit %d, document %+v", r.code, doc)
	}
}

func TestStreamDump(t *testing.T) {
	r := runOn(t, nil, mustStreamFile(t, "compound"), "stream", "--dump", "-")
	if r.code != exitFine {
		t.Fatalf("exit %d, %s", r.code, r.errOut)
	}
	for _, want := range []string{
		"0 BEGIN payload=1004 big_endian=false compound=true features=[] created=0", `to_name="t/p@2"`,
		"\ntosnap: string = \"2\"\n", "\n1940 OBJECT payload=0 object=1 object_type=21", " iv=000000000000000000000000 ",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%.2000s", want, r.out)
		}
	}
	r = runOn(t, nil, mustStreamFile(t, "compound"), "--json", "stream", "--dump", "-")
	lines := 0
	for line := range strings.Lines(r.out) {
		lines++
		var doc struct {
			Schema string         `json:"schema"`
			Type   string         `json:"type"`
			Fields map[string]any `json:"fields"`
		}
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		if doc.Schema != "zfsprobe.stream-record/1" || doc.Type == "" || doc.Fields["to_guid"] == nil {
			t.Errorf("document %+v", doc)
		}
	}
	if r.code != exitFine || lines != 80 {
		t.Errorf("exit %d, %d lines", r.code, lines)
	}
}

// What was read before a fault is printed, then the fault.
func TestStreamDumpFault(t *testing.T) {
	r := runOn(t, nil, mustStreamFile(t, "full")[:700], "stream", "--dump", "-")
	if r.code != exitFinding || !strings.HasPrefix(r.out, "0 BEGIN") || !strings.HasSuffix(r.out, "at byte 700, record 2\n") {
		t.Errorf("exit %d\n%s", r.code, r.out)
	}
}

// The keys of a raw stream are hidden unless they are asked for.
func TestStreamDumpSecrets(t *testing.T) {
	data := mustStreamFile(t, "raw")
	for _, args := range []string{"stream --dump -", "--json stream --dump -"} {
		hidden := runOn(t, nil, data, strings.Fields(args)...)
		shown := runOn(t, nil, data, append(strings.Fields(args), "--secrets")...)
		if !strings.Contains(hidden.out, "redacted") || strings.Contains(shown.out, "redacted") {
			t.Errorf("%s:\n%.1500s", args, hidden.out)
		}
	}
}

func TestStreamCannotRead(t *testing.T) {
	r := runOn(t, nil, "", "stream", filepath.Join(t.TempDir(), "missing"))
	if r.code != exitFailed || !strings.HasPrefix(r.errOut, "zfsprobe: ") {
		t.Errorf("a missing file: exit %d, %q", r.code, r.errOut)
	}
	own := errors.New("the cable is out")
	for _, args := range [][]string{{"stream", "-"}, {"stream", "--check", "-"}, {"stream", "--dump", "-"}} {
		var out, errOut strings.Builder
		if code := run(t.Context(), args, iotest.ErrReader(own), &out, &errOut); code != exitFailed || !strings.Contains(errOut.String(), own.Error()) {
			t.Errorf("%v: exit %d, %q", args, code, errOut.String())
		}
	}
	if r := runOn(t, nil, "", "stream", "--dump", "--check", "-"); r.code != exitFailed {
		t.Errorf("two modes: exit %d", r.code)
	}
}

func TestSnakeCase(t *testing.T) {
	tests := []struct{ in, want string }{
		{"ToGUID", "to_guid"}, {"RefGUID", "ref_guid"}, {"IV", "iv"}, {"MAC", "mac"}, {"MaxBlockID", "max_block_id"},
		{"BigEndian", "big_endian"}, {"Object", "object"}, {"RawBonusLen", "raw_bonus_len"},
	}
	for _, tt := range tests {
		if got := snakeCase(tt.in); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.in, got, tt.want)
		}
	}
}

// A deduplicated stream is refused by the name of its feature, and --redup makes
// one of it that is not.
func TestStreamRedup(t *testing.T) {
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for _, rec := range []stream.Record{
		&stream.Begin{ObjsetType: 2, ToGUID: 42, ToName: "far/away@s", Features: stream.FeatureDedup},
		&stream.Write{Head: stream.Head{Payload: bytes.Repeat([]byte{7}, 512)}, ToGUID: 42, Object: 2, LogicalSize: 512},
		&stream.WriteByRef{ToGUID: 42, Object: 3, Length: 512, RefGUID: 42, RefObject: 2},
		&stream.End{ToGUID: 42},
	} {
		if err := w.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "dedup")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"receive dozer0/b", "receive -n dozer0/b"} {
		if r := runOn(t, syncedDevice(), b.String(), strings.Fields(args)...); r.code != exitFailed || !strings.Contains(r.errOut, "feature dedup") {
			t.Errorf("%s: exit %d, %q", args, r.code, r.errOut)
		}
	}
	r := runOn(t, nil, "", "stream", "--redup", path)
	if r.code != exitFine || r.errOut != "" {
		t.Fatalf("exit %d, %q", r.code, r.errOut)
	}
	s, err := stream.Summarize(stream.NewReader(strings.NewReader(r.out), nil))
	if err != nil || s.Features != 0 || s.Types[stream.TypeWrite].Records != 2 || s.Types[stream.TypeWriteByRef].Records != 0 {
		t.Errorf("summary %+v, error %v", s, err)
	}
	if r := runOn(t, nil, b.String(), "stream", "--redup", "-"); r.code != exitFailed || !strings.Contains(r.errOut, "want a file") {
		t.Errorf("from a pipe: exit %d, %q", r.code, r.errOut)
	}
}
