package stream

import (
	"bytes"

	"github.com/purezfs/purezfs/nvlist"
)

// magic is the number in each Begin from which the byte order is determined.
const magic = 0x2F5bacbac

// The kinds of streams in a Begin.
const (
	kindPlain    = 1
	kindCompound = 2
)

// nameSize is the size of the name in a Begin, with its NUL.
const (
	nameOffset = 56
	nameSize   = 256
)

// Begin starts a stream. Its payload is a packed list, or nothing.
type Begin struct {
	Head
	// BigEndian is the byte order of the stream. A Writer uses that of the first
	// Begin.
	BigEndian bool
	// Compound is set in the first Begin of a compound stream.
	Compound bool
	// Features are the features that a receiver needs, as 56 bits. Each part of
	// a compound stream has its own.
	Features Features
	// Created is the creation time of the snapshot, in seconds since 1970.
	Created uint64
	// ObjsetType is 2 for a filesystem, 3 for a volume, 0 in a compound stream.
	ObjsetType uint32
	Flags      uint32 // FlagClone and the others
	ToGUID     uint64
	FromGUID   uint64 // 0 for a full stream
	// ToName is the full name of the snapshot. In a compound stream it is the
	// name that was passed to zfs send.
	ToName string

	reserved uint64 // unused bits of the version field
}

// The flags of a Begin.
const (
	FlagClone       = 1 << 0 // the stream is incremental from the origin
	FlagCIData      = 1 << 1 // names are case-insensitive
	FlagFreeRecords = 1 << 2 // a full stream that can become a clone
	FlagSpillBlock  = 1 << 3 // spill flags of records are valid
)

// Type returns TypeBegin.
func (*Begin) Type() Type { return TypeBegin }

// PayloadSize returns the length of Payload. No field of a Begin contains it.
func (r *Begin) PayloadSize() uint64 { return uint64(len(r.Payload)) }

func (*Begin) limit() uint64 { return maxList }

// List decodes the payload. It returns nil for an empty payload. The keys of a plain
// stream are resume_object, resume_offset, redact_snaps, redact_from_snaps and
// crypt_keydata; those of a compound one are fromsnap, tosnap, fss and others. A
// malformed list matches ErrList and an error of package nvlist.
func (r *Begin) List() (*nvlist.List, error) {
	if len(r.Payload) == 0 {
		return nil, nil
	}
	// Kernels pad the list to a multiple of 8 bytes.
	l, err := nvlist.Decode(r.Payload, &nvlist.DecodeOptions{AllowTrailing: true})
	if err != nil {
		return nil, &listError{err}
	}
	return l, nil
}

// listError makes an error of package nvlist match ErrList too.
type listError struct{ err error }

func (e *listError) Error() string        { return ErrList.Error() + ": " + e.err.Error() }
func (e *listError) Unwrap() error        { return e.err }
func (e *listError) Is(target error) bool { return target == ErrList }

// The version field holds the kind in its lowest two bits, then 56 bits of features.
const featureBits = 1<<56 - 1

func (r *Begin) layout(c *coder) {
	m, kind := uint64(magic), uint64(kindPlain)
	if r.Compound {
		kind = kindCompound
	}
	version := r.reserved<<58 | uint64(r.Features)&featureBits<<2 | kind
	c.u64(8, &m)
	c.u64(16, &version)
	c.u64(24, &r.Created)
	c.u32(32, &r.ObjsetType)
	c.u32(36, &r.Flags)
	c.u64(40, &r.ToGUID)
	c.u64(48, &r.FromGUID)
	name := c.b[nameOffset : nameOffset+nameSize]
	if c.write {
		// Bytes after an unchanged name are kept.
		if end := bytes.IndexByte(name, 0); end < 0 || string(name[:end]) != r.ToName {
			clear(name)
			copy(name, r.ToName)
		}
		return
	}
	r.BigEndian = c.bigEndian
	r.Compound = version&3 == kindCompound
	r.Features = Features(version >> 2 & featureBits)
	r.reserved = version >> 58
	// The string is made again only if it differs. A Reader has checked the NUL.
	name = name[:max(0, bytes.IndexByte(name, 0))]
	if r.ToName != string(name) {
		r.ToName = string(name)
	}
}
