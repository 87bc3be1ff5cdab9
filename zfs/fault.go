package zfs

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"math"

	"github.com/purezfs/purezfs/internal/enum"
	"github.com/purezfs/purezfs/ioctl"
)

// FaultKind is the place of a fault.
type FaultKind uint32

// The kinds, with the kernel's numbers.
const (
	FaultData          FaultKind = 1 // in the blocks of an object
	FaultDevice        FaultKind = 2 // in reads or writes of a device
	FaultLabel         FaultKind = 3 // in a device's label
	FaultIgnoredWrites FaultKind = 4 // writes that are dropped
)

// String returns the kind in one word, also for kinds that cannot be injected
// here.
func (k FaultKind) String() string {
	return enum.Name(uint8(min(k, math.MaxUint8)), "none", "data", "device", "label", "ignored-writes", "panic", "delay-io", "decrypt",
		"delay-import", "delay-export", "delay-ready")
}

// FaultIO is a kind of I/O that fails.
type FaultIO uint32

// The kinds of I/O. The zero value is all of them.
const (
	FaultAll   FaultIO = iota
	FaultRead          // reading
	FaultWrite         // writing
	FaultFree          // freeing
	FaultClaim         // claiming blocks of the intent log
)

// faultAllIO is the kernel's number for all kinds of I/O.
const faultAllIO = 7

// Fault is a fault to inject, to test how a pool reacts.
type Fault struct {
	// ID is the kernel's number of an injected fault.
	ID   uint64
	Pool string
	Kind FaultKind
	// Vdev is the GUID of the device, for all kinds except FaultData.
	Vdev uint64
	// Objset, Object and Level identify the blocks for FaultData, First to Last
	// are their numbers; a zero Last means all blocks after First.
	Objset, Object uint64
	Level          uint32
	First, Last    uint64
	// IO is the kind of I/O that fails on a device.
	IO FaultIO
	// Error is the error of the I/O: CodeIo, CodeNxio (the device has
	// disappeared), CodeCksum. Zero is CodeIo.
	Error ioctl.Code
	// Percent is the probability of the fault, from 1 to 100; zero means always.
	Percent int
	// Flush first drops the cached data, so that it is read from the device.
	Flush bool
}

// The offsets in the kernel's record.
const (
	faultAtObjset   = 0
	faultAtObject   = 8
	faultAtStart    = 16
	faultAtEnd      = 24
	faultAtGUID     = 32
	faultAtLevel    = 40
	faultAtError    = 44
	faultAtFreq     = 56
	faultAtIO       = 320
	faultAtKind     = 344
	faultFlushARC   = 2
	faultErrorLimit = 4096
)

// fill writes the fault into the kernel's record.
func (f *Fault) fill(b []byte) {
	clear(b)
	put64, put32 := binary.NativeEndian.PutUint64, binary.NativeEndian.PutUint32
	put64(b[faultAtObjset:], f.Objset)
	put64(b[faultAtObject:], f.Object)
	put64(b[faultAtStart:], f.First)
	put64(b[faultAtEnd:], f.Last)
	if f.Last == 0 {
		put64(b[faultAtEnd:], math.MaxUint64)
	}
	put64(b[faultAtGUID:], f.Vdev)
	put32(b[faultAtLevel:], f.Level)
	code := f.Error
	if code == 0 {
		code = ioctl.CodeIo
	}
	put32(b[faultAtError:], uint32(code))
	put32(b[faultAtFreq:], uint32(uint64(f.Percent)*math.MaxUint32/100))
	kind := uint32(f.IO)
	if f.IO == FaultAll {
		kind = faultAllIO
	}
	put32(b[faultAtIO:], kind)
	put32(b[faultAtKind:], uint32(f.Kind))
}

// parse decodes the kernel's record.
func (f *Fault) parse(b []byte) {
	get64, get32 := binary.NativeEndian.Uint64, binary.NativeEndian.Uint32
	f.Objset, f.Object = get64(b[faultAtObjset:]), get64(b[faultAtObject:])
	f.First, f.Last = get64(b[faultAtStart:]), get64(b[faultAtEnd:])
	if f.Last == math.MaxUint64 {
		f.Last = 0
	}
	f.Vdev, f.Level = get64(b[faultAtGUID:]), get32(b[faultAtLevel:])
	if code := get32(b[faultAtError:]); code < faultErrorLimit {
		f.Error = ioctl.Code(code)
	}
	// Rounded, as the kernel keeps a fraction of 2^32.
	f.Percent = int((uint64(get32(b[faultAtFreq:]))*100 + math.MaxUint32/2) / math.MaxUint32)
	if f.IO = FaultIO(get32(b[faultAtIO:])); f.IO == faultAllIO {
		f.IO = FaultAll
	}
	f.Kind = FaultKind(get32(b[faultAtKind:]))
}

// FaultInject injects a fault into a pool and returns its number. The fault
// remains until it is cleared; until then, the pool cannot be destroyed or
// exported.
//
// Errors match ErrNotFound (the pool), ErrInvalid, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_INJECT_FAULT (legacy, since 0.8).
func (c *Client) FaultInject(ctx context.Context, fault Fault) (id uint64, err error) {
	err = checkPool(fault.Pool)
	switch {
	case err != nil:
	case fault.Kind < FaultData || fault.Kind > FaultIgnoredWrites:
		err = fmt.Errorf("%w: unknown kind of fault", ErrInvalid)
	case fault.Percent < 0 || fault.Percent > 100:
		err = fmt.Errorf("%w: %d percent", ErrInvalid, fault.Percent)
	case fault.Kind == FaultData && fault.Vdev != 0, fault.Kind != FaultData && fault.Vdev == 0:
		err = fmt.Errorf("%w: a data fault needs an object, any other fault a device", ErrInvalid)
	}
	if err != nil {
		return 0, inputError(ioctl.OpInjectFault, fault.Pool, err)
	}
	cmd := c.dev.Cmd()
	defer cmd.Release()
	if err := cmd.SetText(ioctl.FieldName, fault.Pool); err != nil {
		return 0, inputError(ioctl.OpInjectFault, fault.Pool, err)
	}
	fault.fill(cmd.Bytes(ioctl.FieldInjectRecord))
	if fault.Flush {
		cmd.SetUint64(ioctl.FieldGUID, faultFlushARC)
	}
	if err := c.call(ctx, ioctl.OpInjectFault, cmd); err != nil {
		return 0, err
	}
	return cmd.Uint64(ioctl.FieldGUID), nil
}

// FaultClear removes an injected fault.
//
// Errors match ErrNotFound, ErrPermission.
//
// Kernel: ZFS_IOC_CLEAR_FAULT (legacy, since 0.8).
func (c *Client) FaultClear(ctx context.Context, id uint64) error {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	cmd.SetUint64(ioctl.FieldGUID, id)
	return c.call(ctx, ioctl.OpClearFault, cmd)
}

// Faults yields the injected faults of all pools.
//
// Errors match ErrPermission.
//
// Kernel: ZFS_IOC_INJECT_LIST_NEXT (legacy, since 0.8).
func (c *Client) Faults(ctx context.Context) iter.Seq2[*Fault, error] {
	return func(yield func(*Fault, error) bool) {
		cmd := c.dev.Cmd()
		defer cmd.Release()
		for last := uint64(0); ; {
			err := c.call(ctx, ioctl.OpInjectListNext, cmd)
			if matches(err, ioctl.CodeNoent) {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			f := &Fault{ID: cmd.Uint64(ioctl.FieldGUID), Pool: cmd.Text(ioctl.FieldName)}
			clear(cmd.Bytes(ioctl.FieldName))
			if f.ID <= last {
				yield(nil, inputError(ioctl.OpInjectListNext, "", fmt.Errorf("fault %d follows %d", f.ID, last)))
				return
			}
			last = f.ID
			if f.parse(cmd.Bytes(ioctl.FieldInjectRecord)); !yield(f, nil) {
				return
			}
		}
	}
}
