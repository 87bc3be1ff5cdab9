package zfs

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"

	"github.com/purezfs/purezfs/ioctl"
)

// PoolError is one object of a pool that has lost data.
type PoolError struct {
	// Objset and Object are the numbers of a dataset and of an object in it.
	Objset, Object uint64
	// Dataset is the dataset's name. It is empty if the dataset no longer exists,
	// or the object is one of the pool itself.
	Dataset string
	// Path is the path of a file within its filesystem, "/a/b". It is empty if
	// the object is not a file or its path is lost.
	Path string
	// Mounted is the path of the file in this mount namespace, or "".
	Mounted string
}

// errorRecord is the size of one record of the error log: the numbers of
// dataset, object, level and block.
const errorRecord = 32

// The size of the first buffer, and the largest size, in records.
const (
	errorRoom = 10_000
	errorMost = 8_000_000
)

// PoolErrorLog yields the objects that have lost data, in order, with the paths
// of files. It is the list that zpool status -v shows.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrSuspended.
//
// Kernel: ZFS_IOC_ERROR_LOG (legacy, since 0.8).
func (c *Client) PoolErrorLog(ctx context.Context, pool string) iter.Seq2[*PoolError, error] {
	return func(yield func(*PoolError, error) bool) {
		found, err := c.errorLog(ctx, pool)
		if err != nil {
			yield(nil, err)
			return
		}
		mounts := readMounts()
		for i := range found {
			if err := c.locateError(ctx, pool, &found[i], mounts); err != nil {
				yield(nil, err)
				return
			}
			if !yield(&found[i], nil) {
				return
			}
		}
	}
}

// errorLog reads the log, without duplicates. The kernel does not return the size
// that it needs, so the buffer grows until it is large enough.
func (c *Client) errorLog(ctx context.Context, pool string) ([]PoolError, error) {
	if err := checkPool(pool); err != nil {
		return nil, inputError(ioctl.OpErrorLog, pool, err)
	}
	for room := errorRoom; ; room *= 2 {
		found, err := c.errorLogWithin(ctx, pool, room)
		if !matches(err, ioctl.CodeNomem) || room >= errorMost {
			return found, err
		}
	}
}

// errorLogWithin reads the log into a buffer for that number of records.
func (c *Client) errorLogWithin(ctx context.Context, pool string, room int) ([]PoolError, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, pool); err != nil {
		return nil, inputError(ioctl.OpErrorLog, pool, err)
	}
	cmd.SetOutRecords(room, errorRecord)
	if err := c.call(ctx, ioctl.OpErrorLog, cmd); err != nil {
		return nil, err
	}
	unused := cmd.OutSize()
	if unused > uint64(room) {
		return nil, inputError(ioctl.OpErrorLog, pool, errors.New("the kernel reports more free space than the buffer has"))
	}
	var found []PoolError
	// The kernel fills the buffer from its end.
	for b := cmd.OutRoom()[unused*errorRecord : room*errorRecord]; len(b) > 0; b = b[errorRecord:] {
		found = append(found, PoolError{Objset: binary.NativeEndian.Uint64(b), Object: binary.NativeEndian.Uint64(b[8:])})
	}
	slices.SortFunc(found, func(a, b PoolError) int {
		return cmp.Or(cmp.Compare(a.Objset, b.Objset), cmp.Compare(a.Object, b.Object))
	})
	return slices.Compact(found), nil
}

// locateError finds the name of the dataset and the path of the file, if they
// still exist.
func (c *Client) locateError(ctx context.Context, pool string, e *PoolError, mounts *mountTable) (err error) {
	if e.Objset == 0 {
		return nil
	}
	if e.Dataset, err = c.ObjectDataset(ctx, pool, e.Objset); err != nil {
		return unlessLost(ctx, err)
	}
	if e.Path, err = c.ObjectPath(ctx, e.Dataset, e.Object); err != nil {
		return unlessLost(ctx, err)
	}
	if m, ok := mounts.entries[e.Dataset]; ok {
		e.Mounted = m.path + e.Path
	}
	return nil
}

// unlessLost returns an error only if it is about the caller and not about the
// damage.
func unlessLost(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, ErrPermission) && !errors.Is(err, ErrKey) {
		return err
	}
	return nil
}
