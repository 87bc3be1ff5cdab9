package zfs

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/purezfs/purezfs/nvlist"
)

const (
	// maxLuaDepth is how deep tables may be nested. The kernel accepts no deeper
	// list, and the program's input itself is a list.
	maxLuaDepth = 18
	// maxLuaArgs is the largest number of values in all tables. A table that is
	// part of several others is sent once for each.
	maxLuaArgs = 1 << 18
)

// luaArgs converts Go values to the kernel's form of Lua values.
type luaArgs struct {
	depth, left int
}

// set adds one value to a list.
func (a *luaArgs) set(l *nvlist.List, name string, value any) error {
	if value == nil && a.depth == 0 {
		l.SetList(name, &nvlist.List{})
		return nil
	}
	if a.left--; a.left < 0 {
		return fmt.Errorf("more than %d values", maxLuaArgs)
	}
	if strings.IndexByte(name, 0) >= 0 {
		return fmt.Errorf("key %q has a NUL", name)
	}
	v := reflect.ValueOf(value)
	switch {
	case !v.IsValid():
		return fmt.Errorf("%s: a table cannot hold nil", name)
	case v.Kind() == reflect.Bool:
		l.SetBooleanValue(name, v.Bool())
	case v.Kind() == reflect.String:
		if strings.IndexByte(v.String(), 0) >= 0 {
			return fmt.Errorf("%s: the string has a NUL", name)
		}
		l.SetString(name, v.String())
	case v.CanInt() || v.CanUint():
		n, err := luaInteger(name, v)
		if err != nil {
			return err
		}
		l.SetInt64(name, n)
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		return a.setSlice(l, name, v)
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		return a.setTable(l, name, v)
	default:
		return fmt.Errorf("%s: Lua has no type for %s", name, v.Type())
	}
	return nil
}

// luaInteger converts a number to Lua's type.
func luaInteger(name string, v reflect.Value) (int64, error) {
	if v.CanInt() {
		return v.Int(), nil
	}
	if v.Uint() > math.MaxInt64 {
		return 0, fmt.Errorf("%s: %d does not fit in an int64", name, v.Uint())
	}
	return int64(v.Uint()), nil
}

// setSlice adds strings or integers.
func (a *luaArgs) setSlice(l *nvlist.List, name string, v reflect.Value) error {
	if v.Len() > a.left {
		return fmt.Errorf("more than %d values", maxLuaArgs)
	}
	a.left -= v.Len()
	texts, numbers := make([]string, 0), make([]int64, 0)
	for i := range v.Len() {
		e := v.Index(i)
		if e.Kind() == reflect.Interface {
			e = e.Elem()
		}
		switch {
		case e.Kind() == reflect.String && strings.IndexByte(e.String(), 0) < 0:
			texts = append(texts, e.String())
		case e.IsValid() && (e.CanInt() || e.CanUint()):
			n, err := luaInteger(name, e)
			if err != nil {
				return err
			}
			numbers = append(numbers, n)
		default:
			return fmt.Errorf("%s: element %d is neither a string nor an integer", name, i)
		}
	}
	switch {
	case len(texts) > 0 && len(numbers) > 0:
		return fmt.Errorf("%s: the slice mixes strings and integers", name)
	case len(numbers) > 0:
		l.SetInt64Array(name, numbers)
	default:
		l.SetStringArray(name, texts)
	}
	return nil
}

// setTable adds a table. A map that contains itself exceeds the depth.
func (a *luaArgs) setTable(l *nvlist.List, name string, v reflect.Value) error {
	if a.depth >= maxLuaDepth {
		return fmt.Errorf("tables are nested more than %d deep", maxLuaDepth)
	}
	a.depth++
	defer func() { a.depth-- }()
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
	table := &nvlist.List{}
	for _, key := range keys {
		if err := a.set(table, key.String(), v.MapIndex(key).Interface()); err != nil {
			return err
		}
	}
	l.SetList(name, table)
	return nil
}

// luaValue returns the Go value for what a program returned.
func luaValue(p nvlist.Pair) any {
	if l, ok := p.List(); ok {
		table := make(map[string]any, l.Len())
		for pair := range l.All() {
			table[pair.Name()] = luaValue(pair)
		}
		return table
	}
	if p.Type() == nvlist.TypeBoolean {
		return nil
	}
	return p.Value()
}
