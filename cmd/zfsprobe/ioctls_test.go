package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
)

func TestIoctlsTable(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(mustRun(t, "ioctls"), "\n"), "\n")
	if want := 1 + len(slices.Collect(ioctl.All())); len(lines) != want {
		t.Errorf("%d lines, want %d", len(lines), want)
	}
	if diff := cmp.Diff(strings.Fields("REQUEST OPERATION STYLE TARGET SINCE PERMISSION METHOD"), strings.Fields(lines[0])); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	for _, line := range lines[1:] {
		if f := strings.Fields(line); len(f) < 7 || !strings.HasPrefix(f[0], "0x5a") || !strings.HasPrefix(f[1], "ZFS_IOC_") {
			t.Errorf("line %q", line)
		}
	}
}

func TestIoctlsLong(t *testing.T) {
	want := `operation      ZFS_IOC_CREATE
request        0x5a17
style          nvlist
target         dataset
since          0.8.0
permission     create,mount
modifies       yes
interruptible  no
repeatable     no
logs history   yes
output         errno of each property that could not be set
method         DatasetCreate in dataset.go
KEY          TYPE              SINCE
type         int32   required
props        nvlist  optional
hidden_args  nvlist  optional
`
	for _, spelling := range []string{"create", "ZFS_IOC_CREATE", "DatasetCreate", "OpCreate"} {
		if diff := cmp.Diff(want, mustRun(t, "ioctls", spelling)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", spelling, diff)
		}
	}
	two := mustRun(t, "ioctls", "remap", "destroy")
	if !strings.Contains(two, "none: the kernel has ignored it") || !strings.Contains(two, "\n\noperation      ZFS_IOC_DESTROY") {
		t.Errorf("two operations:\n%s", two)
	}
}

func TestIoctlsJSON(t *testing.T) {
	var doc ioctlsDoc
	mustJSON(t, "zfsprobe.ioctls/1", &doc, "ioctls", "pool_get_props", "remap", "pool_set_props")
	if len(doc.Operations) != 3 {
		t.Fatalf("%d operations, want 3", len(doc.Operations))
	}
	props := doc.Operations[0]
	wantKeys := []keyDoc{{Name: "get_props_names", Type: "string_array", Optional: true, Since: "2.3.0"}}
	if diff := cmp.Diff(wantKeys, props.Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if props.Request != 0x5a27 || !props.Repeatable || props.Modifies || props.Method != "PoolProps" {
		t.Errorf("operation %+v", props)
	}
	if remap := doc.Operations[1]; remap.Method != "" || remap.Reason == "" || remap.Keys == nil {
		t.Errorf("operation without a method: %+v", remap)
	}
	if keys := doc.Operations[2].Keys; len(keys) != 1 || keys[0].Name != "*" || keys[0].Type != "any" {
		t.Errorf("wildcard: %+v", keys)
	}
}

// The table asks no module, so that it runs anywhere.
func TestIoctlsAsksNobody(t *testing.T) {
	dev := ioctl.NewDevice(func(op ioctl.Op, _ *ioctl.Cmd) error {
		t.Errorf("%s was called", op)
		return nil
	})
	if r := runOn(t, dev, "", "ioctls"); r.code != exitFine {
		t.Errorf("exit %d, %s", r.code, r.errOut)
	}
}

func TestIoctlsUnknown(t *testing.T) {
	r := runOn(t, nil, "", "ioctls", "create", "frobnicate")
	if r.code != exitFailed || r.out != "" || !strings.Contains(r.errOut, `"frobnicate"`) {
		t.Errorf("exit %d, %q, %q", r.code, r.out, r.errOut)
	}
}

func TestSupported(t *testing.T) {
	for want, err := range map[string]error{"yes": nil, "no": ioctl.CodeIocCmdUnavail.Err(), "unknown": errors.New("other")} {
		if got := supported(err); got != want {
			t.Errorf("supported(%v) = %s, want %s", err, got, want)
		}
	}
}

func TestWritten(t *testing.T) {
	for method, want := range map[string]bool{"DatasetCreate": true, "Snapshots": true, "NoSuchMethod": false, "-": false} {
		if got := written(method); got != want {
			t.Errorf("written(%q) = %t, want %t", method, got, want)
		}
	}
}
