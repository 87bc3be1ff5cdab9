package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// source is the C side, below the root of the repository.
const source = ".ci/golden/nvref.c"

// build compiles the C side into dir.
func build(dir string) (string, error) {
	src, err := findUp(source)
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "nvref")
	cmd := exec.Command("gcc", "-O2", "-Wall", "-I/usr/include/libzfs", "-I/usr/include/libspl", "-o", out, src, "-lnvpair")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%sinstall gcc, libc6-dev and libzfslinux-dev (contrib), or use -nvref", err, msg)
	}
	return out, nil
}

// findUp looks for a file below the working directory or one above it.
func findUp(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not inside the repository: no " + name)
		}
		dir = filepath.Dir(dir)
	}
}

// reference times libnvpair on the list in a file.
type reference struct{ nvref, file string }

// run lowers the times in best to those of another turn.
func (r reference) run(rounds int, best map[string]float64) error {
	out, err := exec.Command(r.nvref, "bench", r.file, strconv.Itoa(rounds)).Output()
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		ns, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("nvref said %q", line)
		}
		if old, ok := best[name]; !ok || ns < old {
			best[name] = ns
		}
	}
	return nil
}
