package zfs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// argumentOf returns an argument for a method: a name if possible, the zero value
// of anything else, which is nil for a reader, a writer, a plan and options. A
// list is empty, or has the name in it.
func argumentOf(ctx context.Context, typ reflect.Type, name string, empty bool) reflect.Value {
	switch {
	case typ == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(ctx)
	case typ.Kind() == reflect.String:
		return reflect.ValueOf(name).Convert(typ)
	case empty:
	case typ == reflect.TypeFor[[]string]():
		return reflect.ValueOf([]string{name})
	case typ.Kind() == reflect.Map && typ.Key().Kind() == reflect.String:
		m := reflect.MakeMap(typ)
		value := reflect.Zero(typ.Elem())
		switch typ.Elem() {
		case reflect.TypeFor[string]():
			value = reflect.ValueOf("tank/a@s")
		case reflect.TypeFor[[]string]():
			value = reflect.ValueOf([]string{"tag"})
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(typ.Key()), value)
		return m
	}
	return reflect.Zero(typ)
}

// callWithNothing calls a method, loops over an iterator that it returns, and
// returns its error.
func callWithNothing(ctx context.Context, method reflect.Value, name string, empty bool) (err error, fails bool) {
	typ := method.Type()
	var args []reflect.Value
	for i := range typ.NumIn() {
		if typ.IsVariadic() && i == typ.NumIn()-1 {
			break
		}
		args = append(args, argumentOf(ctx, typ.In(i), name, empty))
	}
	defer func() {
		if p := recover(); p != nil {
			err, fails = fmt.Errorf("panic: %v", p), true
		}
	}()
	out := method.Call(args)
	if len(out) == 0 {
		return nil, false
	}
	last := out[len(out)-1]
	if last.Kind() == reflect.Func && last.Type().CanSeq2() && last.Type().In(0).In(1) == reflect.TypeFor[error]() {
		for _, v := range last.Seq2() {
			last = v
		}
		if last.Kind() == reflect.Func {
			return nil, true // it has yielded nothing
		}
	}
	if last.Type() != reflect.TypeFor[error]() {
		return nil, false
	}
	err, _ = last.Interface().(error)
	return err, true
}

// A method of a zero Client, or with a required argument that is nil, returns an
// error. Nothing panics, in any goroutine. A dataset that does not exist is an
// error even if there is nothing to set.
func TestClientNilArguments(t *testing.T) {
	missing := testkit.Open(t, ioctl.NewDevice(func(ioctl.Op, *ioctl.Cmd) error { return ioctl.CodeNoent.Err() }))
	// Methods that must succeed: an unnecessary exception is an error.
	fine := map[string][]string{
		"zero": {
			"Close", "DelegationNeeds", "PropCheck", // ask no kernel
			"DelegationCheck",                                                                                  // is given no need
			"BookmarkCreate", "BookmarkDestroy", "HoldAdd", "HoldRelease", "SnapshotCreate", "SnapshotDestroy", // an empty batch
		},
		"without pools": {
			"Close", "DelegationNeeds", "DelegationCheck", "PropCheck",
			"BookmarkCreate", "BookmarkDestroy", "HoldAdd", "HoldRelease", "SnapshotCreate", "SnapshotDestroy",
			"DatasetExists", "HoldOpen", "Faults", // have a result without any pool
		},
	}
	for what, c := range map[string]*zfs.Client{"zero": {}, "without pools": missing} {
		succeeded := make(map[string]bool)
		typ := reflect.TypeOf(c)
		for i := range typ.NumMethod() {
			name := typ.Method(i).Name
			for _, arg := range []string{"", "tank", "tank/a", "tank/a@s", "tank/a#m"} {
				for _, empty := range []bool{false, true} {
					// Some wait for events from outside, such as a device node.
					ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
					err, fails := callWithNothing(ctx, reflect.ValueOf(c).Method(i), arg, empty)
					cancel()
					switch {
					case err != nil && strings.HasPrefix(err.Error(), "panic"):
						t.Errorf("%s client: %s(%q): %v", what, name, arg, err)
					case fails && err == nil && !slices.Contains(fine[what], name):
						t.Errorf("%s client: %s(%q) succeeds", what, name, arg)
					case fails && err == nil:
						succeeded[name] = true
					}
				}
			}
		}
		for _, name := range fine[what] {
			if !succeeded[name] {
				t.Errorf("%s client: %s never succeeds, and is not an exception", what, name)
			}
		}
	}
}

// Both ends of a replication refuse a nil connection, and a client that was not
// opened, before they send anything to the other end.
func TestReplicateNilArguments(t *testing.T) {
	c := testkit.NoKernel(t)
	silent := &bytes.Buffer{}
	noFile, noReplicateConn := (*os.File)(nil), (*zfs.ReplicateConn)(nil)
	for what, conn := range map[string]io.ReadWriter{
		"nil": nil, "a nil file": noFile, "a nil connection": noReplicateConn, "an empty connection": zfs.ReplicateConn{}, "a pointer to one": &zfs.ReplicateConn{},
		"no reader": zfs.ReplicateConn{Writer: silent}, "no writer": zfs.ReplicateConn{Reader: silent},
		"a nil reader": zfs.ReplicateConn{Reader: noFile, Writer: silent}, "a nil writer": zfs.ReplicateConn{Reader: silent, Writer: noFile},
	} {
		refusedReplication(t, what, c, conn)
	}
	for what, c := range map[string]*zfs.Client{"no client": nil, "zero client": {}} {
		refusedReplication(t, what, c, silent)
		_, err := zfs.Replicate(t.Context(), zfs.ReplicateEnd{Client: c, Name: "tank/a@s"}, zfs.ReplicateEnd{Client: c, Name: "tank/b"}, nil)
		if !errors.Is(err, zfs.ErrInvalid) {
			t.Errorf("%s: Replicate: %v", what, err)
		}
	}
	if silent.Len() > 0 {
		t.Errorf("%q was written", silent)
	}
}

// refusedReplication checks that either end refuses.
func refusedReplication(t *testing.T, what string, c *zfs.Client, conn io.ReadWriter) {
	t.Helper()
	if _, err := c.ReplicateSend(t.Context(), "tank/a@s", conn, nil); !errors.Is(err, zfs.ErrInvalid) {
		t.Errorf("%s: ReplicateSend: %v", what, err)
	}
	if err := c.ReplicateReceive(t.Context(), "tank/a", conn, nil); !errors.Is(err, zfs.ErrInvalid) {
		t.Errorf("%s: ReplicateReceive: %v", what, err)
	}
}
