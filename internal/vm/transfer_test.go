package vm

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestSendTreeArrivesElsewhere(t *testing.T) {
	guest, host := t.TempDir(), t.TempDir()
	big := strings.Repeat("0123456789", frameMax/5)
	vmtest.Write(t, filepath.Join(guest, "dir", "sub", "big"), big)
	vmtest.Write(t, filepath.Join(guest, "dir", "empty"), "")
	if err := os.Chmod(filepath.Join(guest, "dir", "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := &frameWriter{w: &b}
	dir := filepath.Join(guest, "dir")
	for _, name := range []string{dir, filepath.Join(guest, "absent")} {
		if err := sendTree(w, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.send(frameEnd, nil); err != nil {
		t.Fatal(err)
	}
	sink := newFileSink([]Copy{{Host: filepath.Join(host, "out"), Guest: dir}})
	if err := receiveFiles(&b, sink); err != nil {
		t.Fatal(err)
	}
	if got := vmtest.Read(t, filepath.Join(host, "out", "sub", "big")); got != big {
		t.Errorf("got %d bytes, want %d", len(got), len(big))
	}
	info, err := os.Stat(filepath.Join(host, "out", "empty"))
	if err != nil || info.Size() != 0 || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("empty: %v, %v", info, err)
	}
}

func TestFileSinkHostPath(t *testing.T) {
	sink := newFileSink([]Copy{{"/h/file", "/g/file"}, {"/h/dir", "/g/dir/"}})
	tests := map[string]string{
		"/g/file":          "/h/file",
		"/g/dir/a/b":       "/h/dir/a/b",
		"/g/other":         "",
		"/g/dirty":         "",
		"/g/dir/../../etc": "",
		"/g/dir/":          "/h/dir",
		"":                 "",
	}
	for guest, want := range tests {
		got, err := sink.hostPath(guest)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("hostPath(%q) = %q, %v; want %q", guest, got, err, want)
		}
	}
}

func TestReceiveFilesErrors(t *testing.T) {
	type frame struct {
		kind byte
		text string
	}
	tests := []struct {
		name   string
		frames []frame
		want   string
	}{
		{"no end", nil, "reading the guest's files"},
		{"data first", []frame{{frameData, "x"}}, "out of order"},
		{"end first", []frame{{frameFileEnd, ""}}, "out of order"},
		{"two at once", []frame{{frameFile, "644 /g"}, {frameFile, "644 /g"}}, "out of order"},
		{"no mode", []frame{{frameFile, "/g"}}, "file head"},
		{"bad mode", []frame{{frameFile, "rw /g"}}, "file head"},
		{"uninvited", []frame{{frameFile, "644 /etc/passwd"}}, "not asked for"},
		{"incomplete", []frame{{frameFile, "644 /g"}, {frameEnd, ""}}, "incomplete"},
		{"verdict", []frame{{frameExit, "\x00"}}, "out of order"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			w := &frameWriter{w: &b}
			for _, f := range tt.frames {
				if err := w.send(f.kind, []byte(f.text)); err != nil {
					t.Fatal(err)
				}
			}
			sink := newFileSink([]Copy{{Host: filepath.Join(t.TempDir(), "h"), Guest: "/g"}})
			err := receiveFiles(&b, sink)
			if cerr := sink.close(); err == nil {
				err = cerr
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSendFileSkipsWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err := sendTree(&frameWriter{w: &b}, dir)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a dangling link: got %v", err)
	}
	if err := sendFile(&frameWriter{w: &b}, dir); err != nil || b.Len() != 0 {
		t.Errorf("a directory: %v, %d bytes", err, b.Len())
	}
}
