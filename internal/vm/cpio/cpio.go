// Package cpio writes archives in the format of an initramfs.
package cpio

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

// Archive writes a cpio archive in the "newc" format, which the kernel unpacks as
// its initramfs. Parent directories are written once, before their first child. The
// first error is kept and returned by Close.
type Archive struct {
	w     io.Writer
	n     int64
	inode int
	seen  map[string]bool
	Err   error
}

// New returns an archive. The root needs no entry.
func New(w io.Writer) *Archive {
	return &Archive{w: w, seen: map[string]bool{"": true, ".": true}}
}

// clean makes a name relative to the root, as the format requires.
func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

// Has reports whether an entry of that name was written.
func (a *Archive) Has(name string) bool { return a.seen[clean(name)] }

// AddDir adds a directory, unless an entry of that name exists.
func (a *Archive) AddDir(name string, perm uint32) {
	if a.Has(name) {
		return
	}
	a.entry(name, modeDir|perm, nil, 0)
}

// AddSymlink adds a link, whose target is stored like a file's data.
func (a *Archive) AddSymlink(target, name string) {
	a.entry(name, modeSymlink|0o777, strings.NewReader(target), int64(len(target)))
}

// AddBytes adds a file with the given text.
func (a *Archive) AddBytes(name string, perm uint32, data []byte) {
	a.entry(name, modeRegular|perm, bytes.NewReader(data), int64(len(data)))
}

// Add adds a file of exactly size bytes. It is an error if r has fewer bytes. More
// bytes, of a file that grows at the same time, are ignored.
func (a *Archive) Add(name string, perm uint32, r io.Reader, size int64) {
	a.entry(name, modeRegular|perm, r, size)
}

// entry writes one header, its name and exactly size bytes of data.
func (a *Archive) entry(name string, mode uint32, data io.Reader, size int64) {
	name = clean(name)
	if dir := path.Dir(name); dir != "." {
		a.AddDir(dir, 0o755)
	}
	if a.Err == nil && size > math.MaxUint32 {
		a.Err = fmt.Errorf("%s: %d bytes do not fit in a cpio entry", name, size)
	}
	a.seen[name] = true
	a.inode++
	a.header(name, mode, size)
	if a.Err != nil || size == 0 {
		return
	}
	n, err := io.Copy(a, io.LimitReader(data, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && a.Err == nil {
		a.Err = fmt.Errorf("%s: %w", name, err)
	}
	a.pad()
}

// header writes the 110 bytes of ASCII that precede each name. Owner and times are
// zero, so that equal input produces equal archives.
func (a *Archive) header(name string, mode uint32, size int64) {
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

// Write counts the bytes, because padding depends on the offset.
func (a *Archive) Write(p []byte) (int, error) {
	if a.Err != nil {
		return 0, a.Err
	}
	n, err := a.w.Write(p)
	a.n += int64(n)
	return n, err
}

// write is Write for the archive's own parts. It keeps the error.
func (a *Archive) write(p []byte) {
	if _, err := a.Write(p); err != nil && a.Err == nil {
		a.Err = err
	}
}

// pad pads to a multiple of four, at the end of every name and every file.
func (a *Archive) pad() {
	a.write(make([]byte, (4-a.n%4)%4))
}

// Close ends the archive and pads it to a whole sector, so that the kernel finds the
// next archive after it.
func (a *Archive) Close() error {
	a.inode = 0
	a.header(trailer, 0, 0)
	a.write(make([]byte, (512-a.n%512)%512))
	return a.Err
}

// AddFile adds one regular file.
func AddFile(a *Archive, host, guest string, perm fs.FileMode) error {
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
	a.Add(guest, uint32(perm), f, info.Size())
	return a.Err
}

// AddTree adds a file, or a directory with its files, directories and symbolic links.
// Sockets, devices and the like are skipped.
func AddTree(a *Archive, host, guest string) error {
	// The path itself may be a symbolic link.
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
			a.AddDir(name, uint32(info.Mode().Perm()))
		case fs.ModeSymlink:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			a.AddSymlink(target, name)
		case 0:
			return AddFile(a, path, name, info.Mode().Perm())
		}
		return a.Err
	})
}
