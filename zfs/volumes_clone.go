package zfs

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// VolumeCloneOptions says what Clone and Copy make.
type VolumeCloneOptions struct {
	// ReadOnly makes a volume that is only read: a snapshot as a volume.
	ReadOnly bool
	// Props are set on the new volume, in the form of DatasetCreateOptions.
	Props map[Prop]Value
}

// props are the properties of the new volume.
func (o *VolumeCloneOptions) props() map[Prop]Value {
	if o == nil {
		return nil
	}
	props := maps.Clone(o.Props)
	if props == nil {
		props = make(map[Prop]Value)
	}
	if o.ReadOnly {
		props[PropReadonly] = StringValue("on")
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
	return v.fromSource(ctx, source, name, func(snap string) (tidy bool, err error) {
		return false, v.c.DatasetClone(ctx, v.Dataset(name), snap, &DatasetCloneOptions{Props: opts.props()})
	})
}

// Copy makes a volume with the content of a snapshot, "a@s", or of a volume, "a",
// as it is, that shares nothing with it. It takes as long as it takes to read and
// to write it, and other operations wait for it. What was copied in part does not
// stay.
//
// Errors match those of Clone, ErrKey (an encrypted source whose key is not
// loaded), the context's error.
func (v *Volumes) Copy(ctx context.Context, source, name string, opts *VolumeCloneOptions) error {
	return v.fromSource(ctx, source, name, func(snap string) (tidy bool, err error) {
		return true, v.copy(ctx, snap, name, opts.props())
	})
}

// copy receives a snapshot under a hidden name, and then moves it.
func (v *Volumes) copy(ctx context.Context, snap, name string, props map[Prop]Value) error {
	if err := v.makeHidden(ctx); err != nil {
		return err
	}
	temp := v.hidden(volumeCopy, name)
	if err := v.transfer(ctx, snap, temp+"@.copy", props); err != nil {
		return err
	}
	if err := v.c.SnapshotDestroy(ctx, []string{temp + "@.copy"}, nil); err != nil {
		return err
	}
	return v.c.DatasetRename(ctx, temp, v.Dataset(name), nil)
}

// transfer sends a snapshot into another dataset.
func (v *Volumes) transfer(ctx context.Context, from, to string, props map[Prop]Value) error {
	r, w := io.Pipe()
	sent := make(chan error, 1)
	go func() {
		err := v.c.Send(ctx, from, w, &SendOptions{LargeBlocks: true, Embedded: true})
		w.CloseWithError(err)
		sent <- err
	}()
	_, err := v.c.Receive(ctx, to, r, &ReceiveOptions{Override: props})
	r.CloseWithError(errors.New("the receive has ended"))
	if serr := <-sent; serr != nil && (err == nil || errors.Is(err, serr)) {
		err = serr
	}
	return err
}

// fromSource makes a volume from a snapshot, or from one that it takes for this.
// What fails leaves nothing behind, nor does what needs that snapshot no longer.
func (v *Volumes) fromSource(ctx context.Context, source, name string, work func(snap string) (tidy bool, err error)) error {
	volume, snap, err := v.parse(source)
	if err == nil {
		err = v.beginNew(ctx, name)
	}
	if err != nil {
		return err
	}
	defer v.end()
	var full string
	if snap != "" {
		full, err = v.find(ctx, volume, snap)
	} else {
		full = v.Dataset(volume) + "@.from-" + rand.Text()[:10]
		err = v.c.SnapshotCreate(ctx, []string{full}, nil)
	}
	if err != nil {
		return err
	}
	v.unfinished = true
	tidy, err := work(full)
	if err == nil && (snap != "" || !tidy) {
		v.unfinished = false
		return nil
	}
	// The context may have ended, and what is left over is not the caller's.
	_, cerr := v.collect(context.WithoutCancel(ctx))
	if err == nil {
		err = cerr
	}
	return err
}

// localProps are the properties that are set on a dataset itself and that a clone
// which takes its place has to have.
func localProps(ds *Dataset) map[Prop]Value {
	props := make(map[Prop]Value)
	for p := range ds.Props.All() {
		info, native := LookupProp(p.Name)
		switch {
		case p.Source.Kind != SourceLocal:
		case native && (!info.Settable() || slices.Contains([]Prop{PropVolSize, PropKeyLocation}, p.Name)):
		case !native && !p.Name.IsUser():
		case strings.Contains(string(p.Name), "@"):
		default:
			props[p.Name] = p.Value
		}
	}
	return props
}
