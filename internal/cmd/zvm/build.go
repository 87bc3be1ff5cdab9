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
	releases := image.Releases()
	if f.NArg() > 0 {
		releases = nil
	}
	for _, name := range f.Args() {
		r, err := image.FindRelease(name)
		if err != nil {
			return 2, err
		}
		releases = append(releases, r)
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

// list shows all images.
func (t *tool) list(_ context.Context, args []string) (int, error) {
	f := t.flags("list", "")
	if err := parse(f, args); err != nil {
		return 0, err
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

// deps shows the required programs, and installs them as root.
func (t *tool) deps(ctx context.Context, args []string) (int, error) {
	f := t.flags("deps", "[-install]")
	install := f.Bool("install", false, "install missing programs with apt-get (as root)")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	var absent []string
	for _, tool := range image.Tools() {
		where := tool.Path
		if where == "" {
			where = "missing: apt-get install --no-install-recommends " + tool.Package
			absent = append(absent, tool.Package)
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

// install runs apt-get, with its output on standard error. For an ordinary user
// it prints the command instead.
func (t *tool) install(ctx context.Context, packages []string) error {
	if os.Geteuid() != 0 {
		return &image.MissingError{Packages: packages}
	}
	for _, args := range [][]string{
		{"update", "-q"},
		append([]string{"install", "-qy", "--no-install-recommends"}, packages...),
	} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Stdout, cmd.Stderr = t.stderr, t.stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("apt-get %s: %w", args[0], err)
		}
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
