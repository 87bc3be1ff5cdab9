package zfs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/purezfs/purezfs/ioctl"
)

// ObjectDataset returns the name of the dataset whose object set has the number
// objset in a pool. The pool's error log and the property objsetid have that
// number.
//
// Errors match ErrNotFound, ErrInvalidName, ErrInvalid (the number is not an
// object set's), ErrPermission.
//
// Kernel: ZFS_IOC_DSOBJ_TO_DSNAME (legacy, since 0.8).
func (c *Client) ObjectDataset(ctx context.Context, pool string, objset uint64) (string, error) {
	n, err := parseHead(pool)
	if err == nil && n.Pool != pool {
		err = fmt.Errorf("%w %q: not a pool's name", ErrInvalidName, pool)
	}
	if err != nil {
		return "", inputError(ioctl.OpDsobjToDsname, pool, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
		return "", inputError(ioctl.OpDsobjToDsname, pool, err)
	}
	cmd.SetUint64(ioctl.FieldObj, objset)
	if err := c.call(ctx, ioctl.OpDsobjToDsname, cmd); err != nil {
		return "", err
	}
	return cmd.Text(ioctl.FieldValue), nil
}

// fillObject checks the name of a filesystem or snapshot and fills in the
// command.
func fillObject(cmd *ioctl.Cmd, name string, object uint64) error {
	if _, err := parseDataset(name, "a bookmark has no objects"); err != nil {
		return err
	}
	cmd.SetUint64(ioctl.FieldObj, object)
	return cmd.SetText(ioctl.FieldName, name)
}

// ObjectPath returns the path of a file within its filesystem or snapshot:
// "/dir/file". The number of an object is the inode number of stat(2). A file
// with several links has one path for each, and one of them is returned. The path
// of an extended attribute has the directory "<xattrdir>".
//
// Errors match ErrNotFound (no such object, deleted, or its path is lost),
// ErrInvalid (the object is not a file, or the dataset is a volume),
// ErrInvalidName, ErrPermission, ErrKey.
//
// Kernel: ZFS_IOC_OBJ_TO_PATH (legacy, since 0.8).
func (c *Client) ObjectPath(ctx context.Context, name string, object uint64) (string, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := fillObject(cmd, name, object); err != nil {
		return "", inputError(ioctl.OpObjToPath, name, err)
	}
	if err := c.call(ctx, ioctl.OpObjToPath, cmd); err != nil {
		return "", explainObject(err, object)
	}
	return cmd.Text(ioctl.FieldValue), nil
}

// explainObject adds the object, and what the errno means for it.
func explainObject(err error, object uint64) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case ioctl.CodeStale:
		e.Hint = fmt.Sprintf("object %d was deleted and is still open", object)
	case ioctl.CodeNotsup:
		e.Hint = fmt.Sprintf("object %d is not a file", object)
	case ioctl.CodeNoent, ioctl.CodeInval:
		e.Hint = fmt.Sprintf("object %d", object)
	}
	return err
}

// ObjectNext yields the numbers of the objects of a filesystem, volume or
// snapshot that are larger than after, in ascending order. Not all of them are
// files.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_NEXT_OBJ (legacy, since 0.8).
func (c *Client) ObjectNext(ctx context.Context, name string, after uint64) iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		cmd := c.dev.Cmd()
		defer cmd.Release()
		if err := fillObject(cmd, name, after); err != nil {
			yield(0, inputError(ioctl.OpNextObj, name, err))
			return
		}
		for {
			err := c.call(ctx, ioctl.OpNextObj, cmd)
			if matches(err, ioctl.CodeSrch) {
				return
			}
			if err != nil {
				yield(0, err)
				return
			}
			next := cmd.Uint64(ioctl.FieldObj)
			if next <= after {
				yield(0, inputError(ioctl.OpNextObj, name, fmt.Errorf("object %d follows %d", next, after)))
				return
			}
			if after = next; !yield(after, nil) {
				return
			}
		}
	}
}

// Object is a file, directory or the like in a filesystem or snapshot.
type Object struct {
	Number uint64
	// Generation distinguishes an object from an older one with the same number.
	Generation uint64
	Mode       fs.FileMode
	Links      uint64
	ChangeTime time.Time // of the inode, as ctime of stat(2)
	// Path is the path as returned by ObjectPath. If it is empty, PathErr has the
	// reason.
	Path    string
	PathErr error
	// Deleted reports whether it has no path because it was deleted while open.
	Deleted bool
}

// ObjectStats reads the attributes and the path of a file. If the attributes can
// be read but the path is lost, there is no error: PathErr has the reason.
//
// Errors match ErrNotFound, ErrInvalid (the object is not a file, or the dataset
// is a volume), ErrInvalidName, ErrPermission, ErrKey.
//
// Kernel: ZFS_IOC_OBJ_TO_STATS (legacy, since 0.8).
func (c *Client) ObjectStats(ctx context.Context, name string, object uint64) (*Object, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := fillObject(cmd, name, object); err != nil {
		return nil, inputError(ioctl.OpObjToStats, name, err)
	}
	err := c.call(ctx, ioctl.OpObjToStats, cmd)
	if err != nil && ctx.Err() != nil {
		return nil, err // the command may still be in use by the kernel
	}
	if err != nil {
		err = explainObject(err, object)
	}
	o := parseObject(cmd.Bytes(ioctl.FieldStat))
	if err != nil && o == (Object{}) {
		return nil, err
	}
	o.Number, o.PathErr, o.Deleted = object, err, matches(err, ioctl.CodeStale)
	if err == nil {
		o.Path = cmd.Text(ioctl.FieldValue)
	}
	return &o, nil
}

// parseObject decodes the kernel's structure: generation, mode, links, and the
// time in seconds and nanoseconds. It is all zero if the kernel has not filled it
// in.
func parseObject(b []byte) Object {
	n := func(i int) uint64 { return binary.NativeEndian.Uint64(b[8*i:]) }
	if n(0)|n(1)|n(2)|n(3)|n(4) == 0 {
		return Object{}
	}
	return Object{Generation: n(0), Mode: fileMode(n(1)), Links: n(2), ChangeTime: time.Unix(int64(n(3)), int64(n(4)))}
}

// The bits of st_mode on Linux, which are also those on disk.
const (
	modeTypeMask = 0o170000
	modeSetuid   = 0o4000
	modeSetgid   = 0o2000
	modeSticky   = 0o1000
)

// fileMode converts the mode of stat(2) to that of package fs.
func fileMode(bits uint64) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	switch bits & modeTypeMask {
	case 0o010000:
		mode |= fs.ModeNamedPipe
	case 0o020000:
		mode |= fs.ModeDevice | fs.ModeCharDevice
	case 0o040000:
		mode |= fs.ModeDir
	case 0o060000:
		mode |= fs.ModeDevice
	case 0o100000:
	case 0o120000:
		mode |= fs.ModeSymlink
	case 0o140000:
		mode |= fs.ModeSocket
	default:
		mode |= fs.ModeIrregular
	}
	for bit, flag := range map[uint64]fs.FileMode{modeSetuid: fs.ModeSetuid, modeSetgid: fs.ModeSetgid, modeSticky: fs.ModeSticky} {
		if bits&bit != 0 {
			mode |= flag
		}
	}
	return mode
}
