package main

import (
	"fmt"
	"os"
	"time"
)

// diskDelay is what a write to a disk takes that is to be measured on. As many
// writes are under way at once as the module gives to a device.
const (
	diskDelay = 20 * time.Millisecond
	diskLanes = 10
)

// slowly does something while the pool's device takes longer for each write.
func slowly(delay time.Duration, do func() error) func() error {
	if delay == 0 {
		return do
	}
	return func() error {
		lanes := fmt.Sprintf("%d:%d", delay.Milliseconds(), diskLanes)
		if err := command("zinject", "-d", "/tmp/bench.disk", "-D", lanes, pool); err != nil {
			return err
		}
		err := do()
		if cerr := command("zinject", "-c", "all"); err == nil {
			err = cerr
		}
		return err
	}
}

// emulation is how many times longer a kernel's work takes on this processor than
// on the one that it is emulated on, 1 for a real one.
type emulation float64

// slower makes a delay as long for this processor as it is for a real one.
func (e emulation) slower(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(e)).Round(10 * time.Millisecond)
}

// kernelWork is how long a kernel takes to make, use and close some pipes, the
// fastest of many times. Two processors are compared by it.
func kernelWork() (fastest time.Duration, err error) {
	const pipes, rounds = 1000, 20
	fastest = time.Hour
	for range rounds {
		start := time.Now()
		for range pipes {
			if err := usePipe(); err != nil {
				return 0, err
			}
		}
		fastest = min(fastest, time.Since(start))
	}
	return fastest, nil
}

func usePipe() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	defer w.Close()
	var b [1]byte
	if _, err := w.Write(b[:]); err != nil {
		return err
	}
	_, err = r.Read(b[:])
	return err
}
