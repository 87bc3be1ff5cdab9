package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// propsDevice is a module with the pool tank and the properties given.
func propsDevice() *ioctl.Device {
	return ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpPoolStats: func(c *ioctl.Cmd) error {
			if c.Text(ioctl.FieldName) != "tank" {
				return ioctl.CodeNoent.Err()
			}
			return c.Answer(fakePoolConfig())
		},
		ioctl.OpPoolGetProps: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			l := fakeStats("size", uint64(10<<30), "", "allocated", 1536, "", "free", uint64(10<<30-1536), "", "capacity", 7, "", "dedupratio", 125, "",
				"fragmentation", 3, "", "checkpoint", 0, "", "expandsize", 0, "", "health", 7, "", "comment", "a b", "", "org.example:x", "y", "")
			for _, name := range []string{"comment", "org.example:x"} {
				pair, _ := l.List(name)
				pair.SetUint64("source", 8)
			}
			return l, nil
		}),
		ioctl.OpPoolConfigs: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			l := &nvlist.List{}
			l.SetList("tank", nil)
			return l, nil
		}),
		ioctl.OpGetBootenv: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			l := &nvlist.List{}
			l.SetUint64("version", 1)
			return l, nil
		}),
	})
}

func TestPoolReaders(t *testing.T) {
	for _, tt := range []struct {
		args, want, errOut string
		code               int
	}{
		{"ls -H", "tank\t10G\t1.50K\t10.0G\t-\t-\t3%\t7%\t1.25x\tONLINE\t-\n", "", exitFine},
		{"ls -H -p tank", "tank\t10737418240\t1536\t10737416704\t-\t-\t3\t7\t1.25\tONLINE\t-\n", "", exitFine},
		{"ls -o name,cap,frag", "NAME  CAP  FRAG\ntank   7%    3%\n", "", exitFine},
		{"list -H -o name", "tank\n", "", exitFine},
		{"get -H comment,alloc,org.example:x,org.example:z tank",
			"tank\tcomment\ta b\tlocal\ntank\tallocated\t1.50K\t-\ntank\torg.example:x\ty\tlocal\ntank\torg.example:z\t-\t-\n", "", exitFine},
		{"get -H -o property,value -p allocated", "allocated\t1536\n", "", exitFine},
		{"get nonsense tank", "", "tank has no property \"nonsense\"", exitFailed},
		{"get -o nonsense size", "", "want name, property, value, source", exitFailed},
		{"get size dozer", "NAME  PROPERTY  VALUE  SOURCE\n", "does not exist", exitFinding},
		{"bootenv tank", "version: uint64 = 1\n", "", exitFine},
		{"config dozer", "", "does not exist", exitFinding},
		{"get", "", "requires at least 1 arg", exitFailed},
	} {
		t.Run(tt.args, func(t *testing.T) {
			r := runOn(t, propsDevice(), "", append([]string{"pool"}, strings.Fields(tt.args)...)...)
			if diff := cmp.Diff(tt.want, r.out); diff != "" || r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) {
				t.Errorf("exit %d, want %d: %s (-want +got):\n%s", r.code, tt.code, r.errOut, diff)
			}
		})
	}
	if r := runOn(t, propsDevice(), "", "pool", "get", "all", "tank"); r.code != exitFine || !strings.Contains(r.out, "feature@encryption") {
		t.Errorf("get all: exit %d\n%s", r.code, r.out)
	}
	if r := runOn(t, propsDevice(), "", "pool", "config", "tank"); r.code != exitFine || !strings.Contains(r.out, "pool_guid: uint64 = 77") {
		t.Errorf("config: exit %d\n%s", r.code, r.out)
	}
}

func TestPoolReadersJSON(t *testing.T) {
	for args, want := range map[string]string{
		"pool get --json size,dedup,comment tank": `{
  "schema": "zfsprobe.pool/1",
  "pools": [
    {
      "name": "tank",
      "properties": {
        "comment": {
          "value": "a b",
          "text": "a b",
          "source": {
            "type": "LOCAL",
            "data": "-"
          }
        },
        "dedupratio": {
          "value": "1.25",
          "text": "1.25",
          "source": {
            "type": "NONE",
            "data": "-"
          }
        },
        "size": {
          "value": 10737418240,
          "text": "10737418240",
          "source": {
            "type": "NONE",
            "data": "-"
          }
        }
      }
    }
  ]
}
`,
		"pool bootenv --json tank": `{
  "schema": "zfsprobe.pool.bootenv/1",
  "pool": "tank",
  "list": {
    "version": {
      "uint64": 1
    }
  }
}
`,
	} {
		r := runOn(t, propsDevice(), "", strings.Fields(args)...)
		if diff := cmp.Diff(want, r.out); diff != "" || r.code != exitFine {
			t.Errorf("%s: exit %d: %s (-want +got):\n%s", args, r.code, r.errOut, diff)
		}
	}
}
