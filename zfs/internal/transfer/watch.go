package transfer

import (
	"sync"
	"time"
)

// Watch reports progress at an interval. A nil Watch reports nothing.
type Watch[P any] struct {
	report func(P)
	read   func() (P, bool) // false if there is no progress to report
	quit   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	halted bool
}

// NewWatch starts a Watch. It reports every second if every is 0. It returns nil if
// report is nil.
func NewWatch[P any](report func(P), every time.Duration, read func() (P, bool)) *Watch[P] {
	if report == nil {
		return nil
	}
	if every <= 0 {
		every = time.Second
	}
	w := &Watch[P]{report: report, read: read, quit: make(chan struct{}), done: make(chan struct{})}
	go w.run(every)
	return w
}

func (w *Watch[P]) run(every time.Duration) {
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

func (w *Watch[P]) poll() (p P, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.halted {
		return p, false
	}
	return w.read()
}

// Halt stops the reads, because their source is about to be closed. It does not wait
// for the report in progress.
func (w *Watch[P]) Halt() {
	if w == nil {
		return
	}
	w.mu.Lock()
	w.halted = true
	w.mu.Unlock()
	close(w.quit)
}

// End makes the last report, after Halt.
func (w *Watch[P]) End(last func() P) {
	if w == nil {
		return
	}
	<-w.done
	w.report(last())
}
