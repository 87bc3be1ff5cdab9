package ioctl

import (
	"errors"
	"testing"
)

func TestSupports(t *testing.T) {
	d := NewDevice(func(op Op, c *Cmd) error {
		switch op {
		case OpPoolScrub:
			return CodeIocCmdUnavail.Err()
		case OpPoolStats:
			return nil // a device that takes everything: the answer must not depend on it
		}
		// With a name the kernel forgets that the input was too large, and an
		// operation without required keys would run.
		if c.Text(FieldName) != "" || c.Uint64(fieldSrcSize) != oversize {
			t.Errorf("%s was probed with name %q and %d bytes of input", op, c.Text(FieldName), c.Uint64(fieldSrcSize))
		}
		return CodeInval.Err()
	})
	if err := d.Supports(OpPoolScrub); !errors.Is(err, ErrNotSupported) {
		t.Errorf("an unknown operation: %v, want ErrNotSupported", err)
	}
	for _, op := range []Op{OpPoolStats, OpCreate} {
		if err := d.Supports(op); err != nil {
			t.Errorf("%s: %v, want nil", op, err)
		}
	}
}

func TestSupportsKey(t *testing.T) {
	answers := map[string]Code{"known": CodeIocArgBadtype, "lonely": CodeIocArgRequired, "new": CodeIocArgUnavail, "gone": CodeNoent}
	d := NewDevice(func(op Op, c *Cmd) error {
		if op != OpSendSpace {
			return nil
		}
		for key, code := range answers {
			if l := mustDecode(t, c.In()); l.Has(key) {
				return code.Err()
			}
		}
		return nil
	})
	for _, tc := range []struct {
		key  string
		want error
	}{{"known", nil}, {"lonely", nil}, {"new", ErrNotSupported}, {"gone", ErrInconclusive}} {
		if err := d.SupportsKey(t.Context(), OpSendSpace, tc.key, "tank/a@s"); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.key, err, tc.want)
		}
	}
	if err := d.SupportsKey(t.Context(), OpDestroy, "x", "tank"); !errors.Is(err, ErrInconclusive) {
		t.Errorf("an operation without a list: %v, want ErrInconclusive", err)
	}
}
