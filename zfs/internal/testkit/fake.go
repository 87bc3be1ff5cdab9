package testkit

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
)

// The kinds of object set, as the kernel numbers them.
const (
	KindFilesystem = 2
	KindVolume     = 3
)

// Fake answers like a module with a few datasets, and records its calls.
type Fake struct {
	mu   sync.Mutex
	Sent []string // one line per call, then the input list
	// Kinds are the datasets by name, Order is their order in walks.
	Kinds map[string]uint32
	Order []string
	// Bad, if set, may answer a call instead of the fake, and reports whether it
	// did.
	Bad func(op ioctl.Op, c *ioctl.Cmd) (err error, ok bool)
}

// Add adds datasets. A dataset whose last component begins with "v" is a volume.
func (f *Fake) Add(names ...string) {
	if f.Kinds == nil {
		f.Kinds = make(map[string]uint32)
	}
	for _, name := range names {
		head, _, _ := strings.Cut(name, "@")
		kind := uint32(KindFilesystem)
		if strings.HasPrefix(head[strings.LastIndexByte(head, '/')+1:], "v") {
			kind = KindVolume
		}
		f.Kinds[name] = kind
		f.Order = append(f.Order, name)
	}
}

// OpenFake returns a client of a fake with datasets.
func OpenFake(t *testing.T, names ...string) (*zfs.Client, *Fake) {
	t.Helper()
	f := &Fake{}
	f.Add(names...)
	return Open(t, ioctl.NewDevice(f.Answer)), f
}

// Open returns a client of a device, which counts as the newest known release.
func Open(t *testing.T, dev *ioctl.Device) *zfs.Client {
	t.Helper()
	c, err := zfs.Open(&zfs.Options{Device: dev, Release: ioctl.Release{Major: 2, Minor: 4}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Answer records a call and answers it.
func (f *Fake) Answer(op ioctl.Op, c *ioctl.Cmd) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(op, c)
	if f.Bad != nil {
		if err, ok := f.Bad(op, c); ok {
			return err
		}
	}
	name := c.Text(ioctl.FieldName)
	switch op {
	case ioctl.OpObjsetStats:
		return f.Stats(name, c)
	case ioctl.OpDatasetListNext:
		return f.Next(c, "/")
	case ioctl.OpSnapshotListNext:
		return f.Next(c, "@")
	case ioctl.OpObjsetZplprops:
		l := &nvlist.List{}
		l.SetUint64("version", 5)
		return c.Answer(l)
	case ioctl.OpPoolGetProps:
		return c.Answer(&nvlist.List{})
	case ioctl.OpCreate, ioctl.OpSnapshot, ioctl.OpDestroySnaps, ioctl.OpGetBookmarks:
		return c.Answer(&nvlist.List{})
	case ioctl.OpDestroy, ioctl.OpSetProp, ioctl.OpInheritProp:
		return nil
	}
	return ioctl.CodeIocCmdUnavail.Err()
}

// note records one call as text: the fields that the kernel reads, without zeros.
func (f *Fake) note(op ioctl.Op, c *ioctl.Cmd) {
	line := strings.TrimPrefix(op.String(), "ZFS_IOC_") + " " + c.Text(ioctl.FieldName)
	if v := c.Text(ioctl.FieldValue); v != "" {
		line += " value=" + v
	}
	for _, field := range []ioctl.Field{
		ioctl.FieldCookie, ioctl.FieldSimple, ioctl.FieldDeferDestroy, ioctl.FieldFlags, ioctl.FieldObj, ioctl.FieldGUID,
	} {
		if n := c.Uint64(field); n != 0 {
			line += fmt.Sprintf(" %s=%d", strings.TrimPrefix(field.String(), "zc_"), n)
		}
	}
	if in := c.In(); len(in) > 0 {
		l, err := nvlist.Decode(in, nil)
		if err != nil {
			line += " " + err.Error()
		}
		line += "\n" + fmt.Sprint(l)
	}
	f.Sent = append(f.Sent, strings.TrimSuffix(line, "\n"))
}

// StatsAt changes a number of the structure that tells of a dataset, which is in the
// byte order of the machine.
func StatsAt(c *ioctl.Cmd, field int, change func(uint64) uint64) {
	b := c.Bytes(ioctl.FieldObjsetStats)[field:]
	if field == StatsKind {
		binary.NativeEndian.PutUint32(b, uint32(change(uint64(binary.NativeEndian.Uint32(b)))))
		return
	}
	binary.NativeEndian.PutUint64(b, change(binary.NativeEndian.Uint64(b)))
}

// SetStats sets a number of that structure.
func SetStats(c *ioctl.Cmd, field int, n uint64) {
	StatsAt(c, field, func(uint64) uint64 { return n })
}

// The numbers of the structure, by where they are.
const (
	StatsClones      = 0
	StatsCreationTxg = 8
	StatsGUID        = 16
	StatsKind        = 24
)

// Stats answers with what there is to say about a dataset.
func (f *Fake) Stats(name string, c *ioctl.Cmd) error {
	kind, ok := f.Kinds[name]
	if !ok {
		return ioctl.CodeNoent.Err()
	}
	b := c.Bytes(ioctl.FieldObjsetStats)
	clear(b)
	at := uint64(1 + slices.Index(f.Order, name))
	binary.NativeEndian.PutUint64(b[8:], 10*at)
	binary.NativeEndian.PutUint64(b[16:], 1000+at)
	binary.NativeEndian.PutUint32(b[24:], kind)
	if strings.Contains(name, "@") {
		b[28] = 1
	}
	err := c.Answer(Numbers("used", at, "createtxg", 10*at, "guid", 1000+at))
	// Without a buffer for the answer a module skips the properties.
	if ioctl.CodeOf(err) == ioctl.CodeNomem {
		return nil
	}
	return err
}

// Next answers one step of a walk as the kernel does: the name of the child replaces
// that of the parent, and stale bytes remain after its end.
func (f *Fake) Next(c *ioctl.Cmd, delimiter string) error {
	parent := c.Text(ioctl.FieldName)
	if _, ok := f.Kinds[parent]; !ok {
		return ioctl.CodeNoent.Err()
	}
	at := int(c.Uint64(ioctl.FieldCookie))
	for i := at; i < len(f.Order); i++ {
		rest, ok := strings.CutPrefix(f.Order[i], parent+delimiter)
		if !ok || strings.ContainsAny(rest, "/@") {
			continue
		}
		c.SetUint64(ioctl.FieldCookie, uint64(i+1))
		b := c.Bytes(ioctl.FieldName)
		n := copy(b, f.Order[i])
		copy(b[n:], "\x00/stale bytes of an older name\x00")
		return f.Stats(f.Order[i], c)
	}
	return ioctl.CodeSrch.Err()
}

// Numbers returns the kernel's list of properties for names and numbers.
func Numbers(pairs ...any) *nvlist.List {
	l := &nvlist.List{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v := &nvlist.List{}
		switch n := pairs[i+1].(type) {
		case int:
			v.SetUint64("value", uint64(n))
		case uint64:
			v.SetUint64("value", n)
		}
		l.SetList(pairs[i].(string), v)
	}
	return l
}

// NoKernel returns a client whose every call fails the test.
func NoKernel(t *testing.T) *zfs.Client {
	t.Helper()
	return Open(t, ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
		name := c.Text(ioctl.FieldName)
		if op != ioctl.OpObjsetStats || strings.ContainsAny(name, "/@#") {
			t.Errorf("%s %q reached the kernel", op, name)
		}
		return ioctl.CodeIo.Err()
	}))
}

// FailOn answers one operation with a code.
func FailOn(op ioctl.Op, code ioctl.Code) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(got ioctl.Op, _ *ioctl.Cmd) (error, bool) {
		if got != op {
			return nil, false
		}
		return code.Err(), true
	}
}

// MalformedOn answers one operation with bytes that are not a list.
func MalformedOn(op ioctl.Op) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(got ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if got != op {
			return nil, false
		}
		return c.AnswerBytes([]byte{1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3}), true
	}
}

// Answers answer some operations of a fake. The fake answers the others.
type Answers map[ioctl.Op]func(c *ioctl.Cmd) error

// Bad is a function for Fake.Bad.
func (a Answers) Bad(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	fn, ok := a[op]
	if !ok {
		return nil, false
	}
	return fn(c), true
}

// Fine answers with an empty list, which callers of legacy operations ignore.
func Fine(c *ioctl.Cmd) error { return c.Answer(&nvlist.List{}) }

// Refuse answers with a code.
func Refuse(code ioctl.Code) func(*ioctl.Cmd) error {
	return func(*ioctl.Cmd) error { return code.Err() }
}

// Must fails the test on an error.
func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Returned returns the answer of a program.
func Returned(fill func(l *nvlist.List)) *nvlist.List {
	return ListOf(func(l *nvlist.List) { l.SetList("return", ListOf(fill)) })
}

// ListOf returns a list that a function fills.
func ListOf(fill func(l *nvlist.List)) *nvlist.List {
	l := &nvlist.List{}
	fill(l)
	return l
}
