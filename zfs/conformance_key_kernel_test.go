package zfs_test

import (
	"bytes"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
)

// loadKey loads a key, checkKey only tries it.
func loadKey(name string, key []byte) func(*site) error {
	return func(s *site) error { return s.c.KeyLoad(s.t.Context(), s.name(name), bytes.Clone(key)) }
}

func checkKey(name string, key []byte) func(*site) error {
	return func(s *site) error { return s.c.KeyCheck(s.t.Context(), s.name(name), bytes.Clone(key)) }
}

// wrongKey is a raw key of no dataset.
func wrongKey() []byte { return bytes.Repeat([]byte("x"), 32) }

// phrased creates a dataset with a passphrase, and unloads it.
func phrased(then func(*site) error) func(*site) error {
	return func(s *site) error {
		return lastOf(createKey("/p", phraseNew)(s), unloadKey("/p")(s), then(s))
	}
}

func keyLoadRows() []row {
	const set = "/e-"
	long := "/" + strings.Repeat("n", 256)
	return append(named("load key", []row{
		{name: "raw", set: set, do: loadKey("/e", rawKey()), left: ". /e*"},
		{name: "hex", do: func(s *site) error {
			return lastOf(createKey("/e", hexNew)(s), unloadKey("/e")(s), loadKey("/e", hexKey())(s))
		}, left: ". /e*"},
		{name: "hex in capitals", do: func(s *site) error {
			return lastOf(createKey("/e", hexNew)(s), unloadKey("/e")(s), loadKey("/e", bytes.ToUpper(hexKey()))(s))
		}, left: ". /e*"},
		{name: "passphrase", do: phrased(loadKey("/p", phraseNew().Key)), left: ". /p*"},
		{name: "volume", do: func(s *site) error {
			err := s.c.DatasetCreate(s.t.Context(), s.name("/v"), &zfs.DatasetCreateOptions{VolumeSize: 1 << 20, Key: rawNew()})
			return lastOf(err, unloadKey("/v")(s), loadKey("/v", rawKey())(s))
		}, left: ". /v!*"},
		{name: "below another that is not loaded", set: "/e* /e/f*", do: func(s *site) error {
			return lastOf(unloadKey("/e/f")(s), unloadKey("/e")(s), loadKey("/e/f", rawKey())(s))
		}, left: ". /e- /e/f*"},
		{name: "wrong", set: set, do: loadKey("/e", wrongKey()), want: is(zfs.ErrWrongKey, syscall.EACCES)},
		{name: "wrong passphrase", do: phrased(loadKey("/p", []byte("passphrase2"))), want: is(zfs.ErrWrongKey), left: ". /p-"},
		{name: "loaded", set: "/e*", do: loadKey("/e", rawKey()), want: is(zfs.ErrKeyLoaded)},
		{name: "loaded, wrong", set: "/e*", do: loadKey("/e", wrongKey()), want: is(zfs.ErrKeyLoaded)},
		{name: "too short", set: set, do: loadKey("/e", rawKey()[:31]), want: is(zfs.ErrInvalidKey), text: "a raw key has 32 bytes, this one 31"},
		{name: "too long", set: set, do: loadKey("/e", append(rawKey(), 'x')), want: is(zfs.ErrInvalidKey)},
		{name: "none", set: set, do: loadKey("/e", nil), want: is(zfs.ErrInvalidKey)},
		{name: "of another format", set: set, do: loadKey("/e", hexKey()), want: is(zfs.ErrInvalidKey)},
		{name: "empty passphrase", do: phrased(loadKey("/p", nil)), want: is(zfs.ErrInvalidKey), left: ". /p-"},
		{name: "not encrypted", do: loadKey(".", rawKey()), want: is(zfs.ErrNotEncrypted)},
		{name: "child", set: "/e* /e/f", do: loadKey("/e/f", rawKey()), want: is(zfs.ErrNotEncryptionRoot), text: "it uses the key of $/e"},
		{name: "clone", set: "/e* /e@s /c=/e@s", do: loadKey("/c", rawKey()), want: is(zfs.ErrNotEncryptionRoot)},
		{name: "not there", do: loadKey("/no", rawKey()), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: loadKey(":nosuchpool/e", rawKey()), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot", set: "/e* /e@s", do: loadKey("/e@s", rawKey()), want: is(zfs.ErrInvalidName)},
		{name: "too long a name", do: loadKey(long, rawKey()), want: is(zfs.ErrInvalidName)},
		{name: "without the feature", in: inBare, do: loadKey(".", rawKey()), want: is(zfs.ErrNotEncrypted)},
		{name: "gone in between", set: set, do: func(s *site) error {
			return lastOf(destroy("/e")(s), loadKey("/e", rawKey())(s))
		}, want: is(zfs.ErrNotFound), left: "."},
	}), named("check key", []row{
		{name: "right", set: set, do: checkKey("/e", rawKey())},
		{name: "right and loaded", set: "/e*", do: checkKey("/e", rawKey())},
		{name: "wrong", set: set, do: checkKey("/e", wrongKey()), want: is(zfs.ErrWrongKey)},
		{name: "wrong and loaded", set: "/e*", do: checkKey("/e", wrongKey()), want: is(zfs.ErrWrongKey)},
		{name: "too short", set: set, do: checkKey("/e", rawKey()[1:]), want: is(zfs.ErrInvalidKey)},
		{name: "not encrypted", do: checkKey(".", rawKey()), want: is(zfs.ErrNotEncrypted)},
		{name: "not there", do: checkKey("/no", rawKey()), want: is(zfs.ErrNotFound)},
	})...)
}

// unloadKey unloads a key.
func unloadKey(name string) func(*site) error {
	return func(s *site) error { return s.c.KeyUnload(s.t.Context(), s.name(name)) }
}

func keyUnloadRows() []row {
	return named("unload key", []row{
		{name: "loaded", set: "/e*", do: unloadKey("/e"), left: ". /e-"},
		{name: "with a child of its own key", set: "/e* /e/f*", do: unloadKey("/e"), left: ". /e- /e/f*"},
		{name: "not loaded", set: "/e-", do: unloadKey("/e"), want: is(zfs.ErrKey)},
		{name: "mounted", set: "/e*", do: func(s *site) error {
			s.mount("/e")
			return unloadKey("/e")(s)
		}, want: is(zfs.ErrBusy, syscall.EBUSY), text: "/e is mounted at"},
		{name: "child is mounted", set: "/e* /e/f", do: func(s *site) error {
			s.mount("/e/f")
			return unloadKey("/e")(s)
		}, want: is(zfs.ErrBusy), text: "$/e/f is mounted at"},
		{name: "clone is mounted", set: "/e* /e@s /e/c=/e@s", do: func(s *site) error {
			s.mount("/e/c")
			return unloadKey("/e")(s)
		}, want: is(zfs.ErrBusy)},
		{name: "not encrypted", do: unloadKey("."), want: is(zfs.ErrNotEncrypted)},
		{name: "child", set: "/e* /e/f", do: unloadKey("/e/f"), want: is(zfs.ErrNotEncryptionRoot)},
		{name: "not there", do: unloadKey("/no"), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: unloadKey(":nosuchpool/e"), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot", set: "/e* /e@s", do: unloadKey("/e@s"), want: is(zfs.ErrInvalidName)},
	})
}

// changeKey changes the key of a dataset.
func changeKey(name string, key func() *zfs.NewKey) func(*site) error {
	return func(s *site) error { return s.c.KeyChange(s.t.Context(), s.name(name), key()) }
}

func keyChangeRows() []row {
	const set = "/e*"
	keep := changed(rawNew, func(k *zfs.NewKey) { k.Format, k.Key = 0, wrongKey() })
	located := changed(rawNew, func(k *zfs.NewKey) { k.Location = "file:///tmp/key" })
	return named("change key", []row{
		{name: "to hex", set: set, do: changeKey("/e", hexNew), shows: "/e:keyformat=hex /e:keylocation=prompt"},
		{name: "to a passphrase", set: set, do: changeKey("/e", phraseNew), shows: "/e:keyformat=passphrase /e:pbkdf2iters=100000"},
		{name: "from a passphrase", do: func(s *site) error {
			return lastOf(createKey("/e", phraseNew)(s), changeKey("/e", rawNew)(s))
		}, left: ". /e*", shows: "/e:keyformat=raw /e:pbkdf2iters=0"},
		{name: "of the same format", set: set, do: func(s *site) error {
			return lastOf(changeKey("/e", keep)(s), checkKey("/e", wrongKey())(s))
		}, shows: "/e:keyformat=raw"},
		{name: "location", set: set, do: changeKey("/e", located), shows: "/e:keylocation=file:///tmp/key"},
		{name: "the old key is void", set: set, do: func(s *site) error {
			return lastOf(changeKey("/e", keep)(s), checkKey("/e", rawKey())(s))
		}, want: is(zfs.ErrWrongKey), shows: "/e:keyformat=raw"},
		{name: "child gets its own", set: "/e* /e/f", do: changeKey("/e/f", hexNew), left: ". /e* /e/f*"},
		{name: "not loaded", set: "/e-", do: changeKey("/e", hexNew), want: is(zfs.ErrKey)},
		{name: "child of one that is not loaded", set: "/e* /e/f", do: func(s *site) error {
			return lastOf(unloadKey("/e")(s), changeKey("/e/f", hexNew)(s))
		}, want: is(zfs.ErrKey), left: ". /e- /e/f"},
		{name: "clone", set: "/e* /e@s /c=/e@s", do: changeKey("/c", hexNew), want: is(zfs.ErrInvalid), text: "uses the key of its origin"},
		{name: "not encrypted", do: changeKey(".", hexNew), want: is(zfs.ErrNotEncrypted)},
		{name: "too short", set: set, do: changeKey("/e", changed(rawNew, func(k *zfs.NewKey) { k.Key = k.Key[1:] })), want: is(zfs.ErrInvalidKey)},
		{name: "none", set: set, do: changeKey("/e", func() *zfs.NewKey { return nil }), want: is(zfs.ErrInvalidKey)},
		{name: "no format for a child", set: "/e* /e/f", do: changeKey("/e/f", keep), want: is(zfs.ErrInvalidKey)},
		{name: "too few iterations", set: set, do: changeKey("/e", changed(phraseNew, func(k *zfs.NewKey) { k.Iterations = 1 })), want: is(zfs.ErrInvalidKey)},
		{name: "location of no kind", set: set, do: changeKey("/e", changed(rawNew, func(k *zfs.NewKey) { k.Location = "somewhere" })), want: is(zfs.ErrInvalidProp)},
		{name: "not there", do: changeKey("/no", hexNew), want: is(zfs.ErrNotFound)},
		{name: "no pool", do: changeKey(":nosuchpool/e", hexNew), want: is(zfs.ErrPoolNotFound)},
		{name: "snapshot", set: "/e* /e@s", do: changeKey("/e@s", hexNew), want: is(zfs.ErrInvalidName)},
	})
}

// inheritKey drops a key.
func inheritKey(name string) func(*site) error {
	return func(s *site) error { return s.c.KeyInherit(s.t.Context(), s.name(name)) }
}

func keyInheritRows() []row {
	return named("inherit key", []row{
		{name: "from the parent", set: "/e* /e/f*", do: inheritKey("/e/f"), left: ". /e* /e/f"},
		{name: "with children", set: "/e* /e/f* /e/f/g", do: inheritKey("/e/f"), left: ". /e* /e/f /e/f/g"},
		{name: "parent is not encrypted", set: "/e*", do: inheritKey("/e"), want: is(zfs.ErrNotEncrypted), text: "its parent"},
		{name: "not loaded", set: "/e* /e/f-", do: inheritKey("/e/f"), want: is(zfs.ErrKey)},
		{name: "the parent's is not loaded", set: "/e* /e/f*", do: func(s *site) error {
			return lastOf(unloadKey("/e")(s), inheritKey("/e/f")(s))
		}, want: is(zfs.ErrKey), text: "that of $/e", left: ". /e- /e/f*"},
		{name: "has none", set: "/e* /e/f", do: inheritKey("/e/f"), want: is(zfs.ErrNotEncryptionRoot)},
		{name: "not encrypted", do: inheritKey("."), want: is(zfs.ErrNotEncrypted)},
		{name: "not there", do: inheritKey("/no"), want: is(zfs.ErrNotFound)},
		{name: "snapshot", set: "/e* /e@s", do: inheritKey("/e@s"), want: is(zfs.ErrInvalidName)},
	})
}
