package zfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// keyFileMost is the largest part of a file that is read for a key: the longest
// key, the end of its line, and another byte that shows that a file is too long.
const keyFileMost = passphraseMax + 2

// otherAccess are the bits of a file's mode that let every user read or write it.
const otherAccess = 0o006

// ReadKey reads a key from a location "file:///PATH", as zfs(8) does: a raw key
// is the whole file, a key in another format is the first line without its end.
// The file must be a regular file. The caller should zero the key; no other copy
// remains in memory. ReadKey does not check the key against its format; the
// method that it is passed to does.
//
// Errors match fs.ErrNotExist and fs.ErrPermission, ErrNotSupported for an
// address, which is not fetched, and ErrInvalidKey for other locations and for
// files without a key.
func ReadKey(location string, format KeyFormat) ([]byte, error) {
	return readKey(location, format, nil)
}

// ErrKeyExposed means that every user can read or write the file of a key.
var ErrKeyExposed = errors.New("every user can read or write the file of the key")

// KeyExposed returns an error that matches ErrKeyExposed if a location is a file
// that every user can read or write. It returns nil if it is not, or if the file
// cannot be inspected.
func KeyExposed(location string) error {
	path, isFile := strings.CutPrefix(location, "file://")
	if !isFile || !strings.HasPrefix(path, "/") {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&otherAccess == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s has mode %#o", ErrKeyExposed, path, info.Mode().Perm())
}

// readKey is ReadKey that calls warn for a file that others have access to,
// unless warn is nil.
func readKey(location string, format KeyFormat, warn func(error)) ([]byte, error) {
	path, isFile := strings.CutPrefix(location, "file://")
	switch {
	case isFile && strings.HasPrefix(path, "/"):
		if exposed := KeyExposed(location); exposed != nil && warn != nil {
			warn(exposed)
		}
		return readKeyFile(path, format)
	case strings.HasPrefix(location, "https://"), strings.HasPrefix(location, "http://"):
		return nil, fmt.Errorf("%w: keys are not fetched from %s: pass the key, or use a copy as file:///PATH", ErrNotSupported, location)
	}
	return nil, fmt.Errorf("%w: nothing to read from %q: want file:///PATH", ErrInvalidKey, location)
}

// readKeyFile reads the part of a file that is the key.
func readKeyFile(path string, format KeyFormat) ([]byte, error) {
	// Opening a pipe would wait for a writer, so the type is checked first.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrInvalidKey, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	defer f.Close()
	b := make([]byte, keyFileMost)
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		clear(b)
		return nil, fmt.Errorf("key: %w", err)
	}
	key := b[:n]
	if end := bytes.IndexByte(key, '\n'); end >= 0 && format != KeyRaw {
		clear(key[end:])
		key = key[:end]
	}
	most := passphraseMax
	if format == KeyRaw {
		most = ioctl.KeyLen
	}
	if len(key) == 0 || len(key) > most {
		clear(b)
		return nil, fmt.Errorf("%w: %s holds none of at most %d bytes", ErrInvalidKey, path, most)
	}
	return key, nil
}
