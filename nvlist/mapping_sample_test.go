package nvlist

// sampleProp and the structs below mirror what sampleStats and samplePool make.
type sampleProp struct {
	Value  uint64 `nvlist:"value"`
	Source string `nvlist:"source,omitempty"`
}

type sampleStatsStruct struct {
	Type         sampleProp `nvlist:"type"`
	Creation     sampleProp `nvlist:"creation"`
	Used         sampleProp `nvlist:"used"`
	Available    sampleProp `nvlist:"available"`
	Referenced   sampleProp `nvlist:"referenced"`
	Ratio        sampleProp `nvlist:"compressratio"`
	Mounted      sampleProp `nvlist:"mounted"`
	Quota        sampleProp `nvlist:"quota"`
	Reservation  sampleProp `nvlist:"reservation"`
	RecordSize   sampleProp `nvlist:"recordsize"`
	Compression  sampleProp `nvlist:"compression"`
	ObjsetID     sampleProp `nvlist:"objsetid"`
	CreateTxg    sampleProp `nvlist:"createtxg"`
	GUID         sampleProp `nvlist:"guid"`
	Version      sampleProp `nvlist:"version"`
	UsedSnaps    sampleProp `nvlist:"usedbysnapshots"`
	UsedDataset  sampleProp `nvlist:"usedbydataset"`
	UsedChildren sampleProp `nvlist:"usedbychildren"`
	UsedRefres   sampleProp `nvlist:"usedbyrefreservation"`
	LogicalUsed  sampleProp `nvlist:"logicalused"`
	LogicalRef   sampleProp `nvlist:"logicalreferenced"`
	Written      sampleProp `nvlist:"written"`
	RefQuota     sampleProp `nvlist:"refquota"`
	RefRes       sampleProp `nvlist:"refreservation"`
	RefRatio     sampleProp `nvlist:"refcompressratio"`
	Changed      sampleProp `nvlist:"snapshots_changed"`
	UserQuota    sampleProp `nvlist:"defaultuserquota"`
	Unique       sampleProp `nvlist:"unique"`
	Inconsistent sampleProp `nvlist:"inconsistent"`
}

type samplePoolStruct struct {
	Version  uint64            `nvlist:"version"`
	Name     string            `nvlist:"name"`
	State    uint64            `nvlist:"state"`
	Txg      uint64            `nvlist:"txg"`
	GUID     uint64            `nvlist:"pool_guid"`
	Errata   uint64            `nvlist:"errata"`
	Hostname string            `nvlist:"hostname"`
	Features sampleFeatures    `nvlist:"feature_stats"`
	Root     sampleVdev        `nvlist:"vdev_tree"`
	Other    map[string]uint64 `nvlist:",rest"`
}

type sampleFeatures struct {
	First uint64 `nvlist:"org.openzfs:feature_0"`
	Last  uint64 `nvlist:"org.openzfs:feature_39"`
}

type sampleVdev struct {
	Type      string       `nvlist:"type"`
	ID        uint64       `nvlist:"id"`
	GUID      uint64       `nvlist:"guid"`
	Path      string       `nvlist:"path"`
	WholeDisk uint64       `nvlist:"whole_disk"`
	CreateTxg uint64       `nvlist:"create_txg"`
	Stats     []uint64     `nvlist:"vdev_stats"`
	Extended  sampleVdevEx `nvlist:"vdev_stats_ex"`
	Children  []sampleVdev `nvlist:"children,omitempty"`
}

type sampleVdevEx struct {
	Histo0  []uint64 `nvlist:"vdev_queue_histo_0"`
	Histo1  []uint64 `nvlist:"vdev_queue_histo_1"`
	Histo2  []uint64 `nvlist:"vdev_queue_histo_2"`
	Histo3  []uint64 `nvlist:"vdev_queue_histo_3"`
	Active0 uint64   `nvlist:"vdev_active_queue_0"`
	Active1 uint64   `nvlist:"vdev_active_queue_1"`
}
