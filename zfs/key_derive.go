package zfs

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/ioctl"
)

// A KeyFormat is the format of a user's key.
type KeyFormat uint8

// The formats, with the kernel's numbers. Zero is not a format.
const (
	KeyRaw        KeyFormat = 1 + iota // 32 bytes
	KeyHex                             // 64 hexadecimal digits
	KeyPassphrase                      // a text of 8 to 512 bytes
)

// String returns the format as the property keyformat spells it.
func (f KeyFormat) String() string { return enum.Name(f, "none", "raw", "hex", "passphrase") }

// The limits of passphrases and iterations.
const (
	passphraseMin = 8
	passphraseMax = 512
	// itersDefault is the default of zfs(8).
	itersDefault = 350000
	// itersMax limits the iterations that an encrypted dataset from another
	// system may demand, which could otherwise take hours.
	itersMax = 1 << 30
	saltLen  = 8
)

// keyParams are the parameters that derive a wrapping key from a user's key.
type keyParams struct {
	format      KeyFormat
	salt, iters uint64 // for a passphrase
}

// check refuses a key that does not fit its format. Its errors do not contain any
// part of the key.
func (p keyParams) check(key []byte) error {
	switch p.format {
	case KeyRaw:
		if len(key) != ioctl.KeyLen {
			return fmt.Errorf("%w: a raw key has %d bytes, this one %d", ErrInvalidKey, ioctl.KeyLen, len(key))
		}
	case KeyHex:
		if len(key) != 2*ioctl.KeyLen {
			return fmt.Errorf("%w: a hex key has %d digits, this one %d", ErrInvalidKey, 2*ioctl.KeyLen, len(key))
		}
		for i, c := range key {
			if strings.IndexByte("0123456789abcdefABCDEF", c) < 0 {
				return fmt.Errorf("%w: byte %d of the hex key is not a digit", ErrInvalidKey, i)
			}
		}
	case KeyPassphrase:
		if len(key) == 0 {
			return fmt.Errorf("%w: the passphrase is empty", ErrInvalidKey)
		}
		if p.iters == 0 || p.iters > itersMax {
			return fmt.Errorf("%w: %d iterations for a passphrase, at most %d are allowed", ErrInvalidKey, p.iters, uint64(itersMax))
		}
	default:
		return fmt.Errorf("%w: format %d", ErrInvalidKey, p.format)
	}
	return nil
}

// checkNew also refuses a new key that could not be passed to zfs(8), which reads
// a passphrase as one line, and as a text that ends at a NUL.
func (p keyParams) checkNew(key []byte) error {
	if err := p.check(key); err != nil || p.format != KeyPassphrase {
		return err
	}
	switch {
	case len(key) < passphraseMin || len(key) > passphraseMax:
		return fmt.Errorf("%w: a passphrase has %d to %d bytes, this one %d", ErrInvalidKey, passphraseMin, passphraseMax, len(key))
	case bytes.ContainsAny(key, "\x00\n"):
		return fmt.Errorf("%w: the passphrase holds a NUL or the end of a line", ErrInvalidKey)
	}
	return nil
}

// derive returns the wrapping key for a checked key. The caller clears it.
func (p keyParams) derive(key []byte) ([]byte, error) {
	switch p.format {
	case KeyRaw:
		return bytes.Clone(key), nil
	case KeyHex:
		wrapping := make([]byte, ioctl.KeyLen)
		_, err := hex.Decode(wrapping, key)
		return wrapping, err
	}
	salt := binary.LittleEndian.AppendUint64(nil, p.salt)
	wrapping, err := pbkdf2.Key(sha1.New, string(key), salt, int(p.iters), ioctl.KeyLen)
	if err != nil {
		return nil, fmt.Errorf("derive the key: %w", err)
	}
	return wrapping, nil
}

// newSalt returns a random salt, which is not zero: the kernel treats zero as no
// salt.
func newSalt() uint64 {
	var b [saltLen]byte
	for {
		_, _ = rand.Read(b[:]) // it never fails
		if salt := binary.LittleEndian.Uint64(b[:]); salt != 0 {
			return salt
		}
	}
}
