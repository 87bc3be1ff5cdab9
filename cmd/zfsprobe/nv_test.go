package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
)

// nvSample has a number, a text, a list, and key material at two depths.
func nvSample() *nvlist.List {
	key, l := &nvlist.List{}, &nvlist.List{}
	key.SetByteArray("wkeydata", []byte{0xde, 0xad, 0xbe, 0xef})
	key.SetString("inner", "text")
	l.SetUint64("version", 5000)
	l.SetString("name", "tank")
	l.SetList("vdev_tree", key)
	l.SetList("hidden_args", key)
	return l
}

// mustPack packs the sample.
func mustPack(t *testing.T, enc nvlist.Encoding, bigEndian bool) []byte {
	t.Helper()
	h := nvlist.HostHeader(enc)
	h.BigEndian = bigEndian
	b, err := nvSample().AppendAs(nil, h)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const nvText = `version: uint64 = 5000
name: string = "tank"
vdev_tree: nvlist
    wkeydata: byte_array[4] = (redacted)
    inner: string = "text"
hidden_args: nvlist = (redacted)
`

func TestNv(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
	}{
		{"native, little-endian", mustPack(t, nvlist.Native, false)},
		{"native, big-endian", mustPack(t, nvlist.Native, true)},
		{"XDR", mustPack(t, nvlist.XDR, false)},
		{"hexadecimal", []byte(hex.EncodeToString(mustPack(t, nvlist.XDR, false)))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, nil, string(tt.in), "nv", "-")
			if r.code != exitFine || r.errOut != "" {
				t.Fatalf("exit %d, %s", r.code, r.errOut)
			}
			if diff := cmp.Diff(nvText, r.out); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			path := filepath.Join(t.TempDir(), "list")
			if err := os.WriteFile(path, tt.in, 0o600); err != nil {
				t.Fatal(err)
			}
			if file := runOn(t, nil, "", "nv", path); file.out != r.out {
				t.Errorf("a file gives %q, standard input %q", file.out, r.out)
			}
		})
	}
}

// Key material is hidden in every form, and shown when it is asked for.
func TestNvSecrets(t *testing.T) {
	packed := string(mustPack(t, nvlist.Native, false))
	for _, args := range []string{"nv -", "nv --json -", "nv --to json -"} {
		t.Run(args, func(t *testing.T) {
			hidden := runOn(t, nil, packed, strings.Fields(args)...)
			shown := runOn(t, nil, packed, append(strings.Fields(args), "--secrets")...)
			if hidden.code != exitFine || shown.code != exitFine {
				t.Fatalf("exit %d and %d: %s%s", hidden.code, shown.code, hidden.errOut, shown.errOut)
			}
			for _, form := range []string{"deadbeef", "3q2+7w", "222"} {
				if strings.Contains(hidden.out, form) {
					t.Errorf("key material is in\n%s", hidden.out)
				}
			}
			if strings.Contains(shown.out, nvlist.Redacted) || len(shown.out) <= len(hidden.out) {
				t.Errorf("key material is not in\n%s", shown.out)
			}
		})
	}
}

func TestSecretPath(t *testing.T) {
	tests := []struct {
		path string
		want bool
	}{
		{"hidden_args", true},
		{"hidden_args/inner", true},
		{"a/children[3]/wkeydata", true},
		{`"odd/name"/hidden_args`, true},
		{"", false},
		{"vdev_tree/children[0]/guid", false},
		{"my_hidden_args", false},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			if got := secretPath(tt.path); got != tt.want {
				t.Errorf("secretPath = %t", got)
			}
		})
	}
}

// What nv prints as JSON it reads again, without loss.
func TestNvJSONRoundTrip(t *testing.T) {
	packed := mustPack(t, nvlist.XDR, false)
	doc := runOn(t, nil, string(packed), "nv", "--json", "--secrets", "-")
	var head struct {
		Schema string          `json:"schema"`
		List   json.RawMessage `json:"list"`
	}
	if err := json.Unmarshal([]byte(doc.out), &head); err != nil || head.Schema != nvSchema {
		t.Fatalf("schema %q, %v", head.Schema, err)
	}
	for name, text := range map[string]string{"document": doc.out, "list alone": string(head.List)} {
		again := runOn(t, nil, text, "nv", "--to", "xdr", "--endian", "little", "-")
		if diff := cmp.Diff(string(packed), again.out); diff != "" || again.code != exitFine {
			t.Errorf("%s: exit %d (-want +got):\n%s", name, again.code, diff)
		}
	}
}

func TestNvConvert(t *testing.T) {
	in := string(mustPack(t, nvlist.XDR, false))
	tests := []struct {
		name, args string
		want       string
	}{
		{"little-endian", "nv --to native --endian little -", string(mustPack(t, nvlist.Native, false))},
		{"big-endian", "nv --to native --endian big -", string(mustPack(t, nvlist.Native, true))},
		{"hexadecimal", "nv --to native --endian big --hex -", hex.Dump(mustPack(t, nvlist.Native, true))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, nil, in, strings.Fields(tt.args)...)
			if diff := cmp.Diff(tt.want, r.out); diff != "" || r.code != exitFine {
				t.Errorf("exit %d (-want +got):\n%s", r.code, diff)
			}
		})
	}
}

func TestNvDiff(t *testing.T) {
	before, after := nvSample(), nvSample()
	after.SetUint64("version", 28)
	secret := &nvlist.List{}
	secret.SetByteArray("wkeydata", []byte{0xde, 0xad, 0xbe, 0xef})
	secret.SetString("inner", "topsecret")
	after.SetList("hidden_args", secret)
	write := func(name string, l *nvlist.List) string {
		path := filepath.Join(t.TempDir(), name)
		b, err := l.AppendXDR(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, b := write("a", before), write("b", after)
	if r := runOn(t, nil, "", "nv", "--diff", a, a); r.code != exitFine || r.out != "" {
		t.Errorf("equal lists: exit %d, %s", r.code, r.out)
	}
	r := runOn(t, nil, "", "nv", "--diff", a, b)
	if r.code != exitFinding || r.errOut != "" || !strings.Contains(r.out, "28") || strings.Contains(r.out, "topsecret") {
		t.Errorf("different lists: exit %d, %s%s", r.code, r.out, r.errOut)
	}
	if r := runOn(t, nil, "", "nv", "--secrets", "--diff", a, b); !strings.Contains(r.out, "topsecret") {
		t.Errorf("with secrets: %s", r.out)
	}
	var doc struct {
		Schema  string   `json:"schema"`
		Changes []string `json:"changes"`
	}
	r = runOn(t, nil, "", "nv", "--json", "--diff", a, b)
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || doc.Schema != "zfsprobe.nv-diff/1" || len(doc.Changes) != 2 {
		t.Errorf("JSON: %v, %s", err, r.out)
	}
}

func TestNvMalformed(t *testing.T) {
	good := mustPack(t, nvlist.Native, false)
	broken := append([]byte(nil), good...)
	broken[4] = 0xff // the version of the list
	tests := []struct {
		name, in, offset string
	}{
		{"empty", "", "byte 0"},
		{"cut", string(good[:len(good)-9]), "byte "},
		{"version", string(broken), "byte 4"},
		{"no list", "this is no list", "byte 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, nil, tt.in, "nv", "-")
			if r.code != exitFinding || !strings.Contains(r.out, "malformed") || !strings.Contains(r.out, tt.offset) || r.errOut != "" {
				t.Errorf("exit %d, %q, %q", r.code, r.out, r.errOut)
			}
			var doc struct {
				Schema string `json:"schema"`
				Offset *int64 `json:"offset"`
				Error  string `json:"error"`
			}
			r = runOn(t, nil, tt.in, "nv", "--json", "-")
			if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
				t.Fatal(err)
			}
			if r.code != exitFinding || doc.Schema != "zfsprobe.nv-error/1" || doc.Offset == nil || doc.Error == "" {
				t.Errorf("exit %d, %s", r.code, r.out)
			}
		})
	}
}

func TestNvErrors(t *testing.T) {
	good := string(mustPack(t, nvlist.Native, false))
	missing := filepath.Join(t.TempDir(), "none")
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"missing file", []string{"nv", missing}, missing},
		{"directory", []string{"nv", t.TempDir()}, "directory"},
		{"form", []string{"nv", "--to", "yaml", "-"}, "text, json, native or xdr"},
		{"byte order", []string{"nv", "--to", "native", "--endian", "middle", "-"}, "little or big"},
		{"other list is missing", []string{"nv", "--diff", missing, "-"}, missing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, nil, good, tt.args...)
			if r.code != exitFailed || !strings.Contains(r.errOut, tt.want) || r.out != "" {
				t.Errorf("exit %d, %q, %q", r.code, r.out, r.errOut)
			}
			if strings.Contains(r.errOut, "doctor") {
				t.Errorf("advice on the device for a file: %s", r.errOut)
			}
		})
	}
}
