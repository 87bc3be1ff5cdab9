package zfs_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

func TestReadKey(t *testing.T) {
	long := strings.Repeat("x", 512)
	tests := []struct {
		name, content string
		format        zfs.KeyFormat
		want          string
		err           error
	}{
		{"raw", string(rawKey()), zfs.KeyRaw, string(rawKey()), nil},
		{"raw with the end of a line in it", "\n" + string(rawKey()[1:]), zfs.KeyRaw, "\n" + string(rawKey()[1:]), nil},
		{"raw, short: the method tells", "short", zfs.KeyRaw, "short", nil},
		{"raw and a byte more", string(rawKey()) + "\n", zfs.KeyRaw, "", zfs.ErrInvalidKey},
		{"hex", string(hexKey()) + "\n", zfs.KeyHex, string(hexKey()), nil},
		{"passphrase", "passphrase1", zfs.KeyPassphrase, "passphrase1", nil},
		{"first line", "passphrase1\nmore\n", zfs.KeyPassphrase, "passphrase1", nil},
		{"end of a line as elsewhere", "passphrase1\r\n", zfs.KeyPassphrase, "passphrase1\r", nil},
		{"longest", long + "\n", zfs.KeyPassphrase, long, nil},
		{"too long", long + "x\n", zfs.KeyPassphrase, "", zfs.ErrInvalidKey},
		{"far too long", strings.Repeat(long, 100), zfs.KeyPassphrase, "", zfs.ErrInvalidKey},
		{"empty", "", zfs.KeyPassphrase, "", zfs.ErrInvalidKey},
		{"empty line", "\npassphrase1", zfs.KeyPassphrase, "", zfs.ErrInvalidKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, err := zfs.ReadKey(keyFile(t, []byte(tt.content)), tt.format)
			if string(key) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("key %q, error %v; want %q and %v", key, err, tt.want, tt.err)
			}
			if whole := key[:cap(key)]; bytes.Contains(whole, []byte("more")) {
				t.Errorf("the buffer holds what follows the key: %q", whole)
			}
			checkSecret(t, nil, err)
		})
	}
}

func TestReadKeyErrors(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		location string
		want     error
		says     string
	}{
		{"file://" + filepath.Join(dir, "none"), fs.ErrNotExist, "none"},
		{"file://" + dir, zfs.ErrInvalidKey, "regular file"},
		{"file://relative", zfs.ErrInvalidKey, "file:///PATH"},
		{"file://", zfs.ErrInvalidKey, "file:///PATH"},
		{"https://keys.example/1", zfs.ErrNotSupported, "pass the key"},
		{"http://keys.example/1", zfs.ErrNotSupported, "pass the key"},
		{"prompt", zfs.ErrInvalidKey, "want file"},
		{"none", zfs.ErrInvalidKey, "want file"},
		{"", zfs.ErrInvalidKey, "want file"},
		{"file:///a\x00b", nil, "invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.location, func(t *testing.T) {
			key, err := zfs.ReadKey(tt.location, zfs.KeyHex)
			if err == nil || key != nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("key %q, error %v; want %v with %q", key, err, tt.want, tt.says)
			}
		})
	}
}

// A file that others can read or write is read, with a warning.
func TestKeyExposed(t *testing.T) {
	for _, tt := range []struct {
		mode fs.FileMode
		want error
	}{{0o600, nil}, {0o640, nil}, {0o644, zfs.ErrKeyExposed}, {0o602, zfs.ErrKeyExposed}, {0o711, nil}} {
		here := keyFile(t, hexKey())
		path := strings.TrimPrefix(here, "file://")
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		if err := zfs.KeyExposed(here); !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%o: %v, want %v", tt.mode, err, tt.want)
		}
		c, _ := mustVault(t, vault{root: "tank/a", format: 2, status: 1, location: here})
		var warning error
		err := c.KeyLoadFrom(t.Context(), "tank/a", &zfs.KeyLoadFromOptions{Warn: func(w error) { warning = w }})
		if err != nil || !errors.Is(warning, tt.want) || (warning != nil) != (tt.want != nil) {
			t.Errorf("%o: %v, warning %v, want %v", tt.mode, err, warning, tt.want)
		}
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{"prompt", "none", "file:///none/there", "https://keys.example/1", "file://" + open, "file:///dev/null", "file://key_location_test.go"} {
		if err := zfs.KeyExposed(location); err != nil {
			t.Errorf("%s: %v", location, err)
		}
	}
}

// A link leads to the file that counts.
func TestKeyExposedByLink(t *testing.T) {
	target := strings.TrimPrefix(keyFile(t, hexKey()), "file://")
	link := filepath.Join(t.TempDir(), "link")
	loop := filepath.Join(t.TempDir(), "loop")
	if err := errors.Join(os.Chmod(target, 0o604), os.Symlink(target, link), os.Symlink(loop, loop)); err != nil {
		t.Fatal(err)
	}
	if err := zfs.KeyExposed("file://" + link); !errors.Is(err, zfs.ErrKeyExposed) {
		t.Errorf("link: %v", err)
	}
	if err := zfs.KeyExposed("file://" + loop); err != nil {
		t.Errorf("loop: %v", err)
	}
}

func TestKeyLoadFrom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, append(hexKey(), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	here := "file://" + path
	hex := vault{root: "tank/a", format: 2, status: 1, location: here}
	asked := hex
	asked.location = "prompt"
	loaded := hex
	loaded.status = 2
	errNo := errors.New("nobody there")
	var prompted []byte
	prompt := func(_ context.Context, name string, format zfs.KeyFormat) ([]byte, error) {
		prompted = hexKey()
		if name != "tank/a" || format != zfs.KeyHex {
			return prompted, errNo
		}
		return prompted, nil
	}
	tests := []struct {
		name string
		v    vault
		opts *zfs.KeyLoadFromOptions
		sent string
		err  error
	}{
		{"file", hex, nil, "LOAD_KEY tank/a\n", nil},
		{"file, only tried", loaded, &zfs.KeyLoadFromOptions{CheckOnly: true}, "noop: boolean", nil},
		{"another file", asked, &zfs.KeyLoadFromOptions{Location: here}, "LOAD_KEY tank/a\n", nil},
		{"prompt", asked, &zfs.KeyLoadFromOptions{Prompt: prompt}, "LOAD_KEY tank/a\n", nil},
		{"prompt instead", hex, &zfs.KeyLoadFromOptions{Location: "prompt", Prompt: prompt}, "LOAD_KEY tank/a\n", nil},
		{"nobody to ask", asked, nil, "", zfs.ErrInvalidKey},
		{"prompt fails", asked, &zfs.KeyLoadFromOptions{Prompt: func(context.Context, string, zfs.KeyFormat) ([]byte, error) { return nil, errNo }}, "", errNo},
		{"loaded already", loaded, &zfs.KeyLoadFromOptions{Prompt: func(context.Context, string, zfs.KeyFormat) ([]byte, error) { return nil, errNo }}, "", zfs.ErrKeyLoaded},
		{"address", hex, &zfs.KeyLoadFromOptions{Location: "https://keys.example/1"}, "", zfs.ErrNotSupported},
		{"no file", hex, &zfs.KeyLoadFromOptions{Location: here + "2"}, "", fs.ErrNotExist},
		{"not encrypted", vault{}, nil, "", zfs.ErrNotEncrypted},
		{"wrong key", vault{root: "tank/a", format: 2, status: 1, location: here, code: ioctl.CodeAcces}, nil, "LOAD_KEY tank/a\n", zfs.ErrWrongKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			prompted = nil
			c, f := mustVault(t, tt.v)
			err := c.KeyLoadFrom(t.Context(), "tank/a", tt.opts)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if sent := tail(f); !strings.Contains(sent, tt.sent) || strings.Contains(sent, "LOAD_KEY") != (tt.sent != "") {
				t.Errorf("sent last %s, want %s", sent, tt.sent)
			}
			checkSecret(t, prompted, err)
		})
	}
}
