package zfs_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// argumentOf makes an argument for a method: a name where one can be, the zero
// value of anything else, which is nil for a reader, a writer, a plan and options.
func argumentOf(ctx context.Context, typ reflect.Type, name string) reflect.Value {
	switch {
	case typ == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(ctx)
	case typ.Kind() == reflect.String:
		return reflect.ValueOf(name).Convert(typ)
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

// callWithNothing calls a method, goes through an iterator that it returns, and
// returns its error.
func callWithNothing(ctx context.Context, method reflect.Value, name string) (err error, fails bool) {
	typ := method.Type()
	var args []reflect.Value
	for i := range typ.NumIn() {
		if typ.IsVariadic() && i == typ.NumIn()-1 {
			break
		}
		args = append(args, argumentOf(ctx, typ.In(i), name))
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

// A method of a zero Client, or one that is given nil for what it needs, returns
// an error. Nothing crashes, in no goroutine.
func TestClientNilArguments(t *testing.T) {
	missing := mustOpen(t, ioctl.NewDevice(func(ioctl.Op, *ioctl.Cmd) error { return ioctl.CodeNoent.Err() }))
	fine := map[string]bool{
		"Close": true, "DelegationNeeds": true, // ask no kernel
		"DelegationCheck": true, "DelegationSet": true, "UserspaceSet": true, // are given nothing to do
		"DatasetExists": true, "HoldOpen": true, "Injections": true, // have an answer where there is no pool
	}
	for what, c := range map[string]*zfs.Client{"zero": {}, "without pools": missing} {
		typ := reflect.TypeOf(c)
		for i := range typ.NumMethod() {
			name := typ.Method(i).Name
			if strings.HasPrefix(name, "Replicate") {
				continue // they have tests of their own
			}
			for _, arg := range []string{"", "tank", "tank/a", "tank/a@s", "tank/a#m"} {
				// Some wait for what comes from elsewhere, such as a device node.
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				err, fails := callWithNothing(ctx, reflect.ValueOf(c).Method(i), arg)
				cancel()
				switch {
				case err != nil && strings.HasPrefix(err.Error(), "panic"):
					t.Errorf("%s client: %s(%q): %v", what, name, arg, err)
				case fails && err == nil && !fine[name]:
					t.Errorf("%s client: %s(%q) succeeds", what, name, arg)
				}
			}
		}
	}
}
