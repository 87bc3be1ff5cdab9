package nvlist

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"testing"
)

func zzRec(op string) *List {
	f, _ := os.Open("../testdata/calls/2.4.jsonl")
	defer f.Close()
	var last []byte
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var c struct {
			Op  string `json:"op"`
			Out []byte `json:"out"`
		}
		json.Unmarshal(sc.Bytes(), &c)
		if c.Op == op && len(c.Out) > 0 {
			last = c.Out
		}
	}
	l, err := Decode(last, nil)
	if err != nil {
		panic(err)
	}
	return l.Clone()
}
func zzType(l *List) reflect.Type {
	var fields []reflect.StructField
	for p := range l.All() {
		var typ reflect.Type
		o := ""
		switch p.Type() {
		case TypeBoolean:
			typ, o = reflect.TypeFor[bool](), ",flag"
		case TypeList:
			k, _ := p.List()
			typ = zzType(k)
		case TypeListArray:
			k, _ := p.Lists()
			typ = reflect.SliceOf(zzType(k[0]))
		default:
			typ = reflect.TypeOf(p.Value())
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", len(fields)), Type: typ, Tag: reflect.StructTag("nvlist:" + strconv.Quote(p.Name()+o))})
	}
	return reflect.StructOf(fields)
}
func BenchmarkZZ(b *testing.B) {
	for _, op := range []string{"OBJSET_STATS", "POOL_STATS"} {
		l := zzRec("ZFS_IOC_" + op)
		nat, _ := l.AppendNative(nil)
		xdr, _ := l.AppendXDR(nil)
		target := reflect.New(zzType(l)).Interface()
		if err := Unmarshal(nat, target, nil); err != nil {
			b.Fatal(err)
		}
		dst := make([]byte, 0, 1<<16)
		h, hx := HostHeader(Native), HostHeader(XDR)
		var c Cursor
		walk := func(p []byte) func() {
			return func() {
				c.Reset(p, nil)
				for c.Next() {
				}
				if c.Err() != nil {
					b.Fatal(c.Err())
				}
			}
		}
		for _, t := range []struct {
			n string
			f func()
		}{
			{"walknat", walk(nat)}, {"walkxdr", walk(xdr)},
			{"decnat", func() { Decode(nat, nil) }},
			{"packnat", func() { l.AppendAs(dst, h) }}, {"packxdr", func() { l.AppendAs(dst, hx) }},
			{"unmnat", func() { Unmarshal(nat, target, nil) }}, {"unmxdr", func() { Unmarshal(xdr, target, nil) }},
			{"marnat", func() { AppendMarshal(dst, target, h) }}, {"marxdr", func() { AppendMarshal(dst, target, hx) }},
		} {
			b.Run(op+"/"+t.n, func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					t.f()
				}
			})
		}
	}
}
