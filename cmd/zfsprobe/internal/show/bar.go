package show

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/zfs/prop"
	"golang.org/x/term"
)

// IsTerminal reports whether v is a file that a person looks at.
func IsTerminal(v any) bool {
	if o, ok := v.(*Output); ok {
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

// Bar draws one line again and again: what, how much, how fast, and how much of
// the whole if that is known. It is for terminals.
type Bar struct {
	W     io.Writer
	What  string
	Total uint64 // an estimate, 0 for unknown
	Parts bool   // what is done may be a part of it
	Start time.Time
}

// barWidth is how many characters a whole bar has.
const barWidth = 30

// Show draws the line. The last one is ended.
func (b *Bar) Show(bytes uint64, done bool) {
	end := ""
	if done {
		end = "\n"
	}
	// The rest of a longer line before is cleared.
	w := b.W
	if o, ok := w.(*Output); ok {
		w = o.w // this is for the terminal to act on
	}
	fmt.Fprintf(w, "\r%s\x1b[K%s", text.Escape(b.line(bytes, done, time.Since(b.Start))), end)
}

// line is the text of a line.
func (b *Bar) line(bytes uint64, done bool, since time.Duration) string {
	rate := uint64(0)
	if since > 0 {
		rate = uint64(float64(bytes) / since.Seconds())
	}
	line := fmt.Sprintf("%s  %s  %s/s", b.What, prop.FormatSize(bytes), prop.FormatSize(rate))
	if b.Total == 0 {
		return line
	}
	part := min(1, float64(bytes)/float64(b.Total))
	if done && !b.Parts {
		part = 1 // the total was an estimate
	}
	n := int(part * barWidth)
	return fmt.Sprintf("%s  [%s%s] %3.0f%%", line, strings.Repeat("#", n), strings.Repeat("-", barWidth-n), 100*part)
}
