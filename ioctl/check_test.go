package ioctl

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/purezfs/purezfs/nvlist"
)

// mustList returns a list made by fill.
func mustList(fill func(*nvlist.List)) *nvlist.List {
	l := new(nvlist.List)
	fill(l)
	return l
}

func TestCheckInput(t *testing.T) {
	empty := new(nvlist.List)
	create := func(l *nvlist.List) { l.SetInt32("type", 2) }
	receive := func(l *nvlist.List) {
		l.SetString("snapname", "tank/a@b")
		l.SetByteArray("begin_record", make([]byte, 312))
		l.SetInt32("input_fd", 3)
	}
	tests := []struct {
		name string
		op   Op
		rel  Release
		fill func(*nvlist.List)
		want *KeyError // nil for good input
	}{
		{"required alone", OpCreate, Release{}, create, nil},
		{"with optional ones", OpCreate, Release{}, func(l *nvlist.List) {
			create(l)
			l.SetList("props", empty)
			l.SetList("hidden_args", empty)
		}, nil},
		{"tolerated list", OpCreate, Release{}, func(l *nvlist.List) {
			create(l)
			l.SetList("optional", empty)
		}, nil},
		{"tolerated name, not a list", OpCreate, Release{}, func(l *nvlist.List) {
			create(l)
			l.SetBoolean("optional")
		}, &KeyError{Key: "optional", Reason: CodeIocArgUnavail}},
		{"unknown key", OpCreate, Release{}, func(l *nvlist.List) {
			create(l)
			l.SetBoolean("propz")
		}, &KeyError{Key: "propz", Reason: CodeIocArgUnavail}},
		{"case matters", OpCreate, Release{}, func(l *nvlist.List) {
			l.SetInt32("Type", 2)
		}, &KeyError{Key: "Type", Reason: CodeIocArgUnavail}},
		{"wrong type", OpCreate, Release{}, func(l *nvlist.List) {
			l.SetUint64("type", 2)
		}, &KeyError{Key: "type", Reason: CodeIocArgBadtype, Got: nvlist.TypeUint64, Want: nvlist.TypeInt32}},
		{"flag is not a value", OpDestroySnaps, Release{}, func(l *nvlist.List) {
			l.SetList("snaps", empty)
			l.SetBooleanValue("defer", true)
		}, &KeyError{Key: "defer", Reason: CodeIocArgBadtype, Got: nvlist.TypeBooleanValue, Want: nvlist.TypeBoolean}},
		{"value is not a flag", OpPoolSync, Release{}, func(l *nvlist.List) {
			l.SetBoolean("force")
		}, &KeyError{Key: "force", Reason: CodeIocArgBadtype, Got: nvlist.TypeBoolean, Want: nvlist.TypeBooleanValue}},
		{"missing", OpRecvNew, Release{}, func(l *nvlist.List) {
			l.SetString("snapname", "tank/a@b")
		}, &KeyError{Key: "begin_record", Reason: CodeIocArgRequired, Want: nvlist.TypeByteArray}},
		{"missing, of any type", OpChannelProgram, Release{}, func(l *nvlist.List) {
			l.SetString("program", "return 1")
		}, &KeyError{Key: "arg", Reason: CodeIocArgRequired}},
		{"any type", OpChannelProgram, Release{}, func(l *nvlist.List) {
			l.SetString("program", "return 1")
			l.SetBoolean("arg")
		}, nil},
		{"key of the release", OpRecvNew, Release{2, 2, 0}, func(l *nvlist.List) {
			receive(l)
			l.SetBoolean("heal")
		}, nil},
		{"key newer than the release", OpRecvNew, Release{2, 1, 11}, func(l *nvlist.List) {
			receive(l)
			l.SetBoolean("heal")
		}, &KeyError{Key: "heal", Reason: CodeIocArgUnavail, Since: Release{2, 2, 0}}},
		{"key newer than some release", OpRecvNew, Release{}, func(l *nvlist.List) {
			receive(l)
			l.SetBoolean("heal")
		}, nil},
		{"no key is known", OpUnloadKey, Release{}, func(l *nvlist.List) {
			l.SetBoolean("force")
		}, &KeyError{Key: "force", Reason: CodeIocArgUnavail}},
		{"wildcard", OpBookmark, Release{}, func(l *nvlist.List) {
			l.SetString("tank#a", "tank@a")
			l.SetString("tank#b", "tank@b")
		}, nil},
		{"wildcard, wrong type", OpBookmark, Release{}, func(l *nvlist.List) {
			l.SetBoolean("tank#a")
		}, &KeyError{Key: "tank#a", Reason: CodeIocArgBadtype, Got: nvlist.TypeBoolean, Want: nvlist.TypeString}},
		{"wildcard takes the tolerated list", OpGetBookmarks, Release{}, func(l *nvlist.List) {
			l.SetList("optional", empty)
		}, &KeyError{Key: "optional", Reason: CodeIocArgBadtype, Got: nvlist.TypeList, Want: nvlist.TypeBoolean}},
		{"named before wildcard", OpSetBootenv, Release{}, func(l *nvlist.List) {
			l.SetUint64("version", 1)
			l.SetString("anything", "else")
		}, nil},
		{"wildcard does not stand for a named one", OpSetBootenv, Release{}, func(l *nvlist.List) {
			l.SetString("anything", "else")
		}, &KeyError{Key: "version", Reason: CodeIocArgRequired, Want: nvlist.TypeUint64}},
		{"legacy, properties", OpSetProp, Release{}, func(l *nvlist.List) {
			l.SetUint64("compression", 2)
			l.SetString("org:user", "x")
		}, nil},
		{"legacy, takes no list", OpPoolUpgrade, Release{}, func(l *nvlist.List) {
			l.SetUint64("version", 5000)
		}, &KeyError{Key: "version", Reason: CodeIocArgUnavail}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := mustRow(t, tt.op).CheckInput(mustList(tt.fill), tt.rel)
			wantKeyError(t, tt.op, tt.want, err)
		})
	}
}

func TestCheckInputWithoutInput(t *testing.T) {
	tests := []struct {
		op   Op
		want *KeyError
	}{
		{OpGetHolds, nil},
		{OpRollback, nil},
		{OpGetBookmarks, nil}, // its wildcard is optional
		{OpPoolStats, nil},
		{OpRelease, &KeyError{Reason: CodeIocArgRequired, Want: nvlist.TypeList}},
		{OpClone, &KeyError{Key: "origin", Reason: CodeIocArgRequired, Want: nvlist.TypeString}},
	}
	for _, tt := range tests {
		for name, in := range map[string]*nvlist.List{"nil": nil, "empty": {}} {
			t.Run(tt.op.String()+"/"+name, func(t *testing.T) {
				wantKeyError(t, tt.op, tt.want, mustRow(t, tt.op).CheckInput(in, Release{}))
			})
		}
	}
}

// wantKeyError compares an error with what is wanted for an operation, and
// checks that it matches what the kernel's answer would match.
func wantKeyError(t *testing.T, op Op, want *KeyError, err error) {
	t.Helper()
	if want == nil {
		if err != nil {
			t.Errorf("good input: %v", err)
		}
		return
	}
	var got *KeyError
	if !errors.As(err, &got) {
		t.Fatalf("error is %v, want a *KeyError", err)
	}
	w := *want
	w.Op = op
	if diff := cmp.Diff(&w, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	unknown := want.Reason == CodeIocArgUnavail
	if errors.Is(err, ErrNotSupported) != unknown || errors.Is(err, fs.ErrInvalid) == unknown {
		t.Errorf("%v: matches ErrNotSupported %v, fs.ErrInvalid %v", err,
			errors.Is(err, ErrNotSupported), errors.Is(err, fs.ErrInvalid))
	}
}

func TestKeyErrorText(t *testing.T) {
	tests := map[string]KeyError{
		`ZFS_IOC_CREATE: key "x" is not known`:                       {Op: OpCreate, Key: "x", Reason: CodeIocArgUnavail},
		`ZFS_IOC_RECV_NEW: key "heal" is known since release 2.2.0`:  {Op: OpRecvNew, Key: "heal", Reason: CodeIocArgUnavail, Since: Release{2, 2, 0}},
		`ZFS_IOC_CREATE: key "type": type is uint64, want int32`:     {Op: OpCreate, Key: "type", Reason: CodeIocArgBadtype, Got: nvlist.TypeUint64, Want: nvlist.TypeInt32},
		`ZFS_IOC_CREATE: key "type" of type int32 is missing`:        {Op: OpCreate, Key: "type", Reason: CodeIocArgRequired, Want: nvlist.TypeInt32},
		`ZFS_IOC_CHANNEL_PROGRAM: key "arg" is missing`:              {Op: OpChannelProgram, Key: "arg", Reason: CodeIocArgRequired},
		`ZFS_IOC_RELEASE: input is empty, want pairs of type nvlist`: {Op: OpRelease, Reason: CodeIocArgRequired, Want: nvlist.TypeList},
	}
	for want, e := range tests {
		if got := e.Error(); got != want {
			t.Errorf("error text is %q, want %q", got, want)
		}
	}
}

// A fault in the input must not show what is secret.
func TestKeyErrorHidesSecrets(t *testing.T) {
	in := mustList(func(l *nvlist.List) { l.SetString("hidden_args", "correct horse") })
	err := mustRow(t, OpLoadKey).CheckInput(in, Release{})
	if err == nil || strings.Contains(err.Error(), "horse") {
		t.Errorf("error is %v, want one without the value", err)
	}
}

func TestCheckInputConcurrently(t *testing.T) {
	d := mustRow(t, OpCreate)
	in := mustList(func(l *nvlist.List) { l.SetInt32("type", 2) })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if err := d.CheckInput(in, Release{2, 4, 4}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
