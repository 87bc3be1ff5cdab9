package main

// The structs mirror the lists of subjects: they hold every pair, so that both
// sides of the comparison do the same work.

type prop struct {
	Value  uint64 `nvlist:"value"`
	Source string `nvlist:"source,omitempty"`
}

type statsStruct struct {
	Type         prop `nvlist:"type"`
	Creation     prop `nvlist:"creation"`
	Used         prop `nvlist:"used"`
	Available    prop `nvlist:"available"`
	Referenced   prop `nvlist:"referenced"`
	Ratio        prop `nvlist:"compressratio"`
	Mounted      prop `nvlist:"mounted"`
	Quota        prop `nvlist:"quota"`
	Reservation  prop `nvlist:"reservation"`
	RecordSize   prop `nvlist:"recordsize"`
	Compression  prop `nvlist:"compression"`
	ObjsetID     prop `nvlist:"objsetid"`
	CreateTxg    prop `nvlist:"createtxg"`
	GUID         prop `nvlist:"guid"`
	Version      prop `nvlist:"version"`
	UsedSnaps    prop `nvlist:"usedbysnapshots"`
	UsedDataset  prop `nvlist:"usedbydataset"`
	UsedChildren prop `nvlist:"usedbychildren"`
	UsedRefres   prop `nvlist:"usedbyrefreservation"`
	LogicalUsed  prop `nvlist:"logicalused"`
	LogicalRef   prop `nvlist:"logicalreferenced"`
	Written      prop `nvlist:"written"`
	RefQuota     prop `nvlist:"refquota"`
	RefRes       prop `nvlist:"refreservation"`
	RefRatio     prop `nvlist:"refcompressratio"`
	Changed      prop `nvlist:"snapshots_changed"`
	UserQuota    prop `nvlist:"defaultuserquota"`
	Unique       prop `nvlist:"unique"`
	Inconsistent prop `nvlist:"inconsistent"`
}

type poolStruct struct {
	Version  uint64         `nvlist:"version"`
	Name     string         `nvlist:"name"`
	State    uint64         `nvlist:"state"`
	Txg      uint64         `nvlist:"txg"`
	GUID     uint64         `nvlist:"pool_guid"`
	Errata   uint64         `nvlist:"errata"`
	Hostname string         `nvlist:"hostname"`
	Features featuresStruct `nvlist:"feature_stats"`
	Root     vdevStruct     `nvlist:"vdev_tree"`
}

type vdevStruct struct {
	Type      string       `nvlist:"type"`
	ID        uint64       `nvlist:"id"`
	GUID      uint64       `nvlist:"guid"`
	Path      string       `nvlist:"path"`
	WholeDisk uint64       `nvlist:"whole_disk"`
	CreateTxg uint64       `nvlist:"create_txg"`
	Stats     []uint64     `nvlist:"vdev_stats"`
	Extended  vdevExStruct `nvlist:"vdev_stats_ex"`
	Children  []vdevStruct `nvlist:"children,omitempty"`
}

type vdevExStruct struct {
	Histo0   []uint64 `nvlist:"vdev_queue_histo_0"`
	Active0  uint64   `nvlist:"vdev_active_queue_0"`
	Histo1   []uint64 `nvlist:"vdev_queue_histo_1"`
	Active1  uint64   `nvlist:"vdev_active_queue_1"`
	Histo2   []uint64 `nvlist:"vdev_queue_histo_2"`
	Active2  uint64   `nvlist:"vdev_active_queue_2"`
	Histo3   []uint64 `nvlist:"vdev_queue_histo_3"`
	Active3  uint64   `nvlist:"vdev_active_queue_3"`
	Histo4   []uint64 `nvlist:"vdev_queue_histo_4"`
	Active4  uint64   `nvlist:"vdev_active_queue_4"`
	Histo5   []uint64 `nvlist:"vdev_queue_histo_5"`
	Active5  uint64   `nvlist:"vdev_active_queue_5"`
	Histo6   []uint64 `nvlist:"vdev_queue_histo_6"`
	Active6  uint64   `nvlist:"vdev_active_queue_6"`
	Histo7   []uint64 `nvlist:"vdev_queue_histo_7"`
	Active7  uint64   `nvlist:"vdev_active_queue_7"`
	Histo8   []uint64 `nvlist:"vdev_queue_histo_8"`
	Active8  uint64   `nvlist:"vdev_active_queue_8"`
	Histo9   []uint64 `nvlist:"vdev_queue_histo_9"`
	Active9  uint64   `nvlist:"vdev_active_queue_9"`
	Histo10  []uint64 `nvlist:"vdev_queue_histo_10"`
	Active10 uint64   `nvlist:"vdev_active_queue_10"`
	Histo11  []uint64 `nvlist:"vdev_queue_histo_11"`
	Active11 uint64   `nvlist:"vdev_active_queue_11"`
	Histo12  []uint64 `nvlist:"vdev_queue_histo_12"`
	Active12 uint64   `nvlist:"vdev_active_queue_12"`
	Histo13  []uint64 `nvlist:"vdev_queue_histo_13"`
	Active13 uint64   `nvlist:"vdev_active_queue_13"`
}

type featuresStruct struct {
	F0  uint64 `nvlist:"org.openzfs:feature_0"`
	F1  uint64 `nvlist:"org.openzfs:feature_1"`
	F2  uint64 `nvlist:"org.openzfs:feature_2"`
	F3  uint64 `nvlist:"org.openzfs:feature_3"`
	F4  uint64 `nvlist:"org.openzfs:feature_4"`
	F5  uint64 `nvlist:"org.openzfs:feature_5"`
	F6  uint64 `nvlist:"org.openzfs:feature_6"`
	F7  uint64 `nvlist:"org.openzfs:feature_7"`
	F8  uint64 `nvlist:"org.openzfs:feature_8"`
	F9  uint64 `nvlist:"org.openzfs:feature_9"`
	F10 uint64 `nvlist:"org.openzfs:feature_10"`
	F11 uint64 `nvlist:"org.openzfs:feature_11"`
	F12 uint64 `nvlist:"org.openzfs:feature_12"`
	F13 uint64 `nvlist:"org.openzfs:feature_13"`
	F14 uint64 `nvlist:"org.openzfs:feature_14"`
	F15 uint64 `nvlist:"org.openzfs:feature_15"`
	F16 uint64 `nvlist:"org.openzfs:feature_16"`
	F17 uint64 `nvlist:"org.openzfs:feature_17"`
	F18 uint64 `nvlist:"org.openzfs:feature_18"`
	F19 uint64 `nvlist:"org.openzfs:feature_19"`
	F20 uint64 `nvlist:"org.openzfs:feature_20"`
	F21 uint64 `nvlist:"org.openzfs:feature_21"`
	F22 uint64 `nvlist:"org.openzfs:feature_22"`
	F23 uint64 `nvlist:"org.openzfs:feature_23"`
	F24 uint64 `nvlist:"org.openzfs:feature_24"`
	F25 uint64 `nvlist:"org.openzfs:feature_25"`
	F26 uint64 `nvlist:"org.openzfs:feature_26"`
	F27 uint64 `nvlist:"org.openzfs:feature_27"`
	F28 uint64 `nvlist:"org.openzfs:feature_28"`
	F29 uint64 `nvlist:"org.openzfs:feature_29"`
	F30 uint64 `nvlist:"org.openzfs:feature_30"`
	F31 uint64 `nvlist:"org.openzfs:feature_31"`
	F32 uint64 `nvlist:"org.openzfs:feature_32"`
	F33 uint64 `nvlist:"org.openzfs:feature_33"`
	F34 uint64 `nvlist:"org.openzfs:feature_34"`
	F35 uint64 `nvlist:"org.openzfs:feature_35"`
	F36 uint64 `nvlist:"org.openzfs:feature_36"`
	F37 uint64 `nvlist:"org.openzfs:feature_37"`
	F38 uint64 `nvlist:"org.openzfs:feature_38"`
	F39 uint64 `nvlist:"org.openzfs:feature_39"`
}
