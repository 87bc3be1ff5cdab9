package zfs

import (
	"iter"
	"sync"
)

const (
	// aheadCalls is the default number of concurrent calls of a walk. For each
	// call the kernel opens the object set of a dataset anew if it is not in use;
	// concurrent calls about one dataset share it, so that a few more calls than
	// processors still pay.
	aheadCalls = 4
	// aheadMost is the largest number that a caller may ask for: each call has a
	// thread.
	aheadMost = 64
)

// ahead reads what a walk will need next, with a bounded number of concurrent
// calls, concurrently with the goroutine that walks.
type ahead struct {
	slots chan struct{} // holds one element for each call under way
	done  chan struct{} // closed at the end of the walk
	wg    sync.WaitGroup
}

// newAhead returns an ahead that makes up to that number of calls concurrently.
func newAhead(calls int) *ahead {
	return &ahead{slots: make(chan struct{}, calls), done: make(chan struct{})}
}

// stop ends the reading and waits for the calls under way.
func (a *ahead) stop() {
	close(a.done)
	a.wg.Wait()
}

// run runs fn in another goroutine, holding a slot, unless the walk ends first.
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

// pause runs fn, which waits for other calls, with the slot released.
func (a *ahead) pause(fn func()) {
	<-a.slots
	fn()
	a.slots <- struct{}{}
}

// later starts a piece of work and returns a function that waits for its result.
// That function must not be called after stop.
func (a *ahead) later(fn func() error) (wait func() error) {
	result := make(chan error, 1)
	a.run(func() { result <- fn() })
	return func() error { return <-result }
}

// branch is a sequence of datasets that is read ahead: the first one before the
// walk reaches it, and from then on a few more than it has visited. A nil branch
// is empty.
type branch struct {
	entered chan struct{}
	steps   chan step
}

// step is a dataset of a branch, or the error that ends it.
type step struct {
	node *node
	err  error
}

// newBranch begins to read a sequence. Each dataset is passed to open after the
// walk has entered the branch. As many datasets as there are concurrent calls are
// read ahead. This number and the depth of the tree bound what a walk keeps in
// memory.
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

// enter notes that the walk has reached the dataset that the branch belongs to.
func (b *branch) enter() {
	if b != nil {
		close(b.entered)
	}
}

// all yields the datasets of the branch. The branch must have been entered.
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
