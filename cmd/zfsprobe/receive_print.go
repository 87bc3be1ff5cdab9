package main

import (
	"maps"
	"slices"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
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
func newReceiveDoc(got *zfs.ReceivedTree) *receiveDoc {
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

// dryText is what a person reads of a dry run.
func (d *receiveDoc) dryText(b *show.Page) {
	for _, step := range d.Steps {
		b.Addf("would %s\n", step)
	}
	for _, s := range d.Streams {
		b.Addf("would receive %s: %s\n", s.Snapshot, prop.FormatSize(s.Bytes))
	}
	for _, name := range d.Skipped {
		b.Addf("%s: exists already\n", name)
	}
}

// text is what a person reads: with -v all, else what is not as it was sent.
func (d *receiveDoc) text(b *show.Page, verbose bool, took time.Duration) {
	if verbose {
		for _, step := range d.Steps {
			b.Addf("%v\n", step)
		}
		total := uint64(0)
		for _, s := range d.Streams {
			b.Addf("%s: %s\n", s.Snapshot, prop.FormatSize(s.Bytes))
			total += s.Bytes
		}
		for _, name := range d.Skipped {
			b.Addf("%s: exists already\n", name)
		}
		b.Addf("in all %s in %.1f seconds\n", prop.FormatSize(total), took.Seconds())
	}
	for _, name := range slices.Sorted(maps.Keys(d.Failed)) {
		b.Addf("not set: %s: %s\n", name, d.Failed[name])
	}
}

// printReceived prints the result. What could not be set is a finding, the rest
// was received.
func (a *app) printReceived(got *zfs.ReceivedTree, f *receiveFlags, took time.Duration) (err error) {
	doc := newReceiveDoc(got)
	b := show.NewNotes()
	if f.dryRun {
		doc.dryText(b)
	} else {
		doc.text(b, f.verbose, took)
	}
	if err = a.print(doc, b.Emit); err == nil && len(doc.Failed) > 0 {
		err = errFound
	}
	return err
}
