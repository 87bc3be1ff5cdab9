package zfs

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const statistics = `24 1 0x01 7 2160 5316177510 8249047970
name                            type data
dataset_name                    7    tank/with blank/v
writes                          4    0
`

func TestVolumeStatistics(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tank"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"objset-0x36": statistics, "txgs": strings.ReplaceAll(statistics, "/v", "/x"), "objset-0x1": "none"} {
		if err := os.WriteFile(filepath.Join(dir, "tank", file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][2]bool{
		"tank/with blank/v": {true, true}, "tank/with blank/x": {true, false}, "tank": {true, false}, "dozer/v": {false, false},
	} {
		if known, has := kernelVolume(dir, name); [2]bool{known, has} != want {
			t.Errorf("%s: known %v, there %v, want %v", name, known, has, want)
		}
	}
}

func TestVolumeHint(t *testing.T) {
	err := volumeHint(context.Canceled, "nosuchpool/v", "/dev/zvol/nosuchpool/v", false)
	if err != context.Canceled {
		t.Errorf("where nothing is known: %v", err)
	}
}
