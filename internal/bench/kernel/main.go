// Kernel measures what purezfs promises about its speed, against a bare loop of
// system calls and against the image's own zfs(8), in one run inside a virtual
// machine. It prints one table of ratios; absolute times mean nothing on an
// emulated processor. Its arguments are the sizes of the trees that it lists, in
// filesystems, for a shorter run; the goals are about the middle one. -run picks
// the stages whose names match a pattern. With -kernelwork it says how long some
// work of the kernel takes, also outside; -native tells it how long that took there.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// pool is the pool that the program makes and works on.
const pool = "bench"

func main() {
	pattern := flag.String("run", "", "the `pattern` of the stages to run")
	sample := flag.Bool("kernelwork", false, "print how long some work of the kernel takes, and end")
	native := flag.Duration("native", 0, "how `long` that takes on a processor that is not emulated")
	flag.Parse()
	var took time.Duration
	var err error
	if *sample || *native > 0 {
		took, err = kernelWork()
	}
	if *sample && err == nil {
		fmt.Println(took)
		return
	}
	if os.Getenv("ZVM_GUEST") != "1" {
		fmt.Fprintln(os.Stderr, "runs in a virtual machine only: make bench")
		os.Exit(2)
	}
	emulated := emulation(1)
	if *native > 0 {
		emulated = emulation(max(1, ratio(took, *native)))
	}
	var picked *regexp.Regexp
	var trees sizes
	if err == nil {
		picked, err = regexp.Compile(*pattern)
	}
	if err == nil {
		trees, err = parseSizes(flag.Args())
	}
	if err == nil {
		err = trees.run(context.Background(), os.Stdout, picked, emulated)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// result is one line of the table.
type result struct {
	what   string
	ours   time.Duration
	theirs time.Duration
	ratio  float64
	goal   string
	met    bool
}

// run makes the trees and runs the stages that are picked. It prints a table
// after each of them, so that a run that is interrupted has told what it knows.
func (s sizes) run(ctx context.Context, w io.Writer, picked *regexp.Regexp, emulated emulation) error {
	dev, err := ioctl.Open(nil)
	if err != nil {
		return err
	}
	defer dev.Close()
	start := time.Now()
	if err := s.makePool(ctx, dev); err != nil {
		return err
	}
	progress("the trees", start)
	for _, stage := range []struct {
		name    string
		measure func(context.Context, *ioctl.Device) ([]result, error)
	}{
		{"the call path", s.callPath}, {"listings", s.listing}, {"all properties", s.allProps}, {"workers", s.workers},
		{"batches", s.batches}, {"memory", s.memory}, {"zfsprobe", program}, {"pool status", poolStatus},
		{"reading", s.reading}, {"transfers", transfer}, {"composites", emulated.composites}, {"labels", labels},
	} {
		if !picked.MatchString(stage.name) {
			continue
		}
		start := time.Now()
		results, err := stage.measure(ctx, dev)
		if err != nil {
			return fmt.Errorf("%s: %w", stage.name, err)
		}
		progress(stage.name, start)
		if err := printResults(w, results); err != nil {
			return err
		}
	}
	return nil
}

// makePool makes the pool with the trees that are listed.
func (s sizes) makePool(ctx context.Context, dev *ioctl.Device) error {
	if err := os.WriteFile("/tmp/bench.disk", nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate("/tmp/bench.disk", 1<<30); err != nil {
		return err
	}
	if err := command("zpool", "create", "-O", "mountpoint=none", "-O", "sync=disabled", pool, "/tmp/bench.disk"); err != nil {
		return err
	}
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		return err
	}
	for _, n := range s {
		if err := makeTree(ctx, c, n); err != nil {
			return err
		}
	}
	return nil
}

// progress tells how far the program is, which runs for minutes.
func progress(stage string, start time.Time) {
	fmt.Fprintf(os.Stderr, "%s: %.0f s\n", stage, time.Since(start).Seconds())
}

// command runs a program and throws its output away.
func command(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %v: %w", name, args, err)
	}
	return nil
}

// compare runs two things in turn, so that both meet the same weather, and
// returns the shortest time of each: what disturbs a run only makes it longer.
func compare(rounds int, ours, theirs func() error) (a, b time.Duration, err error) {
	var as, bs []time.Duration
	for range rounds {
		for _, side := range []struct {
			fn    func() error
			times *[]time.Duration
		}{{ours, &as}, {theirs, &bs}} {
			start := time.Now()
			if err := side.fn(); err != nil {
				return 0, 0, err
			}
			*side.times = append(*side.times, time.Since(start))
		}
	}
	return slices.Min(as), slices.Min(bs), nil
}

// program measures the start of zfsprobe beside that of another program.
func program(context.Context, *ioctl.Device) ([]result, error) {
	info, err := os.Stat("/bin/zfsprobe")
	if err != nil {
		return nil, err
	}
	size := float64(info.Size()) / 1e6
	start, busybox, err := compare(10, func() error { return command("zfsprobe", "--help") }, func() error { return command("busybox", "true") })
	if err != nil {
		return nil, err
	}
	return []result{
		{"zfsprobe's size in MB", 0, 0, size, "under 10", size < 10},
		{"zfsprobe --help / busybox true (emulated)", start, busybox, ratio(start, busybox), "", true},
	}, nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// printResults prints a table.
func printResults(w io.Writer, results []result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "WHAT\tOURS\tOTHER\tRATIO\tGOAL\tMET")
	for _, r := range results {
		met := "no"
		if r.met {
			met = "yes"
		}
		if r.goal == "" {
			met = "-"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%.3f\t%s\t%s\n", r.what, short(r.ours), short(r.theirs), r.ratio, r.goal, met)
	}
	return tw.Flush()
}

// short writes a duration with few digits, nothing for zero.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d > time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(10 * time.Nanosecond).String()
}
