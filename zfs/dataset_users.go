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

// DatasetUse is a way to use a dataset.
type DatasetUse uint8

// The uses of a dataset. A process uses a mounted filesystem or the device of a
// volume; the last four are uses by the system itself.
const (
	UseFile      DatasetUse = 1 + iota // an open file
	UseDirectory                       // the working directory
	UseRoot                            // the root directory
	UseProgram                         // the program that the process runs
	UseMap                             // a mapped file
	UseDevice                          // the volume's device, or a partition, is open
	UseMount                           // a mount
	UseSwap                            // swap space
	UseHolder                          // a block device on top of the volume
	UseLoop                            // a loop device on a file of the dataset
)

// String returns the use in a few words.
func (u DatasetUse) String() string {
	return enum.Name(u, "none", "open file", "working directory", "root directory", "program", "mapped file",
		"open device", "mount", "swap", "holder", "loop device")
}

// DatasetUser is a user of a dataset.
type DatasetUser struct {
	Use DatasetUse
	// Dataset is the dataset in use: the one asked for, or a snapshot of it.
	Dataset string
	// PID and Command are the process. For a mount they are a process that sees
	// it in a mount namespace other than the caller's. PID is 0 for other users.
	PID     int
	Command string
	// Path is the file, the mountpoint or the device, as the process sees it.
	Path string
	// Count is the number of uses of this kind by the process. Path is one of
	// them.
	Count int
	// Namespace is the mount namespace of a mount, such as "mnt:[4026532211]", or
	// "" for the caller's own.
	Namespace string
}

// String describes the user and the use in one line. It escapes characters that
// could end the line or control a terminal, such as in a path.
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

// DatasetUsers are the users of a dataset that were found.
type DatasetUsers struct {
	// Users are the mounts, then the processes in the order of their numbers,
	// then the rest.
	Users []DatasetUser
	// Unseen is the number of processes that could not be inspected without more
	// rights.
	Unseen int
	// Incomplete is another reason why users may be missing, or "".
	Incomplete string
}

// DatasetUsersOptions are the options of DatasetUsers.
type DatasetUsersOptions struct {
	// Timeout limits the search; zero is 5 seconds.
	Timeout time.Duration
	// VolumeDir is the directory of the links to the devices of volumes, by name;
	// empty is /dev/zvol.
	VolumeDir string
}

// usersTimeout is the default of Timeout.
const usersTimeout = 5 * time.Second

// DatasetUsers searches /proc and /sys for the users of a mounted filesystem, a
// volume that has a device, or a snapshot of them: mounts in all mount
// namespaces, processes with open or mapped files, loop devices, and swap space,
// mounts and block devices on a volume's device. For a filesystem or volume,
// mounts of its snapshots are included. It only reads.
//
// Processes of other users can only be inspected by root. A volume is found by
// the link that udev creates for its device. Uses by the kernel itself, such as
// serving files over the network, cannot be found.
//
// Errors match ErrNotFound, ErrInvalidName, ErrPermission, ErrNotSupported (not
// Linux), and the context's. Reaching Timeout is not an error: see Incomplete.
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

// userScan is one search. It reads directories of the system, some of which can
// hang like a network filesystem, so it runs in its own goroutine.
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

// search runs the search and returns when it or the context ends, whichever comes
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
		found.Incomplete = "the time limit was reached"
	}
	return &found
}

// run does the whole search.
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

// add adds a user. A repeated use of the same kind by the same process is only
// counted.
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

// unseen counts a process that may not be inspected.
func (s *userScan) unseen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found.Unseen++
}

// incomplete records why users may be missing.
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
