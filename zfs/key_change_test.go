package zfs_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

func TestKeyChange(t *testing.T) {
	own := vault{root: "tank/a", format: 1, status: 2}
	inherited := vault{root: "tank", format: 1, status: 2}
	hidden := "\nhidden_args: nvlist\n" + wkey("    ", rawKey())
	for _, tc := range []struct {
		name string
		v    vault
		key  zfs.NewKey
		want string // after the command, or its beginning
	}{
		{"the same format", own, zfs.NewKey{Key: rawKey()}, "\n    keyformat: uint64 = 1" + hidden},
		{"new format", own, zfs.NewKey{Key: hexKey(), Format: zfs.KeyHex}, "\n    keyformat: uint64 = 2" + hidden},
		{"new location", own, zfs.NewKey{Key: rawKey(), Location: "file:///key"},
			"\n    keylocation: string = \"file:///key\"\n    keyformat: uint64 = 1" + hidden},
		{"new root", inherited, zfs.NewKey{Key: rawKey(), Format: zfs.KeyRaw},
			"\n    keylocation: string = \"prompt\"\n    keyformat: uint64 = 1" + hidden},
		{"passphrase", own, zfs.NewKey{Key: []byte("passphrase1"), Format: zfs.KeyPassphrase, Iterations: 100000},
			"\n    keyformat: uint64 = 3\n    pbkdf2iters: uint64 = 100000\n    pbkdf2salt: uint64 = SALT\nhidden_args: nvlist\n    wkeydata: uint8_array"},
		{"usual iterations", own, zfs.NewKey{Key: []byte("passphrase1"), Format: zfs.KeyPassphrase},
			"\n    keyformat: uint64 = 3\n    pbkdf2iters: uint64 = 350000\n    pbkdf2salt: uint64 = SALT\nhidden_args: nvlist\n    wkeydata: uint8_array"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := mustVault(t, tc.v)
			err := c.KeyChange(t.Context(), "tank/a", &tc.key)
			if err != nil {
				t.Fatal(err)
			}
			checkSecret(t, tc.key.Key, err)
			want := "CHANGE_KEY tank/a\ncrypt_cmd: uint64 = 2\nprops: nvlist" + tc.want
			if got := tail(f); !strings.HasPrefix(got, want) {
				t.Errorf("sent (-want +got):\n%s", cmp.Diff(want, got))
			}
		})
	}
}

func TestKeyChangeErrors(t *testing.T) {
	own := vault{root: "tank/a", format: 1, status: 2}
	for _, tc := range []struct {
		name, target string
		v            vault
		key          zfs.NewKey
		want         error
	}{
		{"not loaded", "tank/a", vault{root: "tank/a", format: 1, status: 1}, zfs.NewKey{Key: rawKey()}, zfs.ErrKey},
		{"unloaded meanwhile", "tank/a", vault{root: "tank/a", format: 1, status: 2, code: ioctl.CodeAcces}, zfs.NewKey{Key: rawKey()}, zfs.ErrKey},
		{"forbidden", "tank/a", vault{root: "tank/a", format: 1, status: 2, code: ioctl.CodePerm}, zfs.NewKey{Key: rawKey()}, zfs.ErrPermission},
		{"not encrypted", "tank/a", vault{}, zfs.NewKey{Key: rawKey(), Format: zfs.KeyRaw}, zfs.ErrNotEncrypted},
		{"clone", "tank/a", vault{root: "tank/a", format: 1, status: 2, origin: "tank/o@s"}, zfs.NewKey{Key: rawKey()}, zfs.ErrInvalid},
		{"no format for a new root", "tank/a/b", own, zfs.NewKey{Key: rawKey()}, zfs.ErrInvalidKey},
		{"unknown format", "tank/a", own, zfs.NewKey{Key: rawKey(), Format: 9}, zfs.ErrInvalidKey},
		{"no key", "tank/a", own, zfs.NewKey{}, zfs.ErrInvalidKey},
		{"short", "tank/a", own, zfs.NewKey{Key: rawKey()[1:]}, zfs.ErrInvalidKey},
		{"short passphrase", "tank/a", own, zfs.NewKey{Key: []byte("KEYKEY1"), Format: zfs.KeyPassphrase}, zfs.ErrInvalidKey},
		{"long passphrase", "tank/a", own, zfs.NewKey{Key: bytes.Repeat([]byte("K"), 513), Format: zfs.KeyPassphrase}, zfs.ErrInvalidKey},
		{"line in a passphrase", "tank/a", own, zfs.NewKey{Key: []byte("KEYKEYKEY\n"), Format: zfs.KeyPassphrase}, zfs.ErrInvalidKey},
		{"NUL in a passphrase", "tank/a", own, zfs.NewKey{Key: []byte("KEYKEYKEY\x00KEY"), Format: zfs.KeyPassphrase}, zfs.ErrInvalidKey},
		{"iterations of a raw key", "tank/a", own, zfs.NewKey{Key: rawKey(), Iterations: 100000}, zfs.ErrInvalidKey},
		{"few iterations", "tank/a", own, zfs.NewKey{Key: rawKey(), Format: zfs.KeyPassphrase, Iterations: 99999}, zfs.ErrInvalidKey},
		{"many iterations", "tank/a", own, zfs.NewKey{Key: rawKey(), Format: zfs.KeyPassphrase, Iterations: 1 << 63}, zfs.ErrInvalidKey},
		{"no location", "tank/a", own, zfs.NewKey{Key: rawKey(), Location: "none"}, zfs.ErrInvalidProp},
		{"unknown location", "tank/a", own, zfs.NewKey{Key: rawKey(), Location: "ftp://host"}, zfs.ErrInvalidProp},
		{"snapshot", "tank/a@s", own, zfs.NewKey{Key: rawKey()}, zfs.ErrInvalidName},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := mustVault(t, tc.v)
			err := c.KeyChange(t.Context(), tc.target, &tc.key)
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			checkSecret(t, tc.key.Key, err)
			if asked := strings.HasPrefix(tail(f), "CHANGE_KEY"); asked != (tc.v.code != 0) {
				t.Errorf("sent %v", f.Sent)
			}
		})
	}
	if err := testkit.NoKernel(t).KeyChange(t.Context(), "tank/a", nil); !errors.Is(err, zfs.ErrInvalidKey) {
		t.Errorf("nil: %v, want ErrInvalidKey", err)
	}
}

func TestKeyInherit(t *testing.T) {
	fine := vault{root: "tank/a/b", format: 1, status: 2, parent: "tank/a", parentRoot: "tank", parentStatus: 2}
	with := func(change func(*vault)) vault {
		v := fine
		change(&v)
		return v
	}
	for _, tc := range []struct {
		name, target string
		v            vault
		want         error
	}{
		{"inherited", "tank/a/b", fine, nil},
		{"not loaded", "tank/a/b", with(func(v *vault) { v.status = 1 }), zfs.ErrKey},
		{"parent's is not loaded", "tank/a/b", with(func(v *vault) { v.parentStatus = 1 }), zfs.ErrKey},
		{"parent is not encrypted", "tank/a/b", with(func(v *vault) { v.parentRoot = "" }), zfs.ErrNotEncrypted},
		{"not encrypted", "tank/a/b", vault{}, zfs.ErrNotEncrypted},
		{"inherits already", "tank/a/b", with(func(v *vault) { v.root = "tank" }), zfs.ErrNotEncryptionRoot},
		{"pool", "tank", vault{root: "tank", format: 1, status: 2}, zfs.ErrNotEncryptionRoot},
		{"clone", "tank/a/b", with(func(v *vault) { v.origin = "tank/o@s" }), zfs.ErrInvalid},
		{"forbidden", "tank/a/b", with(func(v *vault) { v.code = ioctl.CodePerm }), zfs.ErrPermission},
		{"snapshot", "tank/a@s", fine, zfs.ErrInvalidName},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := mustVault(t, tc.v)
			if err := c.KeyInherit(t.Context(), tc.target); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			sent := strings.HasPrefix(tail(f), "CHANGE_KEY")
			if want := tc.want == nil || tc.v.code != 0; sent != want {
				t.Errorf("sent %v", f.Sent)
			}
			if tc.want == nil && tail(f) != "CHANGE_KEY tank/a/b\ncrypt_cmd: uint64 = 3" {
				t.Errorf("sent %s", tail(f))
			}
		})
	}
}

func TestDatasetCreateKey(t *testing.T) {
	hidden := "\nhidden_args: nvlist\n" + wkey("    ", rawKey())
	for _, tc := range []struct {
		name string
		opts zfs.DatasetCreateOptions
		want string
	}{
		{"raw", zfs.DatasetCreateOptions{Key: &zfs.NewKey{Key: rawKey(), Format: zfs.KeyRaw}},
			"\ntype: int32 = 2\nprops: nvlist\n    encryption: uint64 = 1\n    keylocation: string = \"prompt\"\n    keyformat: uint64 = 1" + hidden},
		{"volume", zfs.DatasetCreateOptions{VolumeSize: 1 << 20, Key: &zfs.NewKey{Key: hexKey(), Format: zfs.KeyHex, Location: "file:///k"}},
			"\ntype: int32 = 3\nprops: nvlist\n    volsize: uint64 = 1048576\n    encryption: uint64 = 1\n    keylocation: string = \"file:///k\"\n    keyformat: uint64 = 2" + hidden},
		{"cipher", zfs.DatasetCreateOptions{Props: texts("encryption", "aes-128-ccm"), Key: &zfs.NewKey{Key: rawKey(), Format: zfs.KeyRaw}},
			"\ntype: int32 = 2\nprops: nvlist\n    encryption: uint64 = 3\n    keylocation: string = \"prompt\"\n    keyformat: uint64 = 1" + hidden},
		{"passphrase", zfs.DatasetCreateOptions{Key: &zfs.NewKey{Key: []byte("passphrase1"), Format: zfs.KeyPassphrase, Iterations: 100000}},
			"\ntype: int32 = 2\nprops: nvlist\n    encryption: uint64 = 1\n    keylocation: string = \"prompt\"\n    keyformat: uint64 = 3\n" +
				"    pbkdf2iters: uint64 = 100000\n    pbkdf2salt: uint64 = SALT\nhidden_args: nvlist\n    wkeydata: uint8_array"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			err := c.DatasetCreate(t.Context(), "tank/a", &tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			checkSecret(t, tc.opts.Key.Key, err)
			if got, want := tail(f), "CREATE tank/a"+tc.want; !strings.HasPrefix(got, want) {
				t.Errorf("sent (-want +got):\n%s", cmp.Diff(want, got))
			}
		})
	}
}

func TestDatasetCreateKeyRefuses(t *testing.T) {
	key := func() *zfs.NewKey { return &zfs.NewKey{Key: rawKey(), Format: zfs.KeyRaw} }
	for _, tc := range []struct {
		name, target string
		opts         zfs.DatasetCreateOptions
		want         error
	}{
		{"no format", "tank/a", zfs.DatasetCreateOptions{Key: &zfs.NewKey{Key: rawKey()}}, zfs.ErrInvalidKey},
		{"short", "tank/a", zfs.DatasetCreateOptions{Key: &zfs.NewKey{Key: rawKey()[1:], Format: zfs.KeyRaw}}, zfs.ErrInvalidKey},
		{"encryption off", "tank/a", zfs.DatasetCreateOptions{Props: texts("encryption", "off"), Key: key()}, zfs.ErrInvalidProp},
		{"unknown cipher", "tank/a", zfs.DatasetCreateOptions{Props: texts("encryption", "rot13"), Key: key()}, zfs.ErrInvalidProp},
		{"format twice", "tank/a", zfs.DatasetCreateOptions{Props: texts("keyformat", "raw"), Key: key()}, zfs.ErrInvalidProp},
		{"location twice", "tank/a", zfs.DatasetCreateOptions{Props: texts("keylocation", "prompt"), Key: key()}, zfs.ErrInvalidProp},
		{"iterations twice", "tank/a", zfs.DatasetCreateOptions{Props: texts("pbkdf2iters", "100000"), Key: key()}, zfs.ErrInvalidProp},
		{"name", "tank//a", zfs.DatasetCreateOptions{Key: key()}, zfs.ErrInvalidName},
		{"before its parents are made", "tank/a/b", zfs.DatasetCreateOptions{Parents: true, Key: &zfs.NewKey{}}, zfs.ErrInvalidKey},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := testkit.NoKernel(t).DatasetCreate(t.Context(), tc.target, &tc.opts)
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			checkSecret(t, tc.opts.Key.Key, err)
		})
	}
	// The kernel's refusal wipes the key as well, and does not show it.
	c, _ := mustVault(t, vault{code: ioctl.CodeAcces})
	opts := zfs.DatasetCreateOptions{Key: key()}
	err := c.DatasetCreate(t.Context(), "tank/a", &opts)
	if !errors.Is(err, zfs.ErrKey) {
		t.Errorf("error %v, want ErrKey", err)
	}
	checkSecret(t, opts.Key.Key, err)
}

func TestKeyFormatString(t *testing.T) {
	for format, want := range map[zfs.KeyFormat]string{0: "none", zfs.KeyRaw: "raw", zfs.KeyHex: "hex", zfs.KeyPassphrase: "passphrase"} {
		if got := format.String(); got != want {
			t.Errorf("format %d is %s, want %s", format, got, want)
		}
	}
}
