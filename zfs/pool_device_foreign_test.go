package zfs

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/internal/golden"
)

// The formats of other programs are found by the beginnings of their devices.
func TestForeign(t *testing.T) {
	want := map[string]string{
		"ext4": "an ext filesystem", "xfs": "an XFS filesystem", "btrfs": "a Btrfs filesystem", "f2fs": "an F2FS filesystem",
		"ntfs": "an NTFS filesystem", "exfat": "an exFAT filesystem", "vfat32": "a FAT filesystem", "vfat16": "a FAT filesystem",
		"iso9660": "an ISO 9660 filesystem", "luks2": "a LUKS container", "swap": "swap space", "gpt": "a GPT partition table",
		"dos": "a partition table",
	}
	paths, err := filepath.Glob("../testdata/foreign/*.gz")
	if err != nil || len(paths) != len(want) {
		t.Fatalf("%d files, want %d: %v", len(paths), len(want), err)
	}
	for _, path := range paths {
		b := golden.Unzip(t, path)
		name := strings.TrimSuffix(filepath.Base(path), ".gz")
		if got := foreign(bytes.NewReader(b)); got != want[name] {
			t.Errorf("%s: %q, want %q", name, got, want[name])
		}
	}
}

// A device without content is unused, and so is a boot sector without a
// partition, and a device that is too short.
func TestForeignNothing(t *testing.T) {
	boot := make([]byte, 1<<17)
	boot[510], boot[511] = 0x55, 0xaa
	for _, b := range [][]byte{nil, {1}, make([]byte, 511), make([]byte, 1<<17), boot, bytes.Repeat([]byte{0xff}, 1<<17)} {
		if got := foreign(bytes.NewReader(b)); got != "" {
			t.Errorf("%d bytes: %q", len(b), got)
		}
	}
}
