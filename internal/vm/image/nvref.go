package image

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"

	"github.com/purezfs/purezfs/internal/vm/cpio"
)

// The C reference program is a layer of its own: an initramfs of some 20 KB that
// is laid over the image. Changing its source leaves the kernel modules alone.
const nvrefScript = "nvref.sh"

// nvrefSource is where a module keeps the source, relative to its root.
const nvrefSource = ".ci/golden/nvref.c"

// FindNVRef returns the path of the reference program's source in the module
// that dir is in, or "" when there is none.
func FindNVRef(dir string) string {
	root := ModuleRoot(dir)
	if root == "" {
		return ""
	}
	path := filepath.Join(root, filepath.FromSlash(nvrefSource))
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// ModuleRoot is the directory with go.mod at or above dir, or "".
func ModuleRoot(dir string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// NVRefLayer is the path of the layer that belongs to a release and the present
// text of source, built or not.
func (c Cache) NVRefLayer(r Release, source string) (string, error) {
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	script, err := recipe.ReadFile(r.Machine().script(nvrefScript))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(script, text...))
	return filepath.Join(c.Dir, "nvref-"+r.ID()+"-"+hex.EncodeToString(sum[:])[:12]+".cpio"), nil
}

// hasNVRef reports whether there is nothing to do about the layer.
func (b *Builder) hasNVRef(r Release) bool {
	if b.NVRef == "" {
		return true
	}
	path, err := b.Cache.NVRefLayer(r, b.NVRef)
	if err != nil {
		return false
	}
	_, err = os.Stat(path)
	return err == nil
}

// buildNVRef compiles the program in the image's chroot. When that is gone it is
// made again without the kernel's part, which takes a minute.
func (w *work) buildNVRef(ctx context.Context) error {
	layer, err := w.Cache.NVRefLayer(w.release, w.NVRef)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(w.dir, "stage2.done")); err != nil {
		if err := w.makeSmallRoot(ctx); err != nil {
			return err
		}
	}
	f, err := os.Open(w.NVRef)
	if err != nil {
		return err
	}
	defer f.Close()
	var program, packed bytes.Buffer
	if err := w.script(ctx, nvrefScript, streams{in: f, out: &program}); err != nil {
		return err
	}
	a := cpio.New(&packed)
	a.AddBytes("/usr/bin/nvref", 0o755, program.Bytes())
	if err := a.Close(); err != nil {
		return err
	}
	if old, err := filepath.Glob(filepath.Join(w.Cache.Dir, "nvref-"+w.release.ID()+"-*")); err == nil {
		for _, path := range old {
			_ = os.Remove(path)
		}
	}
	return errors.Join(
		os.WriteFile(layer+".new", packed.Bytes(), 0o644),
		os.Rename(layer+".new", layer))
}

// makeSmallRoot makes a chroot with the compiler and the libraries alone.
func (w *work) makeSmallRoot(ctx context.Context) error {
	if err := w.makeRoot(ctx); err != nil {
		return err
	}
	env := append(w.release.Machine().env(), "ZVM_TARGET="+w.release.Target)
	return w.chroot(ctx, streams{out: w.log}, smallPackages, env)
}

// smallPackages needs nothing set for amd64 but ZVM_TARGET.
const smallPackages = `set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
packages="gcc libc6-dev libzfslinux-dev"
if [ -n "${ZVM_ARCH:-}" ]; then
	dpkg --add-architecture "$ZVM_ARCH"
	packages="gcc-$ZVM_TRIPLET libzfslinux-dev:$ZVM_ARCH"
fi
apt-get update -q
# shellcheck disable=SC2086
exec apt-get install -qy --no-install-recommends -t "$ZVM_TARGET" $packages`
