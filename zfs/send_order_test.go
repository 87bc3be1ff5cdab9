package zfs

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mustSent returns what to send of a tree as read by mustTree. GUIDs are also
// transaction groups; that of a dataset is that of its first snapshot.
func mustSent(t *testing.T, text, snapshot string) []*sentHead {
	t.Helper()
	tree := mustTree(t, text)
	var heads []*sentHead
	for _, h := range tree.heads {
		s := &sentHead{ds: &Dataset{Name: h.name, CreateTxg: 1000}, origin: h.origin}
		if len(h.snaps) > 0 {
			s.ds.CreateTxg = h.snaps[0].txg
		}
		if from, i := tree.owner(h.origin); from != nil {
			s.ds.Origin = from.name + "@" + from.snaps[i].name
		}
		for _, snap := range h.snaps {
			s.snaps = append(s.snaps, &Dataset{Name: h.name + "@" + snap.name, GUID: snap.guid, CreateTxg: snap.txg})
		}
		s.to = s.named(snapshot)
		heads = append(heads, s)
	}
	return heads
}

func TestOrderTree(t *testing.T) {
	tests := []struct {
		name    string
		tree    string
		opts    SendTreeOptions
		want    string
		missing []string
		err     error
	}{
		{"one", "t f=1 m=2 g=3 h=4", SendTreeOptions{}, "t@g", nil, nil},
		{"one from", "t f=1 m=2 g=3 h=4", SendTreeOptions{From: "f"}, "t@g<t@f", nil, nil},
		{"one from, all between", "t e=0 f=1 m=2 g=3 h=4", SendTreeOptions{From: "f", Intermediates: true}, "t@m<t@f t@g<t@m", nil, nil},
		{"one, all before", "t e=1 f=2 g=3 h=4", SendTreeOptions{Intermediates: true}, "t@e t@f<t@e t@g<t@f", nil, nil},
		{"from what is later", "t g=1 f=2", SendTreeOptions{From: "f"}, "", nil, ErrNotAncestor},
		{"from nothing", "t g=1", SendTreeOptions{From: "f"}, "", nil, ErrBaseNotFound},
		{"tree from nothing", "t g=3; t/a f=2 g=4", SendTreeOptions{Recursive: true, From: "f"}, "", nil, ErrBaseNotFound},
		{"tree", "t f=1 g=3; t/a f=2 g=4", SendTreeOptions{Recursive: true, From: "f"}, "t@g<t@f t/a@g<t/a@f", nil, nil},
		{"new in a tree", "t f=1 g=3; t/a x=2 g=4", SendTreeOptions{Recursive: true, From: "f"}, "t@g<t@f t/a@g", nil, nil},
		{"new, all between", "t f=1 g=3; t/a x=2 g=4", SendTreeOptions{Recursive: true, From: "f", Intermediates: true},
			"t@g<t@f t/a@x t/a@g<t/a@x", nil, nil},
		{"clone before its origin", "t f=1 g=9; t/a<5 g=8; t/b o=5 g=7", SendTreeOptions{Recursive: true, From: "f"},
			"t@g<t@f t/b@o t/b@g<t/b@o t/a@g<t/b@o", nil, nil},
		{"clone of a clone", "t f=1 g=20; t/a<12 g=13; t/b<10 o=12 g=14; t/c o=10 g=15", SendTreeOptions{Recursive: true, From: "f"},
			"t@g<t@f t/c@o t/c@g<t/c@o t/b@o<t/c@o t/b@g<t/b@o t/a@g<t/b@o", nil, nil},
		{"clone of something outside", "t f=1 g=9; t/a<5 g=8", SendTreeOptions{Recursive: true, From: "f"}, "t@g<t@f t/a@g", nil, nil},
		{"younger", "t f=1 g=3; t/a x=5; t/a/b g=9", SendTreeOptions{Recursive: true, From: "f"}, "t@g<t@f", []string{"t/a"}, nil},
		{"missing", "t f=1 g=3; t/a x=2", SendTreeOptions{Recursive: true, From: "f"}, "", nil, ErrNotFound},
		{"missing, left out", "t f=1 g=3; t/a x=2; t/b g=4", SendTreeOptions{Recursive: true, From: "f", SkipMissing: true},
			"t@g<t@f t/b@g", []string{"t/a"}, nil},
		{"clone of its own child", "t<5 f=6 g=7; t/a o=5 g=8", SendTreeOptions{Recursive: true, From: "f"}, "", nil, ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			streams, missing, err := orderTree(mustSent(t, tt.tree, "g"), Name{Pool: "t", Dataset: "t", Snapshot: "g"}, &tt.opts)
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			var got []string
			for _, s := range streams {
				text := s.Snapshot
				if s.From != "" {
					text += fmt.Sprintf("<%s", s.From)
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("streams (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.missing, missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}
