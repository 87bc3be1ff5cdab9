package zfs

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// CompareDatasets orders datasets as zfs list does: by the bytes of their names,
// with the snapshots of a dataset after it in the order of their creation. It is
// negative if a comes first. It uses only Name and CreateTxg; a bookmark is
// ordered by its name.
func CompareDatasets(a, b *Dataset) int {
	headA, snapA, isSnapA := strings.Cut(a.Name, "@")
	headB, snapB, isSnapB := strings.Cut(b.Name, "@")
	switch {
	case headA != headB:
		return strings.Compare(headA, headB)
	case isSnapA != isSnapB:
		if isSnapB {
			return -1
		}
		return 1
	case a.CreateTxg != b.CreateTxg:
		return cmp.Compare(a.CreateTxg, b.CreateTxg)
	}
	return strings.Compare(snapA, snapB)
}

// sorted yields the datasets of a walk in the order of CompareDatasets. An error
// follows what was found before it.
func sorted(walk iter.Seq2[*Dataset, error]) iter.Seq2[*Dataset, error] {
	return func(yield func(*Dataset, error) bool) {
		var all []*Dataset
		var failed error
		for ds, err := range walk {
			if err != nil {
				failed = err
				break
			}
			all = append(all, ds)
		}
		slices.SortFunc(all, CompareDatasets)
		for _, ds := range all {
			if !yield(ds, nil) {
				return
			}
		}
		if failed != nil {
			yield(nil, failed)
		}
	}
}
