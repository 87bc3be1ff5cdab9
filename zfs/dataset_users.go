package zfs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/zfs/prop"
)

// DatasetUse says how something uses a dataset.
type DatasetUse uint8

// The uses of a dataset. A process uses a mounted filesystem or the device of a
// volume; the last four are uses by the system itself.
const (
	UseFile      DatasetUse = 1 + iota // a file that is open
	UseDirectory                       // the working directory
	UseRoot                            // the root directory
	UseProgram                         // the program that runs
	UseMap                             // a file that is mapped into memory
	UseDevice                          // the volume's device, or a partition, is open
	UseMount                           // a mount
	UseSwap                            // swap space
	UseHolder                          // a block device that is built upon the volume
	UseLoop                            // a loop device whose file lies there
)

// String returns the use in a few words.
func (u DatasetUse) String() string {
	return enum.Name(u, "none", "open file", "working directory", "root directory", "program", "mapped file",
		"open device", "mount", "swap", "holder", "loop device")
}

// DatasetUser is something that uses a dataset.
type DatasetUser struct {
	Use DatasetUse
	// Dataset is what is used: what was asked for, or a snapshot of it.
	Dataset string
	// PID and Command are the process, of a mount one that sees it in another
	// mount namespace than the caller's. PID is 0 for none.
	PID     int
	Command string
	// Path is the file, the mountpoint or the device, as the process sees it.
	Path string
	// Count is how many uses of the kind the process makes. Path is one of them.
	Count int
	// Namespace is the mount namespace of a mount, such as "mnt:[4026532211]",
	// empty for the caller's own.
	Namespace string
}

// String says who uses the dataset, and how, in one line. It escapes what could
// end the line or act on a terminal, such as in a path.
func (u *DatasetUser) String() string { return text.Escape(u.words()) }

func (u *DatasetUser) words() string {
	var b strings.Builder
	switch {
	case u.Use == UseMount && u.Namespace == "":
		return "mounted at " + u.Path
	case u.Use == UseMount:
		return fmt.Sprintf("mounted at %s in the namespace of process %d (%s)", u.Path, u.PID, u.Command)
	case u.PID == 0:
		return fmt.Sprintf("%s %s", u.Use, u.Path)
	}
	fmt.Fprintf(&b, "process %d (%s): %s %s", u.PID, u.Command, u.Use, u.Path)
	if u.Count > 1 {
		fmt.Fprintf(&b, " and %d more", u.Count-1)
	}
	return b.String()
}

// DatasetUsers are those who use a dataset, as far as was seen.
type DatasetUsers struct {
	// Users are the mounts, then the processes in the order of their numbers,
	// then the rest.
	Users []DatasetUser
	// Unseen is how many processes could not be looked into for want of rights.
	Unseen int
	// Incomplete says why users may be missing for another reason, empty if all
	// was looked at.
	Incomplete string
}

// DatasetUsersOptions says how far DatasetUsers goes.
type DatasetUsersOptions struct {
	// Timeout bounds the search; zero is 5 seconds.
	Timeout time.Duration
	// VolumeDir holds the links to the devices of volumes, by name; empty is
	// /dev/zvol.
	VolumeDir string
}

// usersTimeout bounds the search if the caller does not.
const usersTimeout = 5 * time.Second

// DatasetUsers looks in /proc and /sys for those who use a filesystem that is
// mounted, a volume that has a device, or a snapshot of them: mounts in all mount
// namespaces, processes with their open and mapped files, loop devices, and
// what swaps to a volume's device, mounts it or is built upon it. Of a filesystem or
// volume, the mounts of its snapshots count as well. It only reads.
//
// What a process of another user does is seen with root's rights only. A volume
// is found by the link that udev makes for its device. What the kernel does for
// others, such as serving files over the network, is in no table.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrNotSupported (not
// Linux), and the context's. That time is up is no error: see Incomplete.
func (c *Client) DatasetUsers(ctx context.Context, name string, opts *DatasetUsersOptions) (*DatasetUsers, error) {
	if opts == nil {
		opts = &DatasetUsersOptions{}
	}
	n, err := parseDataset(name, "a bookmark has no users")
	if err == nil && !canMount {
		err = ErrNotSupported
	}
	if err != nil {
		return nil, mountError("look for users of", name, err)
	}
	typ, err := c.typeOf(ctx, n)
	if err != nil {
		return nil, err
	}
	s := newUserScan(name)
	if typ.Has(prop.TypeVolume) {
		s.volume = volumeLink(name, opts.VolumeDir)
	}
	timeout := opts.Timeout
	if timeout == 0 {
		timeout = usersTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	users := s.search(limited)
	return users, ctx.Err()
}

// userScan is one search. It reads the directories of the system, some of which can
// hang where a network filesystem does, so it runs beside its caller.
type userScan struct {
	proc, sys string
	name      string // of the dataset
	volume    string // the link to its device, empty for a filesystem

	// datasets are the mounted filesystems by their device numbers, devices the
	// paths of the volume's device and its partitions by theirs.
	datasets, devices map[string]string

	mu    sync.Mutex
	found DatasetUsers
}

func newUserScan(name string) *userScan {
	return &userScan{
		proc: "/proc", sys: "/sys", name: name,
		datasets: make(map[string]string), devices: make(map[string]string),
	}
}

// search makes the search until it or the context has ended, whichever comes
// first.
func (s *userScan) search(ctx context.Context) *DatasetUsers {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.run(ctx)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.found
	found.Users = slices.Clone(found.Users)
	if ctx.Err() != nil {
		found.Incomplete = "the time for the search was up"
	}
	return &found
}

// run makes the whole search.
func (s *userScan) run(ctx context.Context) {
	if s.volume != "" {
		s.findDevice()
	}
	pids := s.processes()
	s.mounts(ctx, pids)
	if len(s.datasets)+len(s.devices) == 0 {
		return
	}
	for _, pid := range pids {
		if ctx.Err() != nil {
			return
		}
		s.process(ctx, pid)
	}
	s.swaps()
	s.holders()
	s.loops()
}

// add notes a user. A further use of the same kind by the same process only
// counts.
func (s *userScan) add(u DatasetUser) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.found.Users) - 1; i >= 0 && u.PID != 0 && u.Use != UseMount; i-- {
		other := &s.found.Users[i]
		if other.PID != u.PID || other.Use == UseMount {
			break
		}
		if other.Use == u.Use && other.Dataset == u.Dataset {
			other.Count++
			return
		}
	}
	u.Count = 1
	s.found.Users = append(s.found.Users, u)
}

// unseen counts a process that may not be looked into.
func (s *userScan) unseen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found.Unseen++
}

// incomplete notes why users may be missing.
func (s *userScan) incomplete(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found.Incomplete = why
}

// concerns reports whether a mount's source is the dataset or a snapshot of it.
func (s *userScan) concerns(source string) bool {
	rest, ok := strings.CutPrefix(source, s.name)
	return ok && (rest == "" || rest[0] == '@')
}
