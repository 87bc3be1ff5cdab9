package label

// Sizes, in bytes.
const (
	// Count is the number of labels of a device.
	Count = 4
	// Size is the size of one label.
	Size = 256 << 10
	// MinDeviceSize is the size of the smallest device that ZFS accepts for a
	// pool.
	MinDeviceSize = 64 << 20

	bootOffset   = 8 << 10
	bootSize     = 8 << 10
	configOffset = 16 << 10
	configSize   = 112 << 10
	ringOffset   = 128 << 10
	ringSize     = 128 << 10

	// The bounds of the binary logarithm of the size of an uberblock's slot.
	minSlotShift = 10
	maxSlotShift = 13
)

// Offset returns the offset of label i, 0 to 3, on a device of size bytes.
func Offset(size int64, i int) int64 {
	size -= size % Size
	if i < Count/2 {
		return int64(i) * Size
	}
	return size - int64(Count-i)*Size
}

// slotShift returns the binary logarithm of the size of a slot on a device whose
// sectors have the size 1<<ashift.
func slotShift(ashift uint64) int {
	return int(min(max(ashift, minSlotShift), maxSlotShift))
}
