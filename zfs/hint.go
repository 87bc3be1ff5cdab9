package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// explainUnsupported adds what the running module lacks. The module refuses keys
// without naming them, so each is looked up.
func (c *Client) explainUnsupported(ctx context.Context, err error, in *nvlist.List) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	row, _ := ioctl.Lookup(e.Op)
	switch e.Code {
	case ioctl.CodeIocCmdUnavail:
		e.Hint = fmt.Sprintf("the operation was added in %s, this module is %s", row.Since, c.release)
	case ioctl.CodeIocArgUnavail:
		for pair := range in.All() {
			kerr := c.dev.SupportsKey(ctx, e.Op, pair.Name(), e.Name)
			if errors.Is(kerr, ErrNotSupported) {
				e.Hint = fmt.Sprintf("this module, %s, does not know the key %q", c.release, pair.Name())
				return err
			}
		}
	}
	return err
}

// explainKeyBusy adds what uses a key that cannot be unloaded, as far as the
// table of mounts shows it.
func (c *Client) explainKeyBusy(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeBusy {
		return err
	}
	for name, m := range readMounts().entries {
		if name != e.Name && !strings.HasPrefix(name, e.Name+"/") {
			continue
		}
		// A descendant may be an encryption root.
		if enc, eerr := c.encryptionOf(ctx, name); eerr == nil && enc.root == e.Name {
			e.Hint = name + " is mounted at " + m.path
			break
		}
	}
	return err
}
