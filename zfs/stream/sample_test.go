package stream

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/purezfs/purezfs/nvlist"
)

// wantSyntax checks the reason and the offset of an error.
func wantSyntax(t *testing.T, err, reason error, offset int64) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || !errors.Is(err, ErrSyntax) || !errors.Is(err, reason) {
		t.Errorf("error %v, want %v", err, reason)
		return
	}
	if syntax.Offset != offset {
		t.Errorf("%v: want offset %d", err, offset)
	}
}

// filled returns n bytes that differ.
func filled(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// sampleList is a packed list, filled up to a multiple of 8.
func sampleList() []byte {
	l := &nvlist.List{}
	l.SetUint64("resume_object", 7)
	l.SetUint64("resume_offset", 4096)
	b, err := l.AppendXDR(nil)
	if err != nil {
		panic(err)
	}
	return append(b, make([]byte, -len(b)&7)...)
}

// sampleRecords is a record of every type, each field with a value of its own.
func sampleRecords(bigEndian bool) []Record {
	key := [5]uint64{1, 2, 3, 4, 1 << 60}
	salt, iv, mac := [8]byte{1, 2}, [12]byte{3, 4}, [16]byte{5, 6}
	return []Record{
		&Begin{
			Head: Head{Payload: sampleList()}, BigEndian: bigEndian, Features: FeatureRaw | FeatureLargeMicroZap | 1<<55,
			Created: 1234567890, ObjsetType: 2, Flags: FlagSpillBlock, ToGUID: 11, FromGUID: 12, ToName: "pool/fs@snap",
		},
		&ObjectRange{First: 32, Slots: 32, ToGUID: 11, Salt: salt, IV: iv, MAC: mac, Flags: FlagRawByteSwap},
		&Object{
			Head: Head{Payload: filled(176)}, Object: 33, ObjectType: 19, BonusType: 44, BlockSize: 4096, BonusLen: 170,
			ChecksumType: 7, Compress: 15, Slots: 1, Flags: FlagObjectSpill, ToGUID: 11,
			IndirectShift: 17, Levels: 2, BlockPointers: 3, MaxBlockID: 1 << 40,
		},
		&Object{Head: Head{Payload: filled(320)}, Object: 34, BonusLen: 170, RawBonusLen: 320, ToGUID: 11},
		&FreeObjects{First: 40, Count: 1 << 50, ToGUID: 11},
		&Write{
			Head: Head{Payload: filled(4096)}, Object: 33, ObjectType: 19, Offset: 8192, LogicalSize: 4096, ToGUID: 11,
			ChecksumType: 7, Flags: FlagDedup, Key: key,
		},
		&Write{
			Head: Head{Payload: filled(512)}, Object: 33, ObjectType: 19, Offset: 8192, LogicalSize: 4096, ToGUID: 11,
			Compression: 15, CompressedSize: 512, Salt: salt, IV: iv, MAC: mac,
		},
		&Free{Object: 33, Offset: 12288, Length: 1<<64 - 1, ToGUID: 11},
		&WriteByRef{
			Object: 33, Offset: 1, Length: 2, ToGUID: 3, RefGUID: 4, RefObject: 5, RefOffset: 6, ChecksumType: 7, Flags: 1, Key: key,
		},
		&Spill{
			Head: Head{Payload: filled(1024)}, Object: 33, Length: 1024, ToGUID: 11, Flags: FlagSpillUnmodified, Compression: 2,
			Salt: salt, IV: iv, MAC: mac, ObjectType: 44,
		},
		&Spill{Head: Head{Payload: filled(512)}, Object: 33, Length: 1024, ToGUID: 11, Compression: 15, CompressedSize: 512},
		&WriteEmbedded{
			Head: Head{Payload: filled(24)}, Object: 33, Offset: 16384, Length: 4096, ToGUID: 11, Compression: 15, EmbeddedType: 1,
			LogicalSize: 4096, PhysicalSize: 23,
		},
		&Redact{Object: 33, Offset: 20480, Length: 4096, ToGUID: 11},
		&End{ToGUID: 11},
	}
}

// mustStream writes records.
func mustStream(t testing.TB, records ...Record) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, rec := range records {
		if err := w.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
	}
	if w.Offset() != int64(b.Len()) {
		t.Fatalf("offset %d after %d bytes", w.Offset(), b.Len())
	}
	return b.Bytes()
}

// compareRecords ignores where a record was.
func compareRecords() cmp.Options {
	return cmp.Options{
		cmpopts.IgnoreUnexported(Head{}, Begin{}),
		cmpopts.IgnoreFields(Head{}, "Offset"),
		cmpopts.IgnoreFields(End{}, "Checksum"),
	}
}

// sampleCompound is a compound stream of two parts.
func sampleCompound(t testing.TB) []byte {
	t.Helper()
	return mustStream(t,
		&Begin{Head: Head{Payload: sampleList()}, Compound: true, ToName: "pool@2"}, &End{},
		&Begin{ToGUID: 1, ToName: "pool@1"}, &Free{Object: 1}, &End{ToGUID: 1},
		&Begin{ToGUID: 2, FromGUID: 1, ToName: "pool@2"}, &End{ToGUID: 2},
		&End{})
}

// slowReader returns a byte at a time, and nothing now and then.
type slowReader struct {
	src io.Reader
	n   int
}

func (s *slowReader) Read(p []byte) (int, error) {
	if s.n++; s.n%3 == 0 || len(p) == 0 {
		return 0, nil
	}
	return s.src.Read(p[:1])
}
