package vm

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sendTree sends a file, or each regular file below a directory. A path that does
// not exist is skipped: a program need not write all files of Get.
func sendTree(w *frameWriter, name string) error {
	return filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == name:
			return nil
		case err != nil:
			return err
		case d.IsDir():
			return nil
		}
		return sendFile(w, path)
	})
}

// sendFile sends one file's mode, path, bytes and end. It skips anything that is
// not a regular file or a link to one.
func sendFile(w *frameWriter, name string) error {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	head := fmt.Sprintf("%o %s", info.Mode().Perm(), name)
	if err := w.send(frameFile, []byte(head)); err != nil {
		return err
	}
	buf := make([]byte, frameMax)
	// Hiding ReadFrom and WriteTo keeps io.CopyBuffer at our frame size.
	dst := struct{ io.Writer }{w.stream(frameData)}
	if _, err := io.CopyBuffer(dst, struct{ io.Reader }{f}, buf); err != nil {
		return err
	}
	return w.send(frameFileEnd, nil)
}

// A fileSink stores the received files at their host paths. Files that are not in
// Get are refused, so that a guest cannot write anywhere else.
type fileSink struct {
	get  []Copy
	open *os.File
}

// newFileSink returns a sink that accepts only the files of the command's Get.
func newFileSink(get []Copy) *fileSink {
	return &fileSink{get: get}
}

// hostPath maps a guest path at or below a path of Get to the host.
func (s *fileSink) hostPath(guest string) (string, error) {
	for _, c := range s.get {
		if guest == c.Guest {
			return c.Host, nil
		}
		rest, ok := strings.CutPrefix(guest, strings.TrimSuffix(c.Guest, "/")+"/")
		if ok && filepath.IsLocal(rest) {
			return filepath.Join(c.Host, rest), nil
		}
	}
	return "", fmt.Errorf("%w: file %q was not asked for", errFrame, guest)
}

// frame handles one of the three kinds of frames for files.
func (s *fileSink) frame(kind byte, p []byte) error {
	switch {
	case kind == frameFile && s.open == nil:
		return s.create(p)
	case kind == frameData && s.open != nil:
		_, err := s.open.Write(p)
		return err
	case kind == frameFileEnd && s.open != nil:
		err := s.open.Close()
		s.open = nil
		return err
	}
	return fmt.Errorf("%w: kind %#x out of order", errFrame, kind)
}

// create begins a file. The owner can always write it, regardless of its mode in
// the guest, so that a second run can replace it.
func (s *fileSink) create(p []byte) error {
	mode, guest, ok := strings.Cut(string(p), " ")
	var perm uint32
	if n, err := fmt.Sscanf(mode, "%o", &perm); !ok || n != 1 || err != nil {
		return fmt.Errorf("%w: file head %q", errFrame, p)
	}
	host, err := s.hostPath(guest)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(host), 0o777); err != nil {
		return err
	}
	s.open, err = os.OpenFile(host, os.O_RDWR|os.O_CREATE|os.O_TRUNC, fs.FileMode(perm)&0o777|0o200)
	return err
}

// close reports a file that is incomplete.
func (s *fileSink) close() error {
	if s.open == nil {
		return nil
	}
	name := s.open.Name()
	s.open.Close()
	s.open = nil
	return fmt.Errorf("%s arrived incomplete", name)
}

// receiveFiles reads a scratch disk's stream up to its end frame.
func receiveFiles(r io.Reader, sink *fileSink) error {
	buf := make([]byte, frameMax)
	for {
		kind, p, err := readFrame(r, buf)
		switch {
		case err != nil:
			return fmt.Errorf("reading the guest's files: %w", err)
		case kind == frameEnd:
			return sink.close()
		}
		if err := sink.frame(kind, p); err != nil {
			return err
		}
	}
}
