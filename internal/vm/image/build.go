package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Builder makes images. Several processes may build at once, also the same
// image: the second one waits and uses the result. A Builder itself serves one
// goroutine.
type Builder struct {
	Cache Cache
	// Mirror is the URI of a Debian archive. "" means the one of the machine's
	// apt configuration, or else mmdebstrap's own default.
	Mirror string
	// NVRef is the path of the C reference program's source; "" means none.
	NVRef string
	// Keep leaves the work directory, some 1 GiB, to look at or to build on.
	Keep bool
	// Progress tells the user what goes on; nil tells nothing.
	Progress *Progress
}

// A work is one image in the making. Its directory survives an interruption, with
// a mark for each stage that is done.
type work struct {
	*Builder
	release Release
	plan    []stage
	dir     string // <work directory>/<work ID>
	log     *buildLog
	begun   time.Time
}

// root is the chroot.
func (w *work) root() string { return filepath.Join(w.dir, "root") }

// out is what the image is packed from.
func (w *work) out() string { return filepath.Join(w.root(), "zvm", "out") }

// A stage is a part of a build that is not done again once it is done.
type stage struct {
	name string
	run  func(*work, context.Context) error
}

// stages returns the parts of a build in order. The first two need the network.
func stages() []stage {
	return []stage{
		{"root file system", (*work).makeRoot},
		{"packages", (*work).installPackages},
		{"modules", (*work).buildModules},
		{"pack", (*work).packImage},
	}
}

// Build returns the release's image, building what is missing of it. When ctx
// ends, finished stages are kept for the next call. Errors other than ctx's
// name the file with the full log.
func (b *Builder) Build(ctx context.Context, r Release) (*Image, error) {
	if img, err := b.cached(r); img != nil || err != nil {
		return img, err
	}
	if err := b.CheckBuildTools(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.Cache.Dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := lockFile(ctx, filepath.Join(b.Cache.Dir, r.Name+".lock"), func() {
		b.Progress.Note(r.Name, "another build of this image is under way, waiting for it")
	})
	if err != nil {
		return nil, err
	}
	defer unlock()
	// Whoever held the lock may have done the work.
	if img, err := b.cached(r); img != nil || err != nil {
		return img, err
	}
	w, err := b.newWork(r)
	if err != nil {
		return nil, err
	}
	defer w.log.Close()
	return w.build(ctx)
}

// cached returns the image when there is nothing to build, else nil.
func (b *Builder) cached(r Release) (*Image, error) {
	img, err := b.Cache.Find(r)
	switch {
	case errors.Is(err, ErrNotBuilt):
		return nil, nil
	case err != nil:
		return nil, err
	case !b.hasNVRef(r):
		return nil, nil
	}
	b.Progress.Note(r.Name, "is in the cache")
	return img, nil
}

// build runs what is still missing, under the image's lock.
func (w *work) build(ctx context.Context) (*Image, error) {
	if _, err := w.Cache.Find(w.release); err != nil {
		if err := w.runStages(ctx); err != nil {
			return nil, err
		}
	}
	if !w.hasNVRef(w.release) {
		if err := w.stage(ctx, stage{"nvref", (*work).buildNVRef}); err != nil {
			return nil, err
		}
	}
	if !w.Keep {
		if err := w.remove(w.dir); err != nil {
			return nil, err
		}
	}
	img, err := w.Cache.Find(w.release)
	if err == nil {
		w.Progress.Note(w.release.Name, fmt.Sprintf("built in %v: OpenZFS %s, Linux %s, %.1f MB",
			time.Since(w.begun).Round(time.Second), img.ZFS, img.Manifest.Kernel, float64(img.Size)/1e6))
	}
	return img, err
}

// newWork opens the work directory and its log, and removes the directories of older
// recipes of the same image.
func (b *Builder) newWork(r Release) (*work, error) {
	parent, err := b.Cache.workParent()
	if err != nil {
		return nil, err
	}
	w := &work{Builder: b, release: r, plan: stages(), dir: filepath.Join(parent, r.workID()), begun: time.Now()}
	old, err := filepath.Glob(filepath.Join(parent, r.ownPattern("")))
	if err != nil {
		return nil, err
	}
	for _, dir := range old {
		if dir == w.dir {
			continue
		}
		if err := w.remove(dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return nil, err
	}
	w.log, err = openBuildLog(b.Cache.LogPath(r))
	return w, err
}

// LogPath is the file with everything that the last build of a release printed.
func (c Cache) LogPath(r Release) string { return filepath.Join(c.Dir, r.Name+".log") }

// runStages does the stages that have no mark. Packing, the last one, never has:
// its mark is the image.
func (w *work) runStages(ctx context.Context) error {
	for i, st := range w.plan {
		mark := filepath.Join(w.dir, fmt.Sprintf("stage%d.done", i+1))
		if _, err := os.Stat(mark); err == nil {
			w.Progress.Note(w.release.Name, st.name+": already done")
			continue
		}
		if err := w.stage(ctx, st); err != nil {
			return err
		}
		if i == len(w.plan)-1 {
			break
		}
		if err := os.WriteFile(mark, nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// stage runs one stage with progress, and says where the log is when it fails.
func (w *work) stage(ctx context.Context, st stage) error {
	stop := w.Progress.stage(w.release.Name, st.name, w.status)
	fmt.Fprintf(w.log, "== stage %s, %s\n", st.name, time.Now().UTC().Format(time.RFC3339))
	err := st.run(w, ctx)
	switch {
	case err == nil:
		stop("done")
		return nil
	case ctx.Err() != nil:
		stop("interrupted; the next zvm build goes on from here")
		return context.Cause(ctx)
	}
	stop("failed")
	return fmt.Errorf("image %s, %s: %w\n%sfull log: %s",
		w.release.Name, st.name, err, w.log.tail(), w.Cache.LogPath(w.release))
}

// status is the log's last headline, and how much is compiled.
func (w *work) status() string {
	n := 0
	sources := filepath.Join(w.root(), "zvm", "tree", "usr", "src")
	// Files come and go while make works; what cannot be read is not counted.
	_ = filepath.WalkDir(sources, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".o") && !strings.Contains(path, "/build/") {
			n++
		}
		return nil
	})
	s := w.log.headline()
	if n > 0 {
		s += fmt.Sprintf(", %d objects", n)
	}
	return s
}

// publish moves a finished directory to its place in the cache. A rename either
// happens or does not: nobody sees half an image.
func (w *work) publish(dir string, m Manifest) error {
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, manifestFile), append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(dir, filepath.Join(w.Cache.Dir, w.release.ID()))
}
