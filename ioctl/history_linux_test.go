package ioctl

import (
	"context"
	"sync"
	"syscall"
	"testing"
)

// The kernel takes a record from the thread that has made the change.
func TestHistoryOnOneThread(t *testing.T) {
	var mu sync.Mutex
	changed := map[int]bool{} // threads that may leave a record
	d := NewDevice(func(op Op, _ *Cmd) error {
		mu.Lock()
		defer mu.Unlock()
		if op == OpCreate {
			changed[syscall.Gettid()] = true
			return nil
		}
		if !changed[syscall.Gettid()] {
			t.Error("a record came from a thread that has changed nothing")
		}
		delete(changed, syscall.Gettid())
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for _, name := range []string{"tank/a", "tank/b", "tank/c", "tank/d"} {
		for _, ctx := range []context.Context{ctx, context.Background()} {
			wg.Go(func() {
				for range 50 {
					if err := create(WithHistory(ctx, "text"), d, name); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
}
