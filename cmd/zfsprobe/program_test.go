package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// programDevice is the fake module with a Lua of few words: it returns its
// input, fails by the code that the program says, or returns every type.
func programDevice(t *testing.T) *ioctl.Device {
	return fakeDevice().Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		if op != ioctl.OpChannelProgram {
			return next()
		}
		in, err := nvlist.Decode(c.In(), nil)
		if err != nil {
			t.Error(err)
		}
		out := &nvlist.List{}
		var code ioctl.Code
		switch source, _ := in.Text("program"); source {
		case "input":
			out.SetList("return", in)
		case "types":
			table := &nvlist.List{}
			table.SetString("s", "it's")
			table.SetString("q\"\n", "\\\x01\t\r\f\bé€𝄞\x7f")
			table.SetBooleanValue("b", true)
			table.SetInt64("n", -5)
			table.SetList("empty", &nvlist.List{})
			out.SetList("return", table)
		case "nil":
			out.SetBoolean("return")
		case "syntax":
			out.SetString("error", "[string \"channel program\"]:1: bad")
			code = ioctl.CodeInval
		case "slow":
			out.SetString("error", "Channel program timed out.")
			out.SetUint64("instrlimit", 1100)
			code = ioctl.CodeTime
		case "time":
			code = ioctl.CodeTime
		case "memory":
			code = ioctl.CodeNospc
		case "limit":
			code = ioctl.CodeInval
		case "user":
			code = ioctl.CodePerm
		case "broken":
			code = ioctl.CodeRofs
		case "large":
			out.SetInt32("N_MORE_ERRORS", 1)
		}
		if err := c.Answer(out); err != nil || code == 0 {
			return err
		}
		return code.Err()
	})
}

func TestProgram(t *testing.T) {
	const fine, failed = "Channel program fully executed and produced output:\n", "Channel program execution failed:\n"
	missing := filepath.Join(t.TempDir(), "none.lua")
	for _, tc := range []struct {
		args, text string
		code       int
		out, err   string
	}{
		{"program dozer0 -", "", exitFine, "Channel program fully executed and did not produce output.\n", ""},
		{"program -j dozer0 -", "", exitFine, "{}", ""},
		{"program dozer0 -", "nil", exitFine, fine + "    return\n", ""},
		{"program --json dozer0 -", "nil", exitFine, `{"return":true}`, ""},
		{"program dozer0 - a b", "input\x00and what C does not see", exitFine, fine +
			"    return:\n        program: 'input'\n        arg:\n            argv: [a b]\n        sync: true\n", ""},
		{"program -n -t 0x10 -m 010 dozer0 -", "input", exitFine, fine +
			"    return:\n        program: 'input'\n        arg:\n            argv: []\n        sync: false\n        instrlimit: 16\n        memlimit: 8\n", ""},
		{"program dozer0 -", "types", exitFine, fine +
			"    return:\n        s: 'it's'\n        q\"\n: '\\\x01\t\r\f\bé€𝄞\x7f'\n        b: true\n        n: -5\n        empty:\n", ""},
		{"program -j dozer0 -", "types", exitFine,
			`{"return":{"s":"it's","q\"\n":"\\\u0001\t\r\f\b\u00e9\u20ac\ud834\udd1e` + "\x7f" + `","b":true,"n":-5,"empty":{}}}`, ""},
		{"program dozer0 -", "syntax", exitFinding, "", failed + "[string \"channel program\"]:1: bad\n"},
		{"program dozer0 -", "slow", exitFinding, "", failed + "Channel program timed out.\n1100 Lua instructions\n"},
		{"program dozer0 -", "time", exitFinding, "", failed + "Timed out.\n"},
		{"program dozer0 -", "memory", exitFinding, "", failed + "Memory limit exhausted.\n"},
		{"program dozer0 -", "limit", exitFinding, "", failed + "Invalid instruction or memory limit.\n"},
		{"program -t 0 dozer0 -", "input", exitFinding, "", failed + "Invalid instruction or memory limit.\n"},
		{"program -m 0 dozer0 -", "input", exitFinding, "", failed + "Invalid instruction or memory limit.\n"},
		{"program dozer0 -", "user", exitFinding, "", failed + "Permission denied. Channel programs must be run as root.\n"},
		{"program dozer0 -", "large", exitFinding, "", failed + "Return value too large.\n"},
		{"program dozer0 -", "broken", exitFinding, "",
			"Channel program execution failed: zfs: channel program \"dozer0\": pool is read-only (EROFS)\n"},
		{"program nopool -", "", exitFinding, "", "cannot open 'nopool': no such pool\ncannot open pool 'nopool'\n"},
		{"program dozer0 " + missing, "", exitFinding, "", "cannot open '" + missing + "': No such file or directory\n"},
		{"program -t x dozer0 -", "", exitFailed, "", "zfsprobe: invalid argument 'x': expected integer\n"},
		{"program dozer0", "", exitFailed, "", "zfsprobe: requires at least 2 arg(s), only received 1\n"},
	} {
		t.Run(tc.args+" "+tc.text, func(t *testing.T) {
			r := runOn(t, programDevice(t), tc.text, strings.Fields(tc.args)...)
			if diff := cmp.Diff(result{tc.code, tc.out, tc.err}, r, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
