package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// streams is what a build's child process reads and writes. What it says on standard
// error always goes to the log.
type streams struct {
	in  io.Reader // nil means nothing
	out io.Writer
}

// enter is a shell script, given the chroot and a script to run in there. The
// mounts that it makes are in a namespace of their own and end with it.
const enter = `PATH=$PATH:/usr/sbin:/sbin
mount --rbind /dev "$1/dev" || exit
exec chroot "$1" /bin/sh -c "$2"`

// script runs one of the recipe's scripts in the chroot.
func (w *work) script(ctx context.Context, name string, files streams, env ...string) error {
	m := w.release.Machine()
	text, err := recipe.ReadFile(m.script(name))
	if err != nil {
		return err
	}
	return w.chroot(ctx, files, string(text), append(m.env(), env...))
}

// chroot runs a shell script in the chroot, with its own process numbers, so
// that nothing that it starts outlives it.
func (w *work) chroot(ctx context.Context, files streams, text string, env []string) error {
	args := w.unshared(
		"unshare", "--mount", "--pid", "--fork", "--kill-child",
		"--mount-proc="+filepath.Join(w.root(), "proc"),
		"sh", "-c", enter, "zvm", w.root(), text)
	env = append(env,
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "TMPDIR=/tmp")
	return w.run(ctx, files, args, env...)
}

// unshared prefixes a command that needs to own the chroot's files. An ordinary
// user owns them through a range of subordinate user numbers.
func (w *work) unshared(args ...string) []string {
	if os.Geteuid() == 0 {
		return args
	}
	return append([]string{"mmdebstrap", "--unshare-helper"}, args...)
}

// run runs a command of the host. When ctx ends it is asked to stop, then made
// to.
func (w *work) run(ctx context.Context, files streams, args []string, env ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = "/"
	cmd.Stdin = files.in
	cmd.Stdout = files.out
	cmd.Stderr = w.log
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return stopGroup(cmd.Process) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return err
}

// remove deletes a work directory or the chroot in it, which may hold files of the
// chroot's owners.
func (w *work) remove(dir string) error {
	if _, err := os.Lstat(dir); err != nil {
		return nil
	}
	if os.Geteuid() == 0 {
		return os.RemoveAll(dir)
	}
	// The chroot's directory is empty then, and the one around it is ours.
	root := filepath.Join(dir, "root")
	if filepath.Base(dir) == "root" {
		root = dir
	}
	if _, err := os.Lstat(root); err == nil {
		helper := w.unshared("find", root, "-xdev", "-mindepth", "1", "-delete")
		if out, err := exec.Command(helper[0], helper[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("removing %s: %w: %s", dir, err, out)
		}
	}
	return os.RemoveAll(dir)
}
