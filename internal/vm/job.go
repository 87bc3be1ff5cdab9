package vm

import "time"

// Where the guest finds what the two initramfs archives carry. One comes from
// the image, the other one is made for each run.
const (
	guestInit = "/init"
	guestJob  = "/zvm/job.json"
)

// Serial numbers of virtio disks: sysfs shows them, so that the guest need not
// guess from the order of device names.
const (
	scratchSerial = "zvm-scratch"
	diskSerial    = "zvm-disk"
)

// A job is all that the guest is told.
type job struct {
	Image      string        `json:"image"`
	ZFSVersion string        `json:"zfs_version"`
	Args       []string      `json:"args"`
	Dir        string        `json:"dir"`
	Env        []string      `json:"env"`
	Get        []string      `json:"get"`     // guest paths to send back
	Timeout    time.Duration `json:"timeout"` // zero: no watchdog
}
