package ioctl

import "testing"

// What the signal interrupts must not be restarted by the kernel.
func TestPrepareInterrupt(t *testing.T) {
	for range 2 {
		prepareInterrupt()
		action := getAction()
		if action[0] <= 1 {
			t.Errorf("the signal has no handler: %x", action[0])
		}
		if action[1]&restartAction != 0 {
			t.Errorf("calls would be restarted: flags %x", action[1])
		}
	}
}
