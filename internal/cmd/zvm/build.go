package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"text/tabwriter"

	"github.com/purezfs/purezfs/internal/vm/image"
)

// build builds the named images, one after the other: each uses all processors.
func (t *tool) build(ctx context.Context, args []string) (int, error) {
	f := t.flags("build", "[flags] [IMAGE...]")
	b := image.Builder{Cache: t.cache, Progress: image.NewProgress(os.Stderr)}
	f.BoolVar(&b.Keep, "keep", false, "keep the work directory (1 GiB) for later builds")
	f.StringVar(&b.Mirror, "mirror", "", "`URI` of a Debian archive (default: this machine's own)")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	releases, err := findReleases(f.Args())
	if err != nil {
		return 2, err
	}
	if len(releases) == 0 {
		releases = image.Releases()
	}
	if dir, err := os.Getwd(); err == nil {
		b.NVRef = image.FindNVRef(dir)
	}
	for _, r := range releases {
		if _, err := b.Build(ctx, r); err != nil {
			return 1, err
		}
	}
	return 0, nil
}

// findReleases returns the releases of those names.
func findReleases(names []string) ([]image.Release, error) {
	var releases []image.Release
	for _, name := range names {
		r, err := image.FindRelease(name)
		if err != nil {
			return nil, err
		}
		releases = append(releases, r)
	}
	return releases, nil
}

// list shows all images.
func (t *tool) list(_ context.Context, args []string) (int, error) {
	f := t.flags("list", "[-q]")
	quiet := f.Bool("q", false, "print only each image's name and GOARCH")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if *quiet {
		for _, r := range image.Releases() {
			fmt.Fprintln(t.stdout, r.Name, r.Machine().Name)
		}
		return 0, nil
	}
	w := tabwriter.NewWriter(t.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "IMAGE\tOPENZFS\tLINUX\tSIZE\tPATH")
	for _, r := range image.Releases() {
		img, err := t.cache.Find(r)
		switch {
		case errors.Is(err, image.ErrNotBuilt):
			fmt.Fprintf(w, "%s\t-\t-\t-\tnot built (zvm build %s)\n", r.Name, r.Name)
		case err != nil:
			return 1, err
		default:
			fmt.Fprintf(w, "%s\t%s\t%s\t%.1f MB\t%s\n", r.Name, img.ZFS, img.Kernel, float64(img.Size)/1e6, img.Dir)
		}
	}
	return 0, w.Flush()
}

// deps shows the programs that are needed for the named images, or for those of
// amd64, and as root installs them.
func (t *tool) deps(ctx context.Context, args []string) (int, error) {
	f := t.flags("deps", "[-install] [IMAGE...]")
	install := f.Bool("install", false, "install what is missing with apt-get (as root)")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	releases, err := findReleases(f.Args())
	if err != nil {
		return 2, err
	}
	var absent []image.Tool
	for _, tool := range image.Tools(releases...) {
		where := tool.Path
		if where == "" {
			where = "missing: apt-get install --no-install-recommends " + tool.DebianPackage()
			absent = append(absent, tool)
		}
		fmt.Fprintf(t.stdout, "%-20s %s (%s)\n", tool.Program, where, tool.Why)
	}
	if len(absent) > 0 && *install {
		if err := t.install(ctx, absent); err != nil {
			return 1, err
		}
		absent = nil
	}
	b := image.Builder{Cache: t.cache}
	if err := b.CheckBuildTools(); err != nil {
		return 1, err
	}
	if len(absent) > 0 {
		return 1, nil
	}
	return 0, nil
}

// install runs apt-get, whose output goes to standard error. An ordinary user is
// told the command instead.
func (t *tool) install(ctx context.Context, tools []image.Tool) error {
	if os.Geteuid() != 0 {
		return image.Missing(tools)
	}
	if err := t.aptGet(ctx, "update", "-q"); err != nil {
		return err
	}
	// Only the new lists tell which packages there are.
	args := []string{"install", "-qy", "--no-install-recommends"}
	for _, tool := range tools {
		args = append(args, tool.DebianPackage())
	}
	return t.aptGet(ctx, args...)
}

// aptGet runs apt-get, which asks nothing.
func (t *tool) aptGet(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = t.stderr, t.stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w", args[0], err)
	}
	return nil
}

// clean removes files of the cache.
func (t *tool) clean(_ context.Context, args []string) (int, error) {
	f := t.flags("clean", "[-all]")
	all := f.Bool("all", false, "also remove the current images")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	removed, err := t.cache.Clean(*all)
	for _, path := range removed {
		fmt.Fprintln(t.stdout, "removed", path)
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
