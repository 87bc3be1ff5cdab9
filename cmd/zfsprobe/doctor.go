package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/spf13/cobra"
)

// verdict is how a check came out.
type verdict string

const (
	verdictOK   verdict = "ok"
	verdictNote verdict = "note" // worth knowing
	verdictBad  verdict = "bad"  // a finding
)

// check is one line of the doctor's report.
type check struct {
	Name    string  `json:"name"`
	Verdict verdict `json:"verdict"`
	Detail  string  `json:"detail"`
	Fix     string  `json:"fix,omitempty"`
}

// doctorDoc is what doctor prints.
type doctorDoc struct {
	Schema  string  `json:"schema"`
	Verdict verdict `json:"verdict"`
	Checks  []check `json:"checks"`
}

// poolDeadline bounds what doctor waits for a pool that does not answer.
const poolDeadline = 5 * time.Second

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Diagnose what keeps a program from using the module, and suggest a fix",
		Long: `Doctor checks the system, the module, the device node, the caller's rights,
the layout of the command structure and the pools, in that order, and suggests a fix for each
problem. It does not load the module (but see --load) and changes nothing. Exit code 1 means a
finding.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			doc := a.examine(cmd.Context(), "/")
			if err := a.printDoctor(doc); err != nil {
				return err
			}
			if doc.Verdict == verdictBad {
				return errFound
			}
			return nil
		},
	}
}

func (a *app) printDoctor(doc doctorDoc) error {
	t := &show.Table{Notes: true}
	for _, c := range doc.Checks {
		t.Add(string(c.Verdict), c.Name, c.Detail)
		if c.Fix != "" {
			t.Add("", "", "-> "+c.Fix)
		}
	}
	return a.print(doc, t.Emit)
}

// examine makes the checks, each as far as the ones before it allow. Root is
// the root of the file system that /proc, /sys and /dev are read from.
func (a *app) examine(ctx context.Context, root string) doctorDoc {
	doc := doctorDoc{Schema: "zfsprobe.doctor/1", Verdict: verdictOK}
	add := func(c check) bool {
		doc.Checks = append(doc.Checks, c)
		if c.Verdict == verdictBad {
			doc.Verdict = verdictBad
		}
		return c.Verdict != verdictBad
	}
	if !add(checkSystem(runtime.GOOS, runtime.GOARCH)) {
		return doc
	}
	module := ioctl.ReadModule()
	if !add(checkModule(module)) && !a.load {
		return doc
	}
	if module.Loaded {
		add(checkRelease(module))
	}
	add(checkNode(a.device, filepath.Join(root, "proc/misc")))
	add(checkRights(filepath.Join(root, "proc/self/status"), filepath.Join(root, "proc/self/uid_map")))
	opened := false
	err := a.withClient(func(c *zfs.Client) error {
		opened = true
		add(checkOpen(a.device, nil))
		add(checkLayout(c.Device()))
		a.checkPools(ctx, c, filepath.Join(root, "proc/spl/kstat/zfs"), add)
		return nil
	})
	if !opened {
		add(checkOpen(a.device, err))
	}
	return doc
}

func checkSystem(goos, arch string) check {
	c := check{Name: "system", Verdict: verdictOK, Detail: goos + "/" + arch}
	if goos != "linux" {
		c.Verdict, c.Fix = verdictBad, "purezfs supports the module's interface on Linux only"
	}
	return c
}

func checkModule(m ioctl.Module) check {
	c := check{Name: "module", Verdict: verdictOK, Detail: "zfs " + m.Version + " is loaded"}
	switch {
	case !m.Known:
		c.Verdict, c.Detail = verdictNote, "/sys is missing, so it is unknown whether the module is loaded"
	case !m.Loaded:
		c.Verdict, c.Detail = verdictBad, "the zfs module is not loaded"
		c.Fix = "modprobe zfs; if that fails, install the module for this kernel (zfs-dkms on Debian and Ubuntu)"
	}
	return c
}

func checkRelease(m ioctl.Module) check {
	var lines []string
	for _, rel := range release.Tested {
		lines = append(lines, fmt.Sprintf("%d.%d", rel.Major, rel.Minor))
	}
	tested := strings.Join(lines, ", ")
	const asked = "; zfsprobe asks the module what it has, and shows what it does not know as it is"
	c := check{Name: "release", Verdict: verdictNote}
	switch release.PlaceOf(m.Release) {
	case release.Unknown:
		c.Detail = fmt.Sprintf("version %q is not understood%s", m.Version, asked)
	case release.Older:
		c.Verdict, c.Detail = verdictBad, fmt.Sprintf("%v is older than the tested releases (%s) and is not served", m.Release, tested)
		c.Fix = "update the zfs module"
	case release.Between:
		c.Detail = fmt.Sprintf("%v is between tested releases (%s)%s", m.Release, tested, asked)
	case release.Newer:
		c.Detail = fmt.Sprintf("%v is newer than the tested releases (%s)%s", m.Release, tested, asked)
	default:
		c.Verdict, c.Detail = verdictOK, fmt.Sprintf("%v is tested (%s)", m.Release, tested)
	}
	return c
}

// checkNode looks at the device node without opening it.
func checkNode(path, misc string) check {
	c := check{Name: "device", Verdict: verdictOK}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Verdict, c.Detail, c.Fix = verdictBad, path+" does not exist", nodeFix(path, misc)
	case err != nil:
		c.Verdict, c.Detail = verdictBad, err.Error()
	case info.Mode()&fs.ModeCharDevice == 0:
		c.Verdict, c.Detail = verdictBad, fmt.Sprintf("%s is not a character device (%s)", path, info.Mode())
		c.Fix = "remove it and load the module, or pass the device with --device"
	default:
		c.Detail = fmt.Sprintf("%s, %s", path, info.Mode())
	}
	return c
}

// nodeFix says how the node comes into being where udev or devtmpfs does not
// make it, as in a container.
func nodeFix(path, misc string) string {
	b, err := os.ReadFile(misc)
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) == 2 && f[1] == "zfs" {
				return fmt.Sprintf("in a container, pass the host's device in; elsewhere: mknod -m 0666 %s c 10 %s", path, f[0])
			}
		}
	}
	return "the module creates it when it is loaded; in a container, pass the host's device in"
}

// capSysAdmin is the bit of CAP_SYS_ADMIN.
const capSysAdmin = 21

// checkRights tells what the caller may hope for.
func checkRights(status, uidMap string) check {
	c := check{Name: "rights", Verdict: verdictNote}
	caps, err := effectiveCaps(status)
	if err != nil {
		c.Detail = "unknown: " + err.Error()
		return c
	}
	admin := caps&(1<<capSysAdmin) != 0
	inside := insideNamespace(uidMap)
	switch {
	case admin && !inside:
		c.Verdict, c.Detail = verdictOK, fmt.Sprintf("uid %d with CAP_SYS_ADMIN: every operation", os.Geteuid())
	case admin:
		c.Detail = "CAP_SYS_ADMIN, but inside a user namespace: only datasets that are delegated to it"
	default:
		c.Detail = fmt.Sprintf("uid %d without CAP_SYS_ADMIN: reading, and what 'zfs allow' grants", os.Geteuid())
	}
	return c
}

// effectiveCaps are the capabilities that a process uses, one bit each.
func effectiveCaps(status string) (caps uint64, err error) {
	b, err := os.ReadFile(status)
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "CapEff:"); ok {
			// A line that is not understood leaves no capability, the safe side.
			_, _ = fmt.Sscanf(strings.TrimSpace(v), "%x", &caps)
		}
	}
	return caps, err
}

// insideNamespace reports whether the ids of this process are mapped.
func insideNamespace(uidMap string) bool {
	b, err := os.ReadFile(uidMap)
	if err != nil {
		return false
	}
	f := strings.Fields(string(b))
	return len(f) != 3 || f[0] != "0" || f[1] != "0" || f[2] != "4294967295"
}

func checkOpen(path string, err error) check {
	c := check{Name: "open", Verdict: verdictOK, Detail: path + " opens"}
	if err == nil {
		return c
	}
	c.Verdict, c.Detail = verdictBad, err.Error()
	switch {
	case errors.Is(err, fs.ErrPermission):
		c.Fix = "chmod 0666 " + path + " is the default of ZFS; in a container, allow the device (c 10:*) to the container"
	case errors.Is(err, ioctl.ErrLayout):
		c.Fix = "report the size to purezfs; no call is safe on this module"
	case errors.Is(err, ioctl.ErrNotDevice):
		c.Fix = "the node belongs to another driver, or a filter blocks its ioctls; remove the node and load the module"
	}
	return c
}

func checkLayout(dev *ioctl.Device) check {
	c := check{Name: "layout", Verdict: verdictOK, Detail: fmt.Sprintf("struct zfs_cmd has %d bytes", dev.Layout().Size())}
	if dev.ReadOnly() {
		c.Verdict, c.Detail = verdictNote, c.Detail+"; the device was opened for reading only, which the kernel allows"
	}
	return c
}

// checkPools asks the module for the pools, with a deadline, and looks at the
// state that each shows in /proc, which never hangs. The module's answer counts:
// in a user namespace or a container, /proc shows pools that are not to be used
// from there.
func (a *app) checkPools(ctx context.Context, c *zfs.Client, kstat string, add func(check) bool) {
	ctx, cancel := context.WithTimeout(ctx, poolDeadline)
	defer cancel()
	names := []string{}
	var failed error
	for pool, err := range c.Pools(ctx) {
		if failed = err; err != nil {
			break
		}
		names = append(names, pool.Name)
	}
	states, _ := filepath.Glob(filepath.Join(kstat, "*", "state")) // the pattern is well formed
	hidden := 0
	for _, path := range states {
		pool := filepath.Base(filepath.Dir(path))
		if failed == nil && !slices.Contains(names, pool) {
			hidden++
			continue
		}
		add(checkState(pool, path))
	}
	add(checkNames(names, hidden, failed))
}

// checkNames judges the module's answer, and how many pools are in /proc only.
func checkNames(names []string, hidden int, failed error) check {
	c := check{Name: "pools", Verdict: verdictOK, Detail: strings.Join(names, ", ")}
	switch {
	case failed != nil:
		return check{Name: "pools", Verdict: verdictBad, Detail: failed.Error(), Fix: poolsFix(failed)}
	case len(names) == 0 && hidden > 0:
		c.Verdict, c.Detail = verdictNote, "the host's pools are not visible from here"
	case len(names) == 0:
		c.Detail = "no pool is imported"
	case hidden > 0:
		c.Verdict, c.Detail = verdictNote, c.Detail+"; other pools of the host are not visible from here"
	}
	return c
}

func poolsFix(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "the module does not respond: a pool is suspended, or an import or export is running"
	}
	return ""
}

func checkState(pool, path string) check {
	b, err := os.ReadFile(path)
	state := strings.TrimSpace(string(b))
	c := check{Name: "pool " + pool, Verdict: verdictOK, Detail: state}
	switch {
	case err != nil:
		c.Verdict, c.Detail = verdictNote, err.Error()
	case state == "SUSPENDED":
		c.Verdict, c.Fix = verdictBad, "reconnect its devices, then 'zpool clear "+pool+"'"
	case state != "ONLINE":
		c.Verdict = verdictNote
	}
	return c
}
