package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// statusText writes one pool as zpool status does.
type statusText struct {
	*show.Page
	s     *zfs.PoolStatus
	f     *statusFlags
	now   time.Time
	width int // of the names
	// importing shows a pool that is not imported, as zpool import does.
	importing bool
}

// write writes the pool.
func (t *statusText) write() {
	s := t.s
	t.Addf("  pool: %s\n state: %s\n", s.Name, s.Health)
	if s.Code != zfs.StatusOK {
		t.Addf("status: %s\naction: %s\n", s.What(), s.Action())
	}
	if s.Errata != 0 && s.Code != zfs.StatusErrata {
		t.Addf("errata: %v detected. %s %s\n", s.Errata, s.Errata.What(), s.Errata.Action())
	}
	if id := s.Code.MessageID(); id != "" {
		t.Addf("   see: %s%s\n", messageURL, id)
	}
	if s.LoadError != nil {
		t.Addf(" error: %v\n", s.LoadError)
	}
	if s.Unanswered != nil {
		t.Addf("  note: the kernel did not respond: %v\n", s.Unanswered)
		return
	}
	t.scans()
	t.removal()
	t.checkpoint()
	t.expansion()
	t.config()
	t.errors()
}

// messageURL is where OpenZFS explains its messages.
const messageURL = "https://openzfs.github.io/openzfs-docs/msg/"

// date is a time as ctime(3) has it.
func date(t time.Time) string { return dateIn(t, "Mon Jan _2 15:04:05 2006") }

// dateIn is a time in a layout, "-" if it is not known.
func dateIn(t time.Time, layout string) string {
	if t = known(t); t.IsZero() {
		return "-"
	}
	return t.Format(layout)
}

// known is a time, zero also if nothing was stored, which reads as 1970.
func known(t time.Time) time.Time {
	if t.Unix() == 0 {
		return time.Time{}
	}
	return t
}

// duration is hours, minutes and seconds, with days if there are some.
func duration(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	text := fmt.Sprintf("%02d:%02d:%02d", s/3600%24, s/60%60, s%60)
	if days := s / 86400; days > 0 {
		text = fmt.Sprintf("%d days %s", days, text)
	}
	return text
}

// scans writes the latest scrub or resilver, and the sequential ones.
func (t *statusText) scans() {
	rebuilds := false
	var latest time.Time
	for _, v := range t.s.Root.Children {
		if v.Rebuild != nil && v.Rebuild.End.After(latest) {
			latest = v.Rebuild.End
		}
		rebuilds = rebuilds || v.Rebuild != nil && v.Rebuild.State == zfs.RebuildActive
	}
	scan, es := t.s.Scan, t.s.ErrorScrub
	// Whatever of the two was last is what matters.
	healing := scan != nil && (scan.Func == zfs.ScanScrub || !rebuilds && !scan.End.Before(latest) || scan.Active())
	if healing {
		t.scan(scan)
	}
	if es != nil {
		t.errorScrub(es)
	}
	for _, v := range t.s.Root.Children {
		if v.Rebuild != nil && (scan == nil || scan.Func != zfs.ScanResilver || !healing) {
			t.rebuild(v.Name, v.Rebuild)
		}
	}
	if cp := t.s.Checkpoint; cp != nil && cp.State == zfs.CheckpointExists && scan != nil && !scan.End.Before(cp.Start) {
		t.Addf("    scan warning: skipped blocks that are only referenced by the checkpoint.\n")
	}
}

// scan writes a scrub or a healing resilver.
func (t *statusText) scan(s *zfs.ScanStatus) {
	t.Addf("  scan: ")
	word, done := "scrub", "repaired"
	if s.Func == zfs.ScanResilver {
		word, done = "resilver", "resilvered"
	}
	switch {
	case s.Func > zfs.ScanErrorScrub || s.State > zfs.ScanErrorScrubbing: // of a newer module
		t.Addf("%s, %s, started on %s\n", s.Func, s.State, date(s.Start))
	case s.State == zfs.ScanFinished && s.Func == zfs.ScanResilver:
		t.Addf("resilvered %s in %s with %d errors on %s\n", prop.FormatSize(s.Processed), duration(s.End.Sub(s.Start)), s.Errors, date(s.End))
	case s.State == zfs.ScanFinished:
		t.Addf("scrub repaired %s in %s with %d errors on %s\n", prop.FormatSize(s.Processed), duration(s.End.Sub(s.Start)), s.Errors, date(s.End))
	case s.State == zfs.ScanCanceled:
		t.Addf("%s canceled on %s\n", word, date(s.End))
	case !s.Paused.IsZero():
		t.Addf("scrub paused since %s\n\tscrub started on %s\n", date(s.Paused), date(s.Start))
		t.scanProgress(s, done)
	default:
		t.Addf("%s in progress since %s\n", word, date(s.Start))
		t.scanProgress(s, done)
	}
}

// scanProgress writes how far a scan is.
func (t *statusText) scanProgress(s *zfs.ScanStatus, done string) {
	total := s.ToExamine - min(s.Skipped, s.ToExamine)
	examined, issued := s.Rates(t.now)
	rate := func(n uint64) string {
		if n == 0 || !s.Paused.IsZero() {
			return ""
		}
		return " at " + prop.FormatSize(n) + "/s"
	}
	t.Addf("\t%s / %s scanned%s, %s / %s issued%s\n", prop.FormatSize(s.Examined), prop.FormatSize(s.ToExamine), rate(examined),
		prop.FormatSize(s.Issued), prop.FormatSize(total), rate(issued))
	t.Addf("\t%s %s, %.2f%% done", prop.FormatSize(s.Processed), done, 100*s.Fraction())
	begun := s.Func == zfs.ScanResilver && s.Processed > 0 || s.Func == zfs.ScanScrub && s.Issued > 0
	switch {
	case !s.Paused.IsZero():
		t.Addf("\n")
	case begun && total >= s.Issued && issued >= 10<<20:
		t.Addf(", %s to go\n", duration(time.Duration((total-s.Issued)/issued)*time.Second))
	default:
		t.Addf(", no estimated completion time\n")
	}
}

// errorScrub writes a scrub of known errors.
func (t *statusText) errorScrub(s *zfs.ErrorScrubStatus) {
	t.Addf(" scrub: ")
	switch {
	case s.State == zfs.ScanFinished:
		took := int64(s.End.Sub(s.Start) / time.Second)
		t.Addf("scrubbed %d error blocks in %d days %02d:%02d:%02d on %s\n", s.Examined, took/86400, took/3600%24, took/60%60, took%60, date(s.End))
		return
	case s.State == zfs.ScanCanceled:
		t.Addf("error scrub canceled on %s\n", date(s.End))
		return
	case s.Paused.IsZero():
		t.Addf("error scrub in progress since %s\n", date(s.Start))
	default:
		t.Addf("error scrub paused since %s\n\terror scrub started on %s\n", date(s.Paused), date(s.Start))
	}
	all := max(s.ToExamine+s.Examined, 1)
	t.Addf("\t%.2f%% done, issued I/O for %d error blocks\n", 100*float64(s.Examined)/float64(all), s.Examined)
}

// rebuild writes a sequential resilver.
func (t *statusText) rebuild(name string, r *zfs.RebuildStatus) {
	t.Addf("  scan: ")
	switch r.State {
	case zfs.RebuildComplete:
		t.Addf("resilvered (%s) %s in %s with %d errors on %s\n", name, prop.FormatSize(r.Rebuilt), duration(r.ScanTime), r.Errors, date(r.End))
		return
	case zfs.RebuildCanceled:
		t.Addf("resilver (%s) canceled on %s\n", name, date(r.End))
		return
	}
	t.Addf("resilver (%s) in progress since %s\n", name, date(r.Start))
	t.Addf("\t%s / %s scanned, %s / %s issued\n", prop.FormatSize(r.Scanned), prop.FormatSize(r.Estimate), prop.FormatSize(r.Issued), prop.FormatSize(r.Estimate-min(r.PassSkipped, r.Estimate)))
	t.Addf("\t%s resilvered, %.2f%% done\n", prop.FormatSize(r.Rebuilt), min(100*float64(r.Scanned)/float64(r.Estimate+1), 100))
}

// topName is the name of a top-level device by its number.
func (t *statusText) topName(id uint64) string {
	for _, v := range t.s.Root.Children {
		if v.ID == id {
			return v.Name
		}
	}
	return fmt.Sprintf("vdev %d", id)
}

// removal writes the removal of a device.
func (t *statusText) removal() {
	r := t.s.Removal
	if r == nil {
		return
	}
	switch r.State {
	case zfs.ScanFinished:
		minutes := int64(r.End.Sub(r.Start) / time.Minute)
		t.Addf("remove: Removal of vdev %d copied %s in %dh%dm, completed on %s\n", r.Vdev, prop.FormatCount(r.Copied), minutes/60, minutes%60, date(r.End))
	case zfs.ScanCanceled:
		t.Addf("remove: Removal of %s canceled on %s\n", t.topName(r.Vdev), date(r.End))
	default:
		t.Addf("remove: Evacuation of %s in progress since %s\n", t.topName(r.Vdev), date(r.Start))
		t.Addf("\t%s copied out of %s, %.2f%% done\n", prop.FormatCount(r.Copied), prop.FormatCount(r.ToCopy), 100*float64(r.Copied)/float64(max(r.ToCopy, 1)))
	}
	if r.MappingMemory > 0 {
		t.Addf("\t%s memory used for removed device mappings\n", prop.FormatCount(r.MappingMemory))
	}
}

// checkpoint writes the pool's checkpoint.
func (t *statusText) checkpoint() {
	switch c := t.s.Checkpoint; {
	case c == nil:
	case c.State == zfs.CheckpointExists:
		t.Addf("checkpoint: created %s, consumes %s\n", date(c.Start), prop.FormatCount(c.Space))
	default:
		t.Addf("checkpoint: discarding, %s remaining.\n", prop.FormatCount(c.Space))
	}
}

// expansion writes the expansion of a raidz.
func (t *statusText) expansion() {
	e := t.s.Expansion
	if e == nil {
		return
	}
	name := t.topName(e.Vdev)
	if e.State == zfs.ScanFinished {
		t.Addf("expand: expanded %s copied %s in %s, on %s\n", name, prop.FormatCount(e.Reflown), duration(e.End.Sub(e.Start)), date(e.End))
		return
	}
	t.Addf("expand: expansion of %s in progress since %s\n", name, date(e.Start))
	t.Addf("\t%s / %s copied, %.2f%% done", prop.FormatCount(e.Reflown), prop.FormatCount(e.ToReflow), 100*float64(e.Reflown)/float64(max(e.ToReflow, 1)))
	if e.Waiting {
		t.Addf(", paused for resilver or clear")
	}
	t.Addf("\n")
}

// number writes a counter.
func (t *statusText) number(n uint64) string {
	if t.f.literal {
		return strconv.FormatUint(n, 10)
	}
	return prop.FormatCount(n)
}

// vdevWord is a device's state; spares have words of their own.
func vdevWord(v *zfs.Vdev, spare bool) string {
	switch {
	case spare && v.Aux.Word() == "SPARED":
		return "INUSE"
	case spare && v.State == zfs.VdevHealthy:
		return "AVAIL"
	}
	return v.StateWord()
}

// reason writes why a device is in its state.
func (t *statusText) reason(v *zfs.Vdev, spare bool) {
	st := &v.Stats
	switch {
	case v.NotPresent:
		t.Addf("  was %s", v.Path)
	case v.Aux.Word() == "ERR_EXCEEDED" && v.Leaf() && st.ReadErrors+st.WriteErrors+st.ChecksumErrors == 0 && st.SlowIOs > 0:
		t.Addf("  too many slow I/Os")
	case v.Aux.String() != "":
		t.Addf("  %s", v.Aux)
	case v.Leaf() && !spare && st.ConfiguredAshift < st.PhysicalAshift:
		t.Addf("  block size: %dB configured, %dB native", 1<<st.ConfiguredAshift, 1<<st.PhysicalAshift)
	}
	switch {
	case v.Removing:
		t.Addf("  (removing)")
	case st.NoAlloc:
		t.Addf("  (non-allocating)")
	}
}

// activity writes what is under way on a device.
func (t *statusText) activity(v *zfs.Vdev) {
	if !v.Leaf() {
		return
	}
	if t.s.Scan.Active() && v.State == zfs.VdevHealthy {
		switch {
		case v.Stats.ScanProcessed != 0 && t.s.Scan.Func == zfs.ScanResilver:
			t.Addf("  (resilvering)")
		case v.Stats.ScanProcessed != 0:
			t.Addf("  (repairing)")
		case v.Deferred:
			t.Addf("  (awaiting resilver)")
		}
	}
	t.work(&v.Initialize, t.f.initialize, [3]string{"initialized", "uninitialized", "initializing"})
	t.work(&v.Trim, t.f.trim, [3]string{"trimmed", "untrimmed", "trimming"})
}

// work writes how far trimming or initializing is: the words are for done, not
// begun and under way.
func (t *statusText) work(w *zfs.VdevWork, verbose bool, words [3]string) {
	percent := w.Done * 100 / (w.Total + 1)
	switch {
	case !verbose && w.State == zfs.WorkActive:
		t.Addf("  (%s)", words[2])
	case !verbose:
	case w.State == zfs.WorkComplete:
		t.Addf("  (100%% %s, completed at %s)", words[0], date(w.Time))
	case w.State == zfs.WorkActive:
		t.Addf("  (%d%% %s, started at %s)", percent, words[0], date(w.Time))
	case w.State == zfs.WorkSuspended:
		t.Addf("  (%d%% %s, suspended, started at %s)", percent, words[0], date(w.Time))
	case w.NotSupported:
		t.Addf("  (trim unsupported)")
	default:
		t.Addf("  (%s)", words[1])
	}
}

// errors writes what is damaged.
func (t *statusText) errors() {
	s := t.s
	switch {
	case s.ErrorCount == 0:
		t.Addf("errors: No known data errors\n")
	case !t.f.verbose:
		t.Addf("errors: %d data errors, use '-v' for a list\n", s.ErrorCount)
	case s.ErrorsErr != nil:
		t.Addf("errors: %d data errors, which cannot be listed: %v\n", s.ErrorCount, s.ErrorsErr)
	default:
		t.Addf("errors: Permanent errors have been detected in the following files:\n\n")
		for i := range s.Errors {
			t.Addf("        %s\n", errorName(&s.Errors[i]))
		}
	}
}

// errorName names a damaged object as zpool status -v does.
func errorName(e *zfs.PoolError) string {
	switch {
	case e.Objset == 0:
		return fmt.Sprintf("<metadata>:<%#x>", e.Object)
	case e.Dataset == "":
		return fmt.Sprintf("<%#x>:<%#x>", e.Objset, e.Object)
	case e.Path == "":
		return fmt.Sprintf("%s:<%#x>", e.Dataset, e.Object)
	case e.Mounted != "":
		return e.Mounted
	}
	return e.Dataset + ":" + e.Path
}
