package zfs

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
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

// reason is an error with its own text that matches another error.
type reason struct {
	kind error
	text string
}

func (e *reason) Error() string { return e.text }

func (e *reason) Unwrap() error { return e.kind }

// because returns an error that matches kind and has a reason.
func because(kind error, format string, args ...any) error {
	return &reason{kind, fmt.Sprintf(format, args...)}
}

// errBusyOrSnapshots stands for an errno of the kernel with two possible causes.
var errBusyOrSnapshots error = &ambiguousError{[]error{ErrBusy, ErrHasSnapshots}}

// ambiguousError matches each of several sentinels.
type ambiguousError struct{ all []error }

func (e *ambiguousError) Error() string {
	texts := make([]string, len(e.all))
	for i, err := range e.all {
		texts[i] = err.Error()
	}
	return strings.Join(texts, " or ")
}

func (e *ambiguousError) Unwrap() []error { return e.all }

// kernelError is an errno within an Error. It matches itself, but not the
// sentinels of package fs, because the meaning of an errno depends on the
// operation.
type kernelError struct{ errno ioctl.Errno }

func (e kernelError) Error() string { return e.errno.Error() }

func (e kernelError) Is(target error) bool {
	return target != fs.ErrExist && target != fs.ErrNotExist && target != fs.ErrPermission && e.errno.Is(target)
}

func (e kernelError) As(target any) bool {
	errno, ok := target.(*ioctl.Errno)
	if ok {
		*errno = e.errno
	}
	return ok
}

// Error is the error of an operation.
type Error struct {
	Op   ioctl.Op // the kernel's operation, or NoOp
	Name string   // the target
	// Object is the cause of the error if that is not Name: a missing parent, the
	// source of a stream, a snapshot that blocks the operation. It is empty if
	// the cause is Name or is not known.
	Object string
	Code   ioctl.Code // the kernel's errno, 0 without a call
	// Items are the elements of a batch that failed, each with its own error: the
	// snapshots of SnapshotCreate, the properties of DatasetCreate.
	Items []Item
	// Hint describes a likely cause or a remedy; it is empty if none is known.
	Hint string
	// Done names what was done before the failure.
	Done []string
	// Executed reports whether the operation itself was or may have been carried
	// out: its result was truncated, the context ended first, or, with
	// ErrHistory, only its record is missing.
	Executed bool

	verb string // of an operation outside of the module
	kind error  // the sentinel for the code, or nil
	err  error  // the cause
}

// NoOp is the operation of an Error about mounting or unmounting, which is not an
// operation of the module.
const NoOp ioctl.Op = 0xff

// Item is the failure of one element of a batch.
type Item struct {
	Name string // snapshot, bookmark or property
	Err  error  // as in Error: matches sentinels and errnos
}

// shown is the name of an item for a message. The error of a hold has its tag.
func (it Item) shown(op ioctl.Op) string {
	if op != ioctl.OpRelease {
		return it.Name
	}
	snapshot, _, _ := strings.Cut(it.Name, "#")
	return snapshot
}

// text says what has failed, also of an item that a caller has made without an error.
func (it Item) text() string { return fmt.Sprint(it.Err) }

// Error says operation, target, meaning, and the first items.
func (e *Error) Error() string {
	name, cause := e.Name, e.cause()
	single := len(e.Items) == 1 && strings.HasPrefix(e.Items[0].Name, e.Name) && e.Op != ioctl.OpRollback
	if single && e.Code != 0 {
		// A batch of one is about that, and not about the pool.
		name, cause = e.Items[0].shown(e.Op), e.Items[0].text()
	}
	var b strings.Builder
	b.WriteString("zfs: ")
	switch {
	case e.verb != "":
		b.WriteString(e.verb)
	case single && e.Op == ioctl.OpDestroySnaps:
		b.WriteString("destroy")
	default:
		b.WriteString(verb(e.Op))
	}
	if name != "" || e.verb != "" {
		fmt.Fprintf(&b, " %q", name)
	}
	b.WriteString(": ")
	if e.Object != "" {
		fmt.Fprintf(&b, "%s: ", e.Object)
	}
	b.WriteString(cause)
	if !single || e.Code == 0 {
		e.appendItems(&b)
	}
	if len(e.Done) > 0 {
		fmt.Fprintf(&b, "; done before: %s", strings.Join(e.Done, ", "))
	}
	if e.Executed && !errors.Is(e.err, ErrHistory) {
		b.WriteString("; it may have been carried out")
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

// cause returns the meaning followed by the errno, or the error that prevented
// the call.
func (e *Error) cause() string {
	switch {
	case e.Code == 0 && e.err != nil:
		return e.err.Error()
	case e.kind != nil:
		return fmt.Sprintf("%v (%s)", e.kind, e.Code.Name())
	}
	return e.Code.Err().Error()
}

// itemsShown is the largest number of items in a message.
const itemsShown = 3

func (e *Error) appendItems(b *strings.Builder) {
	for i, item := range e.Items {
		switch {
		case i == 0:
			b.WriteString(": ")
		case i == itemsShown:
			fmt.Fprintf(b, ", and %d more", len(e.Items)-i)
			return
		default:
			b.WriteString(", ")
		}
		b.WriteString(item.shown(e.Op))
		if text := item.text(); text != e.cause() && !sameKind(item.Err, e.kind) {
			b.WriteString(": " + text)
		}
	}
}

// sameKind reports whether the failure of an item says what the whole error says,
// with an errno of its own.
func sameKind(item, kind error) bool {
	var one *kindError
	return kind != nil && errors.As(item, &one) && one.kind == kind
}

// verb is the operation for messages: what the caller asked for, or else the
// kernel's name in small letters.
func verb(op ioctl.Op) string {
	switch op {
	case ioctl.OpObjsetStats, ioctl.OpObjsetZplprops, ioctl.OpObjsetRecvdProps:
		return "dataset"
	case ioctl.OpDatasetListNext:
		return "list"
	case ioctl.OpSnapshotListNext:
		return "list snapshots of"
	case ioctl.OpSendNew:
		return "send"
	case ioctl.OpSendSpace:
		return "estimate send of"
	case ioctl.OpRecvNew:
		return "receive"
	case ioctl.OpDestroySnaps:
		return "destroy snapshots in"
	}
	name := strings.TrimPrefix(op.String(), "ZFS_IOC_")
	return strings.ToLower(strings.ReplaceAll(name, "_", " "))
}

// Unwrap returns the sentinel and the cause, so that errors.Is finds both.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.kind, e.err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// newError returns the Error for the result of a call, or nil for nil. Out is the
// answer of an operation that names its failed items, or nil.
func newError(op ioctl.Op, name string, err error, out *nvlist.List) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Name: name, Code: ioctl.CodeOf(err), err: err}
	var call *ioctl.Error
	if errors.As(err, &call) {
		e.Executed = call.Executed
		e.err = call.Err
	}
	if errno, ok := e.err.(ioctl.Errno); ok {
		e.err = kernelError{errno}
	}
	e.kind = meaning(op, name, e.Code)
	if errors.Is(err, ioctl.ErrHistoryText) {
		e.kind = ErrInvalid
	}
	e.Items = items(op, out)
	return e
}

// poolMissing sets all parts of the error to say that the pool was not found.
func (e *Error) poolMissing(pool string) {
	e.kind = ErrPoolNotFound
	if pool != e.Name {
		e.Object = pool
	}
	for i, item := range e.Items {
		if matches(item.Err, ioctl.CodeNoent) {
			e.Items[i].Err = newItemError(ErrPoolNotFound, ioctl.CodeNoent)
		}
	}
}

// inputError returns the error for a failure before the call.
func inputError(op ioctl.Op, name string, err error) error {
	return &Error{Op: op, Name: name, err: err}
}

// NewError returns an *Error for packages that build on this one, whose
// operations consist of several operations of the kernel. The cause, err, is a
// sentinel of this package or wraps one. If err is nil, so is the result.
func NewError(op ioctl.Op, name string, err error) error {
	if err == nil {
		return nil
	}
	return inputError(op, name, err)
}

// items decodes an answer of errnos by name.
func items(op ioctl.Op, out *nvlist.List) []Item {
	var failed []Item
	for p := range out.All() {
		n, ok := out.Int(p.Name())
		if !ok || n <= 0 || n > 4095 || p.Name() == moreErrors {
			continue
		}
		code := ioctl.Code(n)
		failed = append(failed, Item{Name: p.Name(), Err: itemError(op, p.Name(), code)})
	}
	return failed
}

// moreErrors is the pair with the number of items that the kernel has omitted.
const moreErrors = "N_MORE_ERRORS"

// itemError returns the failure of one item.
func itemError(op ioctl.Op, name string, code ioctl.Code) error {
	if op == ioctl.OpRelease {
		return holdError(name, code)
	}
	return newItemError(meaning(op, name, code), code)
}

// newItemError returns a failure with a meaning, or the errno alone if kind is
// nil.
func newItemError(kind error, code ioctl.Code) error {
	if kind == nil {
		return kernelError{code.Err()}
	}
	return &kindError{kind, code}
}

// kindError is the meaning of an errno for one item.
type kindError struct {
	kind error
	code ioctl.Code
}

func (e *kindError) Error() string { return fmt.Sprintf("%v (%s)", e.kind, e.code.Name()) }

func (e *kindError) Unwrap() []error { return []error{e.kind, kernelError{e.code.Err()}} }

// matches reports whether err contains the kernel's code.
func matches(err error, code ioctl.Code) bool { return ioctl.CodeOf(err) == code }

// absent reports whether a reader or a writer is nil, or a nil pointer. It must
// not be used then, in any goroutine.
func absent(v any) bool {
	value := reflect.ValueOf(v)
	return !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil()
}

// errNil is the error of a reader or a writer that is nil.
var errNil = fmt.Errorf("%w: it is nil", ErrInvalid)
