package vm

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const guestPath = "/usr/sbin:/usr/bin:/sbin:/bin"

// guestEnv is the environment of a program before the host's variables.
func guestEnv(j *job) []string {
	return append([]string{
		"PATH=" + guestPath,
		"HOME=/tmp",
		"USER=root",
		"LOGNAME=root",
		"SHELL=/bin/sh",
		"TMPDIR=/tmp",
		"ZVM_GUEST=1",
		"ZVM_IMAGE=" + j.Image,
		"ZVM_ZFS_VERSION=" + j.ZFSVersion,
	}, j.Env...)
}

// runProgram runs the job's program and returns its exit code, or an error if it
// could not be started.
func runProgram(w *frameWriter, j *job) (int, error) {
	if err := os.MkdirAll(j.Dir, 0o755); err != nil {
		return 0, err
	}
	if err := os.Chdir(j.Dir); err != nil {
		return 0, err
	}
	// The search for the program uses our own environment.
	if err := os.Setenv("PATH", guestPath); err != nil {
		return 0, err
	}
	path, err := exec.LookPath(j.Args[0])
	if err != nil {
		return 0, err
	}
	var pipes outputs
	stdout, err := pipes.add(w.stream(frameStdout))
	if err != nil {
		return 0, err
	}
	stderr, err := pipes.add(w.stream(frameStderr))
	if err != nil {
		return 0, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	p, err := os.StartProcess(path, j.Args, &os.ProcAttr{
		Dir:   j.Dir,
		Env:   guestEnv(j),
		Files: []*os.File{null, stdout, stderr},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	stdout.Close()
	stderr.Close()
	null.Close()
	if err != nil {
		return 0, err
	}
	code := reap(p.Pid)
	pipes.wait()
	return code, nil
}

// reap waits for every orphaned process, as process 1 must, until the program itself
// has ended.
func reap(pid int) int {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			// No children are left, and ours was not seen.
			return 127
		case got != pid:
		case status.Signaled():
			return 128 + int(status.Signal())
		case status.Exited():
			return status.ExitStatus()
		}
	}
}

// outputs copies the output of the program.
type outputs struct {
	wg    sync.WaitGroup
	moved atomic.Int64 // bytes copied
}

// add returns the end of a new pipe whose other end is copied to dst.
func (o *outputs) add(dst io.Writer) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	o.wg.Go(func() {
		defer r.Close()
		buf := make([]byte, 8<<10)
		for {
			n, err := r.Read(buf)
			o.moved.Add(int64(n))
			if _, werr := dst.Write(buf[:n]); err != nil || werr != nil {
				return
			}
		}
	})
	return w, nil
}

// wait waits until the pipes are drained, even if the port is slow. It does not wait
// for a background program that inherited them and writes nothing.
func (o *outputs) wait() {
	done := make(chan struct{})
	go func() { o.wg.Wait(); close(done) }()
	const silence = 3 * time.Second
	for last := int64(-1); last != o.moved.Load(); {
		last = o.moved.Load()
		select {
		case <-done:
			return
		case <-time.After(silence):
		}
	}
}
