package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/text"
	"golang.org/x/term"
)

// isTerminal reports whether v is a file that a person looks at.
func isTerminal(v any) bool {
	if o, ok := v.(*output); ok {
		return o.screen
	}
	f, ok := v.(*os.File)
	if !ok {
		return false
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	there := false
	err = conn.Control(func(fd uintptr) { there = term.IsTerminal(int(fd)) })
	return there && err == nil
}

// bar draws one line again and again: what, how much, how fast, and how much of
// the whole if that is known. It is for terminals.
type bar struct {
	w     io.Writer
	what  string
	total uint64 // an estimate, 0 for unknown
	parts bool   // what is done may be a part of it
	start time.Time
}

// barWidth is how many characters a whole bar has.
const barWidth = 30

// show draws the line. The last one is ended.
func (b *bar) show(bytes uint64, done bool) {
	end := ""
	if done {
		end = "\n"
	}
	// The rest of a longer line before is cleared.
	w := b.w
	if o, ok := w.(*output); ok {
		w = o.w // this is for the terminal to act on
	}
	fmt.Fprintf(w, "\r%s\x1b[K%s", text.Escape(b.line(bytes, done, time.Since(b.start))), end)
}

// line is the text of a line.
func (b *bar) line(bytes uint64, done bool, since time.Duration) string {
	rate := uint64(0)
	if since > 0 {
		rate = uint64(float64(bytes) / since.Seconds())
	}
	line := fmt.Sprintf("%s  %s  %s/s", b.what, niceBytes(bytes), niceBytes(rate))
	if b.total == 0 {
		return line
	}
	part := min(1, float64(bytes)/float64(b.total))
	if done && !b.parts {
		part = 1 // the total was an estimate
	}
	n := int(part * barWidth)
	return fmt.Sprintf("%s  [%s%s] %3.0f%%", line, strings.Repeat("#", n), strings.Repeat("-", barWidth-n), 100*part)
}
