package zfs

import (
	"slices"
	"strings"

	"github.com/purezfs/purezfs/internal/release"
	"github.com/purezfs/purezfs/ioctl"
)

// PoolFeature is a feature flag of a pool.
type PoolFeature struct {
	// Name is the short name: "async_destroy". Its property is
	// feature@async_destroy.
	Name string
	// GUID is the name on disk: "com.delphix:async_destroy".
	GUID string
	// Since is the first release with the feature, or zero for 2.0 and earlier.
	Since ioctl.Release
}

// featurePrefix is the prefix of the properties of features.
const featurePrefix = "feature@"

// poolFeatures are all known features, sorted by GUID. They must not be changed.
var poolFeatures = [...]struct {
	guid  string
	since ioctl.Release
}{
	{"com.datto:bookmark_v2", ioctl.Release{}},
	{"com.datto:encryption", ioctl.Release{}},
	{"com.datto:resilver_defer", ioctl.Release{}},
	{"com.delphix:async_destroy", ioctl.Release{}},
	{"com.delphix:bookmark_written", ioctl.Release{}},
	{"com.delphix:bookmarks", ioctl.Release{}},
	{"com.delphix:device_removal", ioctl.Release{}},
	{"com.delphix:embedded_data", ioctl.Release{}},
	{"com.delphix:empty_bpobj", ioctl.Release{}},
	{"com.delphix:enabled_txg", ioctl.Release{}},
	{"com.delphix:extensible_dataset", ioctl.Release{}},
	{"com.delphix:head_errlog", release.V2_2},
	{"com.delphix:hole_birth", ioctl.Release{}},
	{"com.delphix:livelist", ioctl.Release{}},
	{"com.delphix:log_spacemap", ioctl.Release{}},
	{"com.delphix:obsolete_counts", ioctl.Release{}},
	{"com.delphix:redacted_datasets", ioctl.Release{}},
	{"com.delphix:redaction_bookmarks", ioctl.Release{}},
	{"com.delphix:redaction_list_spill", release.V2_3},
	{"com.delphix:spacemap_histogram", ioctl.Release{}},
	{"com.delphix:spacemap_v2", ioctl.Release{}},
	{"com.delphix:zpool_checkpoint", ioctl.Release{}},
	{"com.fudosecurity:block_cloning", release.V2_2},
	{"com.joyent:filesystem_limits", ioctl.Release{}},
	{"com.joyent:multi_vdev_crash_dump", ioctl.Release{}},
	{"com.klarasystems:dynamic_gang_header", release.V2_4},
	{"com.klarasystems:fast_dedup", release.V2_3},
	{"com.klarasystems:large_microzap", release.V2_3},
	{"com.klarasystems:vdev_zaps_v2", release.V2_2},
	{"com.truenas:block_cloning_endian", release.V2_4},
	{"com.truenas:physical_rewrite", release.V2_4},
	{"org.freebsd:zstd_compress", ioctl.Release{}},
	{"org.illumos:edonr", ioctl.Release{}},
	{"org.illumos:lz4_compress", ioctl.Release{}},
	{"org.illumos:sha512", ioctl.Release{}},
	{"org.illumos:skein", ioctl.Release{}},
	{"org.open-zfs:large_blocks", ioctl.Release{}},
	{"org.openzfs:blake3", release.V2_2},
	{"org.openzfs:device_rebuild", ioctl.Release{}},
	{"org.openzfs:draid", release.V2_1},
	{"org.openzfs:raidz_expansion", release.V2_3},
	{"org.openzfs:zilsaxattr", release.V2_2},
	{"org.zfsonlinux:allocation_classes", ioctl.Release{}},
	{"org.zfsonlinux:large_dnode", ioctl.Release{}},
	{"org.zfsonlinux:longname", release.V2_3},
	{"org.zfsonlinux:project_quota", ioctl.Release{}},
	{"org.zfsonlinux:userobj_accounting", ioctl.Release{}},
}

// PoolFeatures are the features that the running module has, by name. If /sys does
// not list them, they are those of the release.
func (c *Client) PoolFeatures() []PoolFeature {
	guids := c.module.features()
	if len(guids) == 0 {
		for _, f := range poolFeatures {
			if release.Has(c.release, f.since) {
				guids = append(guids, f.guid)
			}
		}
	}
	var all []PoolFeature
	for _, guid := range guids {
		all = append(all, poolFeature(guid))
	}
	slices.SortFunc(all, func(a, b PoolFeature) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// poolFeature returns the feature with a GUID.
func poolFeature(guid string) PoolFeature {
	f := PoolFeature{Name: featureName(guid), GUID: guid}
	for _, known := range poolFeatures {
		if known.guid == guid {
			f.Since = known.since
		}
	}
	return f
}

// knownFeature reports whether some release has a feature of that name.
func knownFeature(name string) bool {
	for _, f := range poolFeatures {
		if featureName(f.guid) == name {
			return true
		}
	}
	return false
}
