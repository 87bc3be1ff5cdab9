package volumes

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
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// CloneOptions are the options of Clone and Copy.
type CloneOptions struct {
	// ReadOnly makes the new volume read-only.
	ReadOnly bool
	// Props are the properties to set on it, as in zfs.DatasetCreateOptions.
	Props prop.Values
	// Progress is called while Copy reads, as in zfs.SendOptions. Clone does not call
	// it.
	Progress func(zfs.SendProgress)
	// ProgressInterval is the time between calls of Progress. Zero means one
	// second.
	ProgressInterval time.Duration
}

// props returns the properties of the new volume.
func (o *CloneOptions) props() prop.Values {
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

// Clone creates a volume with the content of a snapshot, "a@s", or of a volume, "a".
// It copies no data: the two share their blocks. The source can be destroyed at any
// time.
//
// Errors match ErrNotFound, ErrExists, ErrInvalidName, ErrInvalidProp, ErrNoSpace,
// ErrQuota, ErrPermission, ErrReadOnly.
func (v *Service) Clone(ctx context.Context, source, name string, opts *CloneOptions) error {
	_, snap, err := v.beginFrom(ctx, source, name)
	if err != nil {
		return err
	}
	defer v.end()
	err = v.c.DatasetClone(ctx, v.Dataset(name), snap, &zfs.DatasetCloneOptions{Props: opts.props()})
	if err != nil {
		_ = v.tidy(ctx) // the first error is returned
	}
	return err
}

// Copy creates a volume with the content of a snapshot, "a@s", or of a volume, "a",
// that shares no blocks with it: it sends the data and receives it. The volume does
// not exist until Copy returns, but its name cannot be used. Destroy and Rollback of
// the source wait; other methods do not. If it fails, the partial copy is destroyed.
//
// Errors match those of Clone, ErrKey (an encrypted source whose key is not
// loaded), the context's error.
func (v *Service) Copy(ctx context.Context, source, name string, opts *CloneOptions) error {
	volume, snap, err := v.beginFrom(ctx, source, name)
	if err != nil {
		return err
	}
	job := &copying{volume: volume, snap: snap, done: make(chan struct{})}
	v.copies[name] = job
	if err = v.makeHidden(ctx); err == nil {
		v.end()
		err = v.transfer(ctx, snap, v.hidden(kindCopy, name)+"@.copy", opts)
		v.turn <- struct{}{} // without the context, because cleanup must not fail
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

// copying is a copy in progress.
type copying struct {
	volume string        // the source
	snap   string        // the dataset's snapshot
	done   chan struct{} // closed during a turn when the copy has ended
}

// copiedFrom returns a copy in progress that reads from a volume, or nil.
func (v *Service) copiedFrom(volume string) *copying {
	for _, job := range v.copies {
		if job.volume == volume {
			return job
		}
	}
	return nil
}

// place renames a complete copy to its final name.
func (v *Service) place(ctx context.Context, name string) error {
	temp := v.hidden(kindCopy, name)
	if err := v.c.SnapshotDestroy(ctx, []string{temp + "@.copy"}, nil); err != nil {
		return err
	}
	return v.c.DatasetRename(ctx, temp, v.Dataset(name), nil)
}

// transfer sends a snapshot to another dataset through a pipe. The data stays in the
// kernel.
func (v *Service) transfer(ctx context.Context, from, to string, opts *CloneOptions) error {
	r, w, err := os.Pipe()
	if err != nil {
		return zfs.NewError(ioctl.OpSendNew, from, err)
	}
	send := &zfs.SendOptions{LargeBlocks: true, Embedded: true}
	if opts != nil {
		send.Progress, send.ProgressInterval = opts.Progress, opts.ProgressInterval
	}
	sent := make(chan error, 1)
	go func() {
		err := v.c.Send(ctx, from, w, send)
		_ = w.Close() // this ends the receive
		sent <- err
	}()
	_, err = v.c.Receive(ctx, to, r, &zfs.ReceiveOptions{Override: opts.props()})
	_ = r.Close() // this ends a running send
	if serr := <-sent; serr != nil && (err == nil || ioctl.CodeOf(serr) != ioctl.CodePipe) {
		return serr
	}
	return err
}

// beginFrom begins a turn for a volume that is created from a snapshot. If source is
// a volume, it creates the snapshot. The caller ends the turn if beginFrom returns
// no error.
func (v *Service) beginFrom(ctx context.Context, source, name string) (volume, full string, err error) {
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

// tidy cleans up after a failed operation. It ignores that the context may have
// ended.
func (v *Service) tidy(ctx context.Context) error {
	v.unfinished = true
	_, err := v.collect(context.WithoutCancel(ctx))
	return err
}

// localProps returns the local properties of a dataset that a clone needs to replace
// it.
func localProps(ds *zfs.Dataset) prop.Values {
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
