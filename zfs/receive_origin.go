package zfs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
)

// origin returns the snapshot that a clone of the package is to be one of: in what
// the package is received into, elsewhere at or below the target, or where the
// caller allows it.
func (r *packageRun) origin(t *receiving, guid uint64) (string, error) {
	if h, i := r.target.tree.owner(guid); h != nil {
		return h.name + "@" + h.snaps[i].name, nil
	}
	target := headOf(r.target.name)
	name, err := r.originNear(target, guid)
	if name != "" || err != nil {
		return name, err
	}
	name, err = r.c.originAmong(r.ctx, r.target.opts.Origins, guid)
	if !errors.Is(err, ErrSourceMissing) {
		return name, err
	}
	// The caller gets to know what to allow.
	if name, err = r.c.originAnywhere(r.ctx, t, guid); err != nil {
		return "", err
	}
	if inTree(headOf(name), target) {
		return "", noOrigin(guid) // in a dry run, one that is destroyed before
	}
	return "", &Error{
		Op: ioctl.OpRecvNew, Name: t.name.String(), Object: name, err: ErrRefused,
		Hint: fmt.Sprintf("the stream makes a clone of it; it is outside of %s, and Origins does not have %s", target, headOf(name)),
	}
}

// originNear looks at and below the target, apart from what the package is
// received into, which was read.
func (r *packageRun) originNear(target string, guid uint64) (string, error) {
	top := r.target.top()
	if top == target {
		return "", nil
	}
	for ds, err := range r.c.Datasets(r.ctx, target, &DatasetsOptions{Recursive: true, NamesOnly: true, Sorted: true}) {
		switch {
		case errors.Is(err, ErrNotFound):
			return "", nil
		case err != nil:
			return "", err
		case inTree(ds.Name, top):
			continue
		}
		if name, err := r.c.findIn(r.ctx, ds.Name, guid, nil); name != "" || err != nil {
			return name, err
		}
	}
	return "", nil
}

// inTree reports whether a dataset is the topmost one of a tree or lies below it.
func inTree(name, top string) bool { return name == top || strings.HasPrefix(name, top+"/") }
