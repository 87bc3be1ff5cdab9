package zfs

import (
	"cmp"
	"context"
	"crypto/rand"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs/prop"
)

// VolumeCloneOptions says what Clone and Copy make.
type VolumeCloneOptions struct {
	// ReadOnly makes a volume that is only read: a snapshot as a volume.
	ReadOnly bool
	// Props are set on the new volume, in the form of DatasetCreateOptions.
	Props prop.Values
	// Progress is called while Copy reads, as that of SendOptions is. Clone takes
	// no time.
	Progress func(SendProgress)
	// ProgressInterval is one second for zero.
	ProgressInterval time.Duration
}

// props are the properties of the new volume.
func (o *VolumeCloneOptions) props() prop.Values {
	if o == nil {
		return nil
	}
	props := maps.Clone(o.Props)
	if props == nil {
		props = make(prop.Values)
	}
	if o.ReadOnly {
		props[prop.Readonly] = prop.String("on")
	}
	return props
}

// Clone makes a volume with the content of a snapshot, "a@s", or of a volume,
// "a", as it is. It takes no time and shares all blocks. What it comes from can
// be destroyed at any time.
//
// Errors match ErrNotFound, ErrExists, ErrInvalidName, ErrInvalidProp, ErrNoSpace,
// ErrQuota, ErrPermission, ErrReadOnly.
func (v *Volumes) Clone(ctx context.Context, source, name string, opts *VolumeCloneOptions) error {
	_, snap, err := v.beginFrom(ctx, source, name)
	if err != nil {
		return err
	}
	defer v.end()
	err = v.c.DatasetClone(ctx, v.Dataset(name), snap, &DatasetCloneOptions{Props: opts.props()})
	if err != nil {
		_ = v.tidy(ctx) // the first error is the one to tell
	}
	return err
}

// Copy makes a volume with the content of a snapshot, "a@s", or of a volume, "a",
// as it is, that shares nothing with it. It takes as long as it takes to read and
// to write it. Meanwhile the name is taken, but there is no such volume yet; Destroy
// and Rollback of what it is read from wait, and nothing else does. What was copied
// in part does not stay.
//
// Errors match those of Clone, ErrKey (an encrypted source whose key is not
// loaded), the context's error.
func (v *Volumes) Copy(ctx context.Context, source, name string, opts *VolumeCloneOptions) error {
	volume, snap, err := v.beginFrom(ctx, source, name)
	if err != nil {
		return err
	}
	job := &volumeCopying{volume: volume, snap: snap, done: make(chan struct{})}
	v.copies[name] = job
	if err = v.makeHidden(ctx); err == nil {
		v.end()
		err = v.transfer(ctx, snap, v.hidden(volumeCopy, name)+"@.copy", opts)
		v.turn <- struct{}{} // without the context, for it has to be cleared up
	}
	defer v.end()
	delete(v.copies, name)
	close(job.done)
	if err == nil {
		err = v.place(ctx, name)
	}
	if err == nil && strings.Contains(source, "@") {
		return nil
	}
	return cmp.Or(err, v.tidy(ctx))
}

// volumeCopying is a copy under way.
type volumeCopying struct {
	volume string        // that it is read from
	snap   string        // the dataset's snapshot
	done   chan struct{} // closed when it has ended, within a turn
}

// copiedFrom returns a copy that is being read from a volume, nil for none.
func (v *Volumes) copiedFrom(volume string) *volumeCopying {
	for _, job := range v.copies {
		if job.volume == volume {
			return job
		}
	}
	return nil
}

// place gives a copy that is complete its name.
func (v *Volumes) place(ctx context.Context, name string) error {
	temp := v.hidden(volumeCopy, name)
	if err := v.c.SnapshotDestroy(ctx, []string{temp + "@.copy"}, nil); err != nil {
		return err
	}
	return v.c.DatasetRename(ctx, temp, v.Dataset(name), nil)
}

// transfer sends a snapshot into another dataset. The kernel reads what it writes,
// and no byte of it comes by here.
func (v *Volumes) transfer(ctx context.Context, from, to string, opts *VolumeCloneOptions) error {
	r, w, err := os.Pipe()
	if err != nil {
		return inputError(ioctl.OpSendNew, from, err)
	}
	send := &SendOptions{LargeBlocks: true, Embedded: true}
	if opts != nil {
		send.Progress, send.ProgressInterval = opts.Progress, opts.ProgressInterval
	}
	sent := make(chan error, 1)
	go func() {
		err := v.c.Send(ctx, from, w, send)
		_ = w.Close() // the receive ends in any case
		sent <- err
	}()
	_, err = v.c.Receive(ctx, to, r, &ReceiveOptions{Override: opts.props()})
	_ = r.Close() // a send that is still at work ends
	if serr := <-sent; serr != nil && (err == nil || ioctl.CodeOf(serr) != ioctl.CodePipe) {
		return serr
	}
	return err
}

// beginFrom begins a turn for a volume that is to be made from a snapshot, or from
// one that it takes for this. The caller ends the turn if there is no error.
func (v *Volumes) beginFrom(ctx context.Context, source, name string) (volume, full string, err error) {
	volume, snap, err := v.parse(source)
	if err == nil {
		err = v.beginNew(ctx, name)
	}
	if err != nil {
		return "", "", err
	}
	if snap != "" {
		full, err = v.find(ctx, volume, snap)
	} else {
		full = v.Dataset(volume) + "@.from-" + rand.Text()[:10]
		err = v.c.SnapshotCreate(ctx, []string{full}, nil)
	}
	if err != nil {
		v.end()
	}
	return volume, full, err
}

// tidy clears up after what may have left something behind. The context may have
// ended, and what is left over is not the caller's.
func (v *Volumes) tidy(ctx context.Context) error {
	v.unfinished = true
	_, err := v.collect(context.WithoutCancel(ctx))
	return err
}

// localProps are the properties that are set on a dataset itself and that a clone
// which takes its place has to have.
func localProps(ds *Dataset) prop.Values {
	props := make(prop.Values)
	for p := range ds.Props.All() {
		info, native := prop.Lookup(p.Name)
		switch {
		case p.Source.Kind != prop.SourceLocal:
		case native && (!info.Settable() || slices.Contains([]prop.Prop{prop.VolSize, prop.KeyLocation}, p.Name)):
		case !native && !p.Name.IsUser():
		case strings.Contains(string(p.Name), "@"):
		default:
			props[p.Name] = p.Value
		}
	}
	return props
}
