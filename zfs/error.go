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

// What an operation can fail with. An errno has no meaning of its own: which
// of these it stands for depends on the operation.
var (
	// ErrNotFound: the pool, dataset, snapshot or bookmark does not exist. It
	// matches fs.ErrNotExist.
	ErrNotFound = sentinel("does not exist", fs.ErrNotExist)
	// ErrPoolNotFound: the pool is not imported. It matches ErrNotFound.
	ErrPoolNotFound = sentinel("pool does not exist", ErrNotFound)
	// ErrParentNotFound: the dataset that the new one is to be a child of does not
	// exist. It matches ErrNotFound.
	ErrParentNotFound = sentinel("parent does not exist", ErrNotFound)
	// ErrBaseNotFound: what the operation starts from does not exist: the snapshot
	// or bookmark that a stream is to be incremental from, the origin of a clone, the
	// source of a bookmark. It matches fs.ErrNotExist, and not ErrNotFound: what is to
	// be sent may well exist.
	ErrBaseNotFound = sentinel("does not exist", fs.ErrNotExist)
	// ErrExists: the name is taken. It matches fs.ErrExist, which nothing else does.
	ErrExists = sentinel("already exists", fs.ErrExist)
	// ErrPermission: the caller lacks the right. It matches fs.ErrPermission.
	ErrPermission = sentinel("permission denied", fs.ErrPermission)
	// ErrBusy: the dataset is mounted, open, held or being received.
	ErrBusy = errors.New("is busy")
	// ErrHasChildren: the dataset has children, which have to go first.
	ErrHasChildren = errors.New("has children")
	// ErrHasSnapshots: the dataset has snapshots, which must be destroyed first. The
	// kernel gives one answer for that and for ErrBusy: if reading does not tell the
	// two apart, the error matches both.
	ErrHasSnapshots = errors.New("has snapshots")
	// ErrHasClones: the snapshot has clones, which must be destroyed or promoted
	// first.
	ErrHasClones = errors.New("has clones")
	// ErrNewer: snapshots or bookmarks exist that are newer than the snapshot to
	// roll back to.
	ErrNewer = errors.New("newer snapshots or bookmarks exist")
	// ErrInvalidName: the name breaks the rules for names.
	ErrInvalidName = errors.New("invalid name")
	// ErrInvalidProp: a property does not exist, is read-only, does not apply
	// to the type of dataset, or has a value that is not allowed.
	ErrInvalidProp = errors.New("invalid property or value")
	// ErrInvalid: the kernel finds the arguments wrong.
	ErrInvalid = errors.New("invalid argument")
	// ErrCrossPool: the names of one batch lie in more than one pool.
	ErrCrossPool = errors.New("names lie in more than one pool")
	// ErrNoSpace: the pool is full, or a reservation does not fit.
	ErrNoSpace = errors.New("out of space")
	// ErrQuota: a quota or a limit on the number of datasets is reached.
	ErrQuota = errors.New("quota or limit reached")
	// ErrReadOnly: the pool was imported read-only.
	ErrReadOnly = errors.New("pool is read-only")
	// ErrSuspended: the pool's I/O is suspended.
	ErrSuspended = errors.New("pool is suspended")
	// ErrWrongParent: the parent cannot have children of this kind.
	ErrWrongParent = errors.New("parent is not a filesystem")
	// ErrKey: a key that is needed is not loaded.
	ErrKey = errors.New("key not loaded")
	// ErrNotAncestor: the source of a bookmark, the snapshot to redact, or the
	// first of two to compare, is no earlier point of the dataset's own life.
	ErrNotAncestor = errors.New("is not an earlier point of the dataset")
	// ErrRedacted: the dataset was received from a redacted stream.
	ErrRedacted = errors.New("is redacted")
	// ErrDevice: a device of a pool cannot be opened, read or written.
	ErrDevice = errors.New("device cannot be used")
	// ErrNoReplicas: without this device the pool has not all of its data.
	ErrNoReplicas = errors.New("no other device has the data")
	// ErrInProgress: a scrub, a resilver, a removal or the like is under way, and
	// has to end first.
	ErrInProgress = errors.New("another activity is in progress")
	// ErrNotInProgress: there is nothing of the kind to stop or to go on with.
	ErrNotInProgress = errors.New("nothing of the kind is in progress")
	// ErrCheckpoint: the pool has a checkpoint, or one that is being discarded.
	ErrCheckpoint = errors.New("pool has a checkpoint")
	// ErrHistory: the operation was carried out, but the record that WithHistory
	// asks for is not in the pool's history. It is ioctl.ErrHistory.
	ErrHistory = ioctl.ErrHistory
	// ErrFeatureDisabled: the pool has not enabled a feature that is needed. The
	// module has it: PoolSetProps enables "feature@NAME", PoolUpgrade all of them.
	ErrFeatureDisabled = errors.New("pool feature is not enabled")
	// ErrUpgrade: the pool or the filesystem has a version, or lacks a feature, that
	// the operation or the value of a property needs. The module has it.
	ErrUpgrade = errors.New("pool or filesystem must be upgraded")
	// ErrWrongDevice: the operation is not for such a device, as detaching one that
	// is not in a mirror, or removing half of a mirror.
	ErrWrongDevice = errors.New("operation does not apply to this kind of device")
	// ErrNotSupported: the running module, or this system, does not have the
	// operation, the input key or the feature. It is ioctl.ErrNotSupported.
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

// reason is an error with a text of its own that matches another one.
type reason struct {
	kind error
	text string
}

func (e *reason) Error() string { return e.text }

func (e *reason) Unwrap() error { return e.kind }

// because is an error that matches kind and says why.
func because(kind error, format string, args ...any) error {
	return &reason{kind, fmt.Sprintf(format, args...)}
}

// errBusyOrSnapshots is one answer of the kernel with two causes.
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

// kernelError is an errno within an Error. It matches itself, and none of the
// sentinels of package fs: which of these an errno stands for depends on the
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

// Error is an operation that failed.
type Error struct {
	Op   ioctl.Op // the kernel's operation, or NoOp
	Name string   // the target
	// Object is what the error is about if that is not Name: a missing parent, the
	// source of a stream, a snapshot in the way. It is empty for Name itself, and if
	// that is not known.
	Object string
	Code   ioctl.Code // the kernel's answer, 0 if it was not asked
	// Items are the parts of a batch that failed, each with its own error: the
	// snapshots of SnapshotCreate, the properties of DatasetCreate.
	Items []Item
	// Hint says what may help, empty if nothing is known.
	Hint string
	// Done names what had been carried out before the failure.
	Done []string
	// Executed reports whether the operation itself was or may have been carried
	// out: its result was cut, the context ended first, or, with ErrHistory,
	// only its record is missing.
	Executed bool

	verb string // of what is not an operation of the module
	kind error  // the sentinel that the code stands for here, nil if none
	err  error  // the cause
}

// NoOp is the operation of an Error about what is not an operation of the module:
// to mount or unmount.
const NoOp ioctl.Op = 0xff

// Item is one failure within a batch.
type Item struct {
	Name string // snapshot, bookmark or property
	Err  error  // as an Error's: matches sentinels and errnos
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

// cause is the meaning with the errno behind it, or the error that kept the
// kernel from being asked.
func (e *Error) cause() string {
	switch {
	case e.Code == 0 && e.err != nil:
		return e.err.Error()
	case e.kind != nil:
		return fmt.Sprintf("%v (%s)", e.kind, e.Code.Name())
	}
	return e.Code.Err().Error()
}

// itemsShown bounds the items that a message repeats.
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

// newError makes an Error of what a call returned, nil of nil. Out is the
// answer of an operation that names its failed items, else nil.
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

// poolMissing says that it was the pool that was not found, for all parts.
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

// inputError is a failure that kept the kernel from being asked.
func inputError(op ioctl.Op, name string, err error) error {
	return &Error{Op: op, Name: name, err: err}
}

// NewError returns an *Error for packages above this one, whose operations consist
// of several of the kernel's: err is the cause, and a sentinel of this package or
// wraps one. It is nil if err is nil.
func NewError(op ioctl.Op, name string, err error) error {
	if err == nil {
		return nil
	}
	return inputError(op, name, err)
}

// items reads an answer of errnos by name.
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

// moreErrors is the pair that counts the items that the kernel left out.
const moreErrors = "N_MORE_ERRORS"

// itemError is the failure of one item.
func itemError(op ioctl.Op, name string, code ioctl.Code) error {
	if op == ioctl.OpRelease {
		return holdError(name, code)
	}
	return newItemError(meaning(op, name, code), code)
}

// newItemError is a failure with a meaning, or with nil the errno alone.
func newItemError(kind error, code ioctl.Code) error {
	if kind == nil {
		return kernelError{code.Err()}
	}
	return &kindError{kind, code}
}

// kindError is what an errno means for one item.
type kindError struct {
	kind error
	code ioctl.Code
}

func (e *kindError) Error() string { return fmt.Sprintf("%v (%s)", e.kind, e.code.Name()) }

func (e *kindError) Unwrap() []error { return []error{e.kind, kernelError{e.code.Err()}} }

// matches reports whether err carries the kernel's code.
func matches(err error, code ioctl.Code) bool { return ioctl.CodeOf(err) == code }

// absent reports whether a reader or a writer is nil, or a nil pointer. Nothing
// is to be read or written then, in any goroutine.
func absent(v any) bool {
	value := reflect.ValueOf(v)
	return !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil()
}

// errNil is the error of a reader or a writer that is nil.
var errNil = fmt.Errorf("%w: it is nil", ErrInvalid)
