package prop

import "github.com/purezfs/purezfs/internal/release"

// The values of the index properties, in the kernel's order: if names share a
// number, the first one is printed. They are read-only.
var (
	boolValues = []IndexValue{{Name: "off"}, {Name: "on", Number: 1}}

	checksumValues = []IndexValue{
		{Name: "on", Number: 1}, {Name: "off", Number: 2}, {Name: "fletcher2", Number: 6},
		{Name: "fletcher4", Number: 7}, {Name: "sha256", Number: 8}, {Name: "noparity", Number: 10},
		{Name: "sha512", Number: 11}, {Name: "skein", Number: 12}, {Name: "edonr", Number: 13},
		{Name: "blake3", Number: 14, Since: release.V2_2},
	}

	// Deduplication needs a checksum that is safe against collisions, or compares
	// blocks byte by byte. edonr is not safe enough without the comparison.
	dedupValues = []IndexValue{
		{Name: "on", Number: 1}, {Name: "off", Number: 2}, {Name: "verify", Number: 1 | checksumVerify},
		{Name: "sha256", Number: 8}, {Name: "sha256,verify", Number: 8 | checksumVerify},
		{Name: "sha512", Number: 11}, {Name: "sha512,verify", Number: 11 | checksumVerify},
		{Name: "skein", Number: 12}, {Name: "skein,verify", Number: 12 | checksumVerify},
		{Name: "edonr,verify", Number: 13 | checksumVerify},
		{Name: "blake3", Number: 14, Since: release.V2_2},
		{Name: "blake3,verify", Number: 14 | checksumVerify, Since: release.V2_2},
	}

	encryptionValues = []IndexValue{
		{Name: "on", Number: 1}, {Name: "off", Number: 2},
		{Name: "aes-128-ccm", Number: 3}, {Name: "aes-192-ccm", Number: 4}, {Name: "aes-256-ccm", Number: 5},
		{Name: "aes-128-gcm", Number: 6}, {Name: "aes-192-gcm", Number: 7}, {Name: "aes-256-gcm", Number: 8},
	}
	keyFormatValues = []IndexValue{
		{Name: "none"}, {Name: "raw", Number: 1}, {Name: "hex", Number: 2}, {Name: "passphrase", Number: 3},
	}
	keyStatusValues = []IndexValue{{Name: "none"}, {Name: "unavailable", Number: 1}, {Name: "available", Number: 2}}

	snapDirValues = []IndexValue{
		{Name: "hidden"}, {Name: "visible", Number: 1}, {Name: "disabled", Number: 2, Since: release.V2_3},
	}
	snapDevValues = []IndexValue{{Name: "hidden"}, {Name: "visible", Number: 1}}

	aclModeValues = []IndexValue{
		{Name: "discard"}, {Name: "groupmask", Number: 2}, {Name: "passthrough", Number: 3}, {Name: "restricted", Number: 4},
	}
	aclInheritValues = []IndexValue{
		{Name: "discard"}, {Name: "noallow", Number: 1}, {Name: "restricted", Number: 4},
		{Name: "passthrough", Number: 3}, {Name: "secure", Number: 4}, {Name: "passthrough-x", Number: 5},
	}
	aclTypeValues = []IndexValue{
		{Name: "off"}, {Name: "posix", Number: 1}, {Name: "nfsv4", Number: 2},
		{Name: "disabled"}, {Name: "noacl"}, {Name: "posixacl", Number: 1},
	}

	caseValues          = []IndexValue{{Name: "sensitive"}, {Name: "insensitive", Number: 1}, {Name: "mixed", Number: 2}}
	copiesValues        = []IndexValue{{Name: "1", Number: 1}, {Name: "2", Number: 2}, {Name: "3", Number: 3}}
	normalizationValues = []IndexValue{
		{Name: "none"}, {Name: "formD", Number: 0x10}, {Name: "formKC", Number: 0x60},
		{Name: "formC", Number: 0x50}, {Name: "formKD", Number: 0x20},
	}
	versionValues = []IndexValue{
		{Name: "1", Number: 1}, {Name: "2", Number: 2}, {Name: "3", Number: 3}, {Name: "4", Number: 4},
		{Name: "5", Number: 5}, {Name: "current", Number: 5},
	}

	logBiasValues  = []IndexValue{{Name: "latency"}, {Name: "throughput", Number: 1}}
	canMountValues = []IndexValue{{Name: "off"}, {Name: "on", Number: 1}, {Name: "noauto", Number: 2}}
	cacheValues    = []IndexValue{{Name: "none"}, {Name: "metadata", Number: 1}, {Name: "all", Number: 2}}
	syncValues     = []IndexValue{{Name: "standard"}, {Name: "always", Number: 1}, {Name: "disabled", Number: 2}}
	directValues   = []IndexValue{{Name: "disabled"}, {Name: "standard", Number: 1}, {Name: "always", Number: 2}}

	// "on" meant directories up to 2.2 and means system attributes since then,
	// which 2.4 prints as "sa".
	xattrValues = []IndexValue{
		{Name: "off"},
		{Name: "on", Number: 1, Until: release.V2_3},
		{Name: "sa", Number: 2, Since: release.V2_4},
		{Name: "on", Number: 2, Since: release.V2_3},
		{Name: "sa", Number: 2, Until: release.V2_4},
		{Name: "dir", Number: 1},
	}

	dnodeSizeValues = []IndexValue{
		{Name: "legacy"}, {Name: "auto", Number: 1}, {Name: "1k", Number: 1 << 10}, {Name: "2k", Number: 2 << 10},
		{Name: "4k", Number: 4 << 10}, {Name: "8k", Number: 8 << 10}, {Name: "16k", Number: 16 << 10},
	}
	redundantMetadataValues = []IndexValue{
		{Name: "all"}, {Name: "most", Number: 1},
		{Name: "some", Number: 2, Since: release.V2_1_7}, {Name: "none", Number: 3, Since: release.V2_1_7},
	}
	volModeValues = []IndexValue{
		{Name: "default"}, {Name: "full", Number: 1}, {Name: "geom", Number: 1},
		{Name: "dev", Number: 2}, {Name: "none", Number: 3},
	}
)

// checksumVerify is added to a checksum's number if blocks are also compared.
const checksumVerify = 0x100
