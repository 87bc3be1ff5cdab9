package zfs_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// newKeys are the formats, each with a key. Few iterations save time.
func newKeys() map[string]*zfs.NewKey {
	return map[string]*zfs.NewKey{
		"raw":        {Key: rawKey(), Format: zfs.KeyRaw},
		"hex":        {Key: hexKey(), Format: zfs.KeyHex},
		"passphrase": {Key: []byte("passphrase1"), Format: zfs.KeyPassphrase, Iterations: 100000},
	}
}

// keyFile writes a key for zfs(8) and returns its location.
func keyFile(t *testing.T, key []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// get is one property as zfs(8) prints it.
func get(t *testing.T, property, name string) string {
	t.Helper()
	return strings.TrimSuffix(zfstest.Run(t, "zfs", "get", "-Hp", "-o", "value", property, name), "\n")
}

// A dataset that we create can be loaded by zfs(8).
func TestKernelKeyCreatedByUsLoadedByZfs(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	for format, key := range newKeys() {
		t.Run(format, func(t *testing.T) {
			location := keyFile(t, key.Key)
			wrong := keyFile(t, bytes.Map(func(r rune) rune { return r ^ 1 }, key.Key))
			key.Location = location
			name := pool + "/" + format
			mustCreate(t, c, name, &zfs.DatasetCreateOptions{Key: key})
			mustCreate(t, c, name+"/child", nil)
			for property, want := range map[string]string{
				"keystatus": "available", "keyformat": format, "keylocation": location, "encryptionroot": name, "encryption": "aes-256-gcm",
			} {
				if got := get(t, property, name); got != want && !(property == "encryption" && got == "aes-256-ccm") {
					t.Errorf("%s is %s, want %s", property, got, want)
				}
			}
			if got := get(t, "encryptionroot", name+"/child"); got != name {
				t.Errorf("the child's root is %s", got)
			}
			if err := c.KeyUnload(ctx, name); err != nil {
				t.Fatal(err)
			}
			if got := get(t, "keystatus", name+"/child"); got != "unavailable" {
				t.Errorf("after the unload the child's key is %s", got)
			}
			if _, err := zfstest.Try("zfs", "load-key", "-L", wrong, name); err == nil {
				t.Error("zfs load-key accepted a wrong key")
			}
			zfstest.Run(t, "zfs", "load-key", name)
			if got := get(t, "keystatus", name); got != "available" {
				t.Errorf("after zfs load-key the key is %s", got)
			}
		})
	}
}

// mustKeyByZfs has zfs(8) create an encryption root.
func mustKeyByZfs(t *testing.T, name, format, location string) {
	t.Helper()
	args := []string{"create", "-o", "canmount=off", "-o", "encryption=on", "-o", "keyformat=" + format, "-o", "keylocation=" + location}
	if format == "passphrase" { // as few iterations as there may be
		args = append(args, "-o", "pbkdf2iters=100000")
	}
	zfstest.Run(t, "zfs", append(args, name)...)
}

// We load a dataset that zfs(8) creates.
func TestKernelKeyCreatedByZfsLoadedByUs(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	for format, key := range newKeys() {
		t.Run(format, func(t *testing.T) {
			name := pool + "/" + format
			mustKeyByZfs(t, name, format, keyFile(t, key.Key))
			zfstest.Run(t, "zfs", "unload-key", name)
			wrong := bytes.Clone(key.Key)
			wrong[0] ^= 1
			for _, tc := range []struct {
				what string
				call func() error
				want error
				left string
			}{
				{"check a wrong key", func() error { return c.KeyCheck(ctx, name, bytes.Clone(wrong)) }, zfs.ErrWrongKey, "unavailable"},
				{"load a wrong key", func() error { return c.KeyLoad(ctx, name, wrong) }, zfs.ErrWrongKey, "unavailable"},
				{"check", func() error { return c.KeyCheck(ctx, name, bytes.Clone(key.Key)) }, nil, "unavailable"},
				{"load", func() error { return c.KeyLoad(ctx, name, bytes.Clone(key.Key)) }, nil, "available"},
				{"load again", func() error { return c.KeyLoad(ctx, name, bytes.Clone(key.Key)) }, zfs.ErrKeyLoaded, "available"},
				{"check what is loaded", func() error { return c.KeyCheck(ctx, name, bytes.Clone(key.Key)) }, nil, "available"},
				{"unload", func() error { return c.KeyUnload(ctx, name) }, nil, "unavailable"},
				{"unload again", func() error { return c.KeyUnload(ctx, name) }, zfs.ErrKey, "unavailable"},
			} {
				if err := tc.call(); !errors.Is(err, tc.want) {
					t.Errorf("%s: error %v, want %v", tc.what, err, tc.want)
				}
				if got := get(t, "keystatus", name); got != tc.left {
					t.Errorf("%s: the key is %s, want %s", tc.what, got, tc.left)
				}
			}
		})
	}
}

// A passphrase with the usual number of iterations, both ways.
func TestKernelKeyDefaultIterations(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	phrase := func() []byte { return []byte("correct horse battery") }
	location := keyFile(t, append(phrase(), '\n')) // zfs(8) reads a line
	mustCreate(t, c, pool+"/ours", &zfs.DatasetCreateOptions{Key: &zfs.NewKey{Key: phrase(), Format: zfs.KeyPassphrase}})
	zfstest.Run(t, "zfs", "create", "-o", "encryption=on", "-o", "keyformat=passphrase", "-o", "keylocation="+location, pool+"/theirs")
	for _, name := range []string{pool + "/ours", pool + "/theirs"} {
		if got := get(t, "pbkdf2iters", name); got != "350000" {
			t.Errorf("%s has %s iterations", name, got)
		}
		zfstest.Run(t, "zfs", "unload-key", name)
	}
	zfstest.Run(t, "zfs", "load-key", "-L", location, pool+"/ours")
	if err := c.KeyLoad(t.Context(), pool+"/theirs", phrase()); err != nil {
		t.Error(err)
	}
}

func TestKernelKeyChange(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	name := pool + "/enc"
	mustCreate(t, c, name, &zfs.DatasetCreateOptions{Key: newKeys()["raw"]})
	mustCreate(t, c, name+"/child", nil)
	reload := func(ds string, key []byte) {
		t.Helper()
		if err := errors.Join(c.KeyUnload(ctx, ds), c.KeyLoad(ctx, ds, key)); err != nil {
			t.Errorf("%s: %v", ds, err)
		}
	}
	// Each format after each other, and the last one by a new key alone.
	for _, format := range []string{"passphrase", "hex", "raw"} {
		if err := c.KeyChange(ctx, name, newKeys()[format]); err != nil {
			t.Fatalf("to %s: %v", format, err)
		}
		if got := get(t, "keyformat", name) + get(t, "keylocation", name); got != format+"prompt" {
			t.Errorf("format and location are %s", got)
		}
		reload(name, newKeys()[format].Key)
	}
	other := func() []byte { return bytes.Repeat([]byte("o"), 32) }
	location := keyFile(t, other())
	if err := c.KeyChange(ctx, name, &zfs.NewKey{Key: other(), Location: location}); err != nil {
		t.Fatal(err)
	}
	if err := c.KeyUnload(ctx, name); err != nil {
		t.Fatal(err)
	}
	if err := c.KeyLoad(ctx, name, rawKey()); !errors.Is(err, zfs.ErrWrongKey) {
		t.Errorf("the old key: %v, want ErrWrongKey", err)
	}
	zfstest.Run(t, "zfs", "load-key", name) // from the new location
	// We load a key that zfs(8) has changed.
	zfstest.Run(t, "sh", "-c", "printf 'passphrase2\\n' | zfs change-key -o keyformat=passphrase -o keylocation=prompt -o pbkdf2iters=120000 "+name)
	reload(name, []byte("passphrase2"))
	if got := get(t, "pbkdf2iters", name); got != "120000" {
		t.Errorf("iterations are %s", got)
	}
	// A child becomes an encryption root, and inherits again.
	if err := c.KeyChange(ctx, name+"/child", newKeys()["hex"]); err != nil {
		t.Fatal(err)
	}
	if got := get(t, "encryptionroot", name+"/child") + " " + get(t, "keylocation", name+"/child"); got != name+"/child prompt" {
		t.Errorf("the child's root and location are %s", got)
	}
	reload(name+"/child", hexKey())
	if err := c.KeyInherit(ctx, name+"/child"); err != nil {
		t.Fatal(err)
	}
	if got := get(t, "encryptionroot", name+"/child"); got != name {
		t.Errorf("the child's root is %s, want its parent", got)
	}
}

// A pool's root has no parent, which the kernel does not expect.
func TestKernelKeyInheritOfPool(t *testing.T) {
	c := zfstest.Kernel(t)
	location := keyFile(t, rawKey())
	pool := zfstest.Pool(t, &zfstest.PoolOptions{Args: []string{"-O", "encryption=on", "-O", "keyformat=raw", "-O", "keylocation=" + location}})
	if err := c.KeyInherit(t.Context(), pool); !errors.Is(err, zfs.ErrNotEncryptionRoot) {
		t.Errorf("inherit: %v, want ErrNotEncryptionRoot", err)
	}
	if err := c.KeyCheck(t.Context(), pool, rawKey()); err != nil {
		t.Errorf("check: %v", err)
	}
	if err := c.KeyChange(t.Context(), pool, newKeys()["hex"]); err != nil {
		t.Errorf("change: %v", err)
	}
}

// Volumes, ciphers, and what is refused for a new dataset.
func TestKernelKeyCreate(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	for _, cipher := range []string{"aes-128-ccm", "aes-192-ccm", "aes-256-ccm", "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"} {
		opts := &zfs.DatasetCreateOptions{Props: texts("encryption", cipher), Key: newKeys()["raw"]}
		mustCreate(t, c, pool+"/"+cipher, opts)
		if got := get(t, "encryption", pool+"/"+cipher); got != cipher {
			t.Errorf("encryption is %s, want %s", got, cipher)
		}
	}
	mustCreate(t, c, pool+"/vol", &zfs.DatasetCreateOptions{VolumeSize: 8 << 20, Key: newKeys()["hex"]})
	if got := get(t, "encryptionroot", pool+"/vol"); got != pool+"/vol" {
		t.Errorf("the volume's root is %s", got)
	}
	mustCreate(t, c, pool+"/a/b", &zfs.DatasetCreateOptions{Parents: true, Key: newKeys()["raw"]})
	if got := get(t, "encryption", pool+"/a"); got != "off" {
		t.Errorf("the parent's encryption is %s", got)
	}
	// An encryption root below another one.
	mustCreate(t, c, pool+"/a/b/c", &zfs.DatasetCreateOptions{Key: newKeys()["hex"]})
	if got := get(t, "encryptionroot", pool+"/a/b/c"); got != pool+"/a/b/c" {
		t.Errorf("the child's root is %s", got)
	}
	if err := c.DatasetCreate(ctx, pool+"/a/b", &zfs.DatasetCreateOptions{Key: newKeys()["raw"]}); !errors.Is(err, zfs.ErrExists) {
		t.Errorf("what exists: %v, want ErrExists", err)
	}
	// Encryption without a key, and no key to inherit.
	if err := c.DatasetCreate(ctx, pool+"/none", &zfs.DatasetCreateOptions{Props: texts("encryption", "on")}); !errors.Is(err, zfs.ErrInvalidProp) {
		t.Errorf("no key at all: %v, want ErrInvalidProp", err)
	}
	bare := zfstest.Pool(t, &zfstest.PoolOptions{Args: []string{"-d"}})
	if err := c.DatasetCreate(ctx, bare+"/a", &zfs.DatasetCreateOptions{Key: newKeys()["raw"]}); !errors.Is(err, zfs.ErrFeatureDisabled) {
		t.Errorf("a pool without the feature: %v, want ErrFeatureDisabled", err)
	}
}

// Neither a trace nor the pool's history nor an error shows a key.
func TestKernelKeyIsShownNowhere(t *testing.T) {
	zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	ctx := t.Context()
	trace, err := os.Create(filepath.Join(t.TempDir(), "trace"))
	if err != nil {
		t.Fatal(err)
	}
	defer trace.Close()
	t.Setenv("ZFSDEBUG", "2")
	stderr := os.Stderr
	os.Stderr = trace
	c, err := zfs.Open(nil)
	os.Stderr = stderr
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	name := pool + "/enc"
	mustCreate(t, c, name, &zfs.DatasetCreateOptions{Key: newKeys()["raw"]})
	wrong := rawKey()
	wrong[31] ^= 1
	shown := new(strings.Builder)
	for _, err := range []error{
		c.KeyUnload(ctx, name), c.KeyLoad(ctx, name, wrong), c.KeyCheck(ctx, name, rawKey()), c.KeyLoad(ctx, name, rawKey()),
		c.KeyChange(ctx, name, newKeys()["hex"]), c.KeyChange(ctx, name, newKeys()["passphrase"]),
	} {
		fmt.Fprintln(shown, err)
	}
	traced, err := os.ReadFile(trace.Name())
	if err != nil {
		t.Fatal(err)
	}
	history := zfstest.Run(t, "zpool", "history", "-il", pool)
	for _, want := range []string{"LOAD_KEY", "CHANGE_KEY", "CREATE", "hidden_args"} {
		if !bytes.Contains(traced, []byte(want)) {
			t.Errorf("the trace does not show %s:\n%s", want, traced)
		}
	}
	if !strings.Contains(history, "change-key") {
		t.Errorf("the history does not show the change of the key:\n%s", history[max(0, len(history)-2000):])
	}
	leaks := []string{"KEYKEY", "passphrase1", hex.EncodeToString(rawKey()[:3]), "4b 45 59", "75 69 89", "75, 69, 89", "0x4b"}
	for place, text := range map[string]string{"trace": string(traced), "history": history, "errors": shown.String()} {
		for line := range strings.Lines(text) {
			for _, leak := range leaks {
				if strings.Contains(line, leak) {
					t.Errorf("the %s shows %q: %s", place, leak, line)
				}
			}
		}
	}
}
