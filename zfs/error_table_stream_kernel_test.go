package zfs_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/stream"
)

// sendOf sends, and estimateOf estimates the size.
func sendOf(name string, opts *zfs.SendOptions) func(*site) error {
	return func(s *site) error { return s.c.Send(s.t.Context(), s.name(name), &bytes.Buffer{}, opts) }
}

func estimateOf(name string, opts *zfs.SendOptions) func(*site) error {
	return func(s *site) error { return errorOf(s.c.SendEstimate(s.t.Context(), s.name(name), opts)) }
}

// largeDirectory creates a filesystem whose directory is one large block, which
// needs many names.
func largeDirectory(name string) func(*site) error {
	return func(s *site) error {
		setParameter(s.t, "zap_micro_max_size", "1048576")
		dir := s.mount(name)
		for i := range 4000 {
			if err := os.WriteFile(filepath.Join(dir, "name"+string(rune('a'+i%26))+long(20)+string(rune('a'+i/26%26))+string(rune('a'+i/676))), nil, 0o600); err != nil {
				return err
			}
		}
		return snapshot(name + "@s")(s)
	}
}

func sendErrorRows() []errorRow {
	from := func(base string) *zfs.SendOptions { return &zfs.SendOptions{From: base} }
	return []errorRow{
		{op: ioctl.OpSendNew, code: ioctl.CodeNoent, about: "$@no", cmd: "zfs send -i @no $@s >/dev/null", says: "@no",
			row: row{set: "@s", do: sendOf("@s", from("@no")), want: is(zfs.ErrBaseNotFound), text: "$@no: does not exist"}},
		{op: ioctl.OpSendNew, code: ioctl.CodeNoent, about: "$@no", cmd: "zfs send $@no >/dev/null", says: "'$@no': dataset does not exist",
			row: row{name: "source", do: sendOf("@no", nil), want: is(zfs.ErrNotFound), text: `send "$@no": does not exist`}},
		{op: ioctl.OpSendNew, code: ioctl.CodeSrch, about: "$#no", cmd: "zfs send -i '#no' $@s >/dev/null", says: "#no",
			row: row{set: "@s", do: sendOf("@s", from("#no")), want: is(zfs.ErrBaseNotFound), text: "$#no: does not exist"}},
		{op: ioctl.OpSendNew, code: ioctl.CodeXdev, about: "$@2", cmd: "zfs send -i @2 $@1 >/dev/null", says: "not an earlier snapshot from the same fs",
			row: row{set: "@1 @2", do: sendOf("@1", from("@2")), want: is(zfs.ErrNotAncestor), text: "$@2: is not an earlier point of the dataset"}},
		{op: ioctl.OpSendNew, code: ioctl.CodeXdev, about: "nosuchpool/a@1", cmd: "zfs send -i nosuchpool/a@1 $@1 >/dev/null", says: "'nosuchpool/a@1': dataset does not exist",
			row: row{name: "pool", set: "@1", do: sendOf("@1", from("nosuchpool/a@1")), want: is(zfs.ErrBaseNotFound), text: "nosuchpool/a@1: does not exist"}},
		{op: ioctl.OpSendNew, code: ioctl.CodeInval, about: "$#m", cmd: "zfs send --redact m $@1 >/dev/null", says: "not a redaction bookmark",
			row: row{set: "@1 #m=@1", do: sendOf("@1", &zfs.SendOptions{Redact: "m"}), want: is(zfs.ErrInvalid), text: "$#m: is not a redaction bookmark"}},
		{op: ioctl.OpSendNew, code: ioctl.CodeAcces, about: "$/e@s", cmd: "zfs send $/e@s >/dev/null", says: "key must be loaded",
			row: row{set: "/e* /e@s", do: inOrder(unloadKey("/e"), sendOf("/e@s", nil)), want: is(zfs.ErrKey), text: "key not loaded"}},
		{op: ioctl.OpSendNew, code: ioctl.CodeStreamLargeMicrozap, about: "$/a@s", cmd: "zfs send $/a@s >/dev/null", says: "microzap",
			lacks: "the feature large_microzap",
			row:   row{since: "2.3", set: "/a", do: inOrder(largeDirectory("/a"), sendOf("/a@s", nil)), want: is(zfs.ErrInvalid), text: "large directories, which need LargeBlocks or Raw"}},
		{op: ioctl.OpSendSpace, code: ioctl.CodeXdev, about: "$@2", cmd: "zfs send -nv -i @2 $@1", says: "not an earlier snapshot from the same fs",
			row: row{set: "@1 @2", do: estimateOf("@1", from("@2")), want: is(zfs.ErrNotAncestor), text: "$@2: is not an earlier point of the dataset"}},
		{op: ioctl.OpSendSpace, code: ioctl.CodeSrch, about: "$#no", cmd: "zfs send -nv -i '#no' $@s", says: "$@s",
			apart: "zfs(8) names the snapshot, which exists",
			row:   row{set: "@s", do: estimateOf("@s", from("#no")), want: is(zfs.ErrBaseNotFound), text: "$#no: does not exist"}},
		{op: ioctl.OpSendSpace, code: ioctl.CodeNoent, about: "$@no", cmd: "zfs send -nv -i @no $@s", says: "@no",
			row: row{set: "@s", do: estimateOf("@s", from("@no")), want: is(zfs.ErrBaseNotFound), text: "$@no: does not exist"}},
	}
}

// streamFile is where the stream of a row is for zfs(8).
const streamFile = "/tmp/error-table.stream"

// transfer is a stream that is received.
type transfer struct {
	from, to string
	send     zfs.SendOptions
	receive  zfs.ReceiveOptions
	spoil    func(b []byte) []byte // changes the stream, or nil
}

// do sends, and returns the result of receiving.
func (x transfer) do(s *site) error {
	var b bytes.Buffer
	testkit.Must(s.t, s.c.Send(s.t.Context(), s.name(x.from), &b, &x.send))
	content := b.Bytes()
	if x.spoil != nil {
		content = x.spoil(content)
	}
	testkit.Must(s.t, os.WriteFile(streamFile, content, 0o600))
	return errorOf(s.c.Receive(s.t.Context(), s.name(x.to), bytes.NewReader(content), &x.receive))
}

// received makes a transfer that succeeds.
func received(from, to string, send zfs.SendOptions) func(*site) error {
	return transfer{from: from, to: to, send: send}.do
}

// written writes into a filesystem, which stays mounted.
func written(name string) func(*site) error {
	return func(s *site) error {
		return os.WriteFile(filepath.Join(s.mount(name), "file"), bytes.Repeat([]byte("content"), 100_000), 0o600)
	}
}

// flipped changes a byte in the middle, and halved removes the second half.
func flipped(b []byte) []byte { b[len(b)/2] ^= 1; return b }
func halved(b []byte) []byte  { return b[:len(b)/2] }

// rewritten changes the first record of a stream, whose checksums then fit again.
func rewritten(t *testing.T, change func(begin *stream.Begin)) func([]byte) []byte {
	return func(b []byte) []byte {
		var out bytes.Buffer
		r, w := stream.NewReader(bytes.NewReader(b), nil), stream.NewWriter(&out)
		for {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			testkit.Must(t, err)
			if begin, ok := rec.(*stream.Begin); ok {
				change(begin)
			}
			testkit.Must(t, w.WriteRecord(rec))
		}
		testkit.Must(t, w.Close())
		return out.Bytes()
	}
}

// changed is a transfer whose first record is changed.
func (x transfer) changed(change func(begin *stream.Begin)) func(*site) error {
	return func(s *site) error {
		x.spoil = rewritten(s.t, change)
		return x.do(s)
	}
}

func receiveErrorRows() []errorRow {
	inc := zfs.SendOptions{From: "@1"}
	large := zfs.SendOptions{LargeBlocks: true}
	raw, rawInc := zfs.SendOptions{Raw: true}, zfs.SendOptions{Raw: true, From: "@1"}
	return []errorRow{
		{op: ioctl.OpRecvNew, code: ioctl.CodeCksum, about: "$/t@s", cmd: "zfs receive $/t <" + streamFile, says: "checksum mismatch",
			row: row{set: "/a", do: inOrder(written("/a"), snapshot("/a@s"), transfer{from: "/a@s", to: "/t@s", spoil: flipped}.do), want: is(zfs.ErrStream), text: "unusable stream"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeStreamTruncated, early: "the reader sees the end first", about: "$/t@s", cmd: "zfs receive $/t <" + streamFile, says: "incomplete stream",
			row: row{set: "/a", do: inOrder(written("/a"), snapshot("/a@s"), transfer{from: "/a@s", to: "/t@s", spoil: halved}.do), want: is(zfs.ErrTruncated), text: "the stream ends too early"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeNodev, about: "$/t@2", cmd: "zfs receive $/t <" + streamFile, says: "does not\nmatch incremental source",
			row: row{set: "/a /a@1 /a@2 /t /t@1", do: transfer{from: "/a@2", to: "/t@2", send: inc}.do, want: is(zfs.ErrSourceMissing), text: "does not have the snapshot"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeTxtbsy, about: "$/t@2", cmd: "zfs receive $/t <" + streamFile, says: "has been modified",
			row: row{set: "/a /a@1 /a@2", do: inOrder(received("/a@1", "/t@1", zfs.SendOptions{}), written("/t"), transfer{from: "/a@2", to: "/t@2", send: inc}.do),
				want: is(zfs.ErrModified), text: "was modified since"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeExist, about: "$/t@1", cmd: "zfs receive $/t <" + streamFile, says: "destination '$/t' exists",
			row: row{set: "/a /a@1 /t", do: transfer{from: "/a@1", to: "/t@1"}.do, want: is(zfs.ErrExists), text: "the stream is not incremental, and $/t exists"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeInval, about: "$/t@2", cmd: "zfs receive $/t <" + streamFile, says: "cannot receive",
			row: row{set: "/e* /e@1 /e@2", do: inOrder(received("/e@1", "/t@1", zfs.SendOptions{}), transfer{from: "/e@2", to: "/t@2", send: rawInc}.do),
				want: is(zfs.ErrStream), text: "the target is not encrypted, or was not received raw"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeNoent, about: "$/no", cmd: "zfs receive $/no/t <" + streamFile, says: "$/no",
			row: row{set: "@s", do: transfer{from: "@s", to: "/no/t@s"}.do, want: is(zfs.ErrParentNotFound), text: "$/no: parent does not exist"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeWrongParent, about: "$/v/t@s", cmd: "zfs receive $/v/t <" + streamFile, says: "parent",
			row: row{set: "@s /v!", do: transfer{from: "@s", to: "/v/t@s"}.do, want: is(zfs.ErrWrongParent), text: "parent is not a filesystem"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeNotsup, about: "^/t@s", cmd: "zfs receive ^/t <" + streamFile, says: "upgraded",
			apart: "zfs(8) does not name the feature",
			row: row{set: "/a", do: inOrder(set("/a", "compression", "zstd"), written("/a"), snapshot("/a@s"), transfer{from: "/a@s", to: "^/t@s", send: zfs.SendOptions{Compressed: true}}.do),
				want: is(zfs.ErrFeatureDisabled), text: "feature@zstd_compress"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeUnknownSendStreamFeature, about: "$/t@s", cmd: "zfs receive $/t <" + streamFile, says: "feature",
			row: row{set: "@s", do: transfer{from: "@s", to: "/t@s"}.changed(func(begin *stream.Begin) { begin.Features |= 1 << 5 }), want: is(zfs.ErrNotSupported), text: "the stream has features that this module"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeStreamLargeBlockMismatch, about: "$/t@2", cmd: "zfs receive $/t <" + streamFile, says: "large-block",
			row: row{set: "/a", do: inOrder(set("/a", "recordsize", "1M"), written("/a"), snapshot("/a@1"), snapshot("/a@2"), received("/a@1", "/t@1", large), transfer{from: "/a@2", to: "/t@2", send: inc}.do),
				want: is(zfs.ErrStream), text: "the target was received with large blocks, this stream is without"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeFromIvsetGuidMismatch, about: "$/e/t@2", cmd: "zfs receive $/e/t <" + streamFile, says: "IV",
			row: row{set: "/e* /e/a /e/a@1 /e/a@2", do: inOrder(received("/e/a@1", "/e/t@1", zfs.SendOptions{}), transfer{from: "/e/a@2", to: "/e/t@2", send: rawInc}.do),
				want: is(zfs.ErrSourceMissing), text: "does not have the snapshot"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeFromIvsetGuidMissing, about: "$/e/t@2", cmd: "zfs receive $/e/t <" + streamFile, says: "IV",
			row: row{set: "/e* /e/a /e/a@1 /e/a@2", do: inOrder(received("/e/a@1", "/e/t@1", raw), transfer{from: "/e/a@2", to: "/e/t@2", send: rawInc}.changed(withoutIvset)),
				want: is(zfs.ErrSourceMissing), text: "does not have the snapshot"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeSpillBlockFlagMissing, about: "$/e/t@1", cmd: "zfs receive $/e/t <" + streamFile, says: "cannot receive",
			row: row{set: "/e* /e/a /e/a@1", do: transfer{from: "/e/a@1", to: "/e/t@1", send: raw}.changed(func(begin *stream.Begin) { begin.Flags &^= stream.FlagSpillBlock }),
				want: is(zfs.ErrStream), text: "unusable stream"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeExist, early: "the kernel would destroy the snapshots", about: "$/t@1", cmd: "zfs receive -F $/t <" + streamFile, says: "destination has snapshots",
			row: row{name: "force", set: "/a /a@1 /t /t@x", left: ". /a /a@1 /t /t@x", do: transfer{from: "/a@1", to: "/t@1", receive: zfs.ReceiveOptions{Force: true}}.do,
				want: is(zfs.ErrExists), text: "$/t has snapshots, such as $/t@x, which must be destroyed first"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeInval, about: "$/t@1", cmd: "zfs receive -o encryption=on $/t <" + streamFile, says: "Keyformat required",
			row: row{name: "no key", set: "/a /a@1", do: transfer{from: "/a@1", to: "/t@1", receive: zfs.ReceiveOptions{Override: texts("encryption", "on")}}.do,
				want: is(zfs.ErrInvalidProp), text: "encryption is on, no key is given, and $, the parent, is not encrypted"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeInval, about: "$/t@1", cmd: "zfs receive -F $/t <" + streamFile, says: "$/t",
			row: row{name: "force a clone", set: "/a /a@1 @s /t=@s", do: transfer{from: "/a@1", to: "/t@1", receive: zfs.ReceiveOptions{Force: true}}.do,
				want: is(zfs.ErrStream), text: "$/t is a clone of $@s, and cannot be replaced"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeNotsup, about: "$/a@2", apart: "zfs(8) has other words before its own check",
			lacks: "healing",
			row: row{name: "heal another", since: "2.2", set: "/a /a@1 /a@2", do: transfer{from: "/a@1", to: "/a@2", receive: zfs.ReceiveOptions{Heal: true}}.do,
				want: is(zfs.ErrStream), text: "the stream is of another snapshot"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeNotsup, about: "$/t@1", apart: "zfs(8) has other words before its own check",
			lacks: "healing",
			row: row{name: "heal nothing", since: "2.2", set: "/a /a@1", do: transfer{from: "/a@1", to: "/t@1", receive: zfs.ReceiveOptions{Heal: true}}.do,
				want: is(zfs.ErrNotFound), text: "only a snapshot that exists can be repaired"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeResumeExists, about: "$/t@1", cmd: "zfs receive $/t <" + streamFile, says: "must specify -F to overwrite it",
			lacks: "this errno", row: row{since: "2.2", set: "/a /t", do: resumedWithoutForce, want: is(zfs.ErrBusy), text: "$/t holds a partial receive"}},
		{op: ioctl.OpRecvNew, code: ioctl.CodeBusy, about: "$/t@2", cmd: "zfs receive $/t <" + streamFile, says: "cannot receive",
			row: row{set: "/a /a@1", do: inOrder(written("/a"), snapshot("/a@2"), received("/a@1", "/t@1", zfs.SendOptions{}), interrupted, transfer{from: "/a@2", to: "/t@2", send: inc}.do),
				want: is(zfs.ErrBusy), text: "$/t holds a partial receive"}},
	}
}

// interrupted leaves a part of /a@2 in /t.
func interrupted(s *site) error {
	x := transfer{from: "/a@2", to: "/t@2", send: zfs.SendOptions{From: "@1"}, receive: zfs.ReceiveOptions{Resumable: true}, spoil: halved}
	if err := x.do(s); err == nil {
		s.t.Fatal("half a stream was received")
	}
	return nil
}

// withoutIvset removes from a raw stream the identification of its source's keys,
// which streams of old releases lack.
func withoutIvset(begin *stream.Begin) {
	list, err := nvlist.Decode(begin.Payload, nil)
	if err != nil {
		panic(err)
	}
	keys, _ := list.List("crypt_keydata")
	keys.Delete("from_ivset_guid")
	list.SetList("crypt_keydata", keys)
	if begin.Payload, err = list.AppendXDR(nil); err != nil {
		panic(err)
	}
}

// resumedWithoutForce resumes a receive that was to replace an existing dataset.
func resumedWithoutForce(s *site) error {
	testkit.Must(s.t, written("/a")(s))
	testkit.Must(s.t, snapshot("/a@1")(s))
	x := transfer{from: "/a@1", to: "/t@1", receive: zfs.ReceiveOptions{Resumable: true, Force: true}, spoil: halved}
	if err := x.do(s); err == nil {
		s.t.Fatal("half a stream was received")
	}
	ds, err := s.c.DatasetStats(s.t.Context(), s.name("/t"), nil)
	testkit.Must(s.t, err)
	var b bytes.Buffer
	testkit.Must(s.t, s.c.SendResume(s.t.Context(), ds.Props.Text(prop.ReceiveResumeToken), &b, nil))
	testkit.Must(s.t, os.WriteFile(streamFile, b.Bytes(), 0o600))
	return errorOf(s.c.Receive(s.t.Context(), s.name("/t@1"), &b, &zfs.ReceiveOptions{Resumable: true}))
}
