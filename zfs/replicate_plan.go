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

// snapshot reports whether it is a snapshot, which can be sent.
func (p sendPoint) snapshot() bool { return strings.Contains(p.name, "@") }

// replicateStep is the next step.
type replicateStep struct {
	abort    bool   // destroy the partial state first
	snapshot string // what to send,
	guid     uint64
	from     string        // and its source, empty for a full stream
	resume   *stream.Token // where to resume, or nil for a new stream
}

// planReplicate decides what to send next to an end with this state, or nil for
// nothing. The state only decides where our own plan begins: the snapshots,
// sources and flags come from points and opts.
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

// firstBetween returns the first snapshot after common that may be sent, at the
// latest the requested one.
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

// planResumed resumes a step if the token belongs to it. Otherwise the partial
// state must be destroyed. Only the position in the token is used.
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
