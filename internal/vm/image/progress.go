package image

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// A Progress tells a waiting user what goes on: one live line on a terminal,
// otherwise a line now and then. All methods work on nil and tell nothing.
type Progress struct {
	w    io.Writer
	live bool
	mu   sync.Mutex
}

// Often enough to show life, seldom enough for a log.
const (
	liveInterval = time.Second
	lineInterval = 15 * time.Second
)

// NewProgress writes to f, with a live line if f is a terminal.
func NewProgress(f *os.File) *Progress {
	info, err := f.Stat()
	live := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	return &Progress{w: f, live: live}
}

// Note prints a line of its own about an image.
func (p *Progress) Note(image, text string) {
	p.print(image+": "+text, true)
}

// print replaces the live line, or without a terminal just prints.
func (p *Progress) print(text string, final bool) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	begin, end := "", "\n"
	if p.live {
		begin = "\r\x1b[K"
		if !final {
			end = ""
		}
	}
	// Progress that cannot be shown must not stop a build.
	_, _ = fmt.Fprint(p.w, begin, text, end)
}

// stage shows a stage until the function that it returns is called, once, with
// how it ended.
func (p *Progress) stage(image, name string, status func() string) (stop func(string)) {
	if p == nil {
		return func(string) {}
	}
	begun, done, ended := time.Now(), make(chan struct{}), make(chan struct{})
	interval := lineInterval
	if p.live {
		interval = liveInterval
	}
	p.print(image+": "+name, false)
	go func() {
		defer close(ended)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				p.print(p.line(image, name, begun, status()), false)
			}
		}
	}()
	return func(end string) {
		close(done)
		<-ended
		p.print(p.line(image, name, begun, end), true)
	}
}

// line is what a stage shows. A live one must not wrap.
func (p *Progress) line(image, name string, begun time.Time, status string) string {
	s := fmt.Sprintf("%s: %s %v", image, name, time.Since(begun).Round(time.Second))
	if status != "" {
		s += ": " + status
	}
	const width = 78
	if p.live && len(s) > width {
		s = s[:width]
	}
	return s
}
