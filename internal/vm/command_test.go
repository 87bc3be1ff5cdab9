package vm

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// otherImage is an image of a machine that this test does not run on.
func otherImage() *image.Image {
	arch := "s390x"
	if runtime.GOARCH == arch {
		arch = "arm64"
	}
	return &image.Image{Manifest: image.Manifest{Release: image.Release{Name: arch, Arch: arch}}}
}

func TestCommandCheck(t *testing.T) {
	img := &image.Image{Manifest: image.Manifest{Release: image.Release{Arch: runtime.GOARCH}}}
	foreign := otherImage()
	tests := []struct {
		name string
		c    Command
		ok   bool
	}{
		{"least", Command{Image: img, Args: []string{"x"}}, true},
		{"kvm", Command{Image: img, Args: []string{"x"}, Accel: AccelKVM}, true},
		{"kvm for another machine", Command{Image: foreign, Args: []string{"x"}, Accel: AccelKVM}, false},
		{"another machine", Command{Image: foreign, Args: []string{"x"}}, true},
		{"no image", Command{Args: []string{"x"}}, false},
		{"no program", Command{Image: img}, false},
		{"empty program", Command{Image: img, Args: []string{""}}, false},
		{"accelerator", Command{Image: img, Args: []string{"x"}, Accel: "warp"}, false},
		{"memory", Command{Image: img, Args: []string{"x"}, MemMiB: -1}, false},
		{"relative put", Command{Image: img, Args: []string{"x"}, Put: []Copy{{"a", "/a"}}}, false},
		{"relative get", Command{Image: img, Args: []string{"x"}, Get: []Copy{{"/a", "a"}}}, false},
		{"no disk", Command{Image: img, Args: []string{"x"}, Disks: []string{"/nonexistent/disk"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.c.check()
			if (err == nil) != tt.ok {
				t.Fatalf("got %v", err)
			}
			if err != nil && !errors.Is(err, ErrStart) {
				t.Errorf("%v does not wrap ErrStart", err)
			}
		})
	}
}

func TestExitCode(t *testing.T) {
	tests := []struct {
		code int
		err  error
		want int
	}{
		{0, nil, 0},
		{1, nil, 1},
		{123, nil, 123},
		{124, nil, 123},
		{125, nil, 123},
		{126, nil, 123},
		{127, nil, 127},
		{137, nil, 137},
		{0, ErrHang, 124},
		{0, fmt.Errorf("%w: %w", ErrPanic, ErrNoVerdict), 125},
		{0, ErrNoVerdict, 125},
		{0, ErrStart, 126},
		{0, image.ErrNotBuilt, 126},
	}
	for _, tt := range tests {
		if got := ExitCode(tt.code, tt.err); got != tt.want {
			t.Errorf("ExitCode(%d, %v) = %d, want %d", tt.code, tt.err, got, tt.want)
		}
	}
}
