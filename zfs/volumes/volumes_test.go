package volumes_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/volumes"
)

// mustVolumes returns the volumes below tank of a fake that takes what changes
// something, and whose programs answer so.
func mustVolumes(t *testing.T, answer func(args *nvlist.List) *nvlist.List, names ...string) (*volumes.Service, *testkit.Fake) {
	t.Helper()
	c, f := testkit.OpenFake(t, append([]string{"tank"}, names...)...)
	f.Bad = testkit.Answers{
		ioctl.OpRename: testkit.Fine, ioctl.OpClone: testkit.Fine,
		ioctl.OpRollback: func(c *ioctl.Cmd) error { return ioctl.CodeExist.Err() },
		ioctl.OpChannelProgram: func(c *ioctl.Cmd) error {
			in, err := nvlist.Decode(c.In(), nil)
			if err != nil {
				return err
			}
			args, _ := in.List("arg")
			return c.Answer(answer(args))
		},
	}.Bad
	v, err := volumes.Open(t.Context(), c, "tank")
	testkit.Must(t, err)
	f.Sent = nil
	return v, f
}

// changing is what was sent to change something, in one line each.
func changing(f *testkit.Fake) (all []string) {
	for _, call := range f.Sent {
		line, _, _ := strings.Cut(call, "\n")
		op, _, _ := strings.Cut(line, " ")
		if slices.Contains([]string{"CREATE", "RENAME", "CLONE", "ROLLBACK", "SNAPSHOT", "CHANNEL_PROGRAM", "SET_PROP", "DESTROY_SNAPS"}, op) {
			all = append(all, line)
		}
	}
	return all
}

// nothingNeeded is a program's answer that all has gone.
func nothingNeeded(*nvlist.List) *nvlist.List { return testkit.Returned(func(*nvlist.List) {}) }

// needed is a program's answer that names need what was to be destroyed.
func needed(names ...string) func(*nvlist.List) *nvlist.List {
	return func(args *nvlist.List) *nvlist.List {
		return testkit.Returned(func(l *nvlist.List) {
			if _, named := args.Text("name"); !named || args.Has("check") {
				return
			}
			l.SetList("needed", testkit.ListOf(func(l *nvlist.List) {
				for i, name := range names {
					l.SetString(fmt.Sprint(i+1), name)
				}
			}))
		})
	}
}

func TestVolumes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answer  func(*nvlist.List) *nvlist.List
		do      func(context.Context, *volumes.Service) (any, error)
		want    any
		changes []string
	}{
		{"destroy", nothingNeeded, func(ctx context.Context, v *volumes.Service) (any, error) { return v.Destroy(ctx, "a", nil) },
			&volumes.Fate{}, []string{"CHANNEL_PROGRAM tank"}},
		// The fake has no such dataset afterwards, as if all had been collected.
		{"hide", needed("tank/b", "tank/a@1", "tank/.volumes/gone.1"), func(ctx context.Context, v *volumes.Service) (any, error) {
			return v.Destroy(ctx, "a", nil)
		}, &volumes.Fate{}, []string{"CHANNEL_PROGRAM tank", "CREATE tank/.volumes", "RENAME tank/a value=tank/.volumes/kept.a.00000000000003ea", "CHANNEL_PROGRAM tank"}},
		{"hide with snapshots", needed("tank/b"), func(ctx context.Context, v *volumes.Service) (any, error) {
			return v.Destroy(ctx, "a", &volumes.DestroyOptions{Snapshots: true})
		}, &volumes.Fate{}, []string{"CHANNEL_PROGRAM tank", "CREATE tank/.volumes", "RENAME tank/a value=tank/.volumes/gone.00000000000003ea", "CHANNEL_PROGRAM tank"}},
		{"hide a snapshot", needed("tank/b", "tank/b"), func(ctx context.Context, v *volumes.Service) (any, error) {
			return v.Destroy(ctx, "a@1", nil)
		}, &volumes.Fate{Hidden: true, Needed: []string{"b"}}, []string{"CHANNEL_PROGRAM tank", "RENAME tank/a@1 value=tank/a@.gone.3eb"}},
		{"rollback", nothingNeeded, func(ctx context.Context, v *volumes.Service) (any, error) { return nil, v.Rollback(ctx, "a@1") }, nil,
			[]string{"ROLLBACK tank/a", "CHANNEL_PROGRAM tank", "CREATE tank/.volumes", "CHANNEL_PROGRAM tank", "CLONE tank/.volumes/rollback.a",
				"CREATE tank/.volumes", "RENAME tank/a value=tank/.volumes/kept.a.00000000000003ea", "RENAME tank/.volumes/rollback.a value=tank/a", "CHANNEL_PROGRAM tank"}},
		{"clone", nothingNeeded, func(ctx context.Context, v *volumes.Service) (any, error) { return nil, v.Clone(ctx, "a@1", "c", nil) }, nil,
			[]string{"CLONE tank/c"}},
		{"snapshot", nothingNeeded, func(ctx context.Context, v *volumes.Service) (any, error) { return nil, v.Snapshot(ctx, "a@2") }, nil,
			[]string{"CHANNEL_PROGRAM tank"}},
		{"collect", nothingNeeded, func(ctx context.Context, v *volumes.Service) (any, error) { return v.Collect(ctx) }, []string(nil),
			[]string{"CHANNEL_PROGRAM tank"}},
		{"list", nothingNeeded, func(ctx context.Context, v *volumes.Service) (any, error) { return v.List(ctx) }, []volumes.Volume{
			{Name: "a", Dataset: "tank/a", Type: prop.TypeFilesystem, Snapshots: []volumes.Snapshot{{Name: "a@1", Dataset: "tank/a@1", GUID: 1003, CreateTxg: 30}}},
			{Name: "b", Dataset: "tank/b", Type: prop.TypeFilesystem},
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, f := mustVolumes(t, tt.answer, "tank/a", "tank/a@1", "tank/b")
			got, err := tt.do(t.Context(), v)
			testkit.Must(t, err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.changes, changing(f)); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

// Names are what the owner of the volumes sees, and the snapshots of older lives
// are the volume's.
func TestVolumesHiddenNames(t *testing.T) {
	v, _ := mustVolumes(t, nothingNeeded, "tank/a.b", "tank/a.b@2", "tank/.volumes", "tank/.volumes/kept.a.b.1f", "tank/.volumes/kept.a.b.1f@1",
		"tank/.volumes/kept.a.b.1f@.gone.7", "tank/.volumes/kept.c.2f", "tank/.volumes/kept.c.2f@1", "tank/.volumes/gone.3", "tank/.volumes/gone.3@1",
		"tank/.volumes/kept.nonsense", "tank/.volumes/kept.nonsense@1", "tank@all")
	all, err := v.List(t.Context())
	testkit.Must(t, err)
	var lines []string
	for _, o := range all {
		line := fmt.Sprint(o.Name, " ", o.Destroyed, " ", o.Dataset)
		for _, s := range o.Snapshots {
			line += " " + s.Name + "=" + s.Dataset
		}
		lines = append(lines, line)
	}
	want := []string{
		"a.b false tank/a.b a.b@2=tank/a.b@2 a.b@1=tank/.volumes/kept.a.b.1f@1",
		"c true  c@1=tank/.volumes/kept.c.2f@1",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	err = v.Create(t.Context(), "c", nil)
	testkit.Outcome{Want: zfs.ErrExists, Text: "c@1"}.Check(t, err)
}

func TestVolumesErrors(t *testing.T) {
	v, f := mustVolumes(t, nothingNeeded, "tank/a", "tank/a@1")
	ctx := t.Context()
	for name, call := range map[string]func(name string) error{
		"create":      func(name string) error { return v.Create(ctx, name, nil) },
		"clone from":  func(name string) error { return v.Clone(ctx, name, "b", nil) },
		"clone to":    func(name string) error { return v.Clone(ctx, "a", name, nil) },
		"copy from":   func(name string) error { return v.Copy(ctx, name, "b", nil) },
		"destroy":     func(name string) error { _, err := v.Destroy(ctx, name, nil); return err },
		"snapshot":    func(name string) error { return v.Snapshot(ctx, name+"@1") },
		"snapshot of": func(name string) error { return v.Snapshot(ctx, "a@"+name) },
		"rollback":    func(name string) error { return v.Rollback(ctx, name+"@1") },
	} {
		for _, bad := range []string{"", ".", "..", ".volumes", "a/b", "a#b", "a%b", "a\x00b", "a@b@c", strings.Repeat("x", 240)} {
			if err := call(bad); !errors.Is(err, zfs.ErrInvalidName) {
				t.Errorf("%s %q: %v, want ErrInvalidName", name, bad, err)
			}
		}
	}
	if err := v.Rollback(ctx, "a"); !errors.Is(err, zfs.ErrInvalidName) {
		t.Errorf("rollback to a volume: %v", err)
	}
	if sent := changing(f); sent != nil {
		t.Errorf("wrong names have changed something: %v", sent)
	}
	if _, err := v.Destroy(ctx, "a@2", nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no such snapshot: %v", err)
	}
	c, _ := testkit.OpenFake(t, "tank", "tank/v")
	for parent, want := range map[string]error{"tank/none": zfs.ErrNotFound, "tank/v": zfs.ErrWrongParent, "tank@x": zfs.ErrInvalidName} {
		if _, err := volumes.Open(ctx, c, parent); !errors.Is(err, want) {
			t.Errorf("volumes below %s: %v, want %v", parent, err, want)
		}
	}
}

// Without a usable client nothing is opened.
func TestOpenWithoutClient(t *testing.T) {
	for want, c := range map[error]*zfs.Client{zfs.ErrInvalid: nil, os.ErrClosed: {}} {
		if _, err := volumes.Open(t.Context(), c, "tank"); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// After an operation that has failed halfway the next one clears up first.
func TestVolumesUnfinished(t *testing.T) {
	v, f := mustVolumes(t, needed("tank/b"), "tank/a", "tank/a@1", "tank/b")
	takes := f.Bad
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op == ioctl.OpRename {
			return ioctl.CodeIo.Err(), true
		}
		return takes(op, c)
	}
	if _, err := v.Destroy(t.Context(), "a", nil); ioctl.CodeOf(err) != ioctl.CodeIo {
		t.Fatalf("error %v, want that of the rename", err)
	}
	f.Bad, f.Sent = takes, nil
	testkit.Must(t, v.Snapshot(t.Context(), "a@2"))
	if n := len(changing(f)); n != 2 {
		t.Errorf("changes %v, want a collection and the snapshot", changing(f))
	}
	f.Sent = nil
	testkit.Must(t, v.Snapshot(t.Context(), "a@2"))
	if n := len(changing(f)); n != 1 {
		t.Errorf("changes %v, want the snapshot", changing(f))
	}
}

// Who waits for a turn waits no longer than the context.
func TestVolumesTurns(t *testing.T) {
	v, f := mustVolumes(t, nothingNeeded, "tank/a")
	takes, entered, leave := f.Bad, make(chan struct{}), make(chan struct{})
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op == ioctl.OpChannelProgram {
			close(entered)
			<-leave
		}
		return takes(op, c)
	}
	done := make(chan error, 1)
	go func() { done <- v.Snapshot(t.Context(), "a@1") }()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := v.List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if err := v.Create(ctx, "b", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	close(leave)
	testkit.Must(t, <-done)
	if _, err := v.Collect(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}
