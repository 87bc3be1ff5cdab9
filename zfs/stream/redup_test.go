package stream_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustWrite makes a stream of records.
func mustWrite(t *testing.T, records ...stream.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for _, rec := range records {
		if err := w.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// block is a block of 512 bytes, all of them fill.
func block(guid, object, offset uint64, fill byte) *stream.Write {
	return &stream.Write{
		Head: stream.Head{Payload: bytes.Repeat([]byte{fill}, 512)}, ToGUID: guid, Object: object, Offset: offset, LogicalSize: 512,
	}
}

// like refers to a block of the snapshot ref.
func like(guid, object, offset uint64, ref, refObject, refOffset uint64) *stream.WriteByRef {
	return &stream.WriteByRef{ToGUID: guid, Object: object, Offset: offset, Length: 512, RefGUID: ref, RefObject: refObject, RefOffset: refOffset}
}

func TestRedup(t *testing.T) {
	const dedup = stream.FeatureDedup | stream.FeatureDedupProps
	for _, big := range []bool{false, true} {
		begin := func(guid uint64, features stream.Features) *stream.Begin {
			return &stream.Begin{BigEndian: big, ObjsetType: 2, ToGUID: guid, ToName: "t/a@s", Features: features}
		}
		list := func(features stream.Features) *stream.Begin {
			return &stream.Begin{BigEndian: big, Compound: true, ToName: "t/a@s", Features: features}
		}
		for name, tc := range map[string]struct{ in, want []stream.Record }{
			"plain": {
				[]stream.Record{begin(1, dedup|stream.FeatureLZ4), block(1, 2, 0, 7), block(1, 2, 512, 8), like(1, 3, 1024, 1, 2, 0), like(1, 4, 0, 1, 2, 512), like(1, 5, 0, 1, 2, 0),
					&stream.End{ToGUID: 1}},
				[]stream.Record{begin(1, stream.FeatureLZ4), block(1, 2, 0, 7), block(1, 2, 512, 8), block(1, 3, 1024, 7), block(1, 4, 0, 8), block(1, 5, 0, 7), &stream.End{ToGUID: 1}},
			},
			"across the parts of a package": {
				[]stream.Record{list(dedup), &stream.End{}, begin(1, dedup), block(1, 2, 0, 7), &stream.End{ToGUID: 1}, begin(9, dedup), like(9, 2, 0, 1, 2, 0), &stream.End{ToGUID: 9}, &stream.End{}},
				[]stream.Record{list(0), &stream.End{}, begin(1, 0), block(1, 2, 0, 7), &stream.End{ToGUID: 1}, begin(9, 0), block(9, 2, 0, 7), &stream.End{ToGUID: 9}, &stream.End{}},
			},
			"not deduplicated": {
				[]stream.Record{begin(1, stream.FeatureLZ4), block(1, 2, 0, 7), &stream.End{ToGUID: 1}},
				[]stream.Record{begin(1, stream.FeatureLZ4), block(1, 2, 0, 7), &stream.End{ToGUID: 1}},
			},
		} {
			in := mustWrite(t, tc.in...)
			var got bytes.Buffer
			if err := stream.Redup(&got, bytes.NewReader(in), int64(len(in))); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if diff := cmp.Diff(mustWrite(t, tc.want...), got.Bytes()); diff != "" {
				t.Errorf("%s, big-endian %t (-want +got):\n%s", name, big, diff)
			}
		}
	}
}

// A reference to what was not sent, or is sent later, is an error and no crash.
func TestRedupBadReference(t *testing.T) {
	other := like(1, 3, 0, 1, 2, 0)
	other.Length = 1024
	for name, records := range map[string][]stream.Record{
		"nothing":        {like(1, 3, 0, 1, 2, 0)},
		"later":          {like(1, 3, 0, 1, 2, 0), block(1, 2, 0, 7)},
		"other snapshot": {block(1, 2, 0, 7), like(1, 3, 0, 5, 2, 0)},
		"other length":   {block(1, 2, 0, 7), other},
	} {
		all := append([]stream.Record{&stream.Begin{ToGUID: 1, ObjsetType: 2, ToName: "t@s", Features: stream.FeatureDedup}}, records...)
		in := mustWrite(t, append(all, &stream.End{ToGUID: 1})...)
		err := stream.Redup(io.Discard, bytes.NewReader(in), int64(len(in)))
		if !errors.Is(err, stream.ErrReference) || !errors.Is(err, stream.ErrSyntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := mustWrite(t, &stream.Begin{ToGUID: 1, ObjsetType: 2, ToName: "t@s"}, block(1, 2, 0, 7), &stream.End{ToGUID: 1})
	if err := stream.Redup(io.Discard, bytes.NewReader(in), int64(len(in)-100)); !errors.Is(err, stream.ErrTruncated) {
		t.Errorf("truncated: %v", err)
	}
}
