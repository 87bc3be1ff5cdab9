package zfs

import (
	"iter"
	"sync"
)

const (
	// aheadCalls is how many calls a walk makes at once by itself. The kernel opens the
	// object set of a dataset that nobody uses for each call anew; calls about
	// one dataset that meet share it, so that a few more than there are
	// processors still pay.
	aheadCalls = 4
	// aheadMost bounds what a caller may ask for: each call has a thread.
	aheadMost = 64
)

// ahead reads what a walk will want next, a bounded number of calls at once,
// beside the goroutine that walks.
type ahead struct {
	slots chan struct{} // one taken for each call under way
	done  chan struct{} // closed at the end of the walk
	wg    sync.WaitGroup
}

// newAhead is for so many calls at once.
func newAhead(calls int) *ahead {
	return &ahead{slots: make(chan struct{}, calls), done: make(chan struct{})}
}

// stop ends the reading and waits for the calls under way.
func (a *ahead) stop() {
	close(a.done)
	a.wg.Wait()
}

// run runs fn beside the caller, holding a slot, unless the walk ends first.
func (a *ahead) run(fn func()) {
	a.wg.Go(func() {
		a.slots <- struct{}{}
		defer func() { <-a.slots }()
		select {
		case <-a.done:
		default:
			fn()
		}
	})
}

// pause runs fn, which waits for others, with the slot free for them.
func (a *ahead) pause(fn func()) {
	<-a.slots
	fn()
	a.slots <- struct{}{}
}

// later begins a piece of work and returns what waits for its result. It must
// not be waited for after stop.
func (a *ahead) later(fn func() error) (wait func() error) {
	result := make(chan error, 1)
	a.run(func() { result <- fn() })
	return func() error { return <-result }
}

// branch is a sequence of datasets that is read ahead: the first one before
// the walk gets there, and from then on a few more than it has visited. A nil
// branch is empty.
type branch struct {
	entered chan struct{}
	steps   chan step
}

// step is a dataset of a branch, or the error that ends it.
type step struct {
	node *node
	err  error
}

// newBranch begins to read a sequence. Each dataset is handed to open after
// the walk has entered the branch. As many as there are calls at once are read
// before they are wanted: with the depth of the tree that bounds what a walk
// keeps in memory.
func newBranch(a *ahead, seq iter.Seq2[*Dataset, error], open func(*Dataset) *node) *branch {
	b := &branch{entered: make(chan struct{}), steps: make(chan step, cap(a.slots))}
	hand := func(ds *Dataset, err error) bool {
		select {
		case <-b.entered:
		case <-a.done:
			return false
		}
		s := step{err: err}
		if err == nil {
			s.node = open(ds)
		}
		select {
		case b.steps <- s:
			return true
		case <-a.done:
			return false
		}
	}
	a.run(func() {
		defer close(b.steps)
		for ds, err := range seq {
			more := false
			a.pause(func() { more = hand(ds, err) })
			if !more {
				return
			}
		}
	})
	return b
}

// enter tells that the walk has come to the dataset that the branch belongs to.
func (b *branch) enter() {
	if b != nil {
		close(b.entered)
	}
}

// all yields what the branch holds. It must have been entered.
func (b *branch) all() iter.Seq2[*node, error] {
	return func(yield func(*node, error) bool) {
		if b == nil {
			return
		}
		for s := range b.steps {
			if !yield(s.node, s.err) {
				return
			}
		}
	}
}
