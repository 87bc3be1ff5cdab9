package stream_test

import (
	"bytes"
	"fmt"
	"io"
	"log"

	"github.com/purezfs/purezfs/zfs/stream"
)

// exampleStream makes a stream of one block.
func exampleStream() *bytes.Buffer {
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for _, rec := range []stream.Record{
		&stream.Begin{ToName: "tank/home@monday", ToGUID: 1},
		&stream.Write{Head: stream.Head{Payload: make([]byte, 512)}, Object: 7, LogicalSize: 512},
		&stream.End{},
	} {
		if err := w.WriteRecord(rec); err != nil {
			log.Fatal(err)
		}
	}
	return &b
}

func ExampleReader() {
	r := stream.NewReader(exampleStream(), nil)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		switch rec := rec.(type) {
		case *stream.Begin:
			fmt.Println("snapshot", rec.ToName)
		case *stream.Write:
			fmt.Println("object", rec.Object, "gets", len(rec.Payload), "bytes at", rec.Offset)
		}
	}
	// Output:
	// snapshot tank/home@monday
	// object 7 gets 512 bytes at 0
}

// A filter that sends a dataset under another name.
func ExampleWriter() {
	var out bytes.Buffer
	r, w := stream.NewReader(exampleStream(), nil), stream.NewWriter(&out)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		if begin, ok := rec.(*stream.Begin); ok {
			begin.ToName = "tank/copy@monday"
		}
		if err := w.WriteRecord(rec); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	s, err := stream.Summarize(stream.NewReader(&out, nil))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Parts[0].ToName, s.Bytes)
	// Output: tank/copy@monday 1448
}

func ExampleParseToken() {
	text, err := (&stream.Token{ToName: "tank/home@monday", Object: 7, Bytes: 4096}).Text()
	if err != nil {
		log.Fatal(err)
	}
	token, err := stream.ParseToken(text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.ToName, token.Object, token.Bytes)
	_, err = stream.ParseToken(text + "00")
	fmt.Println(err != nil)
	// Output:
	// tank/home@monday 7 4096
	// true
}
