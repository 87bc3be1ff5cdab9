package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustTokenFile reads the token that a kernel made.
func mustTokenFile(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../testdata/streams/2.4/token")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

const tokenText = `snapshot    "t/a@3"
guid        8164815552300933214
from guid   none, it is a full stream
object      130
offset      0
received    59144 bytes
sent with   nothing special
byte order  little-endian
`

func TestToken(t *testing.T) {
	token := mustTokenFile(t)
	if diff := cmp.Diff(tokenText, mustRun(t, "token", token)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if r := runOn(t, nil, token+"\n", "token", "-"); r.code != exitFine || r.out != tokenText {
		t.Errorf("standard input: exit %d\n%s", r.code, r.out)
	}
}

func TestTokenJSON(t *testing.T) {
	token := stream.Token{
		ToName: "p@s", ToGUID: 1, FromGUID: 2, Object: 3, Offset: 4, Bytes: 5, Raw: true, Compress: true, LargeBlock: true,
		RedactSnaps: []uint64{6}, BookRedactSnaps: []uint64{7}, BigEndian: true,
	}
	text, err := token.Text()
	if err != nil {
		t.Fatal(err)
	}
	var got tokenJSON
	mustJSON(t, "zfsprobe.token/1", &got, "token", text)
	want := tokenJSON{
		"zfsprobe.token/1", "p@s", 1, 2, 3, 4, 5, []string{"large_block", "compressed", "raw"}, []uint64{6}, []uint64{7}, "big",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	out := mustRun(t, "token", text)
	for _, line := range []string{"sent with          large_block compressed raw\n", "redacted for       [6]\n", "from redacted for  [7]\n", "from guid          2\n"} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
}

func TestTokenInvalid(t *testing.T) {
	for _, token := range []string{"", "1-2-3", mustTokenFile(t) + "00", "2" + mustTokenFile(t)[1:], "1-0" + mustTokenFile(t)[3:]} {
		r := runOn(t, nil, "", "token", token)
		if r.code != exitFinding || !strings.Contains(r.out, "invalid resume token: ") || r.errOut != "" {
			t.Errorf("%q: exit %d, %q, %q", token, r.code, r.out, r.errOut)
		}
		r = runOn(t, nil, "", "--json", "token", token)
		if r.code != exitFinding || !json.Valid([]byte(r.out)) || !strings.Contains(r.out, "zfsprobe.token-error/1") {
			t.Errorf("%q: exit %d, %q", token, r.code, r.out)
		}
	}
}
