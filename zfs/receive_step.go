package zfs

import (
	"context"
	"errors"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// replan plans the steps for the present tree, and executes them.
func (r *treeRun) replan() error {
	t := r.target
	if t.pkg == nil {
		return nil
	}
	for _, s := range planSteps(t.tree, t.pkg, t.top(), t.opts.Force) {
		err := s.blocked
		if !t.opts.DryRun {
			err = r.c.takeStep(r.ctx, s)
			if ended := r.ctx.Err(); ended != nil {
				return inputError(ioctl.OpRecvNew, s.Name, ended)
			}
		}
		if err != nil {
			r.failed = append(r.failed, Item{s.Name, err})
			continue
		}
		r.result.Steps = append(r.result.Steps, s)
	}
	if len(r.failed) > 0 && !t.opts.DryRun {
		// After a failure the tree differs from the plan.
		tree, err := r.c.readTree(r.ctx, t.top())
		if err != nil {
			return err
		}
		t.tree = tree
	}
	return nil
}

// takeStep executes a step.
func (c *Client) takeStep(ctx context.Context, s ReceiveStep) error {
	switch s.Action {
	case ActionPromote:
		return c.withOwnKey(ctx, s.Name, func() error { return c.DatasetPromote(ctx, s.Name) })
	case ActionRename:
		return c.withOwnKey(ctx, s.Name, func() error { return c.DatasetRename(ctx, s.Name, s.NewName, nil) })
	case ActionDestroy:
		if strings.Contains(s.Name, "@") {
			return c.SnapshotDestroy(ctx, []string{s.Name}, nil)
		}
		return c.DatasetDestroy(ctx, s.Name)
	}
	return c.setReceived(ctx, s.Name, s.props)
}

// setReceived sets properties as received, replacing all earlier ones.
func (c *Client) setReceived(ctx context.Context, name string, props *nvlist.List) error {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := setAll(cmd, name, "", props); err != nil {
		return inputError(ioctl.OpSetProp, name, err)
	}
	cmd.SetUint64(ioctl.FieldCookie, 1) // received
	return c.call(ctx, ioctl.OpSetProp, cmd)
}

// The changes of a key that a receive makes. They need no key.
const (
	cryptForceNewKey  = 4
	cryptForceInherit = 5
)

// forceKey changes which key a dataset that was received raw uses, without having
// the key.
func (c *Client) forceKey(ctx context.Context, name string, cmd uint64) error {
	in := &nvlist.List{}
	in.SetUint64("crypt_cmd", cmd)
	_, err := c.callList(ctx, ioctl.OpChangeKey, name, in)
	return err
}

// withOwnKey does something that is refused if a dataset would leave its
// encryption root. It then makes the dataset an encryption root, or for a clone
// the dataset at the end of its chain of origins, and fixKeys corrects that
// later.
func (c *Client) withOwnKey(ctx context.Context, name string, do func() error) error {
	err := do()
	if !matches(err, ioctl.CodeAcces) {
		return err
	}
	for {
		ds, serr := c.DatasetStats(ctx, name, nil)
		if serr != nil {
			return errors.Join(err, serr)
		}
		if ds.Origin == "" {
			break
		}
		name = headOf(ds.Origin)
	}
	if kerr := c.forceKey(ctx, name, cryptForceNewKey); kerr != nil {
		return errors.Join(err, kerr)
	}
	return do()
}

// fixKeys gives the datasets the same encryption roots as at the sender, after a
// raw replication stream.
func (r *treeRun) fixKeys() error {
	t := r.target
	if t.pkg == nil || !t.pkg.Raw {
		return nil
	}
	for _, h := range t.tree.heads {
		ds := t.pkg.match(h)
		if ds == nil {
			continue
		}
		e, err := r.c.encryptionOf(r.ctx, h.name)
		if err != nil {
			return err
		}
		location, _ := ds.Props.Text(string(prop.KeyLocation))
		switch {
		case e.root == "":
			continue
		case ds.EncryptionRoot && !e.clone && e.root != h.name:
			err = r.c.forceKey(r.ctx, h.name, cryptForceNewKey)
		case !ds.EncryptionRoot && e.root == h.name && h.name != t.top():
			err = r.c.forceKey(r.ctx, h.name, cryptForceInherit)
		}
		if err == nil && ds.EncryptionRoot && location != "" && !e.clone {
			err = r.c.keyLocation(r.ctx, h.name, location)
		}
		if err != nil {
			r.failed = append(r.failed, Item{h.name, err})
		}
	}
	return nil
}

// keyLocation sets the location of a key, unless it is already set.
func (c *Client) keyLocation(ctx context.Context, name, location string) error {
	ds, err := c.DatasetStats(ctx, name, nil)
	if err != nil || ds.Props.Value(prop.KeyLocation).String() == location {
		return err
	}
	return c.DatasetSetProps(ctx, name, prop.Values{prop.KeyLocation: prop.String(location)})
}
