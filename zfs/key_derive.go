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

// A KeyFormat says what a user's key looks like.
type KeyFormat uint8

// The formats, by the kernel's numbers. Zero is none.
const (
	KeyRaw        KeyFormat = 1 + iota // 32 bytes
	KeyHex                             // 64 hexadecimal digits
	KeyPassphrase                      // a text of 8 to 512 bytes
)

// String returns the format as the property keyformat spells it.
func (f KeyFormat) String() string { return enum.Name(f, "none", "raw", "hex", "passphrase") }

// The bounds of what a key is made from.
const (
	passphraseMin = 8
	passphraseMax = 512
	// itersDefault is what zfs(8) takes.
	itersDefault = 350000
	// itersMax keeps the number that an encrypted dataset from elsewhere states
	// from keeping a program busy for hours.
	itersMax = 1 << 30
	saltLen  = 8
)

// keyParams say how a wrapping key is made from a user's key.
type keyParams struct {
	format      KeyFormat
	salt, iters uint64 // of a passphrase
}

// check refuses a key that does not fit its format. No error repeats any of it.
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

// checkNew refuses a new key that zfs(8) could not take, too: it reads a
// passphrase as a line, and as a text that a NUL ends.
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

// derive makes the wrapping key of a key that has been checked. The caller
// clears it.
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

// newSalt returns a random salt. The kernel takes zero for none.
func newSalt() uint64 {
	var b [saltLen]byte
	for {
		_, _ = rand.Read(b[:]) // it never fails
		if salt := binary.LittleEndian.Uint64(b[:]); salt != 0 {
			return salt
		}
	}
}
