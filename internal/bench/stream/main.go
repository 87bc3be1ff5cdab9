// Stream measures how fast package stream takes a stream apart: in memory,
// against a plain loop that sums it, and as a process, zfsprobe against
// zstream(8) on the same file. Its arguments are the path of zfsprobe and the
// command that runs zstream; without them only memory is measured.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/purezfs/purezfs/zfs/stream"
)

// The stream that is measured: blocks of the default record size.
const (
	streamSize = 256 << 20
	blockSize  = 128 << 10
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer, commands []string) error {
	data, err := sample()
	if err != nil {
		return err
	}
	if err := memory(w, data); err != nil {
		return err
	}
	if len(commands) < 2 {
		return nil
	}
	return processes(w, data, commands)
}

// sample makes a stream of one file. Its contents do not compress, and do not
// matter to the sum.
func sample() ([]byte, error) {
	var out bytes.Buffer
	out.Grow(streamSize + streamSize/64)
	w := stream.NewWriter(&out)
	if err := w.WriteRecord(&stream.Begin{ObjsetType: 2, ToGUID: 1, ToName: "bench@1", Created: 1}); err != nil {
		return nil, err
	}
	source := rand.NewChaCha8([32]byte{})
	block := make([]byte, blockSize)
	for offset := uint64(0); offset < streamSize; offset += blockSize {
		_, _ = source.Read(block) // never fails
		rec := &stream.Write{Object: 2, ObjectType: 19, Offset: offset, LogicalSize: blockSize, ToGUID: 1}
		rec.Payload = block
		if err := w.WriteRecord(rec); err != nil {
			return nil, err
		}
	}
	if err := w.WriteRecord(&stream.End{ToGUID: 1}); err != nil {
		return nil, err
	}
	return out.Bytes(), w.Close()
}

// memory compares reading with every sum checked with a plain loop over the same
// bytes, and counts what reading allocates.
func memory(w io.Writer, data []byte) error {
	ours, plain, err := compare(5, func() error { return read(data) }, func() error {
		if fletcher(data) == [4]uint64{} {
			return fmt.Errorf("the plain loop sums up to nothing")
		}
		return nil
	})
	if err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := read(data); err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	records := len(data) / blockSize
	fmt.Fprintf(w, "parse and verify %.2f GB/s (goal: at least 4), a plain Fletcher-4 loop %.2f GB/s, ratio %.2f\n",
		speed(data, ours), speed(data, plain), float64(plain)/float64(ours))
	fmt.Fprintf(w, "%d allocations and %d KiB for %d records (goal: none per record)\n",
		after.Mallocs-before.Mallocs, (after.TotalAlloc-before.TotalAlloc)>>10, records)
	return nil
}

// read takes the stream apart with every sum checked.
func read(data []byte) error {
	r := stream.NewReader(bytes.NewReader(data), nil)
	for {
		if _, err := r.Next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// fletcher is the sum as its definition says it, word by word.
func fletcher(data []byte) (sum [4]uint64) {
	a, b, c, d := uint64(0), uint64(0), uint64(0), uint64(0)
	for len(data) >= 4 {
		a += uint64(binary.LittleEndian.Uint32(data))
		b += a
		c += b
		d += c
		data = data[4:]
	}
	return [4]uint64{a, b, c, d}
}

// processes compares zfsprobe with zstream(8), as whole processes on one file.
func processes(w io.Writer, data []byte, commands []string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "stream")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return err
	}
	ours, theirs, err := compare(3,
		func() error { return program(file, commands[0], "stream", "--check", "-") },
		func() error { return program(file, commands[1], append(slices.Clone(commands[2:]), "dump")...) })
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "zfsprobe stream --check %v, zstream dump %v: %.2f times as fast (goal: at least 2)\n",
		ours.Round(time.Millisecond), theirs.Round(time.Millisecond), float64(theirs)/float64(ours))
	return nil
}

// program runs a program with a file as its standard input.
func program(file, name string, args ...string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stderr = in, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %v: %w", name, args, err)
	}
	return nil
}

// compare runs two things in turn, so that both meet the same weather, and
// returns the shortest time of each.
func compare(rounds int, ours, theirs func() error) (a, b time.Duration, err error) {
	var as, bs []time.Duration
	for range rounds {
		start := time.Now()
		if err := ours(); err != nil {
			return 0, 0, err
		}
		middle := time.Now()
		if err := theirs(); err != nil {
			return 0, 0, err
		}
		as, bs = append(as, middle.Sub(start)), append(bs, time.Since(middle))
	}
	return slices.Min(as), slices.Min(bs), nil
}

func speed(data []byte, d time.Duration) float64 { return float64(len(data)) / d.Seconds() / 1e9 }
