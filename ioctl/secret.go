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

// The list that holds key material, and the key's name in it. The kernel does
// not record that list in a pool's history.
const (
	hiddenArgs = "hidden_args"
	wkeyData   = "wkeydata"
)

// KeyLen is the length of a wrapping key in bytes, for every key format.
const KeyLen = 32

// KeyInput is an input list and the key material that belongs to it.
type KeyInput struct {
	List *nvlist.List // nil is an empty list
	Key  []byte       // KeyLen bytes
}

// CallListKey is CallList with key material, which the kernel reads from
// wkeydata in the list hidden_args. The list of in must not have a pair
// hidden_args. It is not changed.
//
// Values of a list cannot be zeroed, so the key is never stored in a list. It
// is copied once, into the packed input, and zeroed there as soon as the kernel
// has answered, even if the caller has abandoned the call. The caller may zero
// its key when CallListKey returns.
func (d *Device) CallListKey(ctx context.Context, op Op, name string, in KeyInput) (*nvlist.List, error) {
	list, place, err := in.hide()
	if err != nil {
		return nil, &Error{Op: op, Name: name, Err: err}
	}
	return d.callList(ctx, op, name, input{list: list, place: place, key: in.Key})
}

// SetInKey is SetIn with key material, for operations that CallListKey does not
// support. It treats the key in the same way.
func (c *Cmd) SetInKey(in KeyInput) error {
	list, place, err := in.hide()
	if err != nil {
		return err
	}
	return errors.Join(c.SetIn(list), c.insertKey(place, in.Key))
}

// hide returns the list with a placeholder for the key, and the placeholder:
// random bytes that occur nowhere else in the list.
func (in KeyInput) hide() (list *nvlist.List, place []byte, err error) {
	if len(in.Key) != KeyLen {
		return nil, nil, fmt.Errorf("the key has %d bytes, want %d", len(in.Key), KeyLen)
	}
	if in.List.Has(hiddenArgs) {
		return nil, nil, errors.New("the input already has hidden_args")
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
		return errors.New("the key's placeholder is not in the packed input")
	}
	c.secret = slices.Clip(c.src[at : at+len(key)])
	copy(c.secret, key)
	return nil
}

// wipe zeroes the key material, if any.
func (c *Cmd) wipe() {
	clear(c.secret)
	c.secret = nil
}
