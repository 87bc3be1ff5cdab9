package label

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"runtime"
)

// Found is what a scan found at one path.
type Found struct {
	Path string
	// Device is nil if nothing could be read. If Err matches ErrNoLabel, it
	// holds the parts that could be read.
	Device *Device
	// Err is nil if at least one label is whole. Otherwise it is the error of
	// reading the file, or matches ErrNotDevice, ErrTooSmall or ErrNoLabel.
	Err error
}

// ScanOptions are the options of Scan. Nil means the zero value.
type ScanOptions struct {
	// Depth is the amount of data that is read from each label.
	Depth Depth
	// Workers is how many devices are read concurrently, each with a buffer of
	// 256 KiB. 0 means twice the number of processors; the maximum is 256.
	Workers int
	// Free skips block devices that are opened exclusively, for example by an
	// imported pool, or by a mapping that has the same labels under a better
	// name. Their error matches ErrInUse.
	Free bool
	// SmallFiles also reads files below MinDeviceSize, which cannot be devices
	// of a pool.
	SmallFiles bool
}

// maxWorkers is the maximum of ScanOptions.Workers: each worker may need a thread.
const maxWorkers = 256

// workers returns how many devices are read concurrently.
func (o *ScanOptions) workers(paths int) int {
	n := o.Workers
	if n <= 0 {
		n = 2 * runtime.NumCPU()
	}
	return min(n, maxWorkers, paths)
}

// Scan reads the labels of several devices concurrently, and yields a result for
// each path, in the order of the paths. If a device cannot be read, only its own
// result has an error. Scan opens only block devices and regular files, because
// opening other files may have side effects.
//
// When the context ends, the results of the remaining paths have its error. Apart
// from the devices that the caller keeps, memory holds at most one device for each
// worker.
func Scan(ctx context.Context, paths []string, opts *ScanOptions) iter.Seq[*Found] {
	if opts == nil {
		opts = &ScanOptions{}
	}
	return func(yield func(*Found) bool) {
		s := &scan{opts: opts, done: make(chan struct{})}
		defer close(s.done)
		// Each worker reads the next path and sends the result to the job of
		// that path in the queue. The queue is as long as the number of workers.
		queue := make(chan job, opts.workers(len(paths)))
		jobs := make(chan job)
		for range cap(queue) {
			go s.work(ctx, jobs)
		}
		go s.deal(ctx, paths, jobs, queue)
		for j := range queue {
			if !yield(j.wait(ctx)) {
				return
			}
		}
	}
}

// scan is one walk over devices.
type scan struct {
	opts *ScanOptions
	done chan struct{} // closed when the caller stops
}

// job is a path and the buffered channel for its result.
type job struct {
	path   string
	result chan *Found
}

// wait returns the job's result. If the context ends, it stops waiting for a device
// that does not respond.
func (j job) wait(ctx context.Context) *Found {
	select {
	case f := <-j.result:
		return f
	case <-ctx.Done():
	}
	select {
	case f := <-j.result:
		return f
	default:
		return &Found{Path: j.path, Err: ctx.Err()}
	}
}

// deal sends the paths to the workers in order.
func (s *scan) deal(ctx context.Context, paths []string, jobs, queue chan<- job) {
	defer close(queue)
	defer close(jobs)
	for _, path := range paths {
		j := job{path, make(chan *Found, 1)}
		select {
		case queue <- j:
		case <-s.done:
			return
		}
		select {
		case jobs <- j:
		case <-ctx.Done(): // all workers may be waiting for devices
			j.result <- &Found{Path: path, Err: ctx.Err()}
		case <-s.done:
			return
		}
	}
}

// work reads devices until no jobs remain.
func (s *scan) work(ctx context.Context, jobs <-chan job) {
	rd := &reader{}
	for j := range jobs {
		f := &Found{Path: j.path, Err: ctx.Err()}
		if f.Err == nil {
			f.Device, f.Err = rd.readPath(j.path, s.opts)
		}
		j.result <- f
	}
}

// ReadPath reads the labels of one device or file. Errors are those of [Found].
func ReadPath(path string, opts *ReadOptions) (*Device, error) {
	if opts == nil {
		opts = &ReadOptions{}
	}
	return new(reader).readPath(path, &ScanOptions{Depth: opts.Depth, SmallFiles: true})
}

// readPath reads a device by its path.
func (rd *reader) readPath(path string, opts *ScanOptions) (*Device, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	block := info.Mode()&fs.ModeDevice != 0 && info.Mode()&fs.ModeCharDevice == 0
	switch {
	case !block && !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read labels of", Path: path, Err: ErrNotDevice}
	case !block && !opts.SmallFiles && info.Size() < MinDeviceSize:
		return nil, tooSmall(path, info.Size(), MinDeviceSize)
	}
	f, err := openDevice(path, block)
	if err != nil {
		return nil, err
	}
	d, err := rd.readFile(f, opts.Depth)
	if block && refusesDirect(err) {
		// The device or the buffer does not support direct reads.
		f.Close()
		if f, err = os.Open(path); err != nil {
			return nil, err
		}
		d, err = rd.readFile(f, opts.Depth)
	}
	f.Close()
	switch {
	case errors.Is(err, ErrTooSmall):
		return nil, fmt.Errorf("%s: %w", path, err)
	case err == nil && block && opts.Free && isClaimed(path):
		return nil, &fs.PathError{Op: "read labels of", Path: path, Err: ErrInUse}
	}
	return d, err
}

func tooSmall(path string, size, least int64) error {
	return &fs.PathError{Op: "read labels of", Path: path, Err: fmt.Errorf("%w: %d bytes, less than %d", ErrTooSmall, size, least)}
}

// readFile reads the labels of an open device.
func (rd *reader) readFile(f *os.File, depth Depth) (*Device, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	return rd.read(f, size, depth)
}
