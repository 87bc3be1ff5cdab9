package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
)

// writable is the fake module, which also takes the operations that change
// something and notes them.
func writable(calls *[]string) *ioctl.Device {
	return fakeDevice().Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		switch op {
		case ioctl.OpSnapshot, ioctl.OpCreate, ioctl.OpPromote, ioctl.OpSetProp, ioctl.OpInheritProp:
			*calls = append(*calls, strings.TrimPrefix(op.String(), "ZFS_IOC_")+" "+c.Text(ioctl.FieldName))
			return nil
		case ioctl.OpLogHistory:
			in, err := nvlist.Decode(c.In(), nil)
			text, _ := in.Text("message")
			*calls = append(*calls, "LOG_HISTORY "+text)
			return err
		}
		return next()
	})
}

func TestDo(t *testing.T) {
	tests := []struct {
		args   string
		calls  []string
		code   int
		errOut string
	}{
		{"snapshot dozer0/a@x dozer0/vol@x", []string{"SNAPSHOT dozer0"}, exitFine, ""},
		{"snapshot -r dozer0", nil, exitFailed, "not a snapshot's name"},
		{"snapshot", nil, exitFailed, "at least 1 arg"},
		{"create dozer0/n", []string{"CREATE dozer0/n"}, exitFine, ""},
		{"create -V 10M -b 4K -s dozer0/n", []string{"CREATE dozer0/n"}, exitFine, ""},
		{"create -V 10M dozer0/n", []string{"CREATE dozer0/n"}, exitFine, ""},
		{"create -V 10M -b 5000 dozer0/n", nil, exitFailed, "power of two"},
		{"create -V 18446744073709551615 dozer0/n", nil, exitFailed, "2^64"},
		{"create -s dozer0/n", nil, exitFailed, "which has -V"},
		{"create -b 4K dozer0/n", nil, exitFailed, "which has -V"},
		{"create -V 10Q dozer0/n", nil, exitFailed, "10Q"},
		{"create -o a:b=1 -o a:b=2 dozer0/n", nil, exitFailed, "given twice"},
		{"create -o =1 dozer0/n", nil, exitFailed, "property=value"},
		{"clone dozer0/a@old", nil, exitFailed, "2 arg"},
		{"inherit -r compression dozer0", []string{"INHERIT_PROP dozer0", "INHERIT_PROP dozer0/a", "INHERIT_PROP dozer0/vol"}, exitFine, ""},
		{"inherit --history -r compression dozer0", []string{"INHERIT_PROP dozer0", "INHERIT_PROP dozer0/a", "INHERIT_PROP dozer0/vol",
			"LOG_HISTORY zfsprobe do inherit --history -r compression dozer0"}, exitFine, ""},
		{"inherit -r compression dozer0/none", nil, exitFinding, "does not exist"},
		{"set compression=lz4", nil, exitFailed, "at least 2 arg"},
		{"set compression=lz4 quota=1G", nil, exitFailed, "want properties"},
		{"set dozer0/a compression=lz4", nil, exitFailed, "want properties"},
		{"set compression=lz4 dozer0/a bad//name dozer0/vol", []string{"SET_PROP dozer0/a", "SET_PROP dozer0/vol"}, exitFailed, "bad//name"},
		{"hold -r keep dozer0@none", nil, exitFinding, "does not exist"},
		{"hold -r keep dozer0", nil, exitFailed, "not a snapshot's name"},
		{"destroy -n dozer0/a#m", nil, exitFailed, "only -v can be used"},
		{"destroy -R dozer0/a@old%new", nil, exitFailed, "range"},
		{"destroy dozer0/a@none%", nil, exitFinding, "does not exist"},
		{"destroy -n dozer0/a@old%new", nil, exitFailed, "dozer0/c: is a clone of dozer0/a@new"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var calls []string
			r := runOn(t, writable(&calls), "", append([]string{"do"}, strings.Fields(tt.args)...)...)
			if r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) || r.out != "" {
				t.Errorf("exit %d, want %d; it says %q and %q, want %q", r.code, tt.code, r.out, r.errOut, tt.errOut)
			}
			slices.Sort(calls)
			if diff := cmp.Diff(tt.calls, calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEachName(t *testing.T) {
	done, err := eachName([]string{"a", "b", "c"}, func(name string) error {
		if name == "b" {
			return fmt.Errorf("b: %w", zfs.ErrNotFound)
		}
		return nil
	})
	if diff := cmp.Diff([]string{"a", "c"}, done); diff != "" || exitCode(err) != exitFinding {
		t.Errorf("error %v, done (-want +got):\n%s", err, diff)
	}
}

func TestDoHelp(t *testing.T) {
	out := mustRun(t, "do")
	for _, want := range []string{"Only the commands below do", "create", "unmount", "rollback"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help does not show %q:\n%s", want, out)
		}
	}
}
