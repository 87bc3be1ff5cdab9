package zfs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// mountable is a dataset whose properties have these values.
func mountable(values map[prop.Prop]any) *Dataset {
	stats := &nvlist.List{}
	for property, value := range values {
		v := &nvlist.List{}
		switch value := value.(type) {
		case int:
			v.SetUint64("value", uint64(value))
		case string:
			v.SetString("value", value)
		}
		v.SetString("source", "tank/a")
		stats.SetList(string(property), v)
	}
	return &Dataset{Name: "tank/a", Type: prop.TypeFilesystem, Props: &Properties{
		name: "tank/a", typ: prop.TypeFilesystem, release: ioctl.Release{Major: 2, Minor: 4}, stats: stats,
	}}
}

func TestMountWords(t *testing.T) {
	tests := []struct {
		name  string
		props map[prop.Prop]any
		given []string
		want  string
	}{
		{"defaults", nil, nil, "atime relatime dev exec rw suid nomand"},
		{"all the other way", map[prop.Prop]any{prop.Atime: 0, prop.Devices: 0, prop.Exec: 0, prop.Readonly: 1, prop.SetUID: 0, prop.NBMand: 1}, nil,
			"noatime nodev noexec ro nosuid mand"},
		{"no relatime", map[prop.Prop]any{prop.Relatime: 0}, nil, "atime strictatime dev exec rw suid nomand"},
		{"given first", nil, []string{"ro", "noexec", "noatime", "sync"}, "ro noexec noatime sync dev suid nomand"},
		{"given as it is", nil, []string{"rw"}, "rw atime relatime dev exec suid nomand"},
		{"context", map[prop.Prop]any{prop.Context: "u:r:t:s0", prop.FSContext: "x"}, nil,
			`atime relatime dev exec rw suid nomand context="u:r:t:s0"`},
		{"other contexts", map[prop.Prop]any{prop.Context: "none", prop.FSContext: "x", prop.RootContext: "y"}, nil,
			`atime relatime dev exec rw suid nomand fscontext="x" rootcontext="y"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(mountWords(mountable(tt.props).Props, tt.given), " ")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMountPath(t *testing.T) {
	at := func(path string) *DatasetMountOptions { return &DatasetMountOptions{Path: path} }
	tests := []struct {
		name  string
		props map[prop.Prop]any
		edit  func(*Dataset)
		opts  *DatasetMountOptions
		want  string
		err   error
		text  string
	}{
		{name: "mountpoint", props: map[prop.Prop]any{prop.Mountpoint: "/mnt/a"}, want: "/mnt/a"},
		{name: "altroot", props: map[prop.Prop]any{prop.Mountpoint: "/mnt/a"}, edit: func(ds *Dataset) { ds.Props.altroot = "/alt" }, want: "/alt/mnt/a"},
		{name: "default", want: "/tank/a"},
		{name: "noauto", props: map[prop.Prop]any{prop.CanMount: 2, prop.Mountpoint: "/mnt/a"}, want: "/mnt/a"},
		{name: "legacy", props: map[prop.Prop]any{prop.Mountpoint: "legacy"}, err: ErrInvalid, text: "its mountpoint is legacy"},
		{name: "none", props: map[prop.Prop]any{prop.Mountpoint: "none"}, err: ErrInvalid, text: "its mountpoint is none"},
		{name: "legacy with a path", props: map[prop.Prop]any{prop.Mountpoint: "legacy"}, opts: at("/mnt//b/"), want: "/mnt/b"},
		{name: "off", props: map[prop.Prop]any{prop.CanMount: 0}, err: ErrInvalid, text: "canmount is off"},
		{name: "off with a path", props: map[prop.Prop]any{prop.CanMount: 0}, opts: at("/mnt/b"), want: "/mnt/b"},
		{name: "volume", edit: func(ds *Dataset) { ds.Type = prop.TypeVolume }, opts: at("/mnt/b"), err: ErrInvalid, text: "volume"},
		{name: "redacted", edit: func(ds *Dataset) { ds.Redacted = true }, err: ErrRedacted, text: "redacted"},
		{name: "redacted on purpose", edit: func(ds *Dataset) { ds.Redacted = true }, opts: &DatasetMountOptions{Redacted: true}, want: "/tank/a"},
		{name: "without a key", props: map[prop.Prop]any{prop.KeyStatus: 1}, opts: at("/mnt/b"), err: ErrKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ds := mountable(tt.props)
			if tt.edit != nil {
				tt.edit(ds)
			}
			if tt.opts == nil {
				tt.opts = &DatasetMountOptions{}
			}
			got, err := mountPath(ds, tt.opts)
			if got != tt.want || !errors.Is(err, tt.err) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("path %q, error %v, want %q, %v with %q", got, err, tt.want, tt.err, tt.text)
			}
		})
	}
}

func TestCheckMountOptions(t *testing.T) {
	tests := []struct {
		name, ds string
		opts     DatasetMountOptions
		want     error
	}{
		{"plain", "tank/a", DatasetMountOptions{}, nil},
		{"snapshot with a path", "tank/a@s", DatasetMountOptions{Path: "/mnt"}, nil},
		{"snapshot without", "tank/a@s", DatasetMountOptions{}, ErrInvalid},
		{"bookmark", "tank/a#m", DatasetMountOptions{Path: "/mnt"}, ErrInvalidName},
		{"relative", "tank/a", DatasetMountOptions{Path: "mnt"}, ErrInvalid},
		{"NUL", "tank/a", DatasetMountOptions{Path: "/mnt\x00"}, ErrInvalid},
		{"two options in one", "tank/a", DatasetMountOptions{Options: []string{"ro,suid"}}, ErrInvalid},
		{"empty option", "tank/a", DatasetMountOptions{Options: []string{""}}, ErrInvalid},
		{"remount", "tank/a", DatasetMountOptions{Options: []string{"remount"}}, ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := checkMountOptions(tt.ds, &tt.opts); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestMakeMountpoint(t *testing.T) {
	dir := t.TempDir()
	fresh := filepath.Join(dir, "some/where")
	for range 2 { // made, then found empty
		if err := makeMountpoint(fresh, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(fresh, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := makeMountpoint(fresh, false); !errors.Is(err, ErrBusy) {
		t.Errorf("not empty: %v, want ErrBusy", err)
	}
	if err := makeMountpoint(fresh, true); err != nil {
		t.Errorf("not empty, with overlay: %v", err)
	}
}

// A path that something else has covered must not be unmounted.
func TestParseMountsTops(t *testing.T) {
	const table = "tank /a zfs rw 0 0\ntmpfs /a/b tmpfs rw 0 0\ntank/b /b zfs rw 0 0\ntmpfs /b tmpfs rw 0 0\n"
	want := map[string]string{"/a": "tank", "/a/b": "tmpfs", "/b": "tmpfs"}
	if diff := cmp.Diff(want, parseMounts(strings.NewReader(table)).tops); diff != "" {
		t.Errorf("uppermost (-want +got):\n%s", diff)
	}
}
