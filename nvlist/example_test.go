package nvlist_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/purezfs/purezfs/nvlist"
)

// sample is a list packed as a kernel does.
func sample() []byte {
	value := new(nvlist.List)
	value.SetUint64("value", 4096)
	value.SetString("source", "tank")
	l := new(nvlist.List)
	l.SetList("used", value)
	l.SetBoolean("readonly")
	b, err := l.AppendNative(nil)
	if err != nil {
		panic(err)
	}
	return b
}

func Example() {
	l, err := nvlist.Decode(sample(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	used, _ := l.List("used")
	n, _ := used.Uint64("value")
	fmt.Println(n, l.Boolean("readonly"))
	// Output: 4096 true
}

func ExampleList() {
	l := new(nvlist.List)
	l.SetString("name", "tank/home")
	l.SetUint64("guid", 1)
	l.SetUint64("guid", 2) // replaces it where it stands
	l.SetBoolean("defer")
	for p := range l.All() {
		fmt.Println(p.Name(), p.Type(), p.Value())
	}
	// Output:
	// name string tank/home
	// guid uint64 2
	// defer boolean <nil>
}

func ExampleList_Append() {
	l := new(nvlist.List)
	l.SetBoolean("x")
	b, err := l.AppendAs(nil, nvlist.Header{Encoding: nvlist.XDR})
	fmt.Printf("% x %v\n", b, err)
	// Output: 01 01 00 00 00 00 00 00 00 00 00 01 00 00 00 18 00 00 00 18 00 00 00 01 78 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 <nil>
}

func ExampleDecode() {
	b := sample()
	_, err := nvlist.Decode(b[:60], nil)
	var syntax *nvlist.SyntaxError
	if errors.As(err, &syntax) {
		fmt.Println(syntax.Offset, syntax.Err)
	}
	_, err = nvlist.Decode(b, &nvlist.DecodeOptions{Limits: nvlist.Limits{Pairs: 1}})
	fmt.Println(errors.Is(err, nvlist.ErrLimit))
	// Output:
	// 60 unexpected end of data
	// true
}

func ExampleCursor() {
	var c nvlist.Cursor
	if err := c.Reset(sample(), nil); err != nil {
		fmt.Println(err)
		return
	}
	for c.Next() {
		fmt.Println(c.Depth(), c.Path(), c.Type())
	}
	fmt.Println(c.Err())
	// Output:
	// 0 used nvlist
	// 1 used/value uint64
	// 1 used/source string
	// 0 readonly boolean
	// <nil>
}

func ExampleReader() {
	l, _ := nvlist.Decode(sample(), nil)
	used := l.Reader()
	fmt.Println(used.List("used").Len(), used.Boolean("readonly"), used.Uint("absent"), used.Err())
	value := used.List("used").Reader()
	fmt.Println(value.Uint("value"), value.Uint("source"), value.Err())
	// Output:
	// 2 true 0 <nil>
	// 4096 0 nvlist: unexpected type string in source
}

func ExampleList_Dump() {
	l, _ := nvlist.Decode(sample(), nil)
	opts := &nvlist.DumpOptions{Redact: nvlist.RedactNames("source")}
	if err := l.Dump(os.Stdout, opts); err != nil {
		fmt.Println(err)
	}
	// Output:
	// used: nvlist
	//     value: uint64 = 4096
	//     source: string = (redacted)
	// readonly: boolean
}

func ExampleList_AppendJSON() {
	l, _ := nvlist.Decode(sample(), nil)
	b, err := l.AppendJSON(nil, nil)
	fmt.Printf("%s %v\n", b, err)
	var back nvlist.List
	fmt.Println(back.UnmarshalJSON(b), back.Equal(l))
	// Output:
	// {"used":{"nvlist":{"value":{"uint64":4096},"source":{"string":"tank"}}},"readonly":{"boolean":null}} <nil>
	// <nil> true
}

func ExampleDiff() {
	a, _ := nvlist.Decode(sample(), nil)
	b := a.Clone()
	used, _ := b.List("used")
	used.SetUint64("value", 8192)
	b.Delete("readonly")
	for _, c := range nvlist.Diff(a, b) {
		fmt.Println(c)
	}
	// Output:
	// ~ used/value: uint64 = 4096 -> uint64 = 8192
	// - readonly: boolean
}

func ExampleParse() {
	l, src, err := nvlist.Parse([]byte("0101 0000 0000 0000 0000 0001 0000 0000 0000 0000"), nil)
	fmt.Println(l.Len(), src.Text, src.Header.Encoding, err)
	// Output: 0 hex xdr <nil>
}

func ExampleConvert() {
	b, err := nvlist.Convert(sample(), nvlist.Header{Encoding: nvlist.XDR}, nil)
	fmt.Println(b[0], err)
	// Output: 1 <nil>
}
