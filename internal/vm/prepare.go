package vm

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/purezfs/purezfs/internal/vm/cpio"
)

const (
	initrdName = "initrd"
	// scratchSize is the maximum size of the files of Get. The file is
	// sparse.
	scratchSize = 16 << 30
)

// prepare writes the initramfs and determines qemu's command line.
func (r *run) prepare() error {
	c := r.c
	if err := r.writeInitrd(filepath.Join(r.dir, initrdName)); err != nil {
		return err
	}
	// qemu runs in r.dir, so that paths are short.
	r.m = &machine{
		arch:   c.Image.Release.Machine().Name,
		kernel: c.Image.KernelPath(), initrd: initrdName,
		console: consoleName, socket: wireName,
		memMiB: c.MemMiB, cpus: c.CPUs, accel: c.Accel,
	}
	if c.MemMiB == 0 {
		r.m.memMiB = DefaultMemMiB
	}
	if c.CPUs == 0 {
		r.m.cpus = 2
	}
	for _, disk := range c.Disks {
		abs, err := filepath.Abs(disk)
		if err != nil {
			return err
		}
		r.m.disks = append(r.m.disks, abs)
	}
	if len(c.Get) == 0 {
		return nil
	}
	f, err := os.Create(filepath.Join(r.dir, scratchName))
	if err != nil {
		return err
	}
	r.m.scratch = scratchName
	return errors.Join(f.Truncate(scratchSize), f.Close())
}

// writeInitrd joins the image's archive, the layers and the archive of this
// run. Kernels unpack joined archives in order.
func (r *run) writeInitrd(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for _, part := range append([]string{r.c.Image.BasePath()}, r.c.Layers...) {
		n, err := appendFile(w, part)
		if err != nil {
			return err
		}
		// An uncompressed archive must begin at a multiple of four.
		if _, err := w.Write(make([]byte, (4-n%4)%4)); err != nil {
			return err
		}
	}
	if err := r.writePayload(w); err != nil {
		return err
	}
	return errors.Join(w.Flush(), f.Close())
}

// appendFile copies a whole file and returns its size.
func appendFile(w io.Writer, name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(w, f)
}

// writePayload writes process 1, the job and the files of Put.
func (r *run) writePayload(w io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	init, err := guestProgram(self, r.c.Image.Release.Machine().Name)
	if err != nil {
		return err
	}
	a := cpio.New(w)
	if err := cpio.AddFile(a, init, guestInit, 0o755); err != nil {
		return err
	}
	for _, p := range r.c.Put {
		if err := cpio.AddTree(a, p.Host, p.Guest); err != nil {
			return err
		}
	}
	data, err := json.Marshal(r.job())
	if err != nil {
		return err
	}
	a.AddBytes(guestJob, 0o600, data)
	return a.Close()
}

// guestProgram is the path of the guest's process 1: this program, or for another
// machine the one beside it that is built for that.
func guestProgram(self, arch string) (string, error) {
	if arch == runtime.GOARCH {
		return self, nil
	}
	path := filepath.Join(filepath.Dir(self), "zvm-"+arch)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("process 1 of the guest is missing: run make bin/zvm-%s: %w", arch, err)
	}
	return path, nil
}

// job is the command as far as the guest must know it.
func (r *run) job() *job {
	c := r.c
	j := &job{
		Image: c.Image.Release.Name, ZFSVersion: c.Image.ZFS,
		Args: c.Args, Dir: c.Dir, Env: c.Env, Timeout: c.Timeout,
	}
	if j.Dir == "" {
		j.Dir = "/tmp"
	}
	for _, g := range c.Get {
		j.Get = append(j.Get, g.Guest)
	}
	return j
}
