package zfs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestBookmarkCreate(t *testing.T) {
	tests := []struct {
		name  string
		marks map[string]string
		out   *nvlist.List
		code  ioctl.Code
		want  error
		says  string
	}{
		{"made", nil, nil, 0, nil, "<nil>"},
		{"exists", nil, errnos("tank/a#x", ioctl.CodeExist), ioctl.CodeExist, zfs.ErrExists, "tank/a#x EEXIST; done "},
		{"no snapshot", nil, errnos("tank/a#x", ioctl.CodeNoent), ioctl.CodeNoent, zfs.ErrBaseNotFound, "tank/a#x ENOENT; done "},
		{"no source bookmark", nil, errnos("tank/a#x", ioctl.CodeSrch), ioctl.CodeSrch, zfs.ErrBaseNotFound, "tank/a#x ESRCH; done "},
		{"of another dataset", nil, errnos("tank/a#x", ioctl.CodeBookmarkSourceNotAncestor), ioctl.CodeBookmarkSourceNotAncestor,
			zfs.ErrNotAncestor, "tank/a#x ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR; done "},
		{"feature is off", nil, nil, ioctl.CodeNotsup, zfs.ErrUpgrade, "; done "},
		{"forbidden", nil, nil, ioctl.CodePerm, zfs.ErrPermission, "; done "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank")
			f.Bad = answerOn(ioctl.OpBookmark, tt.out, tt.code)
			err := c.BookmarkCreate(t.Context(), map[string]string{"tank#y": "tank#x", "tank/a#x": "tank/a@s"})
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(tt.says, describe(err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			want := []string{"BOOKMARK tank\ntank#y: string = \"tank#x\"\n\"tank/a#x\": string = \"tank/a@s\""}
			if diff := cmp.Diff(want, f.Sent[:1]); diff != "" { // the other calls look for the cause
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBookmarkCreateRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, mark, source string
		want               error
	}{
		{"snapshot", "tank@s", "tank@s", zfs.ErrInvalidName},
		{"filesystem", "tank", "tank@s", zfs.ErrInvalidName},
		{"NUL", "tank#x\x00", "tank@s", zfs.ErrInvalidName},
		{"other pool", "tank/a#x", "dozer@s", zfs.ErrCrossPool},
		{"marks in two pools", "dozer#x", "dozer@s", zfs.ErrCrossPool},
		{"of a filesystem", "tank#x", "tank", zfs.ErrInvalidName},
		{"of nothing", "tank#x", "", zfs.ErrInvalidName},
		{"percent", "tank#x%y", "tank@s", zfs.ErrInvalidName},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := testkit.NoKernel(t).BookmarkCreate(t.Context(), map[string]string{"tank#good": "tank@s", tc.mark: tc.source})
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

func TestBookmarkDestroy(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = answerOn(ioctl.OpDestroyBookmarks, nil, 0)
	if err := c.BookmarkDestroy(t.Context(), []string{"tank/a#x", "tank#y"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"DESTROY_BOOKMARKS tank\n\"tank/a#x\": boolean\ntank#y: boolean"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	f.Bad = answerOn(ioctl.OpDestroyBookmarks, errnos("tank#y", ioctl.CodeBusy), ioctl.CodeBusy)
	err := c.BookmarkDestroy(t.Context(), []string{"tank/a#x", "tank#y"})
	if !errors.Is(err, zfs.ErrBusy) || describe(err) != "tank#y EBUSY; done " {
		t.Errorf("error %v, want ErrBusy for one", err)
	}
	for _, tt := range []struct {
		name  string
		names []string
		want  error
	}{
		{"snapshot", []string{"tank#x", "tank@s"}, zfs.ErrInvalidName},
		{"two pools", []string{"tank#x", "dozer#x"}, zfs.ErrCrossPool},
		{"NUL", []string{"tank#x\x00"}, zfs.ErrInvalidName},
	} {
		if err := testkit.NoKernel(t).BookmarkDestroy(t.Context(), tt.names); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestBookmarkRedact(t *testing.T) {
	tests := []struct {
		code ioctl.Code
		want error
	}{
		{0, nil}, {ioctl.CodeExist, zfs.ErrExists}, {ioctl.CodeSrch, zfs.ErrExists}, {ioctl.CodeInval, zfs.ErrNotAncestor},
		{ioctl.CodeAlready, zfs.ErrRedacted}, {ioctl.Code2big, zfs.ErrInvalid}, {ioctl.CodeNoent, zfs.ErrNotFound},
		{ioctl.CodeNotsup, zfs.ErrUpgrade}, {ioctl.CodePerm, zfs.ErrPermission}, {ioctl.CodeAcces, zfs.ErrKey},
	}
	for _, tt := range tests {
		t.Run(tt.code.Name(), func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = answerOn(ioctl.OpRedact, nil, tt.code)
			err := c.BookmarkRedact(t.Context(), "tank/a#r", "tank/a@s", []string{"tank/c@2", "tank/c@1"})
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			want := []string{"REDACT tank/a@s\nbookname: string = \"r\"\nsnapnv: nvlist\n    \"tank/c@2\": boolean\n    \"tank/c@1\": boolean"}
			if diff := cmp.Diff(want, f.Sent[:1]); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBookmarkRedactRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, mark, snap string
		redact           []string
		want             error
	}{
		{"short name", "r", "tank/a@s", []string{"tank/c@1"}, zfs.ErrInvalidName},
		{"no bookmark", "tank/a@r", "tank/a@s", []string{"tank/c@1"}, zfs.ErrInvalidName},
		{"of a filesystem", "tank/a#r", "tank/a", []string{"tank/c@1"}, zfs.ErrInvalidName},
		{"in another dataset", "tank/b#r", "tank/a@s", []string{"tank/c@1"}, zfs.ErrInvalidName},
		{"redacting a filesystem", "tank/a#r", "tank/a@s", []string{"tank/c"}, zfs.ErrInvalidName},
		{"of another pool", "tank/a#r", "tank/a@s", []string{"dozer/c@1"}, zfs.ErrCrossPool},
		{"of two pools", "tank/a#r", "tank/a@s", []string{"tank/c@1", "dozer/c@1"}, zfs.ErrCrossPool},
		{"nothing", "tank/a#r", "tank/a@s", nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := testkit.NoKernel(t).BookmarkRedact(t.Context(), tc.mark, tc.snap, tc.redact)
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

// After an interruption, something may have been created.
func TestBookmarkRedactCancelled(t *testing.T) {
	c, f := testkit.OpenFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.Bad = func(ioctl.Op, *ioctl.Cmd) (error, bool) {
		cancel()
		return ioctl.CodeIntr.Err(), true
	}
	var e *zfs.Error
	err := c.BookmarkRedact(ctx, "tank/a#r", "tank/a@s", []string{"tank/c@1"})
	if !errors.As(err, &e) {
		t.Fatalf("error %v", err)
	}
	// Whether the cancellation or the errno was noticed first is chance.
	if !errors.Is(err, context.Canceled) && !errors.Is(err, ioctl.CodeIntr.Err()) {
		t.Errorf("error %v, want context.Canceled or EINTR", err)
	}
}

func TestBookmarkProps(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = answerOn(ioctl.OpGetBookmarkProps, testkit.Numbers("guid", 22, "createtxg", 220, "creation", 2200, "ivsetguid", 9), 0)
	mark, err := c.BookmarkProps(t.Context(), "tank/a#x")
	if err != nil {
		t.Fatal(err)
	}
	if mark.Name != "tank/a#x" || mark.GUID != 22 || mark.CreateTxg != 220 || mark.Creation != 2200 {
		t.Errorf("bookmark %+v", mark)
	}
	if got := mark.Props.Text(prop.IVSetGUID) + " " + mark.Props.Text(prop.Type); got != "9 bookmark" {
		t.Errorf("properties %s", got)
	}
	if diff := cmp.Diff([]string{"GET_BOOKMARK_PROPS tank/a#x"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestBookmarkPropsErrors(t *testing.T) {
	for _, tc := range []struct {
		name, mark string
		bad        func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want       error
	}{
		{"no bookmark", "tank#x", testkit.FailOn(ioctl.OpGetBookmarkProps, ioctl.CodeSrch), zfs.ErrNotFound},
		{"no dataset", "tank#x", testkit.FailOn(ioctl.OpGetBookmarkProps, ioctl.CodeNoent), zfs.ErrNotFound},
		{"forbidden", "tank#x", testkit.FailOn(ioctl.OpGetBookmarkProps, ioctl.CodePerm), zfs.ErrPermission},
		{"malformed", "tank#x", testkit.MalformedOn(ioctl.OpGetBookmarkProps), nvlist.ErrSyntax},
		{"snapshot", "tank@x", nil, zfs.ErrInvalidName},
		{"filesystem", "tank", nil, zfs.ErrInvalidName},
		{"bad name", "tank#x#y", nil, zfs.ErrInvalidName},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = tc.bad
			if mark, err := c.BookmarkProps(t.Context(), tc.mark); !errors.Is(err, tc.want) || mark != nil {
				t.Errorf("bookmark %v, error %v, want %v", mark, err, tc.want)
			}
			if tc.bad == nil && f.Sent != nil {
				t.Errorf("the kernel was called: %v", f.Sent)
			}
		})
	}
}
