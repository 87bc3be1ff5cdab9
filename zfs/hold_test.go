package zfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
)

// errnos returns an answer of failures from names and codes.
func errnos(pairs ...any) *nvlist.List {
	l := &nvlist.List{}
	for i := 0; i+1 < len(pairs); i += 2 {
		l.SetInt32(pairs[i].(string), int32(pairs[i+1].(ioctl.Code)))
	}
	return l
}

// answerOn answers one operation with a list and a code.
func answerOn(op ioctl.Op, out *nvlist.List, code ioctl.Code) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(got ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if got != op {
			return nil, false
		}
		if err := c.Answer(out); err != nil || code == 0 {
			return err, true
		}
		return code.Err(), true
	}
}

// describe returns an error's items and its Done.
func describe(err error) string {
	var e *zfs.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	var words []string
	for _, item := range e.Items {
		words = append(words, fmt.Sprintf("%s %s", item.Name, ioctl.CodeOf(item.Err).Name()))
	}
	return fmt.Sprintf("%s; done %s", strings.Join(words, ", "), strings.Join(e.Done, ", "))
}

func TestHoldAddSends(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = answerOn(ioctl.OpHold, nil, 0)
	owner, err := c.HoldOpen()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		holds map[string]string
		opts  *zfs.HoldAddOptions
		want  string
	}{
		{"one", map[string]string{"tank/a@x": "keep"}, nil,
			"HOLD tank\nholds: nvlist\n    \"tank/a@x\": string = \"keep\""},
		{"several, in order", map[string]string{"tank/b@x": "mine", "tank@y": "a tag@#/"}, &zfs.HoldAddOptions{},
			"HOLD tank\nholds: nvlist\n    \"tank/b@x\": string = \"mine\"\n    tank@y: string = \"a tag@#/\""},
		{"temporary", map[string]string{"tank@y": "keep"}, &zfs.HoldAddOptions{Owner: owner},
			"HOLD tank\nholds: nvlist\n    tank@y: string = \"keep\"\ncleanup_fd: int32 = -1"},
		{"longest tag", map[string]string{"tank@y": strings.Repeat("t", 255)}, nil,
			"HOLD tank\nholds: nvlist\n    tank@y: string = \"" + strings.Repeat("t", 255) + "\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f.Sent = nil
			if err := c.HoldAdd(t.Context(), tt.holds, tt.opts); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.want}, f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHoldBatchRefuses(t *testing.T) {
	c := testkit.NoKernel(t)
	owner, err := c.HoldOpen()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, snap, tag string
		opts            *zfs.HoldAddOptions
		want            error
	}{
		{"filesystem", "tank/a", "t", nil, zfs.ErrInvalidName},
		{"bookmark", "tank/a#x", "t", nil, zfs.ErrInvalidName},
		{"NUL in the name", "tank/a@x\x00", "t", nil, zfs.ErrInvalidName},
		{"other pool", "dozer@x", "t", nil, zfs.ErrCrossPool},
		{"no tag", "tank/a@x", "", nil, zfs.ErrInvalidName},
		{"NUL in the tag", "tank/a@x", "t\x00", nil, zfs.ErrInvalidName},
		{"long tag", "tank/a@x", strings.Repeat("t", 256), nil, zfs.ErrInvalidName},
		{"long temporary tag", "tank/a@x", strings.Repeat("t", 239), &zfs.HoldAddOptions{Owner: owner}, zfs.ErrInvalidName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := c.HoldAdd(t.Context(), map[string]string{"tank@good": "t", tt.snap: tt.tag}, tt.opts)
			if !errors.Is(err, tt.want) {
				t.Errorf("add: error %v, want %v", err, tt.want)
			}
			if tt.opts != nil {
				return // releasing has no owner
			}
			err = c.HoldRelease(t.Context(), map[string][]string{"tank@good": {"t"}, tt.snap: {"t", tt.tag}})
			if !errors.Is(err, tt.want) {
				t.Errorf("release: error %v, want %v", err, tt.want)
			}
		})
	}
}

// Errors of holds name the snapshot and the tag, and no control characters.
func TestHoldErrorText(t *testing.T) {
	for _, tt := range []struct {
		op   ioctl.Op
		out  *nvlist.List
		code ioctl.Code
		want string
	}{
		{ioctl.OpHold, errnos("tank@x", ioctl.CodeExist), ioctl.CodeExist, `zfs: hold "tank@x": hold "t#\x1b" already exists (EEXIST)`},
		{ioctl.OpHold, errnos("tank@x", ioctl.CodeNoent), ioctl.CodeNoent, `zfs: hold "tank@x": does not exist (ENOENT)`},
		{ioctl.OpRelease, errnos("tank@x#t#\x1b", ioctl.CodeNoent), ioctl.CodeNoent, `zfs: release "tank@x": hold "t#\x1b" does not exist (ENOENT)`},
		{ioctl.OpRelease, errnos("tank@x#t#\x1b", ioctl.CodeNoent), 0, `zfs: release "tank@x": hold "t#\x1b" does not exist (ENOENT)`},
		{ioctl.OpRelease, errnos("tank@x", ioctl.CodeNoent), ioctl.CodeNoent, `zfs: release "tank@x": does not exist (ENOENT)`},
		{ioctl.OpRelease, errnos("tank@x#a", ioctl.CodeNoent, "tank@x#b", ioctl.CodeNoent), ioctl.CodeNoent,
			`zfs: release "tank": does not exist (ENOENT): tank@x: hold "a" does not exist (ENOENT), tank@x: hold "b" does not exist (ENOENT)`},
	} {
		c, f := testkit.OpenFake(t, "tank")
		f.Bad = answerOn(tt.op, tt.out, tt.code)
		err := c.HoldRelease(t.Context(), map[string][]string{"tank@x": {"t#\x1b"}})
		if tt.op == ioctl.OpHold {
			err = c.HoldAdd(t.Context(), map[string]string{"tank@x": "t#\x1b"}, nil)
		}
		if fmt.Sprint(err) != tt.want {
			t.Errorf("got  %v\nwant %v", err, tt.want)
		}
	}
}

// What is missing does not keep the kernel from holding the rest, and is told.
func TestHoldAddErrors(t *testing.T) {
	tests := []struct {
		name string
		out  *nvlist.List
		code ioctl.Code
		want error
		says string
	}{
		{"one is missing", errnos("tank/b@x", ioctl.CodeNoent), 0, zfs.ErrNotFound, "tank/b@x ENOENT; done tank/a@x, tank@x"},
		{"all are missing", errnos("tank/a@x", ioctl.CodeNoent, "tank/b@x", ioctl.CodeNoent, "tank@x", ioctl.CodeNoent),
			0, zfs.ErrNotFound, "tank/a@x ENOENT, tank/b@x ENOENT, tank@x ENOENT; done "},
		{"the kernel names not all", errnos("tank/b@x", ioctl.CodeNoent, "N_MORE_ERRORS", ioctl.Code(1)),
			0, zfs.ErrNotFound, "tank/b@x ENOENT; done "},
		{"tag exists", errnos("tank/b@x", ioctl.CodeExist), ioctl.CodeExist, zfs.ErrExists, "tank/b@x EEXIST; done "},
		{"tag is too long", errnos("tank/b@x", ioctl.Code2big), ioctl.Code2big, zfs.ErrInvalidName, "tank/b@x E2BIG; done "},
		{"forbidden", nil, ioctl.CodePerm, zfs.ErrPermission, "; done "},
		{"no pool", nil, ioctl.CodeNoent, zfs.ErrNotFound, "; done "},
		{"two pools", nil, ioctl.CodeXdev, zfs.ErrCrossPool, "; done "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = answerOn(ioctl.OpHold, tt.out, tt.code)
			err := c.HoldAdd(t.Context(), map[string]string{"tank/a@x": "t", "tank/b@x": "t", "tank@x": "t"}, nil)
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(tt.says, describe(err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHoldRelease(t *testing.T) {
	tests := []struct {
		name string
		out  *nvlist.List
		code ioctl.Code
		want error
		says string
	}{
		{"all", nil, 0, nil, "<nil>"},
		{"a hold is missing", errnos("tank/a@x#t2", ioctl.CodeNoent), 0, zfs.ErrNotFound, "tank/a@x#t2 ENOENT; done tank/a@x#t1, tank@y#t1"},
		{"a snapshot is missing", errnos("tank/a@x", ioctl.CodeNoent), 0, zfs.ErrNotFound, "tank/a@x ENOENT; done tank@y#t1"},
		{"in use", errnos("tank/a@x", ioctl.CodeBusy), ioctl.CodeBusy, zfs.ErrBusy, "tank/a@x EBUSY; done "},
		{"as documented", errnos("tank/a@x", ioctl.CodeSrch), ioctl.CodeSrch, zfs.ErrNotFound, "tank/a@x ESRCH; done "},
		{"forbidden", nil, ioctl.CodePerm, zfs.ErrPermission, "; done "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t)
			f.Bad = answerOn(ioctl.OpRelease, tt.out, tt.code)
			err := c.HoldRelease(t.Context(), map[string][]string{"tank@y": {"t1"}, "tank/a@x": {"t1", "t2", "t1"}})
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(tt.says, describe(err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			want := []string{"RELEASE tank\n\"tank/a@x\": nvlist\n    t1: boolean\n    t2: boolean\ntank@y: nvlist\n    t1: boolean"}
			if diff := cmp.Diff(want, f.Sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// holders answers for the holds on the snapshot s of two datasets.
func holders(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	if op != ioctl.OpGetHolds {
		return nil, false
	}
	out := &nvlist.List{}
	switch c.Text(ioctl.FieldName) {
	case "tank@s":
		out.SetUint64("b", 2000)
		out.SetUint64("a", 1000)
		out.SetString("stray", "no time")
	case "tank/a@s":
	case "tank/b@s":
		out.SetUint64("c", 3000)
	default:
		return ioctl.CodeNoent.Err(), true
	}
	return c.Answer(out), true
}

// collectHolds collects the holds that Holds yields.
func collectHolds(walk iter.Seq2[*zfs.Hold, error]) (holds []string, err error) {
	for hold, e := range walk {
		if err != nil {
			return holds, errors.New("the walk goes on behind its error")
		}
		if e != nil {
			err = e
			continue
		}
		holds = append(holds, fmt.Sprint(hold.Snapshot, " ", hold.Tag, " ", hold.Time.Unix()))
	}
	return holds, err
}

func TestHolds(t *testing.T) {
	tests := []struct {
		name, snap string
		opts       *zfs.HoldsOptions
		want       string
		err        error
	}{
		{"in order", "tank@s", nil, "tank@s a 1000, tank@s b 2000", nil},
		{"none", "tank/a@s", &zfs.HoldsOptions{}, "", nil},
		{"recursive", "tank@s", &zfs.HoldsOptions{Recursive: true}, "tank@s a 1000, tank@s b 2000, tank/b@s c 3000", nil},
		{"recursive, missing above", "tank/c@s", &zfs.HoldsOptions{Recursive: true}, "", nil},
		{"missing", "tank@nope", nil, "", zfs.ErrNotFound},
		{"recursive, no dataset", "tank/nope@s", &zfs.HoldsOptions{Recursive: true}, "", zfs.ErrNotFound},
		{"filesystem", "tank", nil, "", zfs.ErrInvalidName},
		{"bookmark", "tank#s", nil, "", zfs.ErrInvalidName},
		{"bad name", "tank@s@t", nil, "", zfs.ErrInvalidName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/b", "tank/c")
			f.Bad = holders
			got, err := collectHolds(c.Holds(t.Context(), tt.snap, tt.opts))
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("holds (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHoldsErrors(t *testing.T) {
	for _, opts := range []*zfs.HoldsOptions{nil, {Recursive: true}} {
		c, f := testkit.OpenFake(t, "tank", "tank/a")
		f.Bad = testkit.FailOn(ioctl.OpGetHolds, ioctl.CodePerm)
		if got, err := collectHolds(c.Holds(t.Context(), "tank@s", opts)); !errors.Is(err, zfs.ErrPermission) || got != nil {
			t.Errorf("holds %v, error %v, want ErrPermission", got, err)
		}
		f.Bad = testkit.MalformedOn(ioctl.OpGetHolds)
		if got, err := collectHolds(c.Holds(t.Context(), "tank@s", opts)); !errors.Is(err, nvlist.ErrSyntax) || got != nil {
			t.Errorf("holds %v, error %v, want a syntax error", got, err)
		}
	}
}

func TestHoldsStop(t *testing.T) {
	checkStops(t, 3, func(t *testing.T) (iter.Seq2[*zfs.Hold, error], *testkit.Fake) {
		c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/b")
		f.Bad = holders
		return c.Holds(t.Context(), "tank@s", &zfs.HoldsOptions{Recursive: true}), f
	})
}

// An owner ends with its Close, or with that of its client.
func TestHoldOwnerClose(t *testing.T) {
	c, f := testkit.OpenFake(t)
	f.Bad = answerOn(ioctl.OpHold, nil, 0)
	var owners [3]*zfs.HoldOwner
	for i := range owners {
		var err error
		if owners[i], err = c.HoldOpen(); err != nil {
			t.Fatal(err)
		}
	}
	add := func(o *zfs.HoldOwner) error {
		return c.HoldAdd(t.Context(), map[string]string{"tank@x": "t"}, &zfs.HoldAddOptions{Owner: o})
	}
	if err := owners[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := owners[0].Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second Close: %v, want fs.ErrClosed", err)
	}
	if err := add(owners[0]); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a hold for a closed owner: %v, want fs.ErrClosed", err)
	}
	if err := add(owners[1]); err != nil {
		t.Errorf("a hold for another owner: %v", err)
	}
	// The device is shared and stays open, the owners do not.
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, o := range owners[1:] {
		if err := add(o); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("a hold after the client's Close: %v, want fs.ErrClosed", err)
		}
	}
	if err := c.Device().Close(); err != nil {
		t.Fatal(err)
	}
	if o, err := c.HoldOpen(); !errors.Is(err, fs.ErrClosed) || o != nil {
		t.Errorf("HoldOpen on a closed device = %v, %v", o, err)
	}
}
