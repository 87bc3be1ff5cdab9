package zfs_test

import (
	"encoding/binary"
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
)

// account is a record of space as the fake module has it.
type account struct {
	domain string
	rid    uint32
	value  uint64
}

// bytes is the record as the kernel writes it.
func (a account) bytes() []byte {
	b := make([]byte, 272)
	// Stale bytes after the domain are not part of it.
	copy(b, a.domain+"\x00stale")
	binary.NativeEndian.PutUint32(b[256:], a.rid)
	binary.NativeEndian.PutUint64(b[264:], a.value)
	return b
}

// accounts answers USERSPACE_MANY with that number of records in each call. The
// cursor does not fit in a signed number.
func accounts(batch int, all []account) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	const start = 1 << 63
	return func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpUserspaceMany {
			return nil, false
		}
		at := int(c.Uint64(ioctl.FieldCookie) &^ start)
		var out []byte
		for i := 0; i < batch && at < len(all); i++ {
			out = append(out, all[at].bytes()...)
			at++
		}
		c.SetUint64(ioctl.FieldCookie, start|uint64(at))
		c.SetUint64(ioctl.FieldGUID, 77)
		return c.AnswerBytes(out), true
	}
}

var someAccounts = [...]account{{"", 0, 512}, {"S-1-5-21-1-2", 7, 1 << 40}, {"", 1<<32 - 1, 1<<64 - 1}}

func TestUserspace(t *testing.T) {
	for batch := 1; batch <= len(someAccounts)+1; batch++ {
		c, f := testkit.OpenFake(t, "tank/a")
		f.Bad = accounts(batch, someAccounts[:])
		var got []zfs.UserspaceEntry
		for entry, err := range c.Userspace(t.Context(), "tank/a", zfs.GroupObjUsed) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, entry)
		}
		want := []zfs.UserspaceEntry{
			{Kind: zfs.GroupObjUsed, Value: 512, DefaultQuota: 77},
			{Kind: zfs.GroupObjUsed, ID: zfs.UserspaceID{Domain: "S-1-5-21-1-2", RID: 7}, Value: 1 << 40, DefaultQuota: 77},
			{Kind: zfs.GroupObjUsed, ID: zfs.UserspaceID{RID: 1<<32 - 1}, Value: 1<<64 - 1, DefaultQuota: 77},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in batches of %d (-want +got):\n%s", batch, diff)
		}
	}
}

// Each call has the kind and continues from the cursor of the one before.
func TestUserspaceSends(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a@s")
	answer := accounts(2, someAccounts[:])
	var kinds []uint64
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		kinds = append(kinds, c.Uint64(ioctl.FieldObjsetType))
		return answer(op, c)
	}
	for _, err := range c.Userspace(t.Context(), "tank/a@s", zfs.ProjectQuota) {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"USERSPACE_MANY tank/a@s",
		"USERSPACE_MANY tank/a@s cookie=9223372036854775810 guid=77",
		"USERSPACE_MANY tank/a@s cookie=9223372036854775811 guid=77",
	}
	if diff := cmp.Diff(want, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]uint64{9, 9, 9}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

func TestUserspaceStop(t *testing.T) {
	checkStops(t, len(someAccounts), func(t *testing.T) (iter.Seq2[zfs.UserspaceEntry, error], *testkit.Fake) {
		c, f := testkit.OpenFake(t, "tank/a")
		f.Bad = accounts(1, someAccounts[:])
		return c.Userspace(t.Context(), "tank/a", zfs.UserUsed), f
	})
}

// raw answers USERSPACE_MANY with that number of bytes.
func raw(n int) func(ioctl.Op, *ioctl.Cmd) (error, bool) {
	return func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		return c.AnswerBytes(make([]byte, n)), op == ioctl.OpUserspaceMany
	}
}

func TestUserspaceErrors(t *testing.T) {
	tests := []struct {
		name, ds string
		kind     zfs.UserspaceKind
		bad      func(ioctl.Op, *ioctl.Cmd) (error, bool)
		want     error
		text     string
	}{
		{name: "not there", ds: "tank/none", bad: testkit.FailOn(ioctl.OpUserspaceMany, ioctl.CodeNoent), want: zfs.ErrNotFound},
		{name: "forbidden", ds: "tank/a", bad: testkit.FailOn(ioctl.OpUserspaceMany, ioctl.CodePerm), want: zfs.ErrPermission},
		{name: "volume", ds: "tank/v", bad: testkit.FailOn(ioctl.OpUserspaceMany, ioctl.CodeInval), want: zfs.ErrInvalid, text: "only filesystems"},
		{name: "old", ds: "tank/a", bad: testkit.FailOn(ioctl.OpUserspaceMany, ioctl.CodeNotsup), want: zfs.ErrUpgrade, text: "UserspaceUpgrade"},
		{name: "locked", ds: "tank/a", bad: testkit.FailOn(ioctl.OpUserspaceMany, ioctl.CodeAcces), want: zfs.ErrKey},
		{name: "suspended", ds: "tank/a", bad: testkit.FailOn(ioctl.OpUserspaceMany, ioctl.CodeAgain), want: zfs.ErrSuspended},
		{name: "half a record", ds: "tank/a", bad: raw(272 + 100), text: "372 bytes"},
		{name: "bookmark", ds: "tank/a#m", want: zfs.ErrInvalidName},
		{name: "NUL", ds: "tank/a\x00b", want: zfs.ErrInvalidName},
		{name: "no such kind", ds: "tank/a", kind: 12, want: zfs.ErrInvalid, text: "UserspaceKind(12)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, "tank/a")
			f.Bad = tt.bad
			var last error
			for entry, err := range c.Userspace(t.Context(), tt.ds, tt.kind) {
				if last != nil || err == nil {
					t.Errorf("%v after %v", entry, last)
				}
				last = err
			}
			if last == nil || tt.want != nil && !errors.Is(last, tt.want) || !strings.Contains(fmt.Sprint(last), tt.text) {
				t.Errorf("error %v, want %v with %q", last, tt.want, tt.text)
			}
			if tt.bad == nil && len(f.Sent) > 0 {
				t.Errorf("the kernel was called: %v", f.Sent)
			}
		})
	}
}

func TestUserspaceGet(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a")
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op == ioctl.OpUserspaceOne && c.Uint64(ioctl.FieldObjsetType) != uint64(zfs.UserQuota) {
			t.Errorf("kind %d was sent", c.Uint64(ioctl.FieldObjsetType))
		}
		c.SetUint64(ioctl.FieldCookie, 1<<63)
		return nil, op == ioctl.OpUserspaceOne
	}
	for _, id := range []zfs.UserspaceID{{RID: 1000}, {Domain: "S-1-5-21-1", RID: 1<<32 - 1}} {
		n, err := c.UserspaceGet(t.Context(), "tank/a", zfs.UserQuota, id)
		if err != nil || n != 1<<63 {
			t.Errorf("%s: %d, %v", id, n, err)
		}
	}
	want := []string{
		"POOL_GET_PROPS tank", "USERSPACE_ONE tank/a guid=1000",
		"POOL_GET_PROPS tank", "USERSPACE_ONE tank/a value=S-1-5-21-1 guid=4294967295",
	}
	if diff := cmp.Diff(want, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// A call that the kernel might never finish is not made: about a filesystem that
// is not mounted, of a pool that was imported read-only.
func TestUserspaceReadOnlyPool(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a", "tank/a@1")
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpPoolGetProps {
			return nil, op == ioctl.OpUserspaceOne || op == ioctl.OpUserspaceMany
		}
		on, props := &nvlist.List{}, &nvlist.List{}
		on.SetUint64("value", 1)
		props.SetList("readonly", on)
		return c.Answer(props), true
	}
	_, err := c.UserspaceGet(t.Context(), "tank/a", zfs.UserQuota, zfs.UserspaceID{RID: 7})
	testkit.Outcome{Want: zfs.ErrReadOnly}.Check(t, err)
	for _, err = range c.Userspace(t.Context(), "tank/a", zfs.UserUsed) {
		break
	}
	testkit.Outcome{Want: zfs.ErrReadOnly}.Check(t, err)
	sent(t, f, "POOL_GET_PROPS tank", "POOL_GET_PROPS tank")
	if _, err := c.UserspaceGet(t.Context(), "tank/a@1", zfs.UserQuota, zfs.UserspaceID{RID: 7}); err != nil {
		t.Errorf("a snapshot, which is never opened for writing: %v", err)
	}
}

// A domain unknown to the filesystem is not an error, unless the filesystem
// itself does not exist.
func TestUserspaceGetUnknownDomain(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a")
	f.Bad = testkit.FailOn(ioctl.OpUserspaceOne, ioctl.CodeNoent)
	sid := zfs.UserspaceID{Domain: "S-1-5-21-1", RID: 1}
	if n, err := c.UserspaceGet(t.Context(), "tank/a", zfs.UserUsed, sid); n != 0 || err != nil {
		t.Errorf("unknown domain: %d, %v", n, err)
	}
	if _, err := c.UserspaceGet(t.Context(), "tank/none", zfs.UserUsed, sid); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("no filesystem: %v, want ErrNotFound", err)
	}
	if _, err := c.UserspaceGet(t.Context(), "tank/a", zfs.UserUsed, zfs.UserspaceID{RID: 1}); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("without a domain: %v, want ErrNotFound", err)
	}
}

func TestUserspaceGetRefuses(t *testing.T) {
	tests := []struct {
		name, ds string
		kind     zfs.UserspaceKind
		id       zfs.UserspaceID
		want     error
	}{
		{"bookmark", "tank#m", zfs.UserUsed, zfs.UserspaceID{}, zfs.ErrInvalidName},
		{"empty name", "", zfs.UserUsed, zfs.UserspaceID{}, zfs.ErrInvalidName},
		{"no such kind", "tank", 200, zfs.UserspaceID{}, zfs.ErrInvalid},
		{"project with a domain", "tank", zfs.ProjectUsed, zfs.UserspaceID{Domain: "S-1-5"}, zfs.ErrInvalid},
		{"no project", "tank", zfs.ProjectObjUsed, zfs.UserspaceID{RID: 1<<32 - 1}, zfs.ErrInvalid},
		{"NUL in the domain", "tank", zfs.UserUsed, zfs.UserspaceID{Domain: "S-1-5\x00"}, zfs.ErrInvalid},
		{"no domain", "tank", zfs.UserUsed, zfs.UserspaceID{Domain: "EXAMPLE"}, zfs.ErrInvalid},
		{"long domain", "tank", zfs.UserUsed, zfs.UserspaceID{Domain: "S-1-" + strings.Repeat("5", 300)}, zfs.ErrInvalid},
		{"hole in the domain", "tank", zfs.UserUsed, zfs.UserspaceID{Domain: "S-1-5--2"}, zfs.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := testkit.NoKernel(t).UserspaceGet(t.Context(), tt.ds, tt.kind, tt.id); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestUserspaceSet(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a")
	err := c.UserspaceSet(t.Context(), "tank/a", []zfs.UserspaceQuota{
		{Kind: zfs.UserQuota, ID: zfs.UserspaceID{RID: 1000}, Value: 1 << 30},
		{Kind: zfs.GroupObjQuota, ID: zfs.UserspaceID{Domain: "S-1-5-21-1", RID: 255}, Value: 10},
		{Kind: zfs.ProjectQuota, ID: zfs.UserspaceID{RID: 0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`SET_PROP tank/a
userquota@3e8-: uint64_array[3] = [1 1000 1073741824]
groupobjquota@ff-S-1-5-21-1: uint64_array[3] = [7 255 10]
projectquota@0-: uint64_array[3] = [9 0 0]`}
	if diff := cmp.Diff(want, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if err := c.UserspaceSet(t.Context(), "tank/a", nil); err != nil {
		t.Errorf("nothing to set: %v", err)
	}
	if err := c.UserspaceSet(t.Context(), "tank/none", nil); !errors.Is(err, zfs.ErrNotFound) {
		t.Errorf("nothing to set for nothing: %v", err)
	}
}

func TestUserspaceSetRefuses(t *testing.T) {
	one := zfs.UserspaceQuota{Kind: zfs.UserQuota, ID: zfs.UserspaceID{RID: 1}}
	tests := []struct {
		name, ds string
		quotas   []zfs.UserspaceQuota
		want     error
	}{
		{"snapshot", "tank@s", []zfs.UserspaceQuota{one}, zfs.ErrInvalidName},
		{"what is used", "tank", []zfs.UserspaceQuota{{Kind: zfs.UserUsed}}, zfs.ErrInvalidProp},
		{"no such kind", "tank", []zfs.UserspaceQuota{{Kind: 13}}, zfs.ErrInvalidProp},
		{"twice", "tank", []zfs.UserspaceQuota{one, one}, zfs.ErrInvalid},
		{"domain", "tank", []zfs.UserspaceQuota{{Kind: zfs.GroupQuota, ID: zfs.UserspaceID{Domain: "x"}}}, zfs.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := testkit.NoKernel(t).UserspaceSet(t.Context(), tt.ds, tt.quotas); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestUserspaceSetItems(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a")
	f.Bad = func(_ ioctl.Op, c *ioctl.Cmd) (error, bool) {
		failed := &nvlist.List{}
		failed.SetInt32("projectquota@7-", int32(ioctl.CodeNotsup))
		if err := c.Answer(failed); err != nil {
			return err, true
		}
		return ioctl.CodeNotsup.Err(), true
	}
	err := c.UserspaceSet(t.Context(), "tank/a", []zfs.UserspaceQuota{{Kind: zfs.ProjectQuota, ID: zfs.UserspaceID{RID: 7}, Value: 1}})
	var e *zfs.Error
	if !errors.As(err, &e) || !errors.Is(err, zfs.ErrUpgrade) || errors.Is(err, zfs.ErrInvalidProp) {
		t.Fatalf("error %v, want ErrUpgrade", err)
	}
	if len(e.Items) != 1 || e.Items[0].Name != "projectquota@7" || !errors.Is(e.Items[0].Err, zfs.ErrUpgrade) {
		t.Errorf("items %v", e.Items)
	}
}

func TestUserspaceUpgrade(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/a")
	f.Bad = func(op ioctl.Op, _ *ioctl.Cmd) (error, bool) { return nil, op == ioctl.OpUserspaceUpgrade }
	if err := c.UserspaceUpgrade(t.Context(), "tank/a"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"USERSPACE_UPGRADE tank/a"}, f.Sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	for code, want := range map[ioctl.Code]error{
		ioctl.CodeNoent: zfs.ErrNotFound, ioctl.CodePerm: zfs.ErrPermission, ioctl.CodeNotsup: zfs.ErrUpgrade, ioctl.CodeRofs: zfs.ErrReadOnly,
	} {
		f.Bad = testkit.FailOn(ioctl.OpUserspaceUpgrade, code)
		if err := c.UserspaceUpgrade(t.Context(), "tank/a"); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", code.Name(), err, want)
		}
	}
	if err := testkit.NoKernel(t).UserspaceUpgrade(t.Context(), "tank/a@s"); !errors.Is(err, zfs.ErrInvalidName) {
		t.Errorf("snapshot: %v, want ErrInvalidName", err)
	}
}
