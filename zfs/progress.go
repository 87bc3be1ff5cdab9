package zfs

import (
	"sync"
	"time"
)

// watch reports at an interval how far something has come.
type watch[P any] struct {
	report func(P)
	read   func() (P, bool) // false for nothing to report
	quit   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	halted bool
}

// newWatch begins to report, every second if no interval is given. It returns
// nil for nothing to report to.
func newWatch[P any](report func(P), every time.Duration, read func() (P, bool)) *watch[P] {
	if report == nil {
		return nil
	}
	if every <= 0 {
		every = time.Second
	}
	w := &watch[P]{report: report, read: read, quit: make(chan struct{}), done: make(chan struct{})}
	go w.run(every)
	return w
}

func (w *watch[P]) run(every time.Duration) {
	defer close(w.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-w.quit:
			return
		case <-tick.C:
		}
		if p, ok := w.poll(); ok {
			w.report(p)
		}
	}
}

func (w *watch[P]) poll() (p P, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.halted {
		return p, false
	}
	return w.read()
}

// halt ends the reading, for what is read from is about to go. It does not wait
// for the caller's function.
func (w *watch[P]) halt() {
	if w == nil {
		return
	}
	w.mu.Lock()
	w.halted = true
	w.mu.Unlock()
	close(w.quit)
}

// end makes the last report, after halt.
func (w *watch[P]) end(last func() P) {
	if w == nil {
		return
	}
	<-w.done
	w.report(last())
}
