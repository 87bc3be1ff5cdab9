package zfs

import (
	"sync"

	"github.com/purezfs/purezfs/ioctl"
)

// HoldOwner owns temporary holds: it is an open file of the device, and the
// kernel releases the holds when the file is closed. It is closed only by Close,
// by Client.Close, or by the end of the process. In particular it is not closed
// when it is garbage: a hold that disappears silently would be useless.
//
// A child process that is being started while the owner is closed keeps the holds
// a little longer, until it executes its program. The methods of an owner may be
// called concurrently.
type HoldOwner struct {
	c   *Client
	dev *ioctl.Device
}

// HoldOpen returns a new owner of temporary holds, for HoldAddOptions.
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

// Close makes the kernel release the holds of this owner that still exist. It
// returns when the release is written to the pools, which takes long on a
// suspended pool. A hold that is being added is released as soon as it has been
// added.
//
// A second Close returns an error that matches fs.ErrClosed.
func (o *HoldOwner) Close() error {
	o.c.owners.remove(o)
	return o.dev.Close()
}

// holdOwners are the owners that have not been closed. The references let
// Client.Close find owners that the caller no longer refers to.
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

// closeAll closes the remaining owners. Closing may take long and takes the lock,
// so it is called without the lock. An owner that was closed meanwhile is
// ignored.
func (s *holdOwners) closeAll() {
	s.mu.Lock()
	left := s.all
	s.all = nil
	s.mu.Unlock()
	for o := range left {
		_ = o.dev.Close()
	}
}
