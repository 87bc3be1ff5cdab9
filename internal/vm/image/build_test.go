package image

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

// testWork is a work whose stages note that they ran. A stage named in fail
// returns the error.
type testWork struct {
	*work
	ran  []string
	fail map[string]error
	said bytes.Buffer
}

func newTestWork(t *testing.T) *testWork {
	t.Helper()
	tw := &testWork{fail: map[string]error{}}
	b := &Builder{Cache: Cache{Dir: t.TempDir()}, Progress: &Progress{w: &tw.said}}
	w, err := b.newWork(Releases()[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.log.Close() })
	tw.work = w
	w.plan = nil
	for _, name := range []string{"one", "two", "pack"} {
		w.plan = append(w.plan, stage{name, func(w *work, ctx context.Context) error {
			tw.ran = append(tw.ran, name)
			if err := tw.fail[name]; err != nil || name != "pack" {
				return err
			}
			dir := filepath.Join(w.dir, "new")
			vmtest.Write(t, filepath.Join(dir, kernelFile), "kernel")
			return w.publish(dir, Manifest{Release: w.release, ZFS: "2.0.3"})
		}})
	}
	return tw
}

func TestBuildTakesUpWhereItStopped(t *testing.T) {
	tw := newTestWork(t)
	broken := errors.New("broken")
	tw.fail["two"] = broken
	if _, err := tw.build(context.Background()); !errors.Is(err, broken) {
		t.Fatalf("got %v, want the stage's error", err)
	}
	if _, err := tw.Cache.Find(tw.release); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("half an image is in the cache: %v", err)
	}
	delete(tw.fail, "two")
	img, err := tw.build(context.Background())
	if err != nil || img.ZFS != "2.0.3" {
		t.Fatalf("got %+v, %v", img, err)
	}
	if diff := cmp.Diff([]string{"one", "two", "two", "pack"}, tw.ran); diff != "" {
		t.Errorf("stages that ran (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(tw.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the work directory is left: %v", err)
	}
}

func TestBuildKeepsItsFolderWhenAsked(t *testing.T) {
	tw := newTestWork(t)
	tw.Keep = true
	if _, err := tw.build(context.Background()); err != nil {
		t.Fatal(err)
	}
	// As if only the packing had changed.
	vmtest.Remove(t, filepath.Join(tw.Cache.Dir, tw.release.ID()))
	if _, err := tw.build(context.Background()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "two", "pack", "pack"}, tw.ran); diff != "" {
		t.Errorf("stages that ran (-want +got):\n%s", diff)
	}
}

func TestBuildFailureShowsTheLog(t *testing.T) {
	tw := newTestWork(t)
	tw.plan[0].run = func(w *work, _ context.Context) error {
		_, err := w.log.Write([]byte("gcc: no space left\n"))
		return errors.Join(err, errors.New("exit status 2"))
	}
	_, err := tw.build(context.Background())
	for _, want := range []string{"image 2.0, one", "exit status 2", "gcc: no space left", tw.Cache.LogPath(tw.release)} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestBuildInterrupted(t *testing.T) {
	tw := newTestWork(t)
	ctx, cancel := context.WithCancel(context.Background())
	tw.plan[1].run = func(_ *work, ctx context.Context) error {
		cancel()
		return errors.New("signal: terminated")
	}
	if _, err := tw.build(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if !strings.Contains(tw.said.String(), "the next zvm build goes on from here") {
		t.Errorf("said %q", tw.said.String())
	}
	if _, err := os.Stat(filepath.Join(tw.dir, "stage1.done")); err != nil {
		t.Errorf("the finished stage is lost: %v", err)
	}
}

func TestNewWorkRemovesOlderRecipes(t *testing.T) {
	b := &Builder{Cache: Cache{Dir: t.TempDir()}}
	parent, err := b.Cache.workParent()
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(parent, "2.0-0123456789-abcdef012")
	other := vmtest.Write(t, filepath.Join(parent, "2.0-sid-0123456789-abcdef012", "x"), "")
	vmtest.Write(t, filepath.Join(old, "root", "x"), "")
	w, err := b.newWork(Releases()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer w.log.Close()
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an older recipe's directory is left: %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("another image's directory is gone: %v", err)
	}
}

func TestBuildUsesTheCache(t *testing.T) {
	var said bytes.Buffer
	b := &Builder{Cache: Cache{Dir: t.TempDir()}, Progress: &Progress{w: &said}}
	r := Releases()[0]
	mustPublish(t, b.Cache, r)
	// Without any tool in reach, only the cache can answer.
	t.Setenv("PATH", t.TempDir())
	if _, err := b.Build(context.Background(), r); err != nil || !strings.Contains(said.String(), "in the cache") {
		t.Errorf("%v, said %q", err, said.String())
	}
	var absent *MissingError
	if _, err := b.Build(context.Background(), Releases()[1]); !errors.As(err, &absent) {
		t.Errorf("got %v, want what to install", err)
	}
}
