package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/stream"
)

// receiveDoc is what receive prints with --json.
type receiveDoc struct {
	Schema  string        `json:"schema"`
	Steps   []string      `json:"steps,omitempty"`
	Streams []receivedDoc `json:"streams"`
	Skipped []string      `json:"skipped,omitempty"`
	// Failed has the properties and holds that could not be set.
	Failed map[string]string `json:"failed,omitempty"`
}

type receivedDoc struct {
	Snapshot string `json:"snapshot"`
	GUID     uint64 `json:"guid"`
	Created  bool   `json:"created"`
	Bytes    uint64 `json:"bytes"`
}

// newReceiveDoc takes from a result what is printed.
func newReceiveDoc(got *zfs.ReceivedPackage) *receiveDoc {
	doc := &receiveDoc{Schema: "zfsprobe.receive/1", Skipped: got.Skipped, Streams: []receivedDoc{}, Failed: make(map[string]string)}
	for _, s := range got.Steps {
		doc.Steps = append(doc.Steps, s.String())
	}
	for _, s := range got.Streams {
		doc.Streams = append(doc.Streams, receivedDoc{s.Snapshot, s.GUID, s.Created, s.Bytes})
		for _, item := range s.Failed {
			name := item.Name
			if len(got.Streams) > 1 {
				name += " of " + s.Snapshot
			}
			doc.Failed[name] = item.Err.Error()
		}
	}
	for _, item := range got.Failed {
		doc.Failed[item.Name] = item.Err.Error()
	}
	return doc
}

// text is what a person reads: with -v all, else what is not as it was sent.
func (d *receiveDoc) text(verbose bool, took time.Duration) string {
	var b strings.Builder
	if verbose {
		for _, step := range d.Steps {
			fmt.Fprintln(&b, step)
		}
		total := uint64(0)
		for _, s := range d.Streams {
			fmt.Fprintf(&b, "%s: %s\n", s.Snapshot, niceBytes(s.Bytes))
			total += s.Bytes
		}
		for _, name := range d.Skipped {
			fmt.Fprintf(&b, "%s: is there already\n", name)
		}
		fmt.Fprintf(&b, "in all %s in %.1f seconds\n", niceBytes(total), took.Seconds())
	}
	for _, name := range slices.Sorted(maps.Keys(d.Failed)) {
		fmt.Fprintf(&b, "not set: %s: %s\n", name, d.Failed[name])
	}
	return b.String()
}

// printReceived prints the result. What could not be set is a finding, the rest
// was received.
func (a *app) printReceived(got *zfs.ReceivedPackage, f *receiveFlags, took time.Duration) (err error) {
	doc := newReceiveDoc(got)
	if a.json {
		err = printJSON(a.out, doc)
	} else {
		_, err = io.WriteString(a.out, doc.text(f.verbose, took))
	}
	if err == nil && len(doc.Failed) > 0 {
		err = errFound
	}
	return err
}

// checkReceive reads the stream and says what would be received. For a single
// one no module is needed.
func (a *app) checkReceive(ctx context.Context, name string, f *receiveFlags) error {
	head := make([]byte, stream.HeaderSize)
	n, err := io.ReadFull(a.in, head)
	if err != nil && n == 0 {
		return a.streamFault("standard input", &stream.SyntaxError{Err: stream.ErrTruncated})
	}
	whole := io.MultiReader(bytes.NewReader(head[:n]), a.in)
	var frames stream.Framer
	if rec, _, err := frames.Next(head); err == nil {
		if begin, ok := rec.(*stream.Begin); ok && (begin.Compound || f.path || f.tail) {
			return a.checkPackage(ctx, name, whole, f)
		}
	}
	return a.checkStream(name, whole)
}

// checkStream is checkReceive for a single stream.
func (a *app) checkStream(name string, r io.Reader) error {
	s, err := stream.Summarize(stream.NewReader(r, nil))
	if err != nil {
		return a.streamFault("standard input", err)
	}
	begin := s.Parts[0] // a stream without any is malformed
	_, snap, _ := strings.Cut(begin.ToName, "@")
	if !strings.Contains(name, "@") {
		name += "@" + snap
	}
	if a.json {
		got := receivedDoc{Snapshot: name, GUID: begin.ToGUID, Bytes: uint64(s.Bytes)}
		return printJSON(a.out, receiveDoc{Schema: "zfsprobe.receive/1", Streams: []receivedDoc{got}})
	}
	_, err = fmt.Fprintf(a.out, "%s would become %s, %s\n", begin.ToName, name, niceBytes(uint64(s.Bytes)))
	return err
}

// checkPackage is checkReceive for a package: it asks what is there.
func (a *app) checkPackage(ctx context.Context, name string, r io.Reader, f *receiveFlags) error {
	c, err := a.open()
	if err != nil {
		return err
	}
	defer c.Close()
	got, err := c.ReceivePackage(ctx, name, r, f.packageOptions())
	if err != nil {
		return err
	}
	doc := newReceiveDoc(got)
	if a.json {
		return printJSON(a.out, doc)
	}
	var b strings.Builder
	for _, step := range doc.Steps {
		fmt.Fprintf(&b, "would %s\n", step)
	}
	for _, s := range doc.Streams {
		fmt.Fprintf(&b, "would receive %s\n", s.Snapshot)
	}
	for _, name := range doc.Skipped {
		fmt.Fprintf(&b, "%s: is there already\n", name)
	}
	_, err = io.WriteString(a.out, b.String())
	return err
}
