package label

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/purezfs/purezfs/nvlist"
)

// BootEnv is the data that a boot loader stores in the labels of its pool.
type BootEnv struct {
	// Version is 0 for text and 1 for a list.
	Version uint64
	// Text is the content of version 0.
	Text string
	// List is the content of version 1. Its names begin with the name of their
	// owner, as in "grub:envmap". It must not be changed.
	List *nvlist.List
}

// Empty reports whether the boot environment has no content, as in a pool whose
// boot loader has not stored anything.
func (e *BootEnv) Empty() bool { return e == nil || e.Text == "" && e.List.Len() == 0 }

// parseBootEnv reads a boot environment whose checksum is correct.
func parseBootEnv(b []byte) (*BootEnv, error) {
	e := &BootEnv{Version: binary.BigEndian.Uint64(b)}
	content := b[8 : len(b)-trailerSize]
	switch e.Version {
	case 0:
		text, _, _ := bytes.Cut(content, []byte{0})
		e.Text = string(text)
	case 1:
		var err error
		e.List, err = nvlist.Decode(content, &nvlist.DecodeOptions{Limits: listLimits(bootSize), AllowTrailing: true})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
	default:
		return nil, fmt.Errorf("%w: version %d", ErrConfig, e.Version)
	}
	return e, nil
}
