package ioctl

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/nvlist"
)

func mustDecode(t *testing.T, b []byte) *nvlist.List {
	t.Helper()
	if len(b) == 0 {
		return nil
	}
	l, err := nvlist.Decode(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// mustWrite makes a file with its directories.
func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReadModule(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  Module
	}{
		{name: "no sys", want: Module{}},
		{name: "not loaded", files: map[string]string{"sys/module/ext4/version": "1"}, want: Module{Known: true}},
		{
			name:  "loaded",
			files: map[string]string{"sys/module/zfs/version": "2.4.4-1~bpo13+1\n", "sys/module/spl/version": "2.4.4-1\n"},
			want: Module{Known: true, Loaded: true, Version: "2.4.4-1~bpo13+1", Release: Release{2, 4, 4},
				SPLVersion: "2.4.4-1"},
		},
		{
			name:  "built in",
			files: map[string]string{"sys/module/kernel/x": "", "sys/fs/zfs/version": "2.3.9"},
			want:  Module{Known: true, Loaded: true, Version: "2.3.9", Release: Release{2, 3, 9}},
		},
		{
			name:  "a version of somebody's own",
			files: map[string]string{"sys/module/zfs/version": "custom"},
			want:  Module{Known: true, Loaded: true, Version: "custom"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := t.TempDir()
			for path, text := range tc.files {
				mustWrite(t, filepath.Join(root, path), text)
			}
			if diff := cmp.Diff(tc.want, readModule(root)); diff != "" {
				t.Errorf("module (-want +got):\n%s", diff)
			}
		})
	}
}
