package ioctl

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// flight is the state of one call that another goroutine may interrupt.
type flight struct {
	mu    sync.Mutex
	tid   int  // the thread that is in the kernel, or 0
	quit  bool // the context has ended
	state atomic.Int32
}

// The states of a flight.
const (
	flightNone int32 = iota // no call that could be left behind
	flightRunning
	flightDone
	flightAbandoned
)

func (f *flight) abandoned() bool { return f.state.Load() == flightAbandoned }

func (f *flight) cancelled() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.quit
}

// begin notes the thread that is about to enter the kernel. It reports whether
// the call is still wanted.
func (f *flight) begin(tid int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.quit {
		return false
	}
	f.tid = tid
	return true
}

// end notes that the thread has returned and must not be signalled any more.
func (f *flight) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tid = 0
}

// interrupt signals the thread until it has returned. One signal is not enough: it
// may arrive before the thread has entered the kernel, where it does nothing.
func (f *flight) interrupt() {
	for wait := 50 * time.Microsecond; f.signal(); wait = min(2*wait, 20*time.Millisecond) {
		time.Sleep(wait)
	}
}

// signal sends one signal to the thread in the kernel, and reports whether
// there was one.
func (f *flight) signal() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.quit = true
	if f.tid == 0 {
		return false
	}
	interruptThread(f.tid)
	return true
}

// runUntil is run with a context that can end. It is responsible for the call that
// Call has counted with enter.
func (d *Device) runUntil(ctx context.Context, r *Descriptor, c *Cmd) error {
	if err := ctx.Err(); err != nil {
		d.leave()
		return &Error{Op: r.Op, Name: c.Text(FieldName), Err: err}
	}
	if r.Interruptible && !r.Repeatable {
		return d.runInterruptible(ctx, r, c)
	}
	return d.runExpendable(ctx, r, c)
}

// runInterruptible runs an operation that may change something and that a signal
// can interrupt. Its outcome is unknown until it returns, so it is waited for.
func (d *Device) runInterruptible(ctx context.Context, r *Descriptor, c *Cmd) error {
	defer d.leave()
	c.watch()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		c.guard.interrupt()
	})
	err := d.run(r, c)
	if !stop() {
		// The interrupting goroutine must be done with this command before
		// its next call, which it would mistake for this one.
		<-interrupted
	}
	if err != nil && c.guard.cancelled() && errIs(err, CodeIntr) {
		return &Error{Op: r.Op, Name: c.saved.text(), Err: ctx.Err(), Executed: r.Modifies}
	}
	return err
}

// runExpendable runs an operation on a thread that the caller can abandon. The
// command and its buffers stay alive with that thread.
func (d *Device) runExpendable(ctx context.Context, r *Descriptor, c *Cmd) error {
	if r.Interruptible {
		c.watch()
	}
	c.guard.state.Store(flightRunning)
	// From here on the command belongs to the thread that runs it.
	name := c.Text(FieldName)
	done := make(chan error, 1)
	go func() {
		defer d.leave()
		err := d.run(r, c)
		if !c.guard.state.CompareAndSwap(flightRunning, flightDone) {
			d.stuck.remove(c)
		}
		done <- err
	}()
	select {
	case err := <-done:
		c.guard.state.Store(flightNone)
		return err
	case <-ctx.Done():
	}
	// The call is registered before it is abandoned: it may end at any moment
	// and must then find its entry.
	d.stuck.add(c, StuckCall{Op: r.Op, Name: name, Since: time.Now()})
	if !c.guard.state.CompareAndSwap(flightRunning, flightAbandoned) {
		d.stuck.remove(c)
		c.guard.state.Store(flightNone)
		return <-done
	}
	if r.Interruptible {
		go c.guard.interrupt()
	}
	return &Error{Op: r.Op, Name: name, Err: ctx.Err(), Executed: r.Modifies}
}

// watch makes the call one that can be interrupted.
func (c *Cmd) watch() {
	prepareInterrupt()
	c.watched = true
}
