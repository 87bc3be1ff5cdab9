package main

import (
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
)

func TestABI(t *testing.T) {
	out := strings.Join(strings.Fields(mustRun(t, "abi")), " ")
	for _, want := range []string{
		"struct zfs_cmd 13744 bytes", "OFFSET SIZE FIELD", "0 4096 zc_name", "12616 8 zc_cookie", "REQUEST HERE SINCE OPERATION",
		"0x5a12 yes 0.8.0 ZFS_IOC_OBJSET_STATS", "0x5a17 no 0.8.0 ZFS_IOC_CREATE",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestABIJSON(t *testing.T) {
	var doc abiDoc
	mustJSON(t, "zfsprobe.abi/1", &doc, "abi")
	if doc.Size != 13744 || len(doc.Fields) == 0 || doc.Fields[0] != (abiField{"zc_name", 0, 4096}) {
		t.Errorf("%d bytes, first field %v", doc.Size, doc.Fields)
	}
	got := make(map[string]string)
	for _, op := range doc.Operations {
		got[op.Name] = op.Supported
	}
	for name, want := range map[string]string{"ZFS_IOC_POOL_CONFIGS": "yes", "ZFS_IOC_RENAME": "no"} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}

// An answer that tells nothing is reported as that.
func TestABIUnknown(t *testing.T) {
	dev := ioctl.NewDevice(func(ioctl.Op, *ioctl.Cmd) error { return nil }).Tap(
		func(ioctl.Op, *ioctl.Cmd, func() error) error { return ioctl.CodePerm.Err() })
	for _, op := range readABI(dev).Operations {
		if op.Supported != "unknown" {
			t.Errorf("%s: %q, want unknown", op.Name, op.Supported)
		}
	}
}
