//go:build !linux

package ioctl

import "fmt"

func (d *Device) open() error {
	return fmt.Errorf("%s: this system's interface is not served: %w", d.path, ErrNotSupported)
}

func (d *Device) reopen(*Device) error { return d.open() }

func (d *Device) closeFD() {}

func interruptThread(int) {}

func prepareInterrupt() {}
