package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// encrypted makes the statistics of an encrypted dataset.
func encrypted(root string, status int, format int, location string) *nvlist.List {
	iters := 0
	if format == 3 {
		iters = 350000
	}
	return fakeStats("encryption", 8, "-", "encryptionroot", root, "-", "keystatus", status, "-",
		"keyformat", format, "-", "keylocation", location, "-", "pbkdf2iters", iters, "-")
}

// keysDevice is the fake module with some encrypted datasets.
func keysDevice() *ioctl.Device {
	tree := []fakeDataset{
		{"dozer0", 2, 1, fakeStats("used", 1, "-")},
		{"dozer0/plain", 2, 2, fakeStats("encryption", 2, "-")},
		{"dozer0/vault", 2, 3, encrypted("dozer0/vault", 1, 3, "prompt")},
		{"dozer0/vault/b", 3, 5, encrypted("dozer0/vault/b", 2, 1, "file:///key")},
		{"dozer0/vault/a", 2, 4, encrypted("dozer0/vault", 1, 3, "none")},
	}
	return fakeDevice().Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		switch op {
		case ioctl.OpObjsetStats:
			for _, ds := range tree {
				if ds.name == c.Text(ioctl.FieldName) {
					return ds.answer(c)
				}
			}
			return ioctl.CodeNoent.Err()
		case ioctl.OpDatasetListNext:
			return fakeStep(tree, c, "/")
		}
		return next()
	})
}

func TestKeys(t *testing.T) {
	const (
		vault = "dozer0/vault\tdozer0/vault\tunavailable\taes-256-gcm\tpassphrase\tprompt\n"
		a     = "dozer0/vault/a\tdozer0/vault\tunavailable\taes-256-gcm\tpassphrase\tnone\n"
		b     = "dozer0/vault/b\tdozer0/vault/b\tavailable\taes-256-gcm\traw\tfile:///key\n"
	)
	tests := []struct {
		name, args, want string
		code             int
	}{
		{"aligned", "keys dozer0/vault/b", `
NAME            ENCROOT         KEYSTATUS  ENCRYPTION   KEYFORMAT  KEYLOCATION
dozer0/vault/b  dozer0/vault/b  available  aes-256-gcm  raw        file:///key
`, exitFine},
		{"everything", "keys -H", "\n" + vault + a + b, exitFine},
		{"recursive", "keys -rH dozer0", "\n" + vault + a + b, exitFine},
		{"one", "keys -H dozer0/vault", "\n" + vault, exitFine},
		{"own keys", "keys -rRH dozer0", "\n" + vault + b, exitFine},
		{"nothing encrypted", "keys dozer0/plain", "\nNAME  ENCROOT  KEYSTATUS  ENCRYPTION  KEYFORMAT  KEYLOCATION\n", exitFine},
		{"one of two is missing", "keys -H dozer0/none dozer0/vault", "\n" + vault, exitFinding},
		{"bad name", "keys -H dozer0//none", "\n", exitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, keysDevice(), "", strings.Fields(tt.args)...)
			if diff := cmp.Diff(tt.want, "\n"+r.out); diff != "" {
				t.Errorf("zfsprobe %s (-want +got):\n%s", tt.args, diff)
			}
			if r.code != tt.code || (r.errOut == "") != (tt.code == exitFine) {
				t.Errorf("exit %d, want %d; it says %q", r.code, tt.code, r.errOut)
			}
		})
	}
}

func TestKeysJSON(t *testing.T) {
	r := runOn(t, keysDevice(), "", "keys", "--json", "-R", "-r", "dozer0")
	var doc keysDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.code != exitFine {
		t.Fatalf("exit %d, %v", r.code, err)
	}
	want := keysDoc{"zfsprobe.keys/1", []datasetKeyDoc{
		{"dozer0/vault", "dozer0/vault", "unavailable", "aes-256-gcm", "passphrase", "prompt", 350000, ""},
		{"dozer0/vault/b", "dozer0/vault/b", "available", "aes-256-gcm", "raw", "file:///key", 0, ""},
	}}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	r = runOn(t, keysDevice(), "", "keys", "--json", "dozer0/plain")
	if !strings.Contains(r.out, `"keys": []`) {
		t.Errorf("nothing encrypted prints %s", r.out)
	}
}

func TestKeysHelp(t *testing.T) {
	out := mustRun(t, "help", "keys")
	for _, want := range []string{"Examples:", "zfsprobe keys -R", "--recursive", "--script", "--roots"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help does not show %q:\n%s", want, out)
		}
	}
}

func TestReadLine(t *testing.T) {
	long := strings.Repeat("x", keyLineMost-1)
	for _, tt := range []struct{ in, want, rest, err string }{
		{"one\ntwo", "one", "two", ""},
		{"one", "one", "", ""},
		{"\nx", "", "x", ""},
		{"", "", "", "EOF"},
		{long + "\n", long, "", ""},
		{long + "xx\n", "", "x\n", "more than 1023 bytes"},
	} {
		in := strings.NewReader(tt.in)
		got, err := readLine(in)
		rest, _ := io.ReadAll(in)
		if string(got) != tt.want || string(rest) != tt.rest || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%.10q: %q, %v, %q left", tt.in, got, err, rest)
		}
	}
}
