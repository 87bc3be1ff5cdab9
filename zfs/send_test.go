package zfs_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/stream"
)

func TestSendRefuses(t *testing.T) {
	c := testkit.NoKernel(t)
	for _, tc := range []struct {
		name string
		what string
		opts *zfs.SendOptions
		want error
	}{
		{"no name", "", nil, zfs.ErrInvalidName},
		{"a bookmark", "tank/a#m", nil, zfs.ErrInvalidName},
		{"NUL", "tank/a@s\x00x", nil, zfs.ErrInvalidName},
		{"a source without a mark", "tank/a@s", &zfs.SendOptions{From: "tank/b"}, zfs.ErrInvalidName},
		{"a malformed source", "tank/a@s", &zfs.SendOptions{From: "@x/y"}, zfs.ErrInvalidName},
		{"a redaction of another", "tank/a@s", &zfs.SendOptions{Redact: "tank/b#m"}, zfs.ErrInvalidName},
		{"a redaction that is a snapshot", "tank/a@s", &zfs.SendOptions{Redact: "@m"}, zfs.ErrInvalidName},
		{"the rest of what is not saved", "tank/a@s", &zfs.SendOptions{SavedResume: "1-2-3-4"}, zfs.ErrInvalid},
		{"the part of a snapshot", "tank/a@s", &zfs.SendOptions{Saved: true}, zfs.ErrInvalidName},
	} {
		t.Run(tc.name, func(t *testing.T) {
			testkit.Outcome{Want: tc.want}.Check(t, c.Send(t.Context(), tc.what, io.Discard, tc.opts))
			_, err := c.SendEstimate(t.Context(), tc.what, tc.opts)
			testkit.Outcome{Want: tc.want}.Check(t, err)
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	testkit.Outcome{Want: context.Canceled}.Check(t, c.Send(ended, "tank/a@s", io.Discard, nil))
	_, err := c.SendProgress(t.Context(), "tank/a#m", 1)
	testkit.Outcome{Want: zfs.ErrInvalidName}.Check(t, err)
}

func TestSendResumeRefuses(t *testing.T) {
	c := testkit.NoKernel(t)
	good, err := (&stream.Token{ToGUID: 1, ToName: "tank/a@s"}).Text()
	testkit.Must(t, err)
	named, err := (&stream.Token{ToGUID: 1, ToName: "tank/a"}).Text()
	testkit.Must(t, err)
	for _, tc := range []struct {
		name, token string
		opts        *zfs.SendOptions
		want        error
	}{
		{"empty", "", nil, stream.ErrToken},
		{"forged", "1-2-3-4", nil, stream.ErrToken},
		{"of no snapshot", named, nil, stream.ErrToken},
		{"with a source", good, &zfs.SendOptions{From: "@b"}, zfs.ErrInvalid},
		{"with a redaction", good, &zfs.SendOptions{Redact: "b"}, zfs.ErrInvalid},
		{"of a part", good, &zfs.SendOptions{Saved: true}, zfs.ErrInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			testkit.Outcome{Want: tc.want}.Check(t, c.SendResume(t.Context(), tc.token, io.Discard, tc.opts))
			_, err := c.SendResumeEstimate(t.Context(), tc.token, tc.opts)
			testkit.Outcome{Want: tc.want}.Check(t, err)
		})
	}
}

// answerSpace answers an estimate.
func answerSpace(n uint64) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	l := &nvlist.List{}
	l.SetUint64("space", n)
	return answerOn(ioctl.OpSendSpace, l, 0)
}

func TestSendEstimateSends(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a@s")
	f.Bad = answerSpace(12345)
	for _, tc := range []struct {
		name string
		opts *zfs.SendOptions
		want string
	}{
		{"full", nil, "SEND_SPACE tank/a@s\n"},
		{"from a snapshot", &zfs.SendOptions{From: "@r"}, "SEND_SPACE tank/a@s\nfrom: string = \"tank/a@r\""},
		{"from a bookmark", &zfs.SendOptions{From: "tank/o#m"}, "SEND_SPACE tank/a@s\nfrom: string = \"tank/o#m\""},
		{"flags", &zfs.SendOptions{LargeBlocks: true, Embedded: true, Compressed: true},
			"SEND_SPACE tank/a@s\nlargeblockok: boolean\nembedok: boolean\ncompressok: boolean"},
		{"raw", &zfs.SendOptions{Raw: true},
			"SEND_SPACE tank/a@s\nlargeblockok: boolean\nembedok: boolean\ncompressok: boolean\nrawok: boolean"},
		{"redacted", &zfs.SendOptions{Redact: "tank/a#b"}, "SEND_SPACE tank/a@s\nredactbook: string = \"b\""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.Sent = nil
			n, err := c.SendEstimate(t.Context(), "tank/a@s", tc.opts)
			if err != nil || n != 12345 {
				t.Fatalf("%d, %v", n, err)
			}
			want := []string{strings.TrimSuffix(tc.want, "\n")}
			if tc.opts == nil || !tc.opts.Raw { // which needs no key
				want = append([]string{"OBJSET_STATS tank/a@s"}, want...)
			}
			if diff := cmp.Diff(want, f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
	f.Bad = answerSpace(1<<64 - 5) // less than what was already sent
	if n, err := c.SendEstimate(t.Context(), "tank/a@s", nil); n != 0 || err != nil {
		t.Errorf("estimate below zero: %d, %v", n, err)
	}
	f.Bad = answerOn(ioctl.OpSendSpace, &nvlist.List{}, 0)
	if _, err := c.SendEstimate(t.Context(), "tank/a@s", nil); err == nil {
		t.Error("an answer without a size is not an error")
	}
}

func TestSendErrors(t *testing.T) {
	for _, tc := range []struct {
		code ioctl.Code
		want error
		text string
	}{
		{ioctl.CodeXdev, zfs.ErrBaseNotFound, "tank/a@r: does not exist"},
		{ioctl.CodeNoent, zfs.ErrBaseNotFound, "tank/a@r: does not exist"},
		{ioctl.CodeSrch, zfs.ErrBaseNotFound, "tank/a@r"},
		{ioctl.CodeAcces, zfs.ErrKey, ""},
		{ioctl.CodePerm, zfs.ErrPermission, ""},
		{ioctl.CodeInval, zfs.ErrInvalid, ""},
		{ioctl.CodeStreamLargeMicrozap, zfs.ErrInvalid, "need LargeBlocks"},
		{ioctl.CodeBusy, zfs.ErrBusy, ""},
		{ioctl.CodeNospc, zfs.ErrNoSpace, ""},
	} {
		c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@s")
		f.Bad = testkit.FailOn(ioctl.OpSendSpace, tc.code)
		_, err := c.SendEstimate(t.Context(), "tank/a@s", &zfs.SendOptions{From: "@r"})
		testkit.Outcome{Want: tc.want, Text: tc.text}.Check(t, err)
	}
}

// The snapshots of a token are found under their present names, and its flags are
// sent with the options.
func TestSendResumeFinds(t *testing.T) {
	// The fake numbers datasets in their order, GUIDs from 1001.
	c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@old", "tank/a@new", "tank/b", "tank/b@x")
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		if op == ioctl.OpGetBookmarks {
			marks := &nvlist.List{}
			if cmd.Text(ioctl.FieldName) == "tank/a" {
				marks.SetList("mark", testkit.Numbers("guid", 77, "createtxg", 1))
			}
			return cmd.Answer(marks), true
		}
		return answerSpace(9)(op, cmd)
	}
	for _, tc := range []struct {
		name  string
		token stream.Token
		opts  *zfs.SendOptions
		want  string // sent at last
		err   error
	}{
		{"full", stream.Token{ToGUID: 1004, ToName: "tank/a@new", Object: 3, Offset: 4096, Bytes: 500}, nil,
			"SEND_SPACE tank/a@new\nresume_object: uint64 = 3\nresume_offset: uint64 = 4096\nbytes: uint64 = 500", nil},
		{"renamed", stream.Token{ToGUID: 1004, ToName: "tank/a@before"}, nil,
			"SEND_SPACE tank/a@new\nresume_object: uint64 = 0\nresume_offset: uint64 = 0", nil},
		{"moved", stream.Token{ToGUID: 1006, ToName: "tank/a@x"}, nil,
			"SEND_SPACE tank/b@x\nresume_object: uint64 = 0\nresume_offset: uint64 = 0", nil},
		{"incremental", stream.Token{ToGUID: 1004, FromGUID: 1003, ToName: "tank/a@new", Compress: true}, &zfs.SendOptions{Embedded: true},
			"SEND_SPACE tank/a@new\nfrom: string = \"tank/a@old\"\nembedok: boolean\ncompressok: boolean\nresume_object: uint64 = 0\nresume_offset: uint64 = 0", nil},
		{"from a bookmark", stream.Token{ToGUID: 1004, FromGUID: 77, ToName: "tank/a@new", LargeBlock: true, Raw: true}, nil,
			"SEND_SPACE tank/a@new\nfrom: string = \"tank/a#mark\"\nlargeblockok: boolean\nrawok: boolean\nresume_object: uint64 = 0\nresume_offset: uint64 = 0", nil},
		{"gone", stream.Token{ToGUID: 5, ToName: "tank/a@new"}, nil, "", zfs.ErrNotFound},
		{"source gone", stream.Token{ToGUID: 1004, FromGUID: 5, ToName: "tank/a@new"}, nil, "", zfs.ErrNotFound},
		{"redaction gone", stream.Token{ToGUID: 1004, ToName: "tank/a@new", RedactSnaps: []uint64{1}}, nil, "", zfs.ErrNotFound},
		{"dataset gone", stream.Token{ToGUID: 5, ToName: "tank/none@new"}, nil, "", zfs.ErrNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text, err := tc.token.Text()
			testkit.Must(t, err)
			f.Sent = nil
			_, err = c.SendResumeEstimate(t.Context(), text, tc.opts)
			if !errors.Is(err, tc.err) {
				t.Fatal(err)
			}
			if last := f.Sent[len(f.Sent)-1]; tc.want != "" && last != tc.want {
				t.Errorf("sent\n%s\nwant\n%s", last, tc.want)
			}
		})
	}
}

func TestSendProgressReads(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = func(op ioctl.Op, cmd *ioctl.Cmd) (error, bool) {
		cmd.SetUint64(ioctl.FieldCookie, 1000)
		cmd.SetUint64(ioctl.FieldObjsetType, 2000)
		return nil, true
	}
	got, err := c.SendProgress(t.Context(), "tank/a@s", 7)
	testkit.Must(t, err)
	if want := (zfs.SendProgress{Snapshot: "tank/a@s", Bytes: 1000, Blocks: 2000}); got != want {
		t.Errorf("progress %+v, want %+v", got, want)
	}
	if diff := cmp.Diff([]string{"SEND_PROGRESS tank/a@s cookie=7"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	f.Bad = testkit.FailOn(ioctl.OpSendProgress, ioctl.CodeNoent)
	_, err = c.SendProgress(t.Context(), "tank/a@s", 7)
	testkit.Outcome{Want: zfs.ErrNotFound}.Check(t, err)
}
