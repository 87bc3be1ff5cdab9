package zfs_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// We load the key of a dataset of zfs(8) from its file.
func TestKernelKeyLoadFrom(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	for format, key := range newKeys() {
		t.Run(format, func(t *testing.T) {
			content := key.Key
			if format != "raw" {
				content = append(content, '\n')
			}
			location, name := keyFile(t, content), pool+"/"+format
			mustKeyByZfs(t, name, format, location)
			steps := []struct {
				name string
				opts *zfs.KeyLoadFromOptions
				want error
				then string // keystatus
			}{
				{"loaded already", nil, zfs.ErrKeyLoaded, "available"},
				{"tried while loaded", &zfs.KeyLoadFromOptions{CheckOnly: true}, nil, "available"},
				{"no such file", &zfs.KeyLoadFromOptions{Location: location + "2"}, fs.ErrNotExist, "unavailable"},
				{"tried", &zfs.KeyLoadFromOptions{CheckOnly: true}, nil, "unavailable"},
				{"asked, wrong", &zfs.KeyLoadFromOptions{Location: "prompt", Prompt: func(context.Context, string, zfs.KeyFormat) ([]byte, error) {
					return map[string][]byte{"raw": make([]byte, 32), "hex": hexKey()[:63:63], "passphrase": []byte("passphrase2")}[format], nil
				}}, map[string]error{"raw": zfs.ErrWrongKey, "hex": zfs.ErrInvalidKey, "passphrase": zfs.ErrWrongKey}[format], "unavailable"},
				{"loaded", nil, nil, "available"},
			}
			for _, step := range steps {
				if step.then == "unavailable" && get(t, "keystatus", name) == "available" {
					zfstest.Run(t, "zfs", "unload-key", name)
				}
				if err := c.KeyLoadFrom(ctx, name, step.opts); !errors.Is(err, step.want) {
					t.Errorf("%s: error %v, want %v", step.name, err, step.want)
				}
				if got := get(t, "keystatus", name); got != step.then {
					t.Errorf("%s: the key is %s, want %s", step.name, got, step.then)
				}
			}
		})
	}
}
