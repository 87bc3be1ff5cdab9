package zfs

import (
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/zfs/stream"
)

// sendPoint is a snapshot or bookmark of the dataset.
type sendPoint struct {
	name string // "tank/a@s" or "tank/a#b"
	guid uint64
	txg  uint64
}

// snapshot reports whether it can be sent itself.
func (p sendPoint) snapshot() bool { return strings.Contains(p.name, "@") }

// replicateStep is what to do next.
type replicateStep struct {
	abort    bool   // destroy the partial receive first
	snapshot string // what is sent,
	guid     uint64
	from     string        // and since when, empty for all
	resume   *stream.Token // where to resume, nil for a new stream
}

// planReplicate decides what to send next to an end with such a state, nil for
// nothing. The state decides only where our own plan begins: what is sent, since
// when and how comes from points and opts.
func planReplicate(points []sendPoint, state *wireState, wanted sendPoint, opts *ReplicateOptions) (*replicateStep, error) {
	has := make(map[uint64]bool, len(state.Snapshots))
	for _, guid := range state.Snapshots {
		has[guid] = true
	}
	if has[wanted.guid] {
		return nil, nil
	}
	var common *sendPoint
	for i, p := range points {
		later := common == nil || p.txg > common.txg || p.txg == common.txg && p.snapshot()
		if has[p.guid] && p.txg < wanted.txg && later {
			common = &points[i]
		}
	}
	if common == nil && len(has) > 0 {
		return nil, fmt.Errorf("%w: it has %d snapshots, none of them of this dataset", ErrSourceMissing, len(has))
	}
	to := wanted
	if opts.Intermediates {
		to = firstBetween(points, common, wanted, opts)
	}
	step := &replicateStep{snapshot: to.name, guid: to.guid}
	var from uint64
	if common != nil {
		step.from, from = common.name, common.guid
	}
	if state.Token != "" {
		return step, planResumed(step, from, state.Token, opts)
	}
	return step, nil
}

// firstBetween returns the first snapshot behind common that may be sent, at the
// latest the wanted one.
func firstBetween(points []sendPoint, common *sendPoint, wanted sendPoint, opts *ReplicateOptions) sendPoint {
	first := wanted
	for _, p := range points {
		behind := common == nil || p.txg > common.txg
		if p.snapshot() && behind && p.txg < first.txg && opts.maySend(p.name) {
			first = p
		}
	}
	return first
}

// planResumed resumes a step if that is what the token was made for. Else the
// partial receive is in the way. Of the token only the place is used.
func planResumed(step *replicateStep, from uint64, text string, opts *ReplicateOptions) error {
	token, err := stream.ParseToken(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, stream.ErrToken)
	}
	more := token.LargeBlock && !opts.LargeBlocks && !opts.Raw || token.Embed && !opts.Embedded && !opts.Raw ||
		token.Compress && !opts.Compressed && !opts.Raw || token.RedactSnaps != nil
	if token.ToGUID != step.guid || token.FromGUID != from || token.Raw != opts.Raw || more {
		step.abort = true
		return nil
	}
	step.resume = token
	return nil
}
