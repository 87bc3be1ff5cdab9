package zfs_test

import (
	"bytes"
	"strings"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

func createPropRows() []row {
	invalid := is(zfs.ErrInvalidProp)
	return named("create, property", []row{
		{name: "number as text", do: create("/a", "quota", "50M"), left: ". /a", shows: "/a:quota=52428800"},
		{name: "index", do: create("/a", "compression", "gzip-9"), left: ". /a", shows: "/a:compression=gzip-9"},
		{name: "set once", do: create("/a", "casesensitivity", "mixed"), left: ". /a"},
		{name: "user property", do: create("/a", "com.example:x", "me and you"), left: ". /a"},
		{name: "empty user property", do: create("/a", "com.example:x", ""), left: ". /a"},
		{name: "longest user property", do: create("/a", "a:b", strings.Repeat("x", 8191)), left: ". /a"},
		{name: "longest name of a user property", do: create("/a", "a:"+strings.Repeat("b", 253), "x"), left: ". /a"},
		{name: "block size of a volume", do: createVolume("/v", 1<<20, "volblocksize", "64K"), left: ". /v!", shows: "/v:volblocksize=65536"},
		{name: "old version", do: create("/a", "version", "4"), left: ". /a"},
		{name: "quota and reservation that fit", do: create("/a", "quota", "2M", "reservation", "1M"), left: ". /a"},
		{name: "unknown", do: create("/a", "nosuch", "1"), want: invalid, text: "nosuch: there is no such property of a dataset"},
		{name: "user property with a capital", do: create("/a", "com.Example:x", "1"), want: invalid, text: `"com.Example:x"`},
		{name: "name too long", do: create("/a", "a:"+strings.Repeat("b", 254), "x"), want: invalid, text: "at most 255"},
		{name: "user property too long", do: create("/a", "a:b", strings.Repeat("x", 8192)), want: invalid, text: "want at most 8191 bytes, got 8192"},
		{name: "NUL in a user property", do: create("/a", "a:b", "x\x00y"), want: invalid, text: "without NUL bytes"},
		{name: "read-only", do: create("/a", "used", "1"), want: invalid, text: "used is read-only"},
		{name: "a volume's", do: create("/a", "volblocksize", "8K"), want: invalid, text: "volblocksize does not apply to a filesystem"},
		{name: "size for a filesystem", do: create("/a", "volsize", "1M"), want: invalid, text: "volsize does not apply to a filesystem"},
		{name: "a filesystem's", do: createVolume("/v", 1<<20, "recordsize", "8K"), want: invalid, text: "recordsize does not apply to a volume"},
		{name: "format of a key without encryption", do: create("/a", "keyformat", "raw"), want: invalid, text: "keyformat is set, and encryption is off"},
		{name: "format of a key, encryption off", set: "/e*", do: create("/e/a", "keyformat", "raw", "encryption", "off"), want: invalid, text: "keyformat is set, and encryption is off"},
		{name: "iterations without encryption", do: create("/a", "pbkdf2iters", "200000"), want: invalid, text: "pbkdf2iters is set, and encryption is off"},
		{name: "location none without encryption", do: create("/a", "keylocation", "none"), left: ". /a"},
		{name: "format of a key, with parents", do: createParents("/a/b", "keyformat", "raw"), want: invalid, text: "keyformat is set, and encryption is off"},
		{name: "format of a key below an encrypted parent", set: "/e*", do: create("/e/a", "keyformat", "raw"), want: invalid, text: "keyformat is set, and no key is given"},
		{name: "location none below an encrypted parent", set: "/e*", do: create("/e/a", "keylocation", "none"), want: invalid, text: "keylocation is set, and no key is given"},
		{name: "iterations below an encrypted parent", set: "/e*", do: create("/e/a", "pbkdf2iters", "200000"), left: ". /e* /e/a"},
		{name: "unknown value", do: create("/a", "compression", "brotli"), want: invalid, text: `compression="brotli": want one of on, off, lzjb`},
		{name: "unknown case", do: create("/a", "casesensitivity", "sideways"), want: invalid, text: "want one of sensitive, insensitive, mixed"},
		{name: "value in capitals", do: create("/a", "atime", "ON"), want: invalid, text: `atime="ON": want one of`},
		{name: "too many copies", do: create("/a", "copies", "4"), want: invalid, text: "want one of 1, 2, 3"},
		{name: "text for a number", do: create("/a", "quota", "much"), want: invalid, text: `quota="much": want a number`},
		{name: "negative number", do: create("/a", "quota", "-1"), want: invalid},
		{name: "number beyond 64 bits", do: create("/a", "quota", "16E"), want: invalid, text: "below 2^64"},
		{name: "no quota", do: create("/a", "quota", "0"), want: invalid, text: "want a size above 0, or none"},
		{name: "record size of no power of two", do: create("/a", "recordsize", "1000"), want: invalid, text: "want a power of two from 512 to 16M"},
		{name: "record size too small", do: create("/a", "recordsize", "256"), want: invalid, text: "want a power of two from 512 to 16M"},
		{name: "record size too large", do: create("/a", "recordsize", "32M"), want: invalid, text: "want a power of two from 512 to 16M"},
		{name: "volume's size of no block", do: createVolume("/v", 1000), want: invalid},
		{name: "block larger than the volume", do: createVolume("/v", 8<<10, "volblocksize", "128K"), want: invalid},
		{name: "relative mountpoint", do: create("/a", "mountpoint", "a/b"), want: invalid, text: "want an absolute path, none or legacy"},
		{name: "old version that cannot be", do: create("/a", "version", "6"), want: invalid, text: "version"},
		{name: "what alice uses", do: create("/a", "userused@alice", "1"), want: invalid, text: "userused@alice=\"1\": the property is read-only"},
		{name: "written", do: create("/a", "written@s", "1"), want: invalid, text: "read-only"},
		{name: "number of an index out of range", do: createValue("/a", prop.Atime, prop.Uint64(7)), want: invalid, text: "the number of one of its values"},
		{name: "number for a text", do: createValue("/a", prop.Mountpoint, prop.Uint64(1)), want: invalid, text: "want a string"},
		{name: "too large a reservation", do: create("/a", "reservation", "1T"), want: is(zfs.ErrNoSpace, syscall.ENOSPC), items: "reservation ENOSPC"},
		{name: "too large a reservation for its content", do: create("/a", "refreservation", "1T"), want: is(zfs.ErrNoSpace), items: "refreservation ENOSPC"},
		{name: "reservation beyond the quota", do: create("/a", "quota", "1M", "reservation", "2M"), want: is(zfs.ErrNoSpace), items: "reservation ENOSPC"},
		{name: "volume with too large a reservation", do: createVolume("/v", 1<<20, "reservation", "1T"), want: is(zfs.ErrNoSpace), items: "reservation ENOSPC"},
		{name: "of a later release", until: "2.3", do: create("/a", "longname", "on"), want: invalid, text: "the property exists since 2.3"},
		{name: "of this release", since: "2.3", do: create("/a", "direct", "always"), left: ". /a", shows: "/a:direct=always"},
		{name: "value without its feature", in: inBare, do: create("/a", "compression", "zstd"), want: is(zfs.ErrFeatureDisabled), items: "compression ENOTSUP"},
		{name: "large records without the feature", in: inBare, do: create("/a", "recordsize", "1M"), want: is(zfs.ErrFeatureDisabled), items: "recordsize ENOTSUP"},
		{name: "large blocks without the feature", in: inBare, do: createVolume("/v", 1<<20, "volblocksize", "1M"), want: is(zfs.ErrFeatureDisabled)},
		{name: "checksum without its feature", in: inBare, do: create("/a", "checksum", "sha512"), want: is(zfs.ErrFeatureDisabled), items: "checksum ENOTSUP"},
		{name: "dnodes without the feature", in: inBare, do: create("/a", "dnodesize", "auto"), want: is(zfs.ErrFeatureDisabled), items: "dnodesize ENOTSUP"},
	})
}

// createValue is create with a value that is not a text.
func createValue(name string, p prop.Prop, v prop.Value) func(*site) error {
	return func(s *site) error {
		return s.c.DatasetCreate(s.t.Context(), s.name(name), &zfs.DatasetCreateOptions{Props: prop.Values{p: v}})
	}
}

// createKey creates an encryption root. The key is made anew for each call, which
// zeroes it.
func createKey(name string, key func() *zfs.NewKey, props ...string) func(*site) error {
	return func(s *site) error {
		return s.c.DatasetCreate(s.t.Context(), s.name(name), &zfs.DatasetCreateOptions{Key: key(), Props: texts(props...)})
	}
}

// rawNew is a key that is fine, and so are hexNew and phraseNew.
func rawNew() *zfs.NewKey { return newKeys()["raw"] }

func hexNew() *zfs.NewKey { return newKeys()["hex"] }

func phraseNew() *zfs.NewKey { return newKeys()["passphrase"] }

// changed is a key with a change.
func changed(key func() *zfs.NewKey, change func(*zfs.NewKey)) func() *zfs.NewKey {
	return func() *zfs.NewKey {
		k := key()
		change(k)
		return k
	}
}

// badKeys are invalid new keys, by the reason.
func badKeys() []row {
	length := func(key func() *zfs.NewKey, n int) func() *zfs.NewKey {
		return changed(key, func(k *zfs.NewKey) { k.Key = bytes.Repeat([]byte("a"), n) })
	}
	rows := []row{
		{name: "raw key too short", do: createKey("/e", length(rawNew, 31)), text: "a raw key has 32 bytes, this one 31"},
		{name: "raw key too long", do: createKey("/e", length(rawNew, 33))},
		{name: "no key", do: createKey("/e", length(rawNew, 0))},
		{name: "hex key too short", do: createKey("/e", length(hexNew, 63)), text: "a hex key has 64 digits, this one 63"},
		{name: "hex key with another letter", do: createKey("/e", changed(hexNew, func(k *zfs.NewKey) { k.Key[7] = 'g' })), text: "byte 7"},
		{name: "passphrase too short", do: createKey("/e", length(phraseNew, 7)), text: "8 to 512 bytes"},
		{name: "passphrase too long", do: createKey("/e", length(phraseNew, 513)), text: "8 to 512 bytes"},
		{name: "passphrase of two lines", do: createKey("/e", changed(phraseNew, func(k *zfs.NewKey) { k.Key[3] = '\n' }))},
		{name: "too few iterations", do: createKey("/e", changed(phraseNew, func(k *zfs.NewKey) { k.Iterations = 99999 })), text: "at least 100000"},
		{name: "iterations for a raw key", do: createKey("/e", changed(rawNew, func(k *zfs.NewKey) { k.Iterations = 100000 }))},
		{name: "unknown format", do: createKey("/e", changed(rawNew, func(k *zfs.NewKey) { k.Format = 9 }))},
		{name: "no format", do: createKey("/e", changed(rawNew, func(k *zfs.NewKey) { k.Format = 0 }))},
	}
	for i := range rows {
		rows[i].want = is(zfs.ErrInvalidKey)
	}
	return rows
}

func createKeyRows() []row {
	at := func(location string) func() *zfs.NewKey {
		return changed(rawNew, func(k *zfs.NewKey) { k.Location = location })
	}
	invalid := is(zfs.ErrInvalidProp)
	return named("create, key", append(badKeys(), []row{
		{name: "raw", do: createKey("/e", rawNew), left: ". /e*", shows: "/e:keyformat=raw /e:keylocation=prompt"},
		{name: "hex", do: createKey("/e", hexNew), left: ". /e*", shows: "/e:keyformat=hex"},
		{name: "passphrase", do: createKey("/e", phraseNew), left: ". /e*", shows: "/e:keyformat=passphrase /e:pbkdf2iters=100000"},
		{name: "location", do: createKey("/e", at("file:///tmp/key")), left: ". /e*", shows: "/e:keylocation=file:///tmp/key"},
		{name: "cipher", do: createKey("/e", rawNew, "encryption", "aes-128-ccm"), left: ". /e*", shows: "/e:encryption=aes-128-ccm"},
		{name: "below another key", set: "/e*", do: createKey("/e/f", hexNew), left: ". /e* /e/f*"},
		{name: "of the parent", set: "/e*", do: create("/e/f"), left: ". /e* /e/f"},
		{name: "of the parent, which is not loaded", set: "/e-", do: create("/e/f"), want: is(zfs.ErrKey, syscall.EACCES)},
		{name: "of its own below one that is not loaded", set: "/e-", do: createKey("/e/f", rawNew), left: ". /e- /e/f*"},
		{name: "unencrypted below a key", set: "/e*", do: create("/e/f", "encryption", "off"), left: ". /e* /e/f"},
		{name: "no parent", do: createKey("/no/e", rawNew), want: is(zfs.ErrNotFound, zfs.ErrParentNotFound)},
		{name: "unknown cipher", do: createKey("/e", rawNew, "encryption", "rot13"), want: invalid, text: "want one of"},
		{name: "encryption off", do: createKey("/e", rawNew, "encryption", "off"), want: invalid, text: "encryption is off"},
		{name: "encryption without a key", do: create("/e", "encryption", "on"), want: invalid},
		{name: "format among the properties", do: createKey("/e", rawNew, "keyformat", "hex"), want: invalid, text: "belongs to the key"},
		{name: "location without encryption", do: create("/e", "keylocation", "prompt"), want: invalid},
		{name: "location of no kind", do: createKey("/e", at("ftp://example.com")), want: invalid, text: "want none, prompt"},
		{name: "location none", do: createKey("/e", at("none")), want: invalid},
		{name: "relative location", do: createKey("/e", at("file://key")), want: invalid},
		{name: "location on the network", until: "2.1.3", do: createKey("/e", at("https://example.com/key")), want: invalid},
		{name: "location on the network", since: "2.1.3", do: createKey("/e", at("https://example.com/key")), left: ". /e*"},
		{name: "without the feature", in: inBare, do: createKey("/e", rawNew), want: is(zfs.ErrFeatureDisabled)},
	}...))
}
