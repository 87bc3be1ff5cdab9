package vm

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// File type bits of a cpio entry's mode, as in stat(2).
const (
	modeDir     = 0o040000
	modeRegular = 0o100000
	modeSymlink = 0o120000
)

// trailer is the name of the last entry.
const trailer = "TRAILER!!!"

// An archive writes a cpio archive in the "newc" format, the one that the
// kernel unpacks as its initramfs. Parent directories are written before their
// first child, each once. The first error sticks and is returned by close.
type archive struct {
	w     io.Writer
	n     int64
	inode int
	seen  map[string]bool
	err   error
}

// newArchive knows the root, which has no entry of its own.
func newArchive(w io.Writer) *archive {
	return &archive{w: w, seen: map[string]bool{"": true, ".": true}}
}

// clean makes a name relative to the root, as the format wants it.
func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

// has reports whether an entry of that name was written.
func (a *archive) has(name string) bool { return a.seen[clean(name)] }

// dir adds a directory, unless it or something of that name is there already.
func (a *archive) dir(name string, perm uint32) {
	if a.has(name) {
		return
	}
	a.entry(name, modeDir|perm, nil, 0)
}

// symlink adds a link, whose target is stored as a file's data would be.
func (a *archive) symlink(target, name string) {
	a.entry(name, modeSymlink|0o777, strings.NewReader(target), int64(len(target)))
}

// bytes adds a file with the given text.
func (a *archive) bytes(name string, perm uint32, data []byte) {
	a.entry(name, modeRegular|perm, bytes.NewReader(data), int64(len(data)))
}

// file adds a file of exactly size bytes. Fewer are an error, and more, from a
// file that grows meanwhile, are left out.
func (a *archive) file(name string, perm uint32, r io.Reader, size int64) {
	a.entry(name, modeRegular|perm, r, size)
}

// entry writes one header, its name and exactly size bytes of data.
func (a *archive) entry(name string, mode uint32, data io.Reader, size int64) {
	name = clean(name)
	if dir := path.Dir(name); dir != "." {
		a.dir(dir, 0o755)
	}
	if a.err == nil && size > math.MaxUint32 {
		a.err = fmt.Errorf("%s: %d bytes are more than a cpio entry can hold", name, size)
	}
	a.seen[name] = true
	a.inode++
	a.header(name, mode, size)
	if a.err != nil || size == 0 {
		return
	}
	n, err := io.Copy(a, io.LimitReader(data, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("%s: %w", name, err)
	}
	a.pad()
}

// header writes the 110 bytes of ASCII that precede each name. Owner and times
// are zero, so that equal input gives equal archives.
func (a *archive) header(name string, mode uint32, size int64) {
	fields := [13]int64{
		int64(a.inode), int64(mode), 0, 0, 1, 0, size,
		0, 0, 0, 0, int64(len(name) + 1), 0,
	}
	var b strings.Builder
	b.WriteString("070701")
	for _, f := range fields {
		fmt.Fprintf(&b, "%08X", f)
	}
	b.WriteString(name)
	b.WriteByte(0)
	a.write([]byte(b.String()))
	a.pad()
}

// Write counts what passes, because padding depends on the offset.
func (a *archive) Write(p []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	n, err := a.w.Write(p)
	a.n += int64(n)
	return n, err
}

// write is Write for the archive's own parts, with the error kept.
func (a *archive) write(p []byte) {
	if _, err := a.Write(p); err != nil && a.err == nil {
		a.err = err
	}
}

// pad fills up to a multiple of four, where every name and every file ends.
func (a *archive) pad() {
	a.write(make([]byte, (4-a.n%4)%4))
}

// close ends the archive, filled up to a whole sector so that the kernel finds
// the next archive behind it.
func (a *archive) close() error {
	a.inode = 0
	a.header(trailer, 0, 0)
	a.write(make([]byte, (512-a.n%512)%512))
	return a.err
}

// addFile adds one regular file.
func addFile(a *archive, host, guest string, perm fs.FileMode) error {
	f, err := os.Open(host)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", host)
	}
	a.file(guest, uint32(perm), f, info.Size())
	return a.err
}

// addTree adds a file, or a directory with its files, directories and symbolic links.
// Sockets, devices and the like are left out.
func addTree(a *archive, host, guest string) error {
	// The named thing itself may be a link to what is meant.
	host, err := filepath.EvalSymlinks(host)
	if err != nil {
		return err
	}
	return filepath.WalkDir(host, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(host, path)
		if err != nil {
			return err
		}
		name := filepath.Join(guest, rel)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch info.Mode().Type() {
		case fs.ModeDir:
			a.dir(name, uint32(info.Mode().Perm()))
		case fs.ModeSymlink:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			a.symlink(target, name)
		case 0:
			return addFile(a, path, name, info.Mode().Perm())
		}
		return a.err
	})
}
