package zfs

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

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

// blockedError is the cause of a plan that is not executed: it matches every
// error that an item matches.
type blockedError []Item

// poolPropError returns the error for a property that cannot be set.
func poolPropError(p prop.Prop, why string) error {
	return fmt.Errorf("%w: %s: %s", ErrInvalidProp, p, why)
}

// holdError is the failure of one item of a release. An item that is a hold, and
// not a snapshot, is "snapshot#tag".
func holdError(name string, code ioctl.Code) error {
	kind := meaning(ioctl.OpRelease, name, code)
	if _, tag, isHold := strings.Cut(name, "#"); isHold && errors.Is(kind, ErrNotFound) {
		kind = because(ErrNotFound, "hold %q does not exist", tag)
	}
	return newItemError(kind, code)
}
