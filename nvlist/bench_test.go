package nvlist

import "testing"

func benchLists() map[string]*List {
	return map[string]*List{"stats": sampleStats(), "pool": samplePool(3)}
}

func BenchmarkWalk(b *testing.B) {
	for name, l := range benchLists() {
		for _, enc := range []Encoding{Native, XDR} {
			b.Run(name+"/"+enc.String(), func(b *testing.B) {
				packed := mustPack(b, l, HostHeader(enc))
				b.SetBytes(int64(len(packed)))
				b.ReportAllocs()
				var c Cursor
				for b.Loop() {
					if err := c.Reset(packed, nil); err != nil {
						b.Fatal(err)
					}
					for c.Next() {
					}
					if c.Err() != nil {
						b.Fatal(c.Err())
					}
				}
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, l := range benchLists() {
		for _, enc := range []Encoding{Native, XDR} {
			b.Run(name+"/"+enc.String(), func(b *testing.B) {
				packed := mustPack(b, l, HostHeader(enc))
				b.SetBytes(int64(len(packed)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Decode(packed, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, l := range benchLists() {
		for _, from := range []string{"built", "decoded"} {
			for _, enc := range []Encoding{Native, XDR} {
				b.Run(name+"/"+from+"/"+enc.String(), func(b *testing.B) {
					packed := mustPack(b, l, HostHeader(Native))
					l := l
					if from == "decoded" {
						l = mustDecode(b, packed)
					}
					b.SetBytes(int64(len(packed)))
					b.ReportAllocs()
					for b.Loop() {
						var err error
						if packed, err = l.Append(packed[:0], enc); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
