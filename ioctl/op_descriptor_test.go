package ioctl

import "testing"

func TestStyleString(t *testing.T) {
	for s, want := range map[Style]string{StyleLegacy: "legacy", StyleNvlist: "nvlist"} {
		if got := s.String(); got != want {
			t.Errorf("Style(%d).String() = %q, want %q", s, got, want)
		}
	}
}

func TestTargetString(t *testing.T) {
	tests := map[Target]string{
		TargetNone:    "none",
		TargetPool:    "pool",
		TargetDataset: "dataset",
		TargetEntity:  "entity",
	}
	for target, want := range tests {
		if got := target.String(); got != want {
			t.Errorf("Target(%d).String() = %q, want %q", target, got, want)
		}
	}
}
