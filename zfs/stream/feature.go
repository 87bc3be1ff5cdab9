package stream

import (
	"fmt"
	"math/bits"
)

// Features is the set of features in a stream that a receiver must support.
type Features uint64

// The features.
const (
	FeatureDedup               Features = 1 << 0
	FeatureDedupProps          Features = 1 << 1
	FeatureSpill               Features = 1 << 2
	FeatureEmbedData           Features = 1 << 16
	FeatureLZ4                 Features = 1 << 17
	FeatureLargeBlocks         Features = 1 << 19
	FeatureResuming            Features = 1 << 20
	FeatureRedacted            Features = 1 << 21
	FeatureCompressed          Features = 1 << 22
	FeatureLargeDnode          Features = 1 << 23
	FeatureRaw                 Features = 1 << 24
	FeatureZstd                Features = 1 << 25
	FeatureHolds               Features = 1 << 26
	FeatureSwitchToLargeBlocks Features = 1 << 27
	FeatureLongName            Features = 1 << 28
	FeatureLargeMicroZap       Features = 1 << 29
)

// featureName returns the name of a single feature, or "".
func featureName(f Features) string {
	switch f {
	case FeatureDedup:
		return "dedup"
	case FeatureDedupProps:
		return "dedup_props"
	case FeatureSpill:
		return "sa_spill"
	case FeatureEmbedData:
		return "embed_data"
	case FeatureLZ4:
		return "lz4"
	case FeatureLargeBlocks:
		return "large_blocks"
	case FeatureResuming:
		return "resuming"
	case FeatureRedacted:
		return "redacted"
	case FeatureCompressed:
		return "compressed"
	case FeatureLargeDnode:
		return "large_dnode"
	case FeatureRaw:
		return "raw"
	case FeatureZstd:
		return "zstd"
	case FeatureHolds:
		return "holds"
	case FeatureSwitchToLargeBlocks:
		return "switch_to_large_blocks"
	case FeatureLongName:
		return "longname"
	case FeatureLargeMicroZap:
		return "large_microzap"
	}
	return ""
}

// Has reports whether all features of want are in f.
func (f Features) Has(want Features) bool { return f&want == want }

// Names returns the names of the features in the order of their bits, unknown
// ones as "bit N".
func (f Features) Names() []string {
	names := []string{}
	for ; f != 0; f &= f - 1 {
		bit := bits.TrailingZeros64(uint64(f))
		name := featureName(1 << bit)
		if name == "" {
			name = fmt.Sprintf("bit %d", bit)
		}
		names = append(names, name)
	}
	return names
}

// Unknown returns the features that this package does not know. No release up
// to 2.4 receives a stream with one of them.
func (f Features) Unknown() Features {
	unknown := f
	for rest := f; rest != 0; rest &= rest - 1 {
		if bit := rest & -rest; featureName(bit) != "" {
			unknown &^= bit
		}
	}
	return unknown
}
