package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// makeRoot unpacks the release's Debian suite. An interrupted one is begun anew:
// it takes less than half a minute.
func (w *work) makeRoot(ctx context.Context) error {
	if err := w.remove(w.root()); err != nil {
		return err
	}
	args, err := w.bootstrapArgs()
	if err != nil {
		return err
	}
	return w.run(ctx, streams{out: w.log}, args)
}

// bootstrapArgs is mmdebstrap's command line.
func (w *work) bootstrapArgs() ([]string, error) {
	mode := "root"
	if os.Geteuid() != 0 {
		mode = "unshare"
	}
	args := []string{
		"mmdebstrap", "--mode=" + mode, "--variant=apt", "--components=main,contrib",
		"--architectures=amd64",
		// Old suites' release files are past their date, and a machine's clock
		// may be off.
		`--aptopt=Acquire::Check-Valid-Until "false"`,
		`--aptopt=Acquire::Check-Date "false"`,
		`--aptopt=Acquire::Languages "none"`,
		// A lost chroot is made again; syncing each file costs minutes.
		"--dpkgopt=force-unsafe-io",
		"--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*",
	}
	args = append(args, keyringArgs("/etc/apt", "/usr/share/keyrings")...)
	proxies, err := proxyArgs()
	if err != nil {
		return nil, err
	}
	args = append(args, proxies...)
	mirror := w.Mirror
	if mirror == "" {
		if mirror, err = aptMirror("/etc/apt"); err != nil {
			return nil, err
		}
	}
	suites := w.release.suites()
	if mirror == "" {
		// The script keeps the suite's own line of mmdebstrap's default.
		hook := fmt.Sprintf(defaultSources, w.release.Suite, strings.Join(suites, " "))
		return append(args, "--setup-hook="+hook, w.release.Suite, w.root()), nil
	}
	args = append(args, w.release.Suite, w.root())
	for _, suite := range suites {
		args = append(args, fmt.Sprintf("deb %s %s main contrib", mirror, suite))
	}
	return args, nil
}

// suites are the archives that a release is built from, and no others: updates
// and security may hold what does not fit the suite's kernel headers.
func (r Release) suites() []string {
	if r.Target == r.Suite {
		return []string{r.Suite}
	}
	return []string{r.Suite, r.Target}
}

// defaultSources is a hook of mmdebstrap, given a suite and all that we want.
const defaultSources = `set -eu
list=$1/etc/apt/sources.list
line=$(grep -E '^deb .* %[1]s main' "$list" | head -n 1)
for suite in %[2]s; do
	echo "$line" | sed "s/ %[1]s main/ $suite main/"
done >"$list.new"
mv "$list.new" "$list"`

// keyringArgs names Debian's keys where apt itself would not look for them, as
// on other distributions.
func keyringArgs(etc, share string) []string {
	if known, _ := filepath.Glob(filepath.Join(etc, "trusted.gpg.d", "debian-archive-*")); len(known) > 0 {
		return nil
	}
	for _, name := range []string{"debian-archive-keyring.gpg", "debian-archive-keyring.pgp"} {
		path := filepath.Join(share, name)
		if _, err := os.Stat(path); err == nil {
			return []string{"--keyring=" + path}
		}
	}
	return nil
}

// installPackages needs no marks of its own: apt and dpkg go on where they were.
func (w *work) installPackages(ctx context.Context) error {
	return w.script(ctx, "packages.sh", streams{out: w.log}, "ZVM_SUITE="+w.release.Suite, "ZVM_TARGET="+w.release.Target)
}

// buildModules takes most of the time, nearly all of it in the compiler; make goes
// on where it was.
func (w *work) buildModules(ctx context.Context) error {
	return w.script(ctx, "modules.sh", streams{out: w.log})
}

// packImage collects the files, compresses them and publishes the image.
func (w *work) packImage(ctx context.Context) error {
	if err := w.script(ctx, "collect.sh", streams{out: w.log}, "ZVM_MODULES="+w.release.Machine().modules); err != nil {
		return err
	}
	m, err := readManifest(w.release, w.out())
	if err != nil {
		return err
	}
	dir := filepath.Join(w.Cache.Dir, "new-"+w.release.ID())
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := copyFile(filepath.Join(dir, kernelFile), filepath.Join(w.out(), "vmlinuz")); err != nil {
		return err
	}
	if err := w.compress(ctx, filepath.Join(dir, baseFile)); err != nil {
		return err
	}
	return w.publish(dir, m)
}

// compress packs the guest's files through the chroot's own zstd, which saves
// the machine from having one.
func (w *work) compress(ctx context.Context, name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r, pipe := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := pack(pipe, w.out())
		pipe.CloseWithError(err)
		packed <- err
	}()
	err = w.chroot(ctx, streams{in: r, out: f}, "exec zstd -q -12 -T0 -c", nil)
	r.Close()
	return errors.Join(<-packed, err, f.Close())
}

// copyFile copies a regular file, with the usual permissions.
func copyFile(dst, src string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(dst)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
