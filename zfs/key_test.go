package zfs_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// rawKey is a key that is found wherever it leaks to.
func rawKey() []byte { return []byte("KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKE") }

func hexKey() []byte { return []byte(hex.EncodeToString(rawKey())) }

// vault is an encrypted dataset of the fake module.
type vault struct {
	root               string
	format, status     uint64
	salt, iters        uint64
	origin, location   string
	code               ioctl.Code // of the operation on the key
	cipher             uint64     // 8 if zero
	parent, parentRoot string     // a second dataset, and its root
	parentStatus       uint64
}

// answer answers for the statistics of a vault and for operations on its key.
func (v vault) answer(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	switch op {
	case ioctl.OpLoadKey, ioctl.OpUnloadKey, ioctl.OpChangeKey, ioctl.OpCreate:
		if v.code != 0 {
			return v.code.Err(), true
		}
		return c.Answer(&nvlist.List{}), true
	case ioctl.OpObjsetStats:
	default:
		return nil, false
	}
	b := c.Bytes(ioctl.FieldObjsetStats)
	clear(b)
	binary.NativeEndian.PutUint32(b[24:], testkit.KindFilesystem)
	copy(b[31:], v.origin)
	root, status := v.root, v.status
	if v.parent != "" && c.Text(ioctl.FieldName) == v.parent {
		root, status = v.parentRoot, v.parentStatus
	}
	if root == "" {
		return c.Answer(testkit.Numbers("used", 1)), true
	}
	cipher := v.cipher
	if cipher == 0 {
		cipher = 8
	}
	out := testkit.Numbers("encryption", cipher, "keyformat", v.format, "keystatus", status, "pbkdf2salt", v.salt, "pbkdf2iters", v.iters)
	for name, value := range map[string]string{"encryptionroot": root, "keylocation": v.location} {
		text := &nvlist.List{}
		text.SetString("value", value)
		out.SetList(name, text)
	}
	return c.Answer(out), true
}

// mustVault returns a client of a module with a vault.
func mustVault(t *testing.T, v vault) (*zfs.Client, *testkit.Fake) {
	t.Helper()
	c, f := testkit.OpenFake(t)
	f.Bad = v.answer
	return c, f
}

// checkSecret looks for key material where it must not be: in the key that was
// zeroed, and in the error.
func checkSecret(t *testing.T, key []byte, err error) {
	t.Helper()
	if !bytes.Equal(key, make([]byte, len(key))) {
		t.Errorf("the key was not zeroed: %q", key)
	}
	if err == nil {
		return
	}
	for _, leak := range []string{"KEYKEY", "passphrase1", "4b4559", "4b 45 59", "75 69 89"} {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), leak) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// tail is the last call, without salts.
func tail(f *testkit.Fake) string {
	if len(f.Sent) == 0 {
		return ""
	}
	return regexp.MustCompile(`pbkdf2salt: uint64 = [1-9][0-9]*`).ReplaceAllString(f.Sent[len(f.Sent)-1], "pbkdf2salt: uint64 = SALT")
}

// wkey is how a list with a wrapping key is printed.
func wkey(indent string, key []byte) string {
	l := &nvlist.List{}
	l.SetUint8Array("wkeydata", key)
	return indent + strings.TrimSuffix(fmt.Sprint(l), "\n")
}

func TestKeyLoad(t *testing.T) {
	// Made with an independent PBKDF2: salt 0x0807060504030201, 1000 iterations.
	derived, err := hex.DecodeString("3bdcb503b98326731cf5f755b0a8b70b8e9e26bdb924c964d9e37ebfa7ff2c50")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		v    vault
		key  []byte
		want []byte
	}{
		{"raw", vault{root: "tank/a", format: 1, status: 1}, rawKey(), rawKey()},
		{"hex", vault{root: "tank/a", format: 2, status: 1}, hexKey(), rawKey()},
		{"hex in capitals", vault{root: "tank/a", format: 2, status: 1}, bytes.ToUpper(hexKey()), rawKey()},
		{"passphrase", vault{root: "tank/a", format: 3, status: 1, salt: 0x0807060504030201, iters: 1000}, []byte("passphrase1"), derived},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := mustVault(t, tc.v)
			key := bytes.Clone(tc.key)
			err := c.KeyLoad(t.Context(), "tank/a", key)
			if err != nil {
				t.Fatal(err)
			}
			checkSecret(t, key, err)
			if diff := cmp.Diff("LOAD_KEY tank/a\nhidden_args: nvlist\n"+wkey("    ", tc.want), tail(f)); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			// A loaded key can be checked, too.
			tc.v.status = 2
			f.Bad = tc.v.answer
			key = bytes.Clone(tc.key)
			err = c.KeyCheck(t.Context(), "tank/a", key)
			if err != nil {
				t.Fatal(err)
			}
			checkSecret(t, key, err)
			if diff := cmp.Diff("LOAD_KEY tank/a\nnoop: boolean\nhidden_args: nvlist\n"+wkey("    ", tc.want), tail(f)); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeyLoadErrors(t *testing.T) {
	raw := vault{root: "tank/a", format: 1, status: 1}
	with := func(change func(*vault)) vault {
		v := raw
		change(&v)
		return v
	}
	for _, tc := range []struct {
		name, target string
		v            vault
		key          []byte
		want         error
		asked        bool // whether the kernel is asked to load
	}{
		{"wrong", "tank/a", with(func(v *vault) { v.code = ioctl.CodeAcces }), rawKey(), zfs.ErrWrongKey, true},
		{"loaded meanwhile", "tank/a", with(func(v *vault) { v.code = ioctl.CodeExist }), rawKey(), zfs.ErrKeyLoaded, true},
		{"unknown cipher", "tank/a", with(func(v *vault) { v.code = ioctl.CodeCryptoNotsup }), rawKey(), zfs.ErrNotSupported, true},
		{"forbidden", "tank/a", with(func(v *vault) { v.code = ioctl.CodePerm }), rawKey(), zfs.ErrPermission, true},
		{"loaded", "tank/a", with(func(v *vault) { v.status = 2 }), rawKey(), zfs.ErrKeyLoaded, false},
		{"not encrypted", "tank/a", vault{}, rawKey(), zfs.ErrNotEncrypted, false},
		{"off", "tank/a", with(func(v *vault) { v.cipher = 2 }), rawKey(), zfs.ErrNotEncrypted, false},
		{"child", "tank/a/b", raw, rawKey(), zfs.ErrNotEncryptionRoot, false},
		{"snapshot", "tank/a@s", raw, rawKey(), zfs.ErrInvalidName, false},
		{"NUL in the name", "tank/a\x00", raw, rawKey(), zfs.ErrInvalidName, false},
		{"no key", "tank/a", raw, nil, zfs.ErrInvalidKey, false},
		{"short", "tank/a", raw, rawKey()[1:], zfs.ErrInvalidKey, false},
		{"long", "tank/a", raw, append(rawKey(), '\n'), zfs.ErrInvalidKey, false},
		{"hex for raw", "tank/a", raw, hexKey(), zfs.ErrInvalidKey, false},
		{"raw for hex", "tank/a", with(func(v *vault) { v.format = 2 }), rawKey(), zfs.ErrInvalidKey, false},
		{"no digit", "tank/a", with(func(v *vault) { v.format = 2 }), append(hexKey()[:63], 'g'), zfs.ErrInvalidKey, false},
		{"empty passphrase", "tank/a", with(func(v *vault) { v.format, v.iters = 3, 1000 }), nil, zfs.ErrInvalidKey, false},
		{"no iterations", "tank/a", with(func(v *vault) { v.format = 3 }), rawKey(), zfs.ErrInvalidKey, false},
		{"hours of iterations", "tank/a", with(func(v *vault) { v.format, v.iters = 3, 1<<40 }), rawKey(), zfs.ErrInvalidKey, false},
		{"unknown format", "tank/a", with(func(v *vault) { v.format = 4 }), rawKey(), zfs.ErrInvalidKey, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := mustVault(t, tc.v)
			key := bytes.Clone(tc.key)
			err := c.KeyLoad(t.Context(), tc.target, key)
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			checkSecret(t, key, err)
			if asked := strings.HasPrefix(tail(f), "LOAD_KEY"); asked != tc.asked {
				t.Errorf("sent %v", f.Sent)
			}
		})
	}
	c, f := testkit.OpenFake(t)
	key := rawKey()
	err := c.KeyLoad(t.Context(), "tank/none", key)
	if !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no dataset: %v, want ErrNotFound", err)
	}
	checkSecret(t, key, err)
	if len(f.Sent) != 2 { // the second is about the pool
		t.Errorf("sent %v", f.Sent)
	}
}

func TestKeyUnload(t *testing.T) {
	for _, tc := range []struct {
		name, target string
		v            vault
		want         error
	}{
		{"unloaded", "tank/a", vault{root: "tank/a", format: 1, status: 2}, nil},
		{"not loaded", "tank/a", vault{root: "tank/a", format: 1, status: 1, code: ioctl.CodeAcces}, zfs.ErrKey},
		{"in use", "tank/a", vault{root: "tank/a", format: 1, status: 2, code: ioctl.CodeBusy}, zfs.ErrBusy},
		{"not encrypted", "tank/a", vault{}, zfs.ErrNotEncrypted},
		{"child", "tank/a/b", vault{root: "tank/a", status: 2}, zfs.ErrNotEncryptionRoot},
		{"snapshot", "tank/a@s", vault{}, zfs.ErrInvalidName},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := mustVault(t, tc.v)
			if err := c.KeyUnload(t.Context(), tc.target); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if tc.want == nil && tail(f) != "UNLOAD_KEY tank/a" {
				t.Errorf("sent %v", f.Sent)
			}
		})
	}
}
