package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/purezfs/purezfs/zfs"
)

// statusDoc is what status prints. The names are those of zpool status -j
// --json-int where it has them.
type statusDoc struct {
	Schema string              `json:"schema"`
	Pools  map[string]*poolDoc `json:"pools"`
}

type poolDoc struct {
	Name       string              `json:"name"`
	State      string              `json:"state"`
	GUID       uint64              `json:"pool_guid,omitempty"`
	TXG        uint64              `json:"txg,omitempty"`
	Version    uint64              `json:"spa_version,omitempty"`
	Code       string              `json:"code"`
	Status     string              `json:"status,omitempty"`
	Action     string              `json:"action,omitempty"`
	MsgID      string              `json:"msgid,omitempty"`
	MoreInfo   string              `json:"moreinfo,omitempty"`
	Unanswered string              `json:"unanswered,omitempty"`
	LoadError  string              `json:"load_error,omitempty"`
	Scan       *scanDoc            `json:"scan_stats,omitempty"`
	Removal    *removalDoc         `json:"removal_stats,omitempty"`
	Checkpoint *checkpointDoc      `json:"checkpoint_stats,omitempty"`
	Expansion  *expansionDoc       `json:"raidz_expand_stats,omitempty"`
	Vdevs      map[string]*vdevDoc `json:"vdevs,omitempty"`
	Dedup      map[string]*vdevDoc `json:"dedup,omitempty"`
	Special    map[string]*vdevDoc `json:"special,omitempty"`
	Logs       map[string]*vdevDoc `json:"logs,omitempty"`
	Cache      map[string]*vdevDoc `json:"l2cache,omitempty"`
	Spares     map[string]*vdevDoc `json:"spares,omitempty"`
	Errata     uint64              `json:"errata,omitempty"`
	ErrorCount *uint64             `json:"error_count,omitempty"` // nil if the kernel did not answer
	Errors     []string            `json:"errlist,omitempty"`
}

type scanDoc struct {
	Function    string `json:"function,omitempty"`
	State       string `json:"state,omitempty"`
	Start       int64  `json:"start_time"`
	End         int64  `json:"end_time"`
	ToExamine   uint64 `json:"to_examine"`
	Examined    uint64 `json:"examined"`
	Skipped     uint64 `json:"skipped"`
	Processed   uint64 `json:"processed"`
	Errors      uint64 `json:"errors"`
	PassBytes   uint64 `json:"bytes_per_scan"`
	PassStart   int64  `json:"pass_start"`
	Pause       int64  `json:"scrub_pause"`
	SpentPaused int64  `json:"scrub_spent_paused"`
	PassIssued  uint64 `json:"issued_bytes_per_scan"`
	Issued      uint64 `json:"issued"`

	ErrFunction  string                 `json:"err_scrub_func,omitempty"`
	ErrState     string                 `json:"err_scrub_state,omitempty"`
	ErrStart     int64                  `json:"err_scrub_start_time,omitempty"`
	ErrEnd       int64                  `json:"err_scrub_end_time,omitempty"`
	ErrExamined  uint64                 `json:"err_scrub_examined,omitempty"`
	ErrToExamine uint64                 `json:"err_scrub_to_examine,omitempty"`
	ErrPause     int64                  `json:"err_scrub_pause,omitempty"`
	Rebuild      map[string]*rebuildDoc `json:"rebuild_stats,omitempty"`
}

// Of a sequential resilver, times that something took are in nanoseconds.
type rebuildDoc struct {
	Name        string `json:"name"`
	Type        string `json:"vdev_type"`
	GUID        uint64 `json:"guid"`
	Class       string `json:"class"`
	State       string `json:"state"`
	Start       int64  `json:"start_time"`
	End         int64  `json:"end_time"`
	Scan        int64  `json:"scan_time"`
	Scanned     uint64 `json:"scanned"`
	Issued      uint64 `json:"issued"`
	Rebuilt     uint64 `json:"rebuilt"`
	ToScan      uint64 `json:"to_scan"`
	Errors      uint64 `json:"errors"`
	PassTime    int64  `json:"pass_time"`
	PassScanned uint64 `json:"pass_scanned"`
	PassIssued  uint64 `json:"pass_issued"`
	PassSkipped uint64 `json:"pass_skipped"`
}

type removalDoc struct {
	State   string `json:"state"`
	Vdev    uint64 `json:"removing_vdev"`
	Start   int64  `json:"start_time"`
	End     int64  `json:"end_time"`
	ToCopy  uint64 `json:"to_copy"`
	Copied  uint64 `json:"copied"`
	Mapping uint64 `json:"mapping_memory"`
}

type checkpointDoc struct {
	State string `json:"state"`
	Start int64  `json:"start_time"`
	Space uint64 `json:"space"`
}

type expansionDoc struct {
	Name     string `json:"name"`
	State    string `json:"state"`
	Vdev     uint64 `json:"expanding_vdev"`
	Start    int64  `json:"start_time"`
	End      int64  `json:"end_time"`
	ToReflow uint64 `json:"to_reflow"`
	Reflowed uint64 `json:"reflowed"`
	Waiting  uint64 `json:"waiting_for_resilver"`
}

type vdevDoc struct {
	Name          string `json:"name"`
	Type          string `json:"vdev_type"`
	GUID          uint64 `json:"guid"`
	Path          string `json:"path,omitempty"`
	Class         string `json:"class"`
	State         string `json:"state"`
	Alloc         uint64 `json:"alloc_space,omitempty"`
	Space         uint64 `json:"total_space,omitempty"`
	DeflatedSpace uint64 `json:"def_space,omitempty"`
	RepSize       uint64 `json:"rep_dev_size,omitempty"`
	ExpSize       uint64 `json:"ex_dev_size,omitempty"`
	SelfHealed    uint64 `json:"self_healed,omitempty"`
	PhysSpace     uint64 `json:"phys_space,omitempty"`
	// Spares have no counters.
	ReadErrors     *uint64 `json:"read_errors,omitempty"`
	WriteErrors    *uint64 `json:"write_errors,omitempty"`
	ChecksumErrors *uint64 `json:"checksum_errors,omitempty"`
	SlowIOs        *uint64 `json:"slow_ios,omitempty"`
	ScanProcessed  uint64  `json:"scan_processed,omitempty"`
	Checkpoint     uint64  `json:"checkpoint_space,omitempty"`
	Deferred       uint64  `json:"resilver_deferred,omitempty"`
	NotPresent     uint64  `json:"not_present,omitempty"`
	Was            string  `json:"was,omitempty"`
	Aux            string  `json:"aux,omitempty"`
	Removing       uint64  `json:"removing,omitempty"`
	NoAlloc        uint64  `json:"noalloc,omitempty"`
	InitState      string  `json:"init_state,omitempty"`
	Initialized    uint64  `json:"initialized,omitempty"`
	ToInitialize   uint64  `json:"to_initialize,omitempty"`
	InitTime       int64   `json:"init_time,omitempty"`
	InitErrors     uint64  `json:"init_errors,omitempty"`
	TrimState      string  `json:"trim_state,omitempty"`
	Trimmed        uint64  `json:"trimmed,omitempty"`
	ToTrim         uint64  `json:"to_trim,omitempty"`
	TrimTime       int64   `json:"trim_time,omitempty"`
	TrimErrors     uint64  `json:"trim_errors,omitempty"`
	TrimNotSup     uint64  `json:"trim_notsup,omitempty"`

	Vdevs map[string]*vdevDoc `json:"vdevs,omitempty"`
}

// statusDocument makes the document of what was read.
func statusDocument(all []*zfs.PoolStatus, f *statusFlags) statusDoc {
	doc := statusDoc{Schema: "zfsprobe.status/1", Pools: make(map[string]*poolDoc)}
	for _, s := range all {
		doc.Pools[s.Name] = poolDocument(s, f)
	}
	return doc
}

func poolDocument(s *zfs.PoolStatus, f *statusFlags) *poolDoc {
	doc := &poolDoc{Name: s.Name, State: s.Health, GUID: s.GUID, TXG: s.TXG, Version: s.Version, Code: s.Code.String(),
		Status: s.What(), Action: s.Action(), MsgID: s.Code.MessageID(), Errata: uint64(s.Errata)}
	if doc.MsgID != "" {
		doc.MoreInfo = messageURL + doc.MsgID
	}
	if s.LoadError != nil {
		doc.LoadError = s.LoadError.Error()
	}
	if s.Unanswered != nil {
		doc.Unanswered = s.Unanswered.Error()
		return doc
	}
	doc.ErrorCount = &s.ErrorCount
	doc.Scan = scanDocument(s)
	if r := s.Removal; r != nil {
		doc.Removal = &removalDoc{upper(r.State), r.Vdev, seconds(r.Start), seconds(r.End), r.ToCopy, r.Copied, r.MappingMemory}
	}
	if c := s.Checkpoint; c != nil {
		doc.Checkpoint = &checkpointDoc{upper(c.State), seconds(c.Start), c.Space}
	}
	if e := s.Expansion; e != nil {
		name := (&statusText{s: s}).topName(e.Vdev)
		doc.Expansion = &expansionDoc{name, upper(e.State), e.Vdev, seconds(e.Start), seconds(e.End), e.ToReflow, e.Reflown, flag(e.Waiting)}
	}
	for _, g := range vdevGroups(s) {
		docs := vdevDocuments(g.vdevs, f, g.class)
		switch g.class {
		case "normal":
			doc.Vdevs = docs
		case "dedup":
			doc.Dedup = docs
		case "special":
			doc.Special = docs
		case "log":
			doc.Logs = docs
		case "l2cache":
			doc.Cache = docs
		case "spare":
			doc.Spares = docs
		}
	}
	for i := range s.Errors {
		doc.Errors = append(doc.Errors, errorName(&s.Errors[i]))
	}
	return doc
}

func scanDocument(s *zfs.PoolStatus) *scanDoc {
	doc := &scanDoc{}
	if c := s.Scan; c != nil {
		*doc = scanDoc{Function: upper(c.Func), State: upper(c.State), Start: seconds(c.Start), End: seconds(c.End),
			ToExamine: c.ToExamine, Examined: c.Examined, Skipped: c.Skipped, Processed: c.Processed, Errors: c.Errors,
			PassBytes: c.PassExamined, PassStart: seconds(c.PassStart), Pause: seconds(c.Paused),
			SpentPaused: int64(c.SpentPaused / time.Second), PassIssued: c.PassIssued, Issued: c.Issued}
	}
	if e := s.ErrorScrub; e != nil {
		doc.ErrFunction, doc.ErrState = "ERRORSCRUB", upper(e.State)
		doc.ErrStart, doc.ErrEnd, doc.ErrPause = seconds(e.Start), seconds(e.End), seconds(e.Paused)
		doc.ErrExamined, doc.ErrToExamine = e.Examined, e.ToExamine
	}
	for _, v := range s.Root.Children {
		if r := v.Rebuild; r != nil {
			if doc.Rebuild == nil {
				doc.Rebuild = make(map[string]*rebuildDoc)
			}
			doc.Rebuild[v.Name] = &rebuildDoc{v.Name, v.Type, v.GUID, v.Class.String(), upper(r.State), seconds(r.Start), seconds(r.End),
				r.ScanTime.Nanoseconds(), r.Scanned, r.Issued, r.Rebuilt, r.Estimate, r.Errors,
				r.PassTime.Nanoseconds(), r.PassScanned, r.PassIssued, r.PassSkipped}
		}
	}
	if s.Scan == nil && s.ErrorScrub == nil && doc.Rebuild == nil {
		return nil
	}
	return doc
}

// vdevDocuments are devices by name, nil for none.
func vdevDocuments(all []*zfs.Vdev, f *statusFlags, class string) map[string]*vdevDoc {
	var docs map[string]*vdevDoc
	for _, v := range all {
		if docs == nil {
			docs = make(map[string]*vdevDoc)
		}
		docs[v.Name] = vdevDocument(v, f, class)
	}
	return docs
}

func vdevDocument(v *zfs.Vdev, f *statusFlags, class string) *vdevDoc {
	spare := class == "spare"
	doc := &vdevDoc{Name: v.Name, Type: v.Type, GUID: v.GUID, Path: v.Path, Class: class, State: vdevWord(v, spare)}
	if !spare {
		st := &v.Stats
		doc.Alloc, doc.Space, doc.DeflatedSpace, doc.RepSize = st.Alloc, st.Space, st.DeflatedSpace, st.ReplacementSize
		doc.ExpSize, doc.SelfHealed, doc.PhysSpace = st.ExpandableSize, st.SelfHealed, st.PhysicalSpace
		doc.ReadErrors, doc.WriteErrors, doc.ChecksumErrors, doc.SlowIOs = &st.ReadErrors, &st.WriteErrors, &st.ChecksumErrors, &st.SlowIOs
		doc.ScanProcessed, doc.Checkpoint = st.ScanProcessed, st.CheckpointSpace
		doc.Deferred, doc.NoAlloc = flag(v.Deferred), flag(st.NoAlloc)
	}
	doc.Removing = flag(v.Removing)
	switch {
	case v.NotPresent:
		doc.NotPresent, doc.Was = 1, v.Path
	case v.Aux != 0:
		doc.Aux = v.Aux.Word()
	}
	if f.initialize && v.Leaf() {
		w := &v.Initialize
		doc.InitState, doc.Initialized, doc.ToInitialize = workWord(w.State, "UNINITIALIZED"), w.Done, w.Total
		doc.InitTime, doc.InitErrors = seconds(w.Time), w.Errors
	}
	if f.trim && v.Leaf() {
		w := &v.Trim
		doc.TrimState, doc.Trimmed, doc.ToTrim = workWord(w.State, "UNTRIMMED"), w.Done, w.Total
		doc.TrimTime, doc.TrimErrors, doc.TrimNotSup = seconds(w.Time), w.Errors, flag(w.NotSupported)
	}
	doc.Vdevs = vdevDocuments(below(v), f, class)
	return doc
}

// workWord is a state of trimming or initializing in zpool's words.
func workWord(s zfs.WorkState, none string) string {
	if s == zfs.WorkNone {
		return none
	}
	return upper(s)
}

// upper is a word of package zfs in capital letters, as zpool(8) has it.
func upper(s fmt.Stringer) string { return strings.ToUpper(s.String()) }

// seconds are those since 1970, 0 for no time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// flag is 1 for true.
func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
