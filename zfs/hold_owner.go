package zfs

import (
	"sync"

	"github.com/purezfs/purezfs/ioctl"
)

// HoldOwner owns temporary holds: an open file of the device, at whose closing
// the kernel releases them. It is closed by Close, by Client.Close, or by the
// end of the process, and by nothing else. In particular it is not closed when
// the program loses sight of it: a hold that silently goes away would be no
// hold.
//
// A child process that is being started while the owner is closed keeps the holds
// a little longer, until it executes its program. An owner may be used by many
// goroutines at once.
type HoldOwner struct {
	c   *Client
	dev *ioctl.Device
}

// HoldOpen makes an owner of temporary holds, for HoldAddOptions. It owns none
// yet.
//
// Errors match fs.ErrClosed, fs.ErrNotExist or fs.ErrPermission.
func (c *Client) HoldOpen() (*HoldOwner, error) {
	dev, err := c.dev.Reopen()
	if err != nil {
		return nil, err
	}
	o := &HoldOwner{c: c, dev: dev}
	c.owners.add(o)
	return o, nil
}

// Close makes the kernel release the holds that this owner has and that still
// exist. It returns when the pools have written that down, which a suspended
// pool delays. A hold that is being added goes as soon as it has been added.
//
// A second Close returns an error that matches fs.ErrClosed.
func (o *HoldOwner) Close() error {
	o.c.owners.remove(o)
	return o.dev.Close()
}

// holdOwners are the owners that have not been closed. They keep an owner that
// nobody else refers to within Client.Close's reach.
type holdOwners struct {
	mu  sync.Mutex
	all map[*HoldOwner]struct{}
}

func (s *holdOwners) add(o *HoldOwner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[*HoldOwner]struct{})
	}
	s.all[o] = struct{}{}
}

func (s *holdOwners) remove(o *HoldOwner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, o)
}

// closeAll closes the owners that are left. Closing takes its time and the
// lock, so it happens outside of it. That one was closed meanwhile is fine.
func (s *holdOwners) closeAll() {
	s.mu.Lock()
	left := s.all
	s.all = nil
	s.mu.Unlock()
	for o := range left {
		_ = o.dev.Close()
	}
}
