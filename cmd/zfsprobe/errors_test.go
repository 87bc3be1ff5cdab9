package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
)

func TestErrors(t *testing.T) {
	whole := fakePoolConfig()
	whole.SetUint64("error_count", 0)
	for _, tt := range []struct {
		name, args, want string
		dev              *ioctl.Device
		code             int
	}{
		{"all pools", "errors", "<metadata>:<0x9>\ntank/fs:/a b\n", poolDevice(fakePoolConfig()), exitFinding},
		{"one pool", "errors tank", "<metadata>:<0x9>\ntank/fs:/a b\n", poolDevice(fakePoolConfig()), exitFinding},
		{"a whole pool", "errors tank", "", poolDevice(whole), exitFine},
		{"no such pool", "errors dozer", "", poolDevice(whole), exitFinding},
		{"json", "errors --json tank", `{
  "schema": "zfsprobe.errors/1",
  "pools": [
    {
      "pool": "tank",
      "error_count": 2,
      "errors": [
        {
          "name": "<metadata>:<0x9>",
          "objset": 0,
          "object": 9
        },
        {
          "name": "tank/fs:/a b",
          "dataset": "tank/fs",
          "path": "/a b",
          "objset": 54,
          "object": 3
        }
      ]
    }
  ]
}
`, poolDevice(fakePoolConfig()), exitFinding},
		{"json of a whole pool", "errors --json tank", `{
  "schema": "zfsprobe.errors/1",
  "pools": [
    {
      "pool": "tank",
      "error_count": 0,
      "errors": []
    }
  ]
}
`, poolDevice(whole), exitFine},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, tt.dev, "", strings.Fields(tt.args)...)
			if diff := cmp.Diff(tt.want, r.out); diff != "" || r.code != tt.code {
				t.Errorf("exit %d, want %d: %s (-want +got):\n%s", r.code, tt.code, r.errOut, diff)
			}
		})
	}
}

// A log that cannot be read is an error, and not a pool without damage.
func TestErrorsUnreadable(t *testing.T) {
	r := runOn(t, ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolStats: func(c *ioctl.Cmd) error { return c.Answer(fakePoolConfig()) },
		ioctl.OpErrorLog:  func(*ioctl.Cmd) error { return ioctl.CodeAcces.Err() },
	}), "", "errors", "tank")
	if r.code != exitFailed || !strings.Contains(r.errOut, "tank: ") {
		t.Errorf("exit %d, %q", r.code, r.errOut)
	}
}
