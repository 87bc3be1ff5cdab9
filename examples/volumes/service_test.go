package main

import (
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/volumes"
)

// fakeVolumes are volumes on a module with one filesystem "tank" and in it "a",
// which cannot be destroyed, and no room.
func fakeVolumes(t *testing.T) *volumes.Service {
	t.Helper()
	stats := func(c *ioctl.Cmd) error {
		name := c.Text(ioctl.FieldName)
		if name != "tank" && name != "tank/a" {
			return ioctl.CodeNoent.Err()
		}
		binary.NativeEndian.PutUint32(c.Bytes(ioctl.FieldObjsetStats)[24:], 2)
		if err := c.Answer(&nvlist.List{}); ioctl.CodeOf(err) != ioctl.CodeNomem {
			return err
		}
		return nil
	}
	dev := ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpObjsetStats: stats,
		ioctl.OpDatasetListNext: func(c *ioctl.Cmd) error {
			if c.Text(ioctl.FieldName) != "tank" || c.Uint64(ioctl.FieldCookie) > 0 {
				return ioctl.CodeSrch.Err()
			}
			c.SetUint64(ioctl.FieldCookie, 1)
			if err := c.SetText(ioctl.FieldName, "tank/a"); err != nil {
				return err
			}
			return stats(c)
		},
		ioctl.OpSnapshotListNext: func(*ioctl.Cmd) error { return ioctl.CodeSrch.Err() },
		ioctl.OpCreate:           func(*ioctl.Cmd) error { return ioctl.CodeNospc.Err() },
		ioctl.OpSnapshot:         func(*ioctl.Cmd) error { return ioctl.CodeRofs.Err() },
		ioctl.OpChannelProgram: ioctltest.List(func(_ string, in *nvlist.List) (*nvlist.List, error) {
			args, _ := in.List("arg")
			out, ret, failed, why := &nvlist.List{}, &nvlist.List{}, &nvlist.List{}, &nvlist.List{}
			if name, ok := args.Text("name"); ok {
				why.SetInt64("code", int64(ioctl.CodeBusy))
				failed.SetList(name, why)
			}
			ret.SetList("failed", failed)
			out.SetList("return", ret)
			return out, nil
		}),
	})
	c, err := zfs.Open(&zfs.Options{Device: dev, Release: ioctl.Release{Major: 2, Minor: 4}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := volumes.Open(t.Context(), c, "tank")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestService(t *testing.T) {
	h := handler(fakeVolumes(t))
	for _, tt := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"GET", "/volumes", "", http.StatusOK, `[{"name":"a","dataset":"tank/a","type":"filesystem","snapshots":[]}]`},
		{"POST", "/volumes/b", "", http.StatusInsufficientStorage, "out of space"},
		{"POST", "/volumes/b", `{"size": 1, "from": "a"}`, http.StatusBadRequest, "size"},
		{"POST", "/volumes/b", `{"copy": true}`, http.StatusBadRequest, "from"},
		{"POST", "/volumes/b", `{"sise": 1}`, http.StatusBadRequest, "sise"},
		{"POST", "/volumes/b", `{"size": `, http.StatusBadRequest, "unexpected EOF"},
		{"POST", "/volumes/b", `{"props": {"non-sense": "1"}}`, http.StatusBadRequest, "non-sense"},
		{"POST", "/volumes/b", `{"from": "none@1"}`, http.StatusNotFound, "does not exist"},
		{"POST", "/volumes/b", `{"from": "a"}`, http.StatusInternalServerError, "read-only"},
		{"POST", "/volumes/.b", "", http.StatusBadRequest, "not the name of a volume"},
		{"POST", "/volumes/b@1", "", http.StatusBadRequest, "not a volume"},
		{"DELETE", "/volumes/a", "", http.StatusLocked, "is busy"},
		{"DELETE", "/volumes/a/snapshots/1", "", http.StatusNotFound, "does not exist"},
		{"POST", "/volumes/a/snapshots/1", "", http.StatusLocked, "is busy"},
		{"POST", "/volumes/a/snapshots/.1", "", http.StatusBadRequest, "full stop"},
		{"POST", "/volumes/none/snapshots/1/rollback", "", http.StatusNotFound, "does not exist"},
		{"PUT", "/volumes/a", "", http.StatusMethodNotAllowed, ""},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body)))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.answer) {
			t.Errorf("%s %s %s: %d %s, want %d with %q", tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.answer)
		}
	}
}

// Without a module the program says so.
func TestRunWithoutModule(t *testing.T) {
	if err := run(t.Context(), "", filepath.Join(t.TempDir(), "s")); err == nil {
		t.Error("there is a service of nothing")
	}
}
