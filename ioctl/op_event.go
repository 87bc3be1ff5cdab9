package ioctl

// The rows of the operations of zfs/event.go, in the order of their numbers.
// They are read-only.

// Each successful call consumes an event, so it is never repeated.
var rowEventsNext = Descriptor{
	Op: OpEventsNext, C: "ZFS_IOC_EVENTS_NEXT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:        "the next event, and how many were dropped",
	Interruptible: true,
	Home:          "Events", File: "event.go",
}

// It discards the events for all readers.
var rowEventsClear = Descriptor{
	Op: OpEventsClear, C: "ZFS_IOC_EVENTS_CLEAR",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "number of events that were discarded",
	Modifies: true,
	Home:     "EventsClear", File: "event.go",
}

// The read position belongs to the open device file, and other files do not
// see it.
var rowEventsSeek = Descriptor{
	Op: OpEventsSeek, C: "ZFS_IOC_EVENTS_SEEK",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output: "nothing",
	Home:   "EventsSeek", File: "event.go",
}
