package zfs

import (
	"cmp"
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

// feature is a known feature.
type feature struct {
	guid  string
	since ioctl.Release
}

// poolFeatures are all known features, in the order of the module, which is that of
// zpool get. They must not be changed.
var poolFeatures = [...]feature{
	{"com.delphix:async_destroy", ioctl.Release{}},
	{"com.delphix:empty_bpobj", ioctl.Release{}},
	{"org.illumos:lz4_compress", ioctl.Release{}},
	{"com.joyent:multi_vdev_crash_dump", ioctl.Release{}},
	{"com.delphix:spacemap_histogram", ioctl.Release{}},
	{"com.delphix:enabled_txg", ioctl.Release{}},
	{"com.delphix:hole_birth", ioctl.Release{}},
	{"com.delphix:extensible_dataset", ioctl.Release{}},
	{"com.delphix:embedded_data", ioctl.Release{}},
	{"com.delphix:bookmarks", ioctl.Release{}},
	{"com.joyent:filesystem_limits", ioctl.Release{}},
	{"org.open-zfs:large_blocks", ioctl.Release{}},
	{"org.zfsonlinux:large_dnode", ioctl.Release{}},
	{"org.illumos:sha512", ioctl.Release{}},
	{"org.illumos:skein", ioctl.Release{}},
	{"org.illumos:edonr", ioctl.Release{}},
	{"org.zfsonlinux:userobj_accounting", ioctl.Release{}},
	{"com.datto:encryption", ioctl.Release{}},
	{"org.zfsonlinux:project_quota", ioctl.Release{}},
	{"com.delphix:device_removal", ioctl.Release{}},
	{"com.delphix:obsolete_counts", ioctl.Release{}},
	{"com.delphix:zpool_checkpoint", ioctl.Release{}},
	{"com.delphix:spacemap_v2", ioctl.Release{}},
	{"org.zfsonlinux:allocation_classes", ioctl.Release{}},
	{"com.datto:resilver_defer", ioctl.Release{}},
	{"com.datto:bookmark_v2", ioctl.Release{}},
	{"com.delphix:redaction_bookmarks", ioctl.Release{}},
	{"com.delphix:redacted_datasets", ioctl.Release{}},
	{"com.delphix:bookmark_written", ioctl.Release{}},
	{"com.delphix:log_spacemap", ioctl.Release{}},
	{"com.delphix:livelist", ioctl.Release{}},
	{"org.openzfs:device_rebuild", ioctl.Release{}},
	{"org.freebsd:zstd_compress", ioctl.Release{}},
	{"org.openzfs:draid", release.V2_1},
	{"org.openzfs:zilsaxattr", release.V2_2},
	{"com.delphix:head_errlog", release.V2_2},
	{"org.openzfs:blake3", release.V2_2},
	{"com.fudosecurity:block_cloning", release.V2_2},
	{"com.klarasystems:vdev_zaps_v2", release.V2_2},
	{"com.delphix:redaction_list_spill", release.V2_3},
	{"org.openzfs:raidz_expansion", release.V2_3},
	{"com.klarasystems:fast_dedup", release.V2_3},
	{"org.zfsonlinux:longname", release.V2_3},
	{"com.klarasystems:large_microzap", release.V2_3},
	{"com.klarasystems:dynamic_gang_header", release.V2_4},
	{"com.truenas:block_cloning_endian", release.V2_4},
	{"com.truenas:physical_rewrite", release.V2_4},
	{"com.seagate:draid_failure_domains", release.Master},
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

// sortFeatures sorts names of features as the module does, those that are not known
// last.
func sortFeatures(names []string) {
	place := func(name string) int {
		i := slices.IndexFunc(poolFeatures[:], func(f feature) bool { return featureName(f.guid) == name })
		if i < 0 {
			return len(poolFeatures)
		}
		return i
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b)) })
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
	return slices.ContainsFunc(poolFeatures[:], func(f feature) bool { return featureName(f.guid) == name })
}
