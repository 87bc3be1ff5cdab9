package zfs_test

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
	kindFilesystem = 2
	kindVolume     = 3
)

// fake answers as a module with a few datasets does, and notes what it is sent.
type fake struct {
	mu   sync.Mutex
	sent []string // one line a call, the input list below it
	// kinds are the datasets by name, order is that of the walks.
	kinds map[string]uint32
	order []string
	// bad answers in place of the fake where it is set, and reports whether it did.
	bad func(op ioctl.Op, c *ioctl.Cmd) (err error, ok bool)
}

// add adds datasets; one whose last component begins with "v" is a volume.
func (f *fake) add(names ...string) {
	if f.kinds == nil {
		f.kinds = make(map[string]uint32)
	}
	for _, name := range names {
		head, _, _ := strings.Cut(name, "@")
		kind := uint32(kindFilesystem)
		if strings.HasPrefix(head[strings.LastIndexByte(head, '/')+1:], "v") {
			kind = kindVolume
		}
		f.kinds[name] = kind
		f.order = append(f.order, name)
	}
}

// mustFake returns a client of a fake with datasets.
func mustFake(t *testing.T, names ...string) (*zfs.Client, *fake) {
	t.Helper()
	f := &fake{}
	f.add(names...)
	return mustOpen(t, ioctl.NewDevice(f.answer)), f
}

func mustOpen(t *testing.T, dev *ioctl.Device) *zfs.Client {
	t.Helper()
	c, err := zfs.Open(&zfs.Options{Device: dev, Release: ioctl.Release{Major: 2, Minor: 4}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer notes a call and answers it.
func (f *fake) answer(op ioctl.Op, c *ioctl.Cmd) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(op, c)
	if f.bad != nil {
		if err, ok := f.bad(op, c); ok {
			return err
		}
	}
	name := c.Text(ioctl.FieldName)
	switch op {
	case ioctl.OpObjsetStats:
		return f.stats(name, c)
	case ioctl.OpDatasetListNext:
		return f.next(c, "/")
	case ioctl.OpSnapshotListNext:
		return f.next(c, "@")
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

// note keeps one call as text: what matters to the kernel, without zeros.
func (f *fake) note(op ioctl.Op, c *ioctl.Cmd) {
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
	f.sent = append(f.sent, strings.TrimSuffix(line, "\n"))
}

// stats answers with what there is to say about a dataset.
func (f *fake) stats(name string, c *ioctl.Cmd) error {
	kind, ok := f.kinds[name]
	if !ok {
		return ioctl.CodeNoent.Err()
	}
	b := c.Bytes(ioctl.FieldObjsetStats)
	clear(b)
	at := uint64(1 + slices.Index(f.order, name))
	binary.NativeEndian.PutUint64(b[8:], 10*at)
	binary.NativeEndian.PutUint64(b[16:], 1000+at)
	binary.NativeEndian.PutUint32(b[24:], kind)
	if strings.Contains(name, "@") {
		b[28] = 1
	}
	err := c.Answer(numbers("used", at, "createtxg", 10*at, "guid", 1000+at))
	// Without room for an answer a module leaves the properties out.
	if ioctl.CodeOf(err) == ioctl.CodeNomem {
		return nil
	}
	return err
}

// next answers one step of a walk as the kernel does: the name of the child
// replaces that of the parent, and stale bytes stay behind its end.
func (f *fake) next(c *ioctl.Cmd, delimiter string) error {
	parent := c.Text(ioctl.FieldName)
	if _, ok := f.kinds[parent]; !ok {
		return ioctl.CodeNoent.Err()
	}
	at := int(c.Uint64(ioctl.FieldCookie))
	for i := at; i < len(f.order); i++ {
		rest, ok := strings.CutPrefix(f.order[i], parent+delimiter)
		if !ok || strings.ContainsAny(rest, "/@") {
			continue
		}
		c.SetUint64(ioctl.FieldCookie, uint64(i+1))
		b := c.Bytes(ioctl.FieldName)
		n := copy(b, f.order[i])
		copy(b[n:], "\x00/stale bytes of an older name\x00")
		return f.stats(f.order[i], c)
	}
	return ioctl.CodeSrch.Err()
}

// numbers makes the kernel's list of properties from names and numbers.
func numbers(pairs ...any) *nvlist.List {
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

// noKernel is a client whose every call fails the test.
func noKernel(t *testing.T) *zfs.Client {
	t.Helper()
	return mustOpen(t, ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
		t.Errorf("%s %q reached the kernel", op, c.Text(ioctl.FieldName))
		return ioctl.CodeIo.Err()
	}))
}

// failOn answers one operation with a code.
func failOn(op ioctl.Op, code ioctl.Code) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(got ioctl.Op, _ *ioctl.Cmd) (error, bool) {
		if got != op {
			return nil, false
		}
		return code.Err(), true
	}
}

// malformedOn answers one operation with bytes that are no list.
func malformedOn(op ioctl.Op) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(got ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if got != op {
			return nil, false
		}
		return c.AnswerBytes([]byte{1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3}), true
	}
}

// answers is a fake's behaviour by operation. The others are left to the fake.
type answers map[ioctl.Op]func(c *ioctl.Cmd) error

func (a answers) bad(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	fn, ok := a[op]
	if !ok {
		return nil, false
	}
	return fn(c), true
}

// fine answers with an empty list, which legacy callers do not look at.
func fine(c *ioctl.Cmd) error { return c.Answer(&nvlist.List{}) }

// refuse answers with a code.
func refuse(code ioctl.Code) func(*ioctl.Cmd) error {
	return func(*ioctl.Cmd) error { return code.Err() }
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// returned makes the answer of a program.
func returned(fill func(l *nvlist.List)) *nvlist.List {
	return listOf(func(l *nvlist.List) { l.SetList("return", listOf(fill)) })
}

// listOf makes a list by a function.
func listOf(fill func(l *nvlist.List)) *nvlist.List {
	l := &nvlist.List{}
	fill(l)
	return l
}
