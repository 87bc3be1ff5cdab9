package zfs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// processes returns the process numbers in ascending order.
func (s *userScan) processes() (pids []int) {
	entries, err := os.ReadDir(s.proc)
	if err != nil {
		s.incomplete(err.Error())
	}
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// of returns a path in the directory of a process.
func (s *userScan) of(pid int, parts ...string) string {
	return filepath.Join(append([]string{s.proc, strconv.Itoa(pid)}, parts...)...)
}

// command returns the short name of a process.
func (s *userScan) command(pid int) string {
	b, err := os.ReadFile(s.of(pid, "comm"))
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(b))
}

// mounts reads each mount namespace once, the caller's own first.
func (s *userScan) mounts(ctx context.Context, pids []int) {
	own := filepath.Join(s.proc, "self")
	self, _ := os.Readlink(filepath.Join(own, "ns/mnt"))
	seen := map[string]bool{self: true}
	s.mountsOf(filepath.Join(own, "mountinfo"), DatasetUser{})
	for _, pid := range pids {
		ns, err := os.Readlink(s.of(pid, "ns/mnt"))
		// A process that may not be inspected is counted with its files.
		if err != nil || seen[ns] || ctx.Err() != nil {
			continue
		}
		seen[ns] = true
		s.mountsOf(s.of(pid, "mountinfo"), DatasetUser{PID: pid, Command: s.command(pid), Namespace: ns})
	}
}

// mountsOf reads one table of mounts.
func (s *userScan) mountsOf(path string, who DatasetUser) {
	f, err := os.Open(path)
	if err != nil {
		return // the process has ended
	}
	defer f.Close()
	for m := range mountInfo(f) {
		who.Use, who.Path = UseMount, m.path
		switch {
		case m.fstype == "zfs" && s.concerns(m.source):
			who.Dataset = m.source
			s.datasets[m.device] = m.source
		case s.devices[m.device] != "":
			who.Dataset = s.name
			// The files on it use the device, too.
			s.datasets[m.device] = s.name
		default:
			continue
		}
		s.add(who)
	}
}

// infoLine is one line of a mountinfo table.
type infoLine struct{ device, path, fstype, source string }

// mountInfo yields the lines that can be parsed. Before the hyphen are number,
// parent, device, root, path, options, and any number of other fields; behind it
// are type, source and options.
func mountInfo(r io.Reader) func(func(infoLine) bool) {
	return func(yield func(infoLine) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxMountLine)
		for lines.Scan() {
			before, after, ok := strings.Cut(lines.Text(), " - ")
			first, second := strings.Fields(before), strings.Fields(after)
			if !ok || len(first) < 6 || len(second) < 2 {
				continue
			}
			if !yield(infoLine{first[2], unescapeMount(first[4]), second[0], unescapeMount(second[1])}) {
				return
			}
		}
	}
}

// process looks at the open and mapped files of a process.
func (s *userScan) process(ctx context.Context, pid int) {
	s.link(pid, s.of(pid, "cwd"), UseDirectory)
	s.link(pid, s.of(pid, "root"), UseRoot)
	s.link(pid, s.of(pid, "exe"), UseProgram)
	fds, err := os.ReadDir(s.of(pid, "fd"))
	if errors.Is(err, fs.ErrPermission) {
		s.unseen()
		return
	}
	for _, fd := range fds {
		if ctx.Err() != nil {
			return
		}
		s.link(pid, s.of(pid, "fd", fd.Name()), UseFile)
	}
	s.maps(pid)
}

// link looks at the target of a link of a process.
func (s *userScan) link(pid int, path string, use DatasetUse) {
	dev, rdev, err := deviceNumbers(path)
	if err != nil {
		return // closed meanwhile, or a kernel thread, which has no such link
	}
	u := DatasetUser{PID: pid, Use: use}
	if s.devices[rdev] != "" {
		u.Dataset, u.Use = s.name, UseDevice
	} else if u.Dataset = s.datasets[dev]; u.Dataset == "" {
		return
	}
	u.Command = s.command(pid)
	u.Path, _ = os.Readlink(path)
	s.add(u)
}

// maps looks at the files that a process has mapped, except its program. A line
// is address, rights, offset, device, inode and path.
func (s *userScan) maps(pid int) {
	f, err := os.Open(s.of(pid, "maps"))
	if err != nil {
		return
	}
	defer f.Close()
	exe, _ := os.Readlink(s.of(pid, "exe"))
	last := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), " ", 6)
		if len(fields) < 6 {
			continue
		}
		path := strings.TrimLeft(fields[5], " ")
		name := s.datasets[decimalDevice(fields[3])]
		if name == "" || path == exe || path == last {
			continue // one file has several lines
		}
		last = path
		s.add(DatasetUser{PID: pid, Use: UseMap, Command: s.command(pid), Dataset: name, Path: path})
	}
}

// decimalDevice converts "00:2f" of a table of maps to "0:47" of other tables.
func decimalDevice(hex string) string {
	major, minor, _ := strings.Cut(hex, ":")
	a, err := strconv.ParseUint(major, 16, 32)
	b, err2 := strconv.ParseUint(minor, 16, 32)
	if err != nil || err2 != nil {
		return ""
	}
	return fmt.Sprintf("%d:%d", a, b)
}

// findDevice finds the volume's device and its partitions. Without udev's link
// the device is unknown.
func (s *userScan) findDevice() {
	path, err := volumeDevice(s.volume)
	if known, has := kernelVolume(statisticsDir, s.name); path == "" && known && !has {
		return // no device, as for most snapshots
	}
	if err != nil || path == "" {
		s.incomplete(s.volume + " does not lead to a device, so that who has the volume open was not looked for")
		return
	}
	_, rdev, err := deviceNumbers(path)
	if err != nil {
		s.incomplete(err.Error())
		return
	}
	s.devices[rdev] = path
	parts, _ := filepath.Glob(filepath.Join(s.block(path), filepath.Base(path)+"p*", "dev"))
	for _, part := range parts {
		if b, err := os.ReadFile(part); err == nil {
			s.devices[strings.TrimSpace(string(b))] = "/dev/" + filepath.Base(filepath.Dir(part))
		}
	}
}

// block returns the system's directory for a whole block device.
func (s *userScan) block(path string) string {
	return filepath.Join(s.sys, "block", filepath.Base(path))
}

// swaps looks for swap space on the device: a line begins with the path.
func (s *userScan) swaps() {
	b, err := os.ReadFile(filepath.Join(s.proc, "swaps"))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || !filepath.IsAbs(fields[0]) {
			continue // the heading
		}
		path := unescapeMount(fields[0])
		if _, rdev, err := deviceNumbers(path); err == nil && s.devices[rdev] != "" {
			s.add(DatasetUser{Use: UseSwap, Dataset: s.name, Path: path})
		}
	}
}

// holders looks for block devices on top of the device.
func (s *userScan) holders() {
	for _, device := range s.devices {
		whole := filepath.Join(s.sys, "class/block", filepath.Base(device), "holders")
		entries, _ := os.ReadDir(whole)
		for _, entry := range entries {
			s.add(DatasetUser{Use: UseHolder, Dataset: s.name, Path: "/dev/" + entry.Name()})
		}
	}
}

// loops looks for loop devices, which the kernel keeps open without a process.
func (s *userScan) loops() {
	files, _ := filepath.Glob(filepath.Join(s.sys, "block", "loop*", "loop", "backing_file"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		path := strings.TrimSuffix(string(b), "\n")
		dev, rdev, err := deviceNumbers(path)
		u := DatasetUser{Use: UseLoop, Dataset: s.datasets[dev], Path: "/dev/" + filepath.Base(filepath.Dir(filepath.Dir(file)))}
		if s.devices[rdev] != "" {
			u.Dataset = s.name
		}
		if err == nil && u.Dataset != "" {
			s.add(u)
		}
	}
}

// controllers returns the other processes that have the module's device open.
func controllers(proc, device string) (found []DatasetUser) {
	s := &userScan{proc: proc}
	for _, pid := range s.processes() {
		fds, _ := os.ReadDir(s.of(pid, "fd"))
		for _, fd := range fds {
			path, _ := os.Readlink(s.of(pid, "fd", fd.Name()))
			if path == device && pid != os.Getpid() {
				found = append(found, DatasetUser{Use: UseFile, PID: pid, Command: s.command(pid), Path: path, Count: 1})
				break
			}
		}
	}
	return found
}
