package main

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/purezfs/purezfs/nvlist"
)

// newStruct returns a pointer to a struct with one field for each pair of a
// list, as a program that wants all of it would declare by hand. So both sides
// of the comparison do the same work.
func newStruct(l *nvlist.List) any { return reflect.New(structType(l)).Interface() }

func structType(l *nvlist.List) reflect.Type {
	var fields []reflect.StructField
	for p := range l.All() {
		typ, option := fieldType(p)
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", len(fields)), Type: typ,
			Tag: reflect.StructTag("nvlist:" + strconv.Quote(p.Name()+option)),
		})
	}
	return reflect.StructOf(fields)
}

// fieldType returns the type of the field for a pair, and what its tag says
// besides the name.
func fieldType(p nvlist.Pair) (typ reflect.Type, option string) {
	switch p.Type() {
	case nvlist.TypeBoolean:
		return reflect.TypeFor[bool](), ",flag"
	case nvlist.TypeList:
		l, _ := p.List()
		return structType(l), ""
	case nvlist.TypeListArray:
		lists, _ := p.Lists()
		return reflect.SliceOf(structType(lists[0])), ""
	}
	return reflect.TypeOf(p.Value()), ""
}
