package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// holdsDevice is the fake module with holds on snapshots called old.
func holdsDevice() *ioctl.Device {
	return fakeDevice().Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		if op != ioctl.OpGetHolds {
			return next()
		}
		out := &nvlist.List{}
		switch c.Text(ioctl.FieldName) {
		case "dozer0/a@old":
			out.SetUint64("keep", 1<<30)
			out.SetUint64("backup 2", 1<<30+3600)
		case "dozer0/vol@old":
			out.SetUint64("x", 0)
		case "dozer0/a@new":
		default:
			return ioctl.CodeNoent.Err()
		}
		return c.Answer(out)
	})
}

func TestHolds(t *testing.T) {
	when := func(sec int64) string { return time.Unix(sec, 0).Format("Mon Jan _2 15:04 2006") }
	first, second := when(1<<30), when(1<<30+3600)
	tests := []struct {
		name, args, want string
		code             int
		errOut           string
	}{
		{"aligned", "holds dozer0/a@old", `
NAME          TAG       TIMESTAMP
dozer0/a@old  backup 2  ` + second + `
dozer0/a@old  keep      ` + first + "\n", exitFine, ""},
		{"script", "holds -H dozer0/a@old", "\ndozer0/a@old\tbackup 2\t" + second + "\ndozer0/a@old\tkeep\t" + first + "\n", exitFine, ""},
		{"script, exact", "holds -Hp dozer0/a@old", "\ndozer0/a@old\tbackup 2\t1073745424\ndozer0/a@old\tkeep\t1073741824\n", exitFine, ""},
		{"recursive", "holds -rHp dozer0@old",
			"\ndozer0/vol@old\tx\t0\ndozer0/a@old\tbackup 2\t1073745424\ndozer0/a@old\tkeep\t1073741824\n", exitFine, ""},
		{"none", "holds dozer0/a@new", "\nNAME  TAG  TIMESTAMP\n", exitFine, ""},
		{"none, script", "holds -H dozer0/a@new", "\n", exitFine, ""},
		{"one of two is missing", "holds -Hp dozer0/b@old dozer0/vol@old", "\ndozer0/vol@old\tx\t0\n", exitFinding, "does not exist"},
		{"missing", "holds dozer0/b@old", "\n", exitFinding, "does not exist"},
		{"filesystem", "holds dozer0/a", "\n", exitFailed, "not a snapshot"},
		{"nothing", "holds", "\n", exitFailed, "at least 1 arg"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, holdsDevice(), "", strings.Fields(tt.args)...)
			if diff := cmp.Diff(tt.want, "\n"+r.out); diff != "" {
				t.Errorf("zfsprobe %s (-want +got):\n%s", tt.args, diff)
			}
			if r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) || tt.errOut == "" && r.errOut != "" {
				t.Errorf("exit %d, want %d; it says %q, want %q", r.code, tt.code, r.errOut, tt.errOut)
			}
		})
	}
}

func TestHoldsJSON(t *testing.T) {
	for _, tt := range []struct {
		args string
		want holdsDoc
		code int
	}{
		{"holds --json dozer0/vol@old", holdsDoc{"zfsprobe.holds/1", []holdDoc{{"dozer0/vol@old", "x", 0}}}, exitFine},
		{"holds --json dozer0/a@new", holdsDoc{"zfsprobe.holds/1", []holdDoc{}}, exitFine},
		{"holds --json dozer0/b@old", holdsDoc{"zfsprobe.holds/1", []holdDoc{}}, exitFinding},
	} {
		r := runOn(t, holdsDevice(), "", strings.Fields(tt.args)...)
		var doc holdsDoc
		if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.code != tt.code {
			t.Errorf("%s: exit %d, want %d, %v", tt.args, r.code, tt.code, err)
		}
		if diff := cmp.Diff(tt.want, doc); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.args, diff)
		}
	}
}

func TestHoldsHelp(t *testing.T) {
	out := mustRun(t, "help", "holds")
	for _, want := range []string{"Examples:", "zfsprobe holds -r tank@monday", "--recursive", "--script", "--parsable"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help does not show %q:\n%s", want, out)
		}
	}
}
