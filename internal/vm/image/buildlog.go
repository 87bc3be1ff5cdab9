package image

import (
	"bytes"
	"os"
	"strings"
	"sync"
)

// A buildLog keeps all output in a file and remembers its end, for a failure,
// and its last headline, for the progress. Headlines begin with "zvm: ". Safe
// for concurrent use.
type buildLog struct {
	mu   sync.Mutex
	f    *os.File
	end  []byte // the last bytes written
	line []byte // the line that is not complete yet
	head string
}

// tailBytes is how much of the end a failure shows.
const tailBytes = 4 << 10

// openBuildLog appends: a build that goes on keeps what it said before.
func openBuildLog(path string) (*buildLog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	return &buildLog{f: f}, nil
}

// Write never splits a headline: a line counts when its end has arrived.
func (l *buildLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.f.Write(p)
	for line := range bytes.Lines(p) {
		l.line = append(l.line, line...)
		if line[len(line)-1] != '\n' {
			break
		}
		if rest, ok := bytes.CutPrefix(l.line, []byte("zvm: ")); ok {
			l.head = strings.TrimSpace(string(rest))
		}
		l.line = l.line[:0]
	}
	l.end = append(l.end, p...)
	if extra := len(l.end) - tailBytes; extra > 0 {
		l.end = append(l.end[:0], l.end[extra:]...)
	}
	return n, err
}

// headline is the last line that began with "zvm: ".
func (l *buildLog) headline() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head
}

// tail is the end of the log in whole lines, for a message.
func (l *buildLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := l.end
	if len(end) == tailBytes {
		end = end[bytes.IndexByte(end, '\n')+1:]
	}
	if len(end) > 0 && end[len(end)-1] != '\n' {
		return string(end) + "\n"
	}
	return string(end)
}

// Close closes the file.
func (l *buildLog) Close() error { return l.f.Close() }
