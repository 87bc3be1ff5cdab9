package ioctl

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/purezfs/purezfs/nvlist"
)

// The list that carries key material, and the key's name in it. The kernel
// keeps that list out of a pool's history.
const (
	hiddenArgs = "hidden_args"
	wkeyData   = "wkeydata"
)

// KeyLen is how many bytes a wrapping key has, whatever it is made from.
const KeyLen = 32

// KeyInput is an input list with key material beside it.
type KeyInput struct {
	List *nvlist.List // nil for an empty one
	Key  []byte       // KeyLen bytes
}

// CallListKey is CallList with key material, which the kernel finds as the
// bytes wkeydata in the list hidden_args. The list of in must have none such
// itself; it is left as it is.
//
// Values of a list cannot be zeroed. So the key never becomes one: it is copied
// once, into the packed input, and zeroed there as soon as the kernel has
// answered, also when the caller has given up the call before. The caller's key
// may be zeroed when CallListKey returns.
func (d *Device) CallListKey(ctx context.Context, op Op, name string, in KeyInput) (*nvlist.List, error) {
	list, place, err := in.hide()
	if err != nil {
		return nil, &Error{Op: op, Name: name, Err: err}
	}
	return d.callList(ctx, op, name, input{list: list, place: place, key: in.Key})
}

// SetInKey is SetIn with key material, for operations that CallListKey does not
// serve. The same holds for the key.
func (c *Cmd) SetInKey(in KeyInput) error {
	list, place, err := in.hide()
	if err != nil {
		return err
	}
	return errors.Join(c.SetIn(list), c.insertKey(place, in.Key))
}

// hide returns the list with a place for the key, and what stands there: random
// bytes, which occur nowhere else in the list, until the list is packed.
func (in KeyInput) hide() (list *nvlist.List, place []byte, err error) {
	if len(in.Key) != KeyLen {
		return nil, nil, fmt.Errorf("the key has %d bytes, want %d", len(in.Key), KeyLen)
	}
	if in.List.Has(hiddenArgs) {
		return nil, nil, errors.New("the input has hidden_args of its own")
	}
	place = make([]byte, KeyLen)
	_, _ = rand.Read(place) // it never fails
	hidden := &nvlist.List{}
	hidden.SetUint8Array(wkeyData, place)
	list = in.List.Clone()
	list.SetList(hiddenArgs, hidden)
	return list, place, nil
}

// insertKey puts the key where its placeholder was packed.
func (c *Cmd) insertKey(place, key []byte) error {
	if key == nil {
		return nil
	}
	at := bytes.Index(c.src, place)
	if at < 0 || bytes.Contains(c.src[at+1:], place) {
		return errors.New("the key's place in the packed input is not found")
	}
	c.secret = slices.Clip(c.src[at : at+len(key)])
	copy(c.secret, key)
	return nil
}

// wipe zeroes the key material, if there is any.
func (c *Cmd) wipe() {
	clear(c.secret)
	c.secret = nil
}
