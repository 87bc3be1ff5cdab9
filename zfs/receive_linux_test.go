package zfs_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// mustStream returns a stream with a few records, one of which is larger than
// what a pump copies at a time.
func mustStream(t *testing.T, begin stream.Begin) []byte {
	t.Helper()
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for _, rec := range []stream.Record{
		&begin,
		&stream.FreeObjects{First: 1, Count: 2, ToGUID: begin.ToGUID},
		&stream.Write{Head: stream.Head{Payload: make([]byte, 1<<20)}, Object: 2, LogicalSize: 1 << 20, ToGUID: begin.ToGUID},
		&stream.Write{Head: stream.Head{Payload: make([]byte, 512)}, Object: 2, Offset: 1 << 20, LogicalSize: 512, ToGUID: begin.ToGUID},
		&stream.End{ToGUID: begin.ToGUID},
	} {
		testkit.Must(t, w.WriteRecord(rec))
	}
	testkit.Must(t, w.Close())
	return b.Bytes()
}

// plain is the beginning of a full stream.
func plain() stream.Begin {
	return stream.Begin{ObjsetType: 2, ToGUID: 42, ToName: "far/away@s"}
}

// receiver answers RECV_NEW: it reads the descriptor up to its end, and notes
// the input without it. Existing datasets are told by exists.
type receiver struct {
	exists string
	token  string // of the partial state after a failure
	code   ioctl.Code
	out    *nvlist.List
	sent   string
	got    []byte
}

func (r *receiver) answer(op ioctl.Op, c *ioctl.Cmd) error {
	name := c.Text(ioctl.FieldName)
	switch {
	case op == ioctl.OpObjsetStats && strings.Contains(" "+r.exists+" ", " "+name+" "):
		binary.NativeEndian.PutUint32(c.Bytes(ioctl.FieldObjsetStats)[24:], testkit.KindFilesystem)
		props := &nvlist.List{}
		if r.token != "" {
			v := &nvlist.List{}
			v.SetString("value", r.token)
			props.SetList("receive_resume_token", v)
		}
		if err := c.Answer(props); ioctl.CodeOf(err) != ioctl.CodeNomem {
			return err
		}
		return nil // there was no room for properties
	case op != ioctl.OpRecvNew:
		return ioctl.CodeNoent.Err()
	}
	in, err := nvlist.Decode(c.In(), nil)
	if err != nil {
		return err
	}
	begin, _ := in.ByteArray("begin_record")
	fd, _ := in.Int32("input_fd")
	in.SetInt32("input_fd", 0)
	in.Delete("begin_record")
	r.sent = name + "\n" + strings.TrimSuffix(fmt.Sprint(in), "\n")
	r.got = bytes.Clone(begin)
	for b := make([]byte, 4096); ; {
		n, err := syscall.Read(int(fd), b)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		r.got = append(r.got, b[:n]...)
	}
	if r.out != nil {
		if err := c.Answer(r.out); err != nil {
			return err
		}
	}
	if r.code != 0 {
		return r.code.Err()
	}
	return nil
}

func mustReceiver(t *testing.T, r *receiver) *zfs.Client {
	t.Helper()
	return testkit.Open(t, ioctl.NewDevice(r.answer))
}

func TestReceiveSends(t *testing.T) {
	incremental := plain()
	incremental.FromGUID = 41
	for _, tc := range []struct {
		name   string
		exists string
		begin  stream.Begin
		to     string
		opts   *zfs.ReceiveOptions
		want   string
	}{
		{"new", "tank", plain(), "tank/b", nil, "tank\nsnapname: string = \"tank/b@s\"\ninput_fd: int32 = 0"},
		{"new, with a name", "tank", plain(), "tank/b@other", nil, "tank\nsnapname: string = \"tank/b@other\"\ninput_fd: int32 = 0"},
		{"incremental", "tank tank/b", incremental, "tank/b", &zfs.ReceiveOptions{Force: true, Resumable: true},
			"tank/b\nsnapname: string = \"tank/b@s\"\nforce: boolean\nresumable: boolean\ninput_fd: int32 = 0"},
		{"heal", "tank/b", plain(), "tank/b", &zfs.ReceiveOptions{Heal: true}, "tank/b\nsnapname: string = \"tank/b@s\"\nheal: boolean\ninput_fd: int32 = 0"},
		{"origin", "tank", incremental, "tank/b", &zfs.ReceiveOptions{Origin: "tank/o@x"},
			"tank\nsnapname: string = \"tank/b@s\"\norigin: string = \"tank/o@x\"\ninput_fd: int32 = 0"},
		{"properties", "tank", plain(), "tank/b", &zfs.ReceiveOptions{
			Props:    prop.Values{prop.Atime: prop.Uint64(0), "newer": prop.String("x")},
			Override: prop.Values{prop.RecordSize: prop.String("16K"), prop.Encryption: prop.String("off")},
			Exclude:  []prop.Prop{prop.Compression, "user:prop"},
		}, "tank\nsnapname: string = \"tank/b@s\"\nprops: nvlist\n    atime: uint64 = 0\n    newer: string = x\n" +
			"localprops: nvlist\n    recordsize: uint64 = 16384\n    encryption: uint64 = 2\n    compression: boolean\n    user:prop: boolean\ninput_fd: int32 = 0"},
		{"no properties any more", "tank", plain(), "tank/b", &zfs.ReceiveOptions{Props: prop.Values{}},
			"tank\nsnapname: string = \"tank/b@s\"\nprops: nvlist\ninput_fd: int32 = 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := &receiver{exists: tc.exists}
			b := mustStream(t, tc.begin)
			_, err := mustReceiver(t, k).Receive(t.Context(), tc.to, bytes.NewReader(b), tc.opts)
			testkit.Must(t, err)
			if diff := cmp.Diff(strings.ReplaceAll(tc.want, `"`, ""), strings.ReplaceAll(k.sent, `"`, "")); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if !bytes.Equal(k.got, b) {
				t.Errorf("the kernel has got %d bytes, want %d", len(k.got), len(b))
			}
		})
	}
}

// A key is sent to the kernel beside the list, and is zeroed.
func TestReceiveKey(t *testing.T) {
	k := &receiver{exists: "tank"}
	key := bytes.Repeat([]byte{7}, 32)
	_, err := mustReceiver(t, k).Receive(t.Context(), "tank/b", bytes.NewReader(mustStream(t, plain())),
		&zfs.ReceiveOptions{Key: &zfs.NewKey{Key: key, Format: zfs.KeyRaw}})
	testkit.Must(t, err)
	for _, part := range []string{"localprops: nvlist", "encryption: uint64 = 1", "keyformat: uint64 = 1", "keylocation: string = prompt", "hidden_args: nvlist"} {
		if !strings.Contains(strings.ReplaceAll(k.sent, `"`, ""), part) {
			t.Errorf("sent\n%s\nwithout %q", k.sent, part)
		}
	}
	if !bytes.Equal(key, make([]byte, 32)) {
		t.Error("the key is not zeroed")
	}
}

func TestReceiveResult(t *testing.T) {
	out, failed := &nvlist.List{}, &nvlist.List{}
	failed.SetInt32("atime", int32(ioctl.CodeInval))
	out.SetUint64("read_bytes", 1000)
	out.SetUint64("error_flags", 3)
	out.SetList("errors", failed)
	begin := plain()
	begin.ObjsetType = 3
	got, err := mustReceiver(t, &receiver{exists: "tank", out: out}).Receive(t.Context(), "tank/b", bytes.NewReader(mustStream(t, begin)), nil)
	testkit.Must(t, err)
	if len(got.Failed) != 1 || got.Failed[0].Name != "atime" || !errors.Is(got.Failed[0].Err, zfs.ErrInvalidProp) {
		t.Errorf("failed properties %v", got.Failed)
	}
	got.Failed = nil
	want := &zfs.Received{Snapshot: "tank/b@s", GUID: 42, Type: prop.TypeVolume, Created: true, Bytes: 1312, NotCleared: true, NotRestored: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
}

// No byte after the stream is read, from any reader.
func TestReceiveReaders(t *testing.T) {
	b := mustStream(t, plain())
	behind := append(bytes.Clone(b), "behind"...)
	file, err := os.Create(t.TempDir() + "/f")
	testkit.Must(t, err)
	defer file.Close()
	_, err = file.Write(b) // the fake reads up to the end
	testkit.Must(t, err)
	_, err = file.Seek(0, io.SeekStart)
	testkit.Must(t, err)
	whole, longer := mustPipe(t, b), mustPipe(t, behind)
	files := openFiles(t)
	for _, tc := range []struct {
		name string
		r    io.Reader
		rest string
	}{
		{"memory", bytes.NewReader(behind), "behind"},
		{"one byte at a time", iotest.OneByteReader(bytes.NewReader(behind)), "behind"},
		{"data with the end", iotest.DataErrReader(bytes.NewReader(b)), ""},
		{"file", file, ""},
		{"pipe", whole, ""},
		{"no file", struct{ io.Reader }{longer}, "behind"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := &receiver{exists: "tank"}
			var last zfs.ReceiveProgress
			opts := &zfs.ReceiveOptions{}
			if tc.name != "pipe" {
				opts.Progress = func(p zfs.ReceiveProgress) { last = p }
			}
			_, err := mustReceiver(t, k).Receive(t.Context(), "tank/b", tc.r, opts)
			testkit.Must(t, err)
			if !bytes.Equal(k.got, b) {
				t.Errorf("the kernel has got %d bytes, want %d", len(k.got), len(b))
			}
			if rest, err := io.ReadAll(tc.r); string(rest) != tc.rest || err != nil {
				t.Errorf("%q is left, %v", rest, err)
			}
			if want := (zfs.ReceiveProgress{Snapshot: "tank/b@s", Bytes: uint64(len(b)), Done: true}); opts.Progress != nil && last != want {
				t.Errorf("progress %+v, want %+v", last, want)
			}
		})
	}
	if n := openFiles(t); n > files {
		t.Errorf("%d descriptors, there were %d", n, files)
	}
}

func TestReceiveRefuses(t *testing.T) {
	full, raw, step := plain(), plain(), plain()
	raw.Features = stream.FeatureRaw
	step.FromGUID = 5
	clone := step
	clone.Flags = stream.FlagClone
	unnamed := plain()
	unnamed.ToName = "far"
	var list bytes.Buffer
	testkit.Must(t, stream.NewWriter(&list).WriteRecord(&stream.Begin{Compound: true, ToName: "far@s"}))
	key := func() *zfs.ReceiveOptions {
		return &zfs.ReceiveOptions{Key: &zfs.NewKey{Key: make([]byte, 32), Format: zfs.KeyRaw}}
	}
	override := func(p prop.Prop, v prop.Value) *zfs.ReceiveOptions {
		return &zfs.ReceiveOptions{Override: prop.Values{p: v}}
	}
	both := override(prop.Atime, prop.String("off"))
	both.Exclude = []prop.Prop{prop.Atime}
	for _, tc := range []struct {
		name string
		to   string
		b    []byte
		opts *zfs.ReceiveOptions
		want error
	}{
		{"no name", "", nil, nil, zfs.ErrInvalidName},
		{"a bookmark", "tank/b#x", nil, nil, zfs.ErrInvalidName},
		{"the kernel's own", "tank/%recv", nil, nil, zfs.ErrInvalidName},
		{"nothing", "tank/b", nil, nil, zfs.ErrTruncated},
		{"too little", "tank/b", make([]byte, 311), nil, io.ErrUnexpectedEOF},
		{"no stream", "tank/b", make([]byte, 312), nil, zfs.ErrStream},
		{"no stream, exactly", "tank/b", make([]byte, 312), nil, stream.ErrMagic},
		{"a package", "tank/b", list.Bytes(), nil, zfs.ErrStream},
		{"no snapshot's name", "tank/b", mustStream(t, unnamed), nil, zfs.ErrInvalidName},
		{"no pool", "none", mustStream(t, full), nil, zfs.ErrNotFound},
		{"a key for raw", "tank/b", mustStream(t, raw), key(), zfs.ErrInvalidKey},
		{"a key for an increment", "tank/b", mustStream(t, step), key(), zfs.ErrInvalidKey},
		{"a clone of nothing", "tank/b", mustStream(t, clone), nil, zfs.ErrSourceMissing},
		{"origin in another pool", "tank/b", mustStream(t, clone), &zfs.ReceiveOptions{Origin: "other/o@x"}, zfs.ErrBaseNotFound},
		{"origin is not a snapshot", "tank/b", mustStream(t, clone), &zfs.ReceiveOptions{Origin: "tank/o"}, zfs.ErrInvalidName},
		{"wrong value", "tank/b", mustStream(t, full), override(prop.Atime, prop.String("x")), zfs.ErrInvalidProp},
		{"read-only", "tank/b", mustStream(t, full), override(prop.Used, prop.Uint64(1)), zfs.ErrInvalidProp},
		{"fixed", "tank/b", mustStream(t, full), override(prop.UTF8Only, prop.String("on")), zfs.ErrInvalidProp},
		{"no cipher", "tank/b", mustStream(t, full), override(prop.Encryption, prop.String("x")), zfs.ErrInvalidProp},
		{"a list", "tank/b", mustStream(t, full), &zfs.ReceiveOptions{Props: prop.Values{"x": {}}}, zfs.ErrInvalidProp},
		{"excluded and not", "tank/b", mustStream(t, full), both, zfs.ErrInvalidProp},
		{"excluded twice", "tank/b", mustStream(t, full), &zfs.ReceiveOptions{Exclude: []prop.Prop{prop.Atime, prop.Atime}}, zfs.ErrInvalidProp},
		{"excludes a property that does not exist", "tank/b", mustStream(t, full), &zfs.ReceiveOptions{Exclude: []prop.Prop{"no-such"}}, zfs.ErrInvalidProp},
		{"excludes a quota", "tank/b", mustStream(t, full), &zfs.ReceiveOptions{Exclude: []prop.Prop{prop.Quota}}, zfs.ErrInvalidProp},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := &receiver{exists: "tank"}
			_, err := mustReceiver(t, k).Receive(t.Context(), tc.to, bytes.NewReader(tc.b), tc.opts)
			testkit.Outcome{Want: tc.want}.Check(t, err)
			if k.sent != "" {
				t.Error("the kernel was called")
			}
		})
	}
}

// A failure of the reader is reported as such, and what came before it was
// received.
func TestReceiveReadersThatFail(t *testing.T) {
	b := mustStream(t, plain())
	garbage := append(bytes.Clone(b[:312]), bytes.Repeat([]byte{0xff}, 1000)...)
	for _, tc := range []struct {
		name string
		r    io.Reader
		want error
		got  int // bytes that the kernel reads, or -1
	}{
		{"early end", bytes.NewReader(b[:1000]), zfs.ErrTruncated, 1000},
		{"end at a record", bytes.NewReader(b[:624]), io.ErrUnexpectedEOF, 624},
		{"error", &brokenReader{b: b[:1000], mode: 1}, errBroken, 1000},
		{"error at once", iotest.ErrReader(errBroken), errBroken, -1},
		{"nothing for ever", io.MultiReader(bytes.NewReader(b[:1000]), emptyReader{}), io.ErrNoProgress, 1000},
		{"nothing at all", emptyReader{}, io.ErrNoProgress, -1},
		{"garbage", bytes.NewReader(garbage), zfs.ErrStream, 624},
		{"garbage, exactly", bytes.NewReader(garbage), stream.ErrType, 624},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := &receiver{exists: "tank", code: ioctl.CodeStreamTruncated}
			_, err := mustReceiver(t, k).Receive(t.Context(), "tank/b", tc.r, nil)
			testkit.Outcome{Want: tc.want}.Check(t, err)
			if tc.got >= 0 && len(k.got) != tc.got {
				t.Errorf("the kernel has got %d bytes, want %d", len(k.got), tc.got)
			}
		})
	}
}

// emptyReader returns no data, no error and no end.
type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

// Existing partial state is reported even if resuming is interrupted before the
// call of the kernel.
func TestReceiveBrokenEarly(t *testing.T) {
	k := &receiver{exists: "tank tank/b", token: "1-2-3-4"}
	_, err := mustReceiver(t, k).Receive(t.Context(), "tank/b", bytes.NewReader(mustStream(t, plain())[:300]), &zfs.ReceiveOptions{Resumable: true})
	var part *zfs.PartialError
	if !errors.As(err, &part) || part.Token != k.token || !errors.Is(err, zfs.ErrTruncated) {
		t.Errorf("error %v", err)
	}
	if k.got != nil {
		t.Errorf("the kernel has got %d bytes", len(k.got))
	}
}

// The kernel's error is reported, unless it is caused by the reader.
func TestReceiveKernelFailsFirst(t *testing.T) {
	c := mustReceiver(t, &receiver{exists: "tank", code: ioctl.CodeExist})
	_, err := c.Receive(t.Context(), "tank/b", bytes.NewReader(mustStream(t, plain())[:1000]), nil)
	testkit.Outcome{Want: zfs.ErrExists}.Check(t, err)
}

// A reader that stalls is left behind when the context ends, before the stream
// and within it.
func TestReceiveReaderStalls(t *testing.T) {
	b := mustStream(t, plain())
	for _, n := range []int{0, 100, 1000} {
		r, w := net.Pipe()
		go func() { _, _ = w.Write(b[:n]) }()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		c := testkit.Open(t, ioctl.NewDevice(func(op ioctl.Op, cmd *ioctl.Cmd) error {
			if op == ioctl.OpRecvNew {
				<-ctx.Done() // as a signal ends a read
				return ioctl.CodeIntr.Err()
			}
			return (&receiver{exists: "tank"}).answer(op, cmd)
		}))
		_, err := c.Receive(ctx, "tank/b", r, nil)
		cancel()
		testkit.Outcome{Want: context.DeadlineExceeded}.Check(t, err)
		go func() { _, _ = w.Write([]byte("later")) }()
		if _, err := r.Read(make([]byte, 5)); err != nil {
			t.Errorf("behind %d bytes: the deadline is still there: %v", n, err)
		}
		testkit.Must(t, errors.Join(r.Close(), w.Close()))
	}
}

func TestReceiveErrors(t *testing.T) {
	b := mustStream(t, plain())
	for _, tc := range []struct {
		code ioctl.Code
		want error
		text string
	}{
		{ioctl.CodeCksum, zfs.ErrStream, ""},
		{ioctl.CodeInval, zfs.ErrStream, "possible causes: the stream is damaged"},
		{ioctl.CodeStreamTruncated, zfs.ErrTruncated, ""},
		{ioctl.CodeNodev, zfs.ErrSourceMissing, ""},
		{ioctl.CodeFromIvsetGuidMismatch, zfs.ErrSourceMissing, ""},
		{ioctl.CodeTxtbsy, zfs.ErrModified, ""},
		{ioctl.CodeExist, zfs.ErrExists, ""},
		{ioctl.CodeBusy, zfs.ErrBusy, ""},
		{ioctl.CodeResumeExists, zfs.ErrBusy, ""},
		{ioctl.CodeNotsup, zfs.ErrUpgrade, ""},
		{ioctl.CodeUnknownSendStreamFeature, zfs.ErrNotSupported, "does not support"},
		{ioctl.CodeStreamLargeBlockMismatch, zfs.ErrStream, "without"},
		{ioctl.CodeRange, zfs.ErrStream, ""},
		{ioctl.CodeWrongParent, zfs.ErrWrongParent, ""},
		{ioctl.CodeNospc, zfs.ErrNoSpace, ""},
		{ioctl.CodeDquot, zfs.ErrQuota, ""},
		{ioctl.CodeAcces, zfs.ErrKey, ""},
		{ioctl.CodePerm, zfs.ErrPermission, ""},
	} {
		t.Run(tc.code.Name(), func(t *testing.T) {
			c := mustReceiver(t, &receiver{exists: "tank", code: tc.code})
			_, err := c.Receive(t.Context(), "tank/b", bytes.NewReader(b), nil)
			testkit.Outcome{Want: tc.want, Text: tc.text}.Check(t, err)
		})
	}
	c := mustReceiver(t, &receiver{exists: "tank tank/b", code: ioctl.CodeStreamTruncated, token: "1-2-3-4"})
	_, err := c.Receive(t.Context(), "tank/b", bytes.NewReader(b), &zfs.ReceiveOptions{Resumable: true})
	var part *zfs.PartialError
	if !errors.As(err, &part) || part.Dataset != "tank/b" || part.Token != "1-2-3-4" {
		t.Fatalf("error %v carries no token", err)
	}
	testkit.Outcome{Want: zfs.ErrTruncated, Text: "can be resumed"}.Check(t, err)
}
