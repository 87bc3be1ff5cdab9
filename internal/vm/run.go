package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// graceLimit is added to the program's own time limit: an emulated machine on a
// busy host may need a minute to boot.
const graceLimit = 150 * time.Second

// bootLimit is the maximum time before the program starts. A machine that needs
// longer hangs: sometimes an emulated kernel stops in its first second without a
// message.
const bootLimit = 2 * time.Minute

// A run is one machine from its creation to its end.
type run struct {
	c     *Command
	grace time.Duration
	dir   string // temporary, removed at the end
	m     *machine
	sink  *fileSink
	ready bool          // the program was started
	began func() error  // called when it is started, or nil
	done  chan struct{} // closed when qemu has ended
	exit  error         // qemu's, once done is closed
}

// Run boots the machine, runs the program and returns its exit code. If it returns
// an error, the program has no exit code; the error wraps ErrStart, ErrHang,
// ErrPanic or ErrNoVerdict, or is ctx's error if ctx ended the run. A kernel that
// dies before the program starts is booted again, a few times. The machine has
// ended when Run returns. Several machines may run concurrently.
func (c *Command) Run(ctx context.Context) (int, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	for attempt := 1; ; attempt++ {
		r := newRun(c)
		code, err := r.run(ctx)
		if !r.retry(err) || attempt == bootAttempts {
			return code, err
		}
		note := fmt.Sprintf("zvm: the kernel died or hung before the program began, boot %d of %d follows\n", attempt+1, bootAttempts)
		if werr := write(c.Stderr, []byte(note)); werr != nil {
			return code, errors.Join(err, werr)
		}
	}
}

// bootAttempts is how often a machine is booted. An emulated processor is not
// perfect: on a loaded host one kernel in a few dozen dies in its first second, in
// code that does not depend on the program.
const bootAttempts = 3

// newRun returns one attempt. Each has its own sink, so that files of a failed
// attempt are dropped.
func newRun(c *Command) *run {
	return &run{c: c, grace: graceLimit, sink: newFileSink(c.Get), done: make(chan struct{})}
}

// retry reports whether the machine died before it could start the program. Later
// failures may be caused by the program, and are not retried.
func (r *run) retry(err error) bool {
	return !r.ready && errors.Is(err, ErrNoVerdict)
}

// run creates the machine's directory, runs the machine and removes the directory.
func (r *run) run(ctx context.Context) (int, error) {
	c := r.c
	dir, err := os.MkdirTemp(tempDir(os.TempDir()), "zvm-")
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrStart, err)
	}
	defer os.RemoveAll(dir)
	r.dir = dir
	code, err := r.boot(ctx)
	if cerr := r.sink.close(); err == nil && cerr != nil {
		err = fmt.Errorf("%w: %w", ErrNoVerdict, cerr)
	}
	if c.Console != nil {
		if _, cerr := c.Console.Write(r.console()); err == nil && cerr != nil {
			err = fmt.Errorf("%w: %w", ErrStart, cerr)
		}
	}
	return code, err
}

// tempDir returns dir, unless a socket in it would have a path of more than the 107
// bytes that kernels allow.
func tempDir(dir string) string {
	if len(dir) > 80 {
		return "/tmp"
	}
	return dir
}

// boot prepares the files, starts qemu and follows it to its end.
func (r *run) boot(ctx context.Context) (int, error) {
	if err := image.Missing([]image.Tool{r.c.Image.Release.Emulator()}); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrStart, err)
	}
	if err := r.prepare(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrStart, err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(r.dir, wireName), Net: "unix"})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrStart, err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.qemu(), r.m.args()...)
	cmd.Dir = r.dir
	// It is a file because it is also read while qemu runs.
	stderr, err := os.Create(filepath.Join(r.dir, complaintName))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrStart, err)
	}
	defer stderr.Close()
	cmd.Stderr = stderr
	cmd.SysProcAttr = dieWithParent()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrStart, err)
	}
	go func() {
		r.exit = cmd.Wait()
		// This ends the wait for a connection, but not for one that qemu
		// made just before its end. If it fails, closing ends the wait.
		if err := l.SetDeadline(time.Now().Add(time.Second)); err != nil {
			l.Close()
		}
		close(r.done)
	}()
	code, err := r.follow(ctx, l)
	cancel()
	<-r.done
	return code, err
}

// qemu is the program that emulates the image's machine.
func (r *run) qemu() string { return r.c.Image.Release.Machine().QEMU }

// wireName is the socket of the port that carries our frames.
const wireName = "wire"

// follow accepts qemu's connection and reads frames until there is a verdict.
func (r *run) follow(ctx context.Context, l net.Listener) (int, error) {
	conn, err := l.Accept()
	if err != nil {
		<-r.done
		return 0, r.noStart(ctx)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := conn.SetReadDeadline(time.Now().Add(bootLimit)); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrStart, err)
	}
	r.began = func() error { return conn.SetReadDeadline(r.deadline(time.Now())) }
	code, err := r.frames(conn)
	if cerr := context.Cause(ctx); cerr != nil && err != nil {
		return 0, cerr
	}
	if err != nil {
		return 0, err
	}
	return code, r.fetch()
}

// deadline returns the time when a program that starts now must have ended, or the
// zero time. It is later than the guest's own watchdog: only a dead guest reaches
// it.
func (r *run) deadline(now time.Time) time.Time {
	if r.c.Timeout <= 0 {
		return time.Time{}
	}
	return now.Add(r.grace + r.c.Timeout)
}

// frames copies output and returns the verdict.
func (r *run) frames(conn io.Reader) (int, error) {
	buf := make([]byte, frameMax)
	for {
		kind, p, err := readFrame(conn, buf)
		if err != nil {
			return 0, r.lost(err)
		}
		switch kind {
		case frameReady:
			r.ready = true
			// qemu has read it, and it may be large.
			err = os.Remove(filepath.Join(r.dir, initrdName))
			if err == nil && r.began != nil {
				err = r.began()
			}
		case frameStdout:
			err = write(r.c.Stdout, p)
		case frameStderr:
			err = write(r.c.Stderr, p)
		case frameFile, frameData, frameFileEnd:
			err = r.sink.frame(kind, p)
		case frameNoStart:
			return 0, fmt.Errorf("%w: in the guest: %s", ErrStart, p)
		case frameWatchdog:
			return 0, fmt.Errorf("%w: %s%s", ErrHang, p, r.tail())
		case frameExit:
			if len(p) == 1 {
				return int(p[0]), nil
			}
			fallthrough
		default:
			err = fmt.Errorf("%w: kind %#x with %d bytes", errFrame, kind, len(p))
		}
		if err != nil {
			return 0, fmt.Errorf("%w: %w", ErrNoVerdict, err)
		}
	}
}

// write copies output to the caller's writer, if any.
func write(w io.Writer, p []byte) error {
	if w == nil {
		return nil
	}
	_, err := w.Write(p)
	return err
}

// lost explains why frames ended before a verdict.
func (r *run) lost(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && !r.ready {
		return fmt.Errorf("%w: the kernel did not come up within %s%s", ErrNoVerdict, bootLimit, r.tail())
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: the guest is silent and its watchdog did not act%s", ErrHang, r.tail())
	}
	if bytes.Contains(r.console(), []byte("Kernel panic")) {
		return fmt.Errorf("%w: %w%s", ErrPanic, ErrNoVerdict, r.tail())
	}
	return fmt.Errorf("%w: the machine ended (%w)%s%s", ErrNoVerdict, err, r.tail(), r.complaint())
}

// noStart explains why qemu never connected.
func (r *run) noStart(ctx context.Context) error {
	if cerr := context.Cause(ctx); cerr != nil {
		return cerr
	}
	return fmt.Errorf("%w: %s: %v%s", ErrStart, r.qemu(), r.exit, r.complaint())
}

// complaint returns the error output of qemu.
func (r *run) complaint() string {
	data, err := os.ReadFile(filepath.Join(r.dir, complaintName))
	if data = bytes.TrimSpace(data); err == nil && len(data) > 0 {
		return "\nqemu: " + string(data)
	}
	return ""
}

const complaintName = "qemu.err"

// console returns the kernel's console so far.
func (r *run) console() []byte {
	data, err := os.ReadFile(filepath.Join(r.dir, consoleName))
	if err != nil {
		return nil
	}
	return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
}

const consoleName = "console"

// tail returns the end of the console, formatted for a message.
func (r *run) tail() string {
	const most = 6 << 10
	data := bytes.TrimSpace(r.console())
	if len(data) == 0 {
		return ""
	}
	if len(data) > most {
		data = data[len(data)-most:]
		data = data[bytes.IndexByte(data, '\n')+1:]
	}
	return "\n--- the guest's console\n" + string(data) + "\n---"
}

// fetch reads the files from the scratch disk.
func (r *run) fetch() error {
	if r.m.scratch == "" {
		return nil
	}
	f, err := os.Open(filepath.Join(r.dir, scratchName))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoVerdict, err)
	}
	defer f.Close()
	if err := receiveFiles(f, r.sink); err != nil {
		return fmt.Errorf("%w: %w", ErrNoVerdict, err)
	}
	return nil
}

const scratchName = "scratch"
