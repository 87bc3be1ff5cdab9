package ioctl

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/purezfs/purezfs/nvlist"
)

// tracer prints calls. A nil tracer does nothing and costs a comparison.
type tracer struct {
	mu    sync.Mutex
	w     io.Writer
	lists bool
}

// newTracer returns the tracer that the configuration or the environment
// selects, or nil. ZFSDEBUG is 1 for calls and 2 for calls with lists.
func newTracer(cfg *Config, env string) *tracer {
	switch {
	case cfg.Trace != nil:
		return &tracer{w: cfg.Trace, lists: cfg.TraceLists}
	case env == "" || env == "0":
		return nil
	}
	return &tracer{w: os.Stderr, lists: env != "1"}
}

// now returns the current time, or the zero time if tracing is off.
func (t *tracer) now() time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Now()
}

// call prints one call: operation, target, duration, result, and the lists.
func (t *tracer) call(start time.Time, r *Descriptor, c *Cmd, code Code) {
	if t == nil {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "zfs: %s %q", strings.TrimPrefix(r.C, "ZFS_IOC_"), c.saved.text())
	if name := c.Text(FieldName); name != c.saved.text() {
		fmt.Fprintf(&b, " -> %q", name)
	}
	if v := c.Uint64(FieldCookie); v != 0 {
		fmt.Fprintf(&b, " cookie=%#x", v)
	}
	fmt.Fprintf(&b, " in=%d out=%d", len(c.src)+len(c.conf), max(0, c.filled))
	result := "ok"
	if code != 0 {
		result = code.Name()
	}
	fmt.Fprintf(&b, " %s %s\n", time.Since(start).Round(time.Microsecond), result)
	if t.lists {
		dumpTo(&b, "in", c.src)
		dumpTo(&b, "conf", c.conf)
		dumpTo(&b, "out", c.Out())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// A trace that cannot be written must not fail the call that it shows.
	_, _ = io.WriteString(t.w, b.String())
}

// dumpTo prints one packed list, without key material.
func dumpTo(b *strings.Builder, title string, packed []byte) {
	if len(packed) == 0 {
		return
	}
	l, err := nvlist.Decode(packed, nil)
	if err != nil {
		fmt.Fprintf(b, "  %s: %d bytes, %v\n", title, len(packed), err)
		return
	}
	fmt.Fprintf(b, "  %s:\n", title)
	// A strings.Builder never fails.
	_ = l.Dump(b, &nvlist.DumpOptions{Redact: Secret, Prefix: "    "})
}

// Secret reports whether a pair of that name holds key material, which must
// not appear in any trace, error or record.
func Secret(name string) bool {
	switch name {
	case "hidden_args", "wkeydata":
		return true
	}
	return false
}
