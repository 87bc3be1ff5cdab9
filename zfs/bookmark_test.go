package zfs_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// marks answers with every dataset's bookmarks: two, and a pair that is not a
// bookmark.
func marks(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	if op != ioctl.OpGetBookmarks {
		return nil, false
	}
	out := &nvlist.List{}
	out.SetList("m2", testkit.Numbers("guid", 22, "createtxg", 220, "creation", 2200, "ivsetguid", 9))
	out.SetList("m1", testkit.Numbers("guid", 11, "createtxg", 110, "creation", 1100))
	out.SetUint64("stray", 7)
	return c.Answer(out), true
}

// collectMarks collects the bookmarks that Bookmarks yields.
func collectMarks(walk func(func(*zfs.Bookmark, error) bool)) (marks []string, err error) {
	for mark, e := range walk {
		if err != nil {
			return marks, errors.New("the walk goes on behind its error")
		}
		if e != nil {
			err = e
			continue
		}
		marks = append(marks, fmt.Sprint(mark.Name, " ", mark.GUID, " ", mark.CreateTxg, " ", mark.Creation))
	}
	return marks, err
}

func TestBookmarks(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/a")
	f.Bad = marks
	tests := []struct {
		name string
		opts *zfs.BookmarksOptions
		want []string
	}{
		{"one dataset", nil, []string{"tank#m1 11 110 1100", "tank#m2 22 220 2200"}},
		{"recursive", &zfs.BookmarksOptions{Recursive: true},
			[]string{"tank#m1 11 110 1100", "tank#m2 22 220 2200", "tank/a#m1 11 110 1100", "tank/a#m2 22 220 2200"}},
		{"depth", &zfs.BookmarksOptions{Depth: 1},
			[]string{"tank#m1 11 110 1100", "tank#m2 22 220 2200", "tank/a#m1 11 110 1100", "tank/a#m2 22 220 2200"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := collectMarks(c.Bookmarks(t.Context(), "tank", tt.opts))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("bookmarks (-want +got):\n%s", diff)
			}
		})
	}
}

// Properties are asked for by name, because an empty request leaves some out.
func TestBookmarksSends(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank")
	f.Bad = marks
	if _, err := collectMarks(c.Bookmarks(t.Context(), "tank", nil)); err != nil {
		t.Fatal(err)
	}
	sent := f.Sent[len(f.Sent)-1]
	if !strings.HasPrefix(sent, "GET_BOOKMARKS tank\n") {
		t.Errorf("sent %s", sent)
	}
	for _, property := range []string{"guid", "createtxg", "creation", "ivsetguid", "redact_snaps"} {
		if !strings.Contains(sent, "\n"+property+": boolean") {
			t.Errorf("%s is not asked for in %s", property, sent)
		}
	}
}

func TestBookmarksProps(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank")
	f.Bad = marks
	for mark, err := range c.Bookmarks(t.Context(), "tank", nil) {
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(mark.Props.Text(prop.Name), " ", mark.Props.Text(prop.Type), " ", mark.Props.Text(prop.IVSetGUID))
		want := "tank#m1 bookmark -"
		if mark.GUID == 22 {
			want = "tank#m2 bookmark 9"
		}
		if got != want {
			t.Errorf("properties %s, want %s", got, want)
		}
	}
}

func TestBookmarksErrors(t *testing.T) {
	tests := []struct {
		name, root string
		bad        func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want       error
	}{
		{"not there", "tank/none", marks, zfs.ErrNotFound},
		{"bookmark", "tank#m1", marks, zfs.ErrInvalidName},
		{"forbidden", "tank", testkit.FailOn(ioctl.OpGetBookmarks, ioctl.CodePerm), zfs.ErrPermission},
		{"malformed", "tank", testkit.MalformedOn(ioctl.OpGetBookmarks), nvlist.ErrSyntax},
		{"vanished", "tank", testkit.FailOn(ioctl.OpGetBookmarks, ioctl.CodeNoent), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank")
			f.Bad = tt.bad
			got, err := collectMarks(c.Bookmarks(t.Context(), tt.root, nil))
			if !errors.Is(err, tt.want) || got != nil {
				t.Errorf("bookmarks %v, error %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestBookmarksStop(t *testing.T) {
	checkStops(t, 4, func(t *testing.T) (iter.Seq2[*zfs.Bookmark, error], *testkit.Fake) {
		c, f := testkit.OpenFake(t, "tank", "tank/a")
		f.Bad = marks
		return c.Bookmarks(t.Context(), "tank", &zfs.BookmarksOptions{Recursive: true}), f
	})
}
