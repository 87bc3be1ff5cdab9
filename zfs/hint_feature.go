package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// explainFeature adds which of the pool features that an operation may need are
// not enabled. It reads their states, and adds nothing unless one is disabled.
func (c *Client) explainFeature(ctx context.Context, err error, features ...string) error {
	var e *Error
	if !errors.As(err, &e) || ctx.Err() != nil || len(features) == 0 {
		return err
	}
	items := 0
	for _, item := range e.Items {
		if matches(item.Err, ioctl.CodeNotsup) {
			items++
		}
	}
	if e.Code != ioctl.CodeNotsup && items == 0 {
		return err
	}
	disabled := c.disabledFeatures(ctx, poolOf(e.Name), features)
	if len(disabled) == 0 {
		return err
	}
	e.Hint = fmt.Sprintf("pool %q has not enabled %s", poolOf(e.Name), strings.Join(disabled, ", "))
	if e.Code == ioctl.CodeNotsup {
		e.kind = ErrFeatureDisabled
	}
	for i, item := range e.Items {
		if matches(item.Err, ioctl.CodeNotsup) {
			e.Items[i].Err = newItemError(ErrFeatureDisabled, ioctl.CodeNotsup)
		}
	}
	return err
}

// disabledFeatures returns those of the features that the pool has not enabled,
// as far as that can be read.
func (c *Client) disabledFeatures(ctx context.Context, pool string, features []string) (disabled []string) {
	status, err := c.PoolStatus(ctx, pool, nil)
	if err != nil || status.Features == nil {
		return nil
	}
	for _, name := range features {
		if c.hasFeature(name) && status.Features[name] == FeatureDisabled {
			disabled = append(disabled, featurePrefix+name)
		}
	}
	return disabled
}

// hasFeature reports whether the running module has a pool feature.
func (c *Client) hasFeature(name string) bool {
	for _, f := range c.PoolFeatures() {
		if f.Name == name {
			return true
		}
	}
	return false
}

// propFeatures returns the pool features that values of properties need, in the
// form sent to the kernel.
func propFeatures(props *nvlist.List) (features []string) {
	for pair := range props.All() {
		n, _ := props.Uint64(pair.Name())
		features = append(features, propFeature(prop.Prop(pair.Name()), n)...)
	}
	return features
}

// propFeature returns the features that one value needs.
func propFeature(property prop.Prop, n uint64) []string {
	info, _ := prop.Lookup(property)
	text, _ := info.ValueName(n, ioctl.Release{})
	switch property {
	case prop.RecordSize, prop.VolBlockSize:
		if n > 128<<10 {
			return []string{"large_blocks"}
		}
	case prop.Compression:
		switch {
		case strings.HasPrefix(text, "zstd"):
			return []string{"zstd_compress"}
		case text == "lz4":
			return []string{"lz4_compress"}
		}
	case prop.Checksum, prop.Dedup:
		for _, sum := range []string{"sha512", "skein", "edonr", "blake3"} {
			if strings.HasPrefix(text, sum) {
				return []string{sum}
			}
		}
	case prop.DnodeSize:
		return []string{"large_dnode"}
	case prop.FilesystemLimit, prop.SnapshotLimit:
		return []string{"filesystem_limits"}
	case prop.Encryption:
		return []string{"encryption"}
	}
	if q, ok := parseQuotaKey(string(property)); ok && strings.HasPrefix(string(q), "project") {
		return []string{"project_quota"}
	}
	return nil
}
