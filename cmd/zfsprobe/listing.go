package main

import (
	"errors"
	"math"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
)

// firstItems is how many datasets are held to put them in order, if there are no
// more. The help says so.
const firstItems = 1000

// orderHelp tells of it.
const orderHelp = `Up to 1,000 datasets are in the order of zfs list. More are printed while they are read, as the kernel has
them: a dataset, then its snapshots, then its descendants.`

// inOrder yields items in the order of keys. Without keys, up to most items are in the
// order of zfs list, and more are yielded as they are read, so that memory does not
// grow with their number.
func inOrder(found items, keys []sortKey, most int) items {
	if len(keys) > 0 {
		most = math.MaxInt
	}
	return func(yield func(item, error) bool) {
		var held []item
		release := func() bool {
			for _, it := range held {
				if !yield(it, nil) {
					return false
				}
			}
			held = nil
			return true
		}
		for it, err := range found {
			switch {
			case err != nil:
				if !yield(item{}, err) {
					return
				}
			case most > 0 && len(held) < most:
				held = append(held, it)
			default:
				most = 0
				if !release() || !yield(it, nil) {
					return
				}
			}
		}
		sortItems(held, keys)
		release()
	}
}

// listing is how datasets are shown.
type listing struct {
	doc any // the document in JSON, which ends with an empty list
	// element is what a dataset is in the list, nil if it is not in it.
	element func(item) any
	table   *show.Table
	rows    func(item) [][]string
}

// printItems prints datasets while they are read. A dataset that cannot be read is reported
// after the rest. If there is nothing else, JSON is an empty list, and there is no
// text.
func (a *app) printItems(found items, l listing) error {
	array := show.NewArray(a.out, l.doc)
	var failed error
	some := false
	for it, err := range found {
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		some = true
		if err := a.printItem(it, array, l); err != nil {
			return errors.Join(err, failed)
		}
	}
	switch {
	case a.json:
		return errors.Join(array.End(), failed)
	case failed != nil && !some:
		return failed
	}
	return errors.Join(l.table.Emit(a.out), failed)
}

// printItem prints one dataset.
func (a *app) printItem(it item, array *show.Array, l listing) error {
	if a.json {
		if element := l.element(it); element != nil {
			return array.Add(element)
		}
		return nil
	}
	for _, row := range l.rows(it) {
		if err := l.table.Stream(a.out, row...); err != nil {
			return err
		}
	}
	return nil
}
