package zfs

import (
	"encoding/binary"
	"io"
)

// signature is a mark of another use of a device.
type signature struct {
	what string
	at   int64
	mark string
}

// signatures are those of formats that are common on Linux. Filesystems precede
// partition tables, because the first sector of some looks like one.
var signatures = [...]signature{
	{"an ext filesystem", 0x438, "\x53\xef"},
	{"an XFS filesystem", 0, "XFSB"},
	{"a Btrfs filesystem", 0x10040, "_BHRfS_M"},
	{"an F2FS filesystem", 0x400, "\x10\x20\xf5\xf2"},
	{"a bcachefs filesystem", 0x1018, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"},
	{"a bcache device", 0x1018, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"},
	{"an NTFS filesystem", 3, "NTFS    "},
	{"an exFAT filesystem", 3, "EXFAT   "},
	{"a FAT filesystem", 0x52, "FAT32   "},
	{"a FAT filesystem", 0x36, "FAT16   "},
	{"a FAT filesystem", 0x36, "FAT12   "},
	{"an ISO 9660 filesystem", 0x8001, "CD001"},
	{"a UDF filesystem", 0x8001, "BEA01"},
	{"a LUKS container", 0, "LUKS\xba\xbe"},
	{"an LVM volume", 0x218, "LVM2 001"},
	{"a member of a Linux RAID", 0x1000, "\xfc\x4e\x2b\xa9"},
	{"a member of a Linux RAID", 0, "\xfc\x4e\x2b\xa9"},
	{"swap space", 0x1000 - 10, "SWAPSPACE2"},
	{"a GPT partition table", 0x200, "EFI PART"},
	{"a GPT partition table", 0x1000, "EFI PART"},
}

// The offsets of the entries and of the mark in an MBR partition table.
const (
	mbrEntries   = 0x1be
	mbrEntrySize = 16
	mbrMark      = 0x1fe
)

// foreign returns what else uses a device, or "" if nothing is known. Parts that
// cannot be read are ignored.
func foreign(r io.ReaderAt) string {
	read := func(at int64, size int) string {
		b := make([]byte, size)
		if _, err := r.ReadAt(b, at); err != nil {
			return ""
		}
		return string(b)
	}
	for _, s := range signatures {
		if read(s.at, len(s.mark)) == s.mark {
			return s.what
		}
	}
	sector := []byte(read(0, mbrMark+2))
	if len(sector) == 0 || binary.BigEndian.Uint16(sector[mbrMark:]) != 0x55aa {
		return ""
	}
	for e := sector[mbrEntries:mbrMark]; len(e) > 0; e = e[mbrEntrySize:] {
		// An entry in use has a type and sectors, and is active or not.
		if e[4] != 0 && e[0]&0x7f == 0 && binary.LittleEndian.Uint32(e[12:]) != 0 {
			return "a partition table"
		}
	}
	return ""
}
