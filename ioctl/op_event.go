package ioctl

// The rows of the operations at home in zfs/event.go, in the order of their
// numbers. None is ever written to.

// Each call that succeeds consumes an event, so it is never made twice.
var rowEventsNext = Descriptor{
	Op: OpEventsNext, C: "ZFS_IOC_EVENTS_NEXT",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:        "the next event, and how many were dropped",
	Interruptible: true,
	Home:          "Events", File: "event.go",
}

// Throws the events away for all readers.
var rowEventsClear = Descriptor{
	Op: OpEventsClear, C: "ZFS_IOC_EVENTS_CLEAR",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output:   "number of events that were thrown away",
	Modifies: true,
	Home:     "EventsClear", File: "event.go",
}

// Where to read on is a matter of the open device file, and of nobody else.
var rowEventsSeek = Descriptor{
	Op: OpEventsSeek, C: "ZFS_IOC_EVENTS_SEEK",
	Since: Release{0, 8, 0}, Linux: true,
	Style: StyleLegacy, Target: TargetNone, Permission: "config",
	Output: "nothing",
	Home:   "EventsSeek", File: "event.go",
}
