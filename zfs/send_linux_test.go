package zfs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// sender answers SEND_NEW: it writes into the descriptor that it is given, as
// the kernel does, and notes the input without it.
type sender struct {
	b    []byte
	code ioctl.Code
	sent string
}

func (s *sender) answer(op ioctl.Op, c *ioctl.Cmd) error {
	if op != ioctl.OpSendNew {
		return ioctl.CodeNoent.Err()
	}
	in, err := nvlist.Decode(c.In(), nil)
	if err != nil {
		return err
	}
	fd, _ := in.Int32("fd")
	in.SetInt32("fd", 0)
	s.sent = c.Text(ioctl.FieldName) + "\n" + fmt.Sprint(in)
	for b := s.b; len(b) > 0; {
		n, err := syscall.Write(int(fd), b[:min(len(b), 100000)])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	if s.code != 0 {
		return s.code.Err()
	}
	return nil
}

func mustSender(t *testing.T, s *sender) *zfs.Client {
	t.Helper()
	return testkit.Open(t, ioctl.NewDevice(s.answer))
}

func TestSendSends(t *testing.T) {
	s := &sender{b: []byte("stream")}
	c := mustSender(t, s)
	for _, tc := range []struct {
		name string
		opts *zfs.SendOptions
		want string
	}{
		{"full", nil, "fd: int32 = 0"},
		{"incremental", &zfs.SendOptions{From: "#m"}, "fd: int32 = 0\nfromsnap: string = \"tank/a#m\""},
		{"all flags", &zfs.SendOptions{Raw: true}, "fd: int32 = 0\nlargeblockok: boolean\nembedok: boolean\ncompressok: boolean\nrawok: boolean"},
		{"redacted", &zfs.SendOptions{Redact: "#b"}, "fd: int32 = 0\nredactbook: string = \"b\""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			testkit.Must(t, c.Send(t.Context(), "tank/a@s", &b, tc.opts))
			if diff := cmp.Diff("tank/a@s\n"+tc.want, strings.TrimSuffix(s.sent, "\n")); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if b.String() != "stream" {
				t.Errorf("written %q", b.String())
			}
		})
	}
}

// Each kind of writer gets all of it, and stays as it was.
func TestSendWriters(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), 50000)
	c := mustSender(t, &sender{b: want})
	files := openFiles(t)
	read := func(t *testing.T, r io.Reader, w io.WriteCloser) {
		t.Helper()
		got := make(chan []byte, 1)
		go func() {
			b, _ := io.ReadAll(r)
			got <- b
		}()
		testkit.Must(t, c.Send(t.Context(), "tank/a@s", w, nil))
		_, err := w.Write([]byte("behind"))
		testkit.Must(t, err)
		testkit.Must(t, w.Close())
		if b := <-got; string(b) != string(want)+"behind" {
			t.Errorf("%d bytes have arrived, want %d", len(b), len(want)+6)
		}
	}
	t.Run("pipe", func(t *testing.T) {
		r, w, err := os.Pipe()
		testkit.Must(t, err)
		defer r.Close()
		testkit.Must(t, w.SetWriteDeadline(time.Now().Add(time.Minute))) // it can still have one
		read(t, r, w)
	})
	t.Run("io.Pipe", func(t *testing.T) {
		r, w := io.Pipe()
		read(t, r, w)
	})
	t.Run("connection", func(t *testing.T) {
		r, w := net.Pipe()
		defer r.Close()
		read(t, r, w)
	})
	t.Run("socket", func(t *testing.T) {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		testkit.Must(t, err)
		r := os.NewFile(uintptr(fds[0]), "r")
		defer r.Close()
		read(t, r, os.NewFile(uintptr(fds[1]), "w"))
	})
	t.Run("nonblocking socket", func(t *testing.T) {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
		testkit.Must(t, err)
		r := os.NewFile(uintptr(fds[0]), "r")
		defer r.Close()
		read(t, r, os.NewFile(uintptr(fds[1]), "w"))
	})
	t.Run("file", func(t *testing.T) {
		f, err := os.Create(t.TempDir() + "/f")
		testkit.Must(t, err)
		defer f.Close()
		_, err = f.WriteString("before")
		testkit.Must(t, err)
		testkit.Must(t, c.Send(t.Context(), "tank/a@s", f, nil))
		_, err = f.WriteString("behind")
		testkit.Must(t, err)
		if b, err := os.ReadFile(f.Name()); string(b) != "before"+string(want)+"behind" {
			t.Errorf("%d bytes in the file, %v", len(b), err)
		}
	})
	t.Run("/dev/null", func(t *testing.T) {
		f, err := os.OpenFile("/dev/null", os.O_WRONLY, 0)
		testkit.Must(t, err)
		defer f.Close()
		testkit.Must(t, c.Send(t.Context(), "tank/a@s", f, nil))
	})
	if n := openFiles(t); n != files {
		t.Errorf("%d descriptors, there were %d", n, files)
	}
}

func TestSendWritersThatFail(t *testing.T) {
	c := mustSender(t, &sender{b: make([]byte, 3<<20)})
	readOnly, err := os.Open("/dev/null")
	testkit.Must(t, err)
	defer readOnly.Close()
	for _, tc := range []struct {
		name string
		w    io.Writer
		want error
	}{
		{"fails", writerFunc(func([]byte) (int, error) { return 0, errBroken }), errBroken},
		{"writes less", writerFunc(func(b []byte) (int, error) { return len(b) / 2, nil }), io.ErrShortWrite},
		{"cannot be written to", readOnly, syscall.EBADF},
		{"no file", (*os.File)(nil), zfs.ErrInvalid},
		{"nothing", nil, zfs.ErrInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := c.Send(t.Context(), "tank/a@s", tc.w, nil)
			testkit.Outcome{Want: tc.want, Text: "the writer: "}.Check(t, err)
		})
	}
}

// What the kernel has written before it failed is not lost, because a receiver
// may resume from it.
func TestSendKernelFails(t *testing.T) {
	c := mustSender(t, &sender{b: []byte("beginning"), code: ioctl.CodeIo})
	var b bytes.Buffer
	err := c.Send(t.Context(), "tank/a@s", &b, nil)
	if !errors.Is(err, syscall.EIO) || b.String() != "beginning" {
		t.Errorf("%q is written, %v", b.String(), err)
	}
}

// A writer that blocks is left behind when the context ends.
func TestSendWriterBlocks(t *testing.T) {
	c := mustSender(t, &sender{b: []byte("stream")})
	ctx, cancel := context.WithCancel(t.Context())
	block := make(chan struct{})
	defer close(block)
	err := c.Send(ctx, "tank/a@s", writerFunc(func([]byte) (int, error) {
		cancel()
		<-block
		return 0, errBroken
	}), nil)
	testkit.Outcome{Want: context.Canceled}.Check(t, err)
	r, w := net.Pipe() // without a reader
	defer r.Close()
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	testkit.Outcome{Want: context.DeadlineExceeded}.Check(t, c.Send(ctx, "tank/a@s", w, nil))
	go func() { _, _ = r.Read(make([]byte, 1)) }()
	if _, err := w.Write([]byte("x")); err != nil {
		t.Errorf("the deadline is still there: %v", err)
	}
}

// The last report has all bytes of a writer that is ours to count, and comes
// after the stream.
func TestSendReports(t *testing.T) {
	c := mustSender(t, &sender{b: make([]byte, 1000)})
	var got []zfs.SendProgress
	opts := &zfs.SendOptions{Progress: func(p zfs.SendProgress) { got = append(got, p) }}
	testkit.Must(t, c.Send(t.Context(), "tank/a@s", io.Discard, opts))
	want := []zfs.SendProgress{{Snapshot: "tank/a@s", Bytes: 1000, Done: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}
