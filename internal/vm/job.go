package vm

import "time"

// Paths in the guest of the files of the two initramfs archives. One archive
// belongs to the image, the other is made for each run.
const (
	guestInit = "/init"
	guestJob  = "/zvm/job.json"
)

// Serial numbers of virtio disks. The guest reads them from sysfs, so that it
// does not depend on the order of device names.
const (
	scratchSerial = "zvm-scratch"
	diskSerial    = "zvm-disk"
)

// A job is the input of the guest.
type job struct {
	Image      string        `json:"image"`
	ZFSVersion string        `json:"zfs_version"`
	Args       []string      `json:"args"`
	Dir        string        `json:"dir"`
	Env        []string      `json:"env"`
	Get        []string      `json:"get"`     // guest paths to send to the host
	Timeout    time.Duration `json:"timeout"` // zero: no watchdog
}
