package zfs

import (
	"errors"
	"io"
	"io/fs"

	"github.com/purezfs/purezfs/ioctl"
)

// The errors of operations. The meaning of an errno depends on the operation.
var (
	// ErrNotFound means that the pool, dataset, snapshot or bookmark does not
	// exist. It matches fs.ErrNotExist.
	ErrNotFound = sentinel("does not exist", fs.ErrNotExist)
	// ErrPoolNotFound means that the pool is not imported. It matches
	// ErrNotFound.
	ErrPoolNotFound = sentinel("pool does not exist", ErrNotFound)
	// ErrParentNotFound means that the parent of a new dataset does not exist. It
	// matches ErrNotFound.
	ErrParentNotFound = sentinel("parent does not exist", ErrNotFound)
	// ErrBaseNotFound means that the base of the operation does not exist: the
	// snapshot or bookmark that a stream is to be incremental from, the origin of
	// a clone, the source of a bookmark. It matches fs.ErrNotExist, but not
	// ErrNotFound: the dataset to send may well exist.
	ErrBaseNotFound = sentinel("does not exist", fs.ErrNotExist)
	// ErrExists means that the name is in use. Only this error matches
	// fs.ErrExist.
	ErrExists = sentinel("already exists", fs.ErrExist)
	// ErrPermission means that the caller lacks a permission. It matches
	// fs.ErrPermission.
	ErrPermission = sentinel("permission denied", fs.ErrPermission)
	// ErrBusy means that the dataset is mounted, open, held or being received.
	ErrBusy = errors.New("is busy")
	// ErrHasChildren means that the dataset has children, which must be destroyed
	// first.
	ErrHasChildren = errors.New("has children")
	// ErrHasSnapshots means that the dataset has snapshots, which must be
	// destroyed first. The kernel has one errno for this and for ErrBusy: if the
	// two cannot be distinguished by reading, the error matches both.
	ErrHasSnapshots = errors.New("has snapshots")
	// ErrHasClones means that the snapshot has clones, which must be destroyed or
	// promoted first.
	ErrHasClones = errors.New("has clones")
	// ErrNewer means that snapshots or bookmarks are newer than the snapshot to
	// roll back to.
	ErrNewer = errors.New("newer snapshots or bookmarks exist")
	// ErrInvalidName means that the name breaks the rules for names.
	ErrInvalidName = errors.New("invalid name")
	// ErrInvalidProp means that a property does not exist, is read-only, does not
	// apply to the type of dataset, or has a value that is not allowed.
	ErrInvalidProp = errors.New("invalid property or value")
	// ErrInvalid means that an argument is invalid.
	ErrInvalid = errors.New("invalid argument")
	// ErrCrossPool means that the names of one batch are in more than one pool.
	ErrCrossPool = errors.New("names lie in more than one pool")
	// ErrNoSpace means that the pool is full, or a reservation does not fit.
	ErrNoSpace = errors.New("out of space")
	// ErrQuota means that a quota or a limit on the number of datasets is
	// reached.
	ErrQuota = errors.New("quota or limit reached")
	// ErrReadOnly means that the pool was imported read-only.
	ErrReadOnly = errors.New("pool is read-only")
	// ErrSuspended means that the pool's I/O is suspended.
	ErrSuspended = errors.New("pool is suspended")
	// ErrWrongParent means that the parent cannot have children of this kind.
	ErrWrongParent = errors.New("parent is not a filesystem")
	// ErrKey means that a required key is not loaded.
	ErrKey = errors.New("key not loaded")
	// ErrNotAncestor means that the source of a bookmark, the snapshot to redact,
	// or the first of two snapshots to compare, is not an earlier state of the
	// dataset.
	ErrNotAncestor = errors.New("is not an earlier point of the dataset")
	// ErrRedacted means that the dataset was received from a redacted stream.
	ErrRedacted = errors.New("is redacted")
	// ErrDevice means that a device of a pool cannot be opened, read or written.
	ErrDevice = errors.New("device cannot be used")
	// ErrNoReplicas means that some data of the pool exists only on this device.
	ErrNoReplicas = errors.New("no other device has the data")
	// ErrInProgress means that a scrub, a resilver, a removal or the like is
	// under way, and must end first.
	ErrInProgress = errors.New("another activity is in progress")
	// ErrNotInProgress means that the activity to stop or to resume is not under way.
	ErrNotInProgress = errors.New("nothing of the kind is in progress")
	// ErrCheckpoint means that the pool has a checkpoint, or a checkpoint is
	// being discarded.
	ErrCheckpoint = errors.New("pool has a checkpoint")
	// ErrHistory means that the operation was carried out, but the record
	// requested by WithHistory is not in the pool's history. It is
	// ioctl.ErrHistory.
	ErrHistory = ioctl.ErrHistory
	// ErrFeatureDisabled means that a required feature of the pool is not
	// enabled. The module supports it: PoolSetProps enables "feature@NAME",
	// PoolUpgrade all features.
	ErrFeatureDisabled = errors.New("pool feature is not enabled")
	// ErrUpgrade means that the version of the pool or filesystem is too old, or
	// a feature is missing, for the operation or the value of a property. The
	// module supports it.
	ErrUpgrade = errors.New("pool or filesystem must be upgraded")
	// ErrWrongDevice means that the operation does not apply to the device, such
	// as detaching a device that is not in a mirror, or removing half of a
	// mirror.
	ErrWrongDevice = errors.New("operation does not apply to this kind of device")
	// ErrNotSupported means that the running module, or this system, does not
	// have the operation, the input key or the feature. It is
	// ioctl.ErrNotSupported.
	ErrNotSupported = ioctl.ErrNotSupported
)

// sentinelError is a sentinel that also matches one of package fs.
type sentinelError struct {
	text string
	also error
}

func sentinel(text string, also error) error { return &sentinelError{text, also} }

func (e *sentinelError) Error() string { return e.text }

func (e *sentinelError) Is(target error) bool { return errors.Is(e.also, target) }

// The errors of operations on keys.
var (
	// ErrWrongKey means that the key is not the dataset's key.
	ErrWrongKey = errors.New("wrong key")
	// ErrInvalidKey means that the key does not fit its format, for example
	// because of its length. The kernel was not called.
	ErrInvalidKey = errors.New("invalid key")
	// ErrKeyLoaded means that the key is loaded already.
	ErrKeyLoaded = errors.New("key is already loaded")
	// ErrNotEncrypted means that the dataset is not encrypted.
	ErrNotEncrypted = errors.New("is not encrypted")
	// ErrNotEncryptionRoot: the dataset uses the key of another one, below which it has
	// to stay.
	ErrNotEncryptionRoot = errors.New("has no key of its own")
)

// The errors of receiving.
var (
	// ErrStream means that the input is not a send stream, was damaged, or does
	// not fit the target.
	ErrStream = errors.New("unusable stream")
	// ErrTruncated means that the stream is incomplete. It matches
	// io.ErrUnexpectedEOF.
	ErrTruncated = sentinel("the stream ends too early", io.ErrUnexpectedEOF)
	// ErrSourceMissing means that the target does not have the snapshot that the
	// stream is incremental to, or has a different one of that name.
	ErrSourceMissing = errors.New("does not have the snapshot that the stream is incremental to")
	// ErrModified means that the target was changed since the snapshot that the
	// stream is incremental to, or has newer snapshots.
	ErrModified = errors.New("was modified since the snapshot that the stream is incremental to")
	// ErrNotPartial means that there is nothing to resume or abort.
	ErrNotPartial = errors.New("holds no partial receive")
)

// ErrDeviceInUse means that a device is in use by something else: a pool, a
// filesystem, mounted or not, or a partition table.
var ErrDeviceInUse = errors.New("device is in use")

// ErrInvalidLayout means that the devices cannot form a pool in this layout. The
// error is a *LayoutError, which names the device.
var ErrInvalidLayout = errors.New("invalid layout")

// More errors of importing a pool.
var (
	// ErrOtherHost means that another host has imported the pool, or used it last
	// and did not export it.
	ErrOtherHost = errors.New("pool belongs to another host")
	// ErrDeviceMissing means that devices are missing without which the pool
	// cannot be imported.
	ErrDeviceMissing = errors.New("devices are missing")
	// ErrDamaged means that the content of the devices is not a readable pool.
	ErrDamaged = errors.New("pool is damaged")
)
