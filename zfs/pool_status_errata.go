package zfs

import "fmt"

// PoolErrata is the number of a known fault in what an earlier release wrote to a
// pool, or 0.
type PoolErrata uint64

// errataTexts are the description and the remedy of each fault.
var errataTexts = [...]struct{ what, help string }{
	1: {"A scrub was interrupted by an update of the software, and its state on disk cannot be resumed.", "Run 'zpool scrub'."},
	2: {"A dataset was being destroyed in the background when the software was updated, and this state cannot be read.",
		"Go back to the earlier software, let the destruction finish, then update."},
	3: {"Encrypted datasets were written in a form that has been corrected since.",
		"Back them up to new encrypted datasets, then destroy the old ones."},
	4: {"Encrypted snapshots and bookmarks lack a number that 'zfs receive' needs. Receiving raw incremental streams based on them can damage the target.",
		"Enable the feature bookmark_v2. Nothing else is needed if no snapshot or bookmark is encrypted. " +
			"Otherwise back up encrypted snapshots with a send that is not raw, or destroy them and the bookmarks."},
}

// String returns the fault as zpool(8) prints it, such as "Errata #4", or "".
func (e PoolErrata) String() string {
	if e == 0 {
		return ""
	}
	return fmt.Sprintf("Errata #%d", uint64(e))
}

// What returns the description of the fault, or "".
func (e PoolErrata) What() string {
	switch {
	case e == 0:
		return ""
	case int(min(e, 1<<16)) < len(errataTexts):
		return errataTexts[e].what
	}
	return "This release has no description of it."
}

// Action returns the remedy for the fault, or "".
func (e PoolErrata) Action() string {
	switch {
	case e == 0:
		return ""
	case int(min(e, 1<<16)) < len(errataTexts):
		return errataTexts[e].help
	}
	return "Look it up in the documentation of the release that reports it."
}

// What returns the description of the pool's problem, which names its errata if
// that is the problem. Empty means that there is no problem.
func (s *PoolStatus) What() string {
	if s.Code == StatusErrata {
		return fmt.Sprintf("%v detected. %s", s.Errata, s.Errata.What())
	}
	return s.Code.What()
}

// Action returns the remedy for What.
func (s *PoolStatus) Action() string {
	if s.Code == StatusErrata {
		return s.Errata.Action()
	}
	return s.Code.Action()
}
