package label

import (
	"errors"
	"fmt"
	"io"
)

// Label is one of the four labels of a device.
type Label struct {
	Index  int   // 0 to 3
	Offset int64 // on the device, in bytes
	// Config is nil if it cannot be decoded. If Err matches ErrChecksum,
	// Config was decoded from the altered bytes.
	Config *Config
	// Err is nil if the configuration is whole. Otherwise it is an *Error with
	// the error of the device, or matches ErrEmpty, ErrChecksum or ErrConfig.
	Err error
	// Uberblocks are the uberblocks that ReadOptions selects, in the order of
	// their slots.
	Uberblocks []Uberblock
	// Boot is nil if the label has no boot environment or if BootErr is set.
	Boot    *BootEnv
	BootErr error
}

// Device holds the labels of one device.
type Device struct {
	Size   int64 // in bytes
	Labels [Count]Label
}

// Depth is the amount of data that is read from a label.
type Depth uint8

// The depths.
const (
	// DepthAll reads the whole label.
	DepthAll Depth = iota
	// DepthNewest omits all uberblocks except the newest whole one.
	DepthNewest
	// DepthConfig reads only the configuration.
	DepthConfig
)

// ReadOptions are the options for reading a device. Nil means the zero value.
type ReadOptions struct {
	Depth Depth
}

// Read reads the labels of a device of size bytes.
//
// The device is nil only if the error matches ErrTooSmall. With any other error
// no label is whole, the error matches ErrNoLabel and the reason of each label,
// and the labels hold the parts that could be read.
func Read(r io.ReaderAt, size int64, opts *ReadOptions) (*Device, error) {
	if opts == nil {
		opts = &ReadOptions{}
	}
	return new(reader).read(r, size, opts.Depth)
}

// reader holds a buffer for one label that is reused for many devices.
type reader struct {
	buf []byte
}

// read reads the labels of a device.
func (rd *reader) read(r io.ReaderAt, size int64, depth Depth) (*Device, error) {
	if size < Count*Size {
		return nil, fmt.Errorf("%w: %d bytes, four labels need %d", ErrTooSmall, size, Count*Size)
	}
	if rd.buf == nil {
		// The allocator aligns a buffer of this size as direct reads
		// require.
		rd.buf = make([]byte, Size)
	}
	d := &Device{Size: size}
	whole := false
	failed := []error{ErrNoLabel}
	for i := range d.Labels {
		l := &d.Labels[i]
		l.Index, l.Offset = i, Offset(size, i)
		l.read(r, rd.buf, depth, d.ashift())
		whole = whole || l.Err == nil
		failed = append(failed, l.Err)
	}
	if whole {
		return d, nil
	}
	return d, &noLabelError{failed}
}

// ashift returns the ashift of the labels that have been read so far.
func (d *Device) ashift() uint64 {
	if l := d.Best(); l != nil {
		return l.Config.ashift()
	}
	return 0
}

// read reads one label into b. If the label does not contain the sector size,
// ashift is used.
func (l *Label) read(r io.ReaderAt, b []byte, depth Depth, ashift uint64) {
	from, to := 0, Size
	if depth == DepthConfig {
		from, to = configOffset, configOffset+configSize
	}
	if _, err := r.ReadAt(b[from:to], l.Offset+int64(from)); err != nil {
		l.Err = l.wrong("config", configOffset, err)
		return
	}
	l.readConfig(b[configOffset:][:configSize])
	if depth == DepthConfig {
		return
	}
	l.readBoot(b[bootOffset:][:bootSize])
	if own := l.Config.ashift(); own != 0 && l.Err == nil {
		ashift = own
	}
	l.Uberblocks = l.ring(b[ringOffset:], ashift, depth == DepthAll)
}

// wrong returns an error of a part of the label.
func (l *Label) wrong(part string, offset int64, err error) error {
	return &Error{Label: l.Index, Part: part, Offset: l.Offset + offset, Err: err}
}

func (l *Label) readConfig(b []byte) {
	_, err := verify(b, l.Offset+configOffset)
	if errors.Is(err, ErrEmpty) {
		l.Err = l.wrong("config", configOffset, err)
		return
	}
	config, decodeErr := decodeConfig(b[:len(b)-trailerSize])
	l.Config = config
	if err == nil {
		err = decodeErr
	}
	if err != nil {
		l.Err = l.wrong("config", configOffset, err)
	}
}

func (l *Label) readBoot(b []byte) {
	_, err := verify(b, l.Offset+bootOffset)
	if err == nil {
		l.Boot, err = parseBootEnv(b)
	}
	if err != nil && !errors.Is(err, ErrEmpty) {
		l.BootErr = l.wrong("boot environment", bootOffset, err)
	}
}

// Best returns the first of the newest whole labels, or nil if no label is whole.
func (d *Device) Best() *Label {
	var best *Label
	for i := range d.Labels {
		l := &d.Labels[i]
		if l.Err == nil && l.Config != nil && (best == nil || l.Config.Txg > best.Config.Txg) {
			best = l
		}
	}
	return best
}

// Whole counts the labels that agree with the best one on the device and on the
// pool that it belongs to.
func (d *Device) Whole() (n int) {
	best := d.Best()
	if best == nil {
		return 0
	}
	for i := range d.Labels {
		l := &d.Labels[i]
		if l.Err == nil && l.Config.GUID == best.Config.GUID && l.Config.PoolGUID == best.Config.PoolGUID {
			n++
		}
	}
	return n
}

// Uberblock returns the newest whole uberblock that was read, or nil.
func (d *Device) Uberblock() *Uberblock {
	var best *Uberblock
	for i := range d.Labels {
		for k := range d.Labels[i].Uberblocks {
			u := &d.Labels[i].Uberblocks[k]
			if u.Err == nil && (best == nil || u.compare(best) > 0) {
				best = u
			}
		}
	}
	return best
}

// noLabelError holds the reasons of four labels, and reports each reason once.
type noLabelError struct {
	all []error
}

// Error reports that the device has no label, and the reasons unless all labels
// are empty.
func (e *noLabelError) Error() string {
	for _, err := range e.all[1:] {
		if !errors.Is(err, ErrEmpty) {
			return fmt.Sprintf("%v: %v", ErrNoLabel, err)
		}
	}
	return fmt.Sprintf("%v: all are empty", ErrNoLabel)
}

// Unwrap returns ErrNoLabel and the labels' reasons.
func (e *noLabelError) Unwrap() []error { return e.all }
