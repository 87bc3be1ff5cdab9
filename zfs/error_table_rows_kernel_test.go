package zfs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// inOrder makes several calls; the row is about the last one.
func inOrder(all ...func(*site) error) func(*site) error {
	return func(s *site) error {
		for _, do := range all[:len(all)-1] {
			testkit.Must(s.t, do(s))
		}
		return all[len(all)-1](s)
	}
}

// withParameter makes a call while a parameter of the module has another value,
// until the row ends.
func withParameter(name, value string, do func(*site) error) func(*site) error {
	return func(s *site) error {
		setParameter(s.t, name, value)
		return do(s)
	}
}

// openIn mounts a filesystem and leaves a file open in it.
func openIn(name string) func(*site) error {
	return func(s *site) error {
		file, err := os.Create(filepath.Join(s.mount(name), "file"))
		if err == nil {
			s.t.Cleanup(func() { file.Close() })
		}
		return err
	}
}

// long is a text of many letters: 9000 are more than a property's value can have.
func long(n int) string { return strings.Repeat("x", n) }

func datasetErrorRows() []errorRow {
	return []errorRow{
		{op: ioctl.OpObjsetStats, code: ioctl.CodeNoent, about: "$/no", cmd: "zfs list $/no", says: "'$/no': dataset does not exist",
			row: row{do: statsRead("/no"), want: is(zfs.ErrNotFound), text: `dataset "$/no": does not exist`}},
		{op: ioctl.OpObjsetStats, code: ioctl.CodeNoent, about: "nosuchpool", cmd: "zfs list nosuchpool/a", says: "does not exist",
			apart: "zfs(8) does not say that it is the pool which is missing",
			row:   row{name: "pool", do: statsRead(":nosuchpool/a"), want: is(zfs.ErrPoolNotFound), text: "nosuchpool: pool does not exist"}},
		{op: ioctl.OpCreate, code: ioctl.CodeExist, about: "$/a", cmd: "zfs create $/a", says: "'$/a': dataset already exists",
			row: row{set: "/a", do: create("/a"), want: is(zfs.ErrExists), text: `create "$/a": already exists`}},
		{op: ioctl.OpCreate, code: ioctl.CodeNoent, about: "$/no", cmd: "zfs create $/no/a", says: "parent does not exist",
			row: row{do: create("/no/a"), want: is(zfs.ErrParentNotFound), text: "$/no: parent does not exist"}},
		{op: ioctl.OpCreate, code: ioctl.CodeWrongParent, about: "$/v/a", cmd: "zfs create $/v/a", says: "parent is not a filesystem",
			row: row{set: "/v!", do: create("/v/a"), want: is(zfs.ErrWrongParent), text: "parent is not a filesystem"}},
		{op: ioctl.OpCreate, code: ioctl.CodeAcces, about: "$/e/a", cmd: "zfs create $/e/a", says: "key is not loaded",
			row: row{set: "/e-", do: create("/e/a"), want: is(zfs.ErrKey), text: "key not loaded"}},
		{op: ioctl.OpCreate, code: ioctl.CodeNospc, about: "$/a", cmd: "zfs create -o reservation=1T $/a", says: "space",
			row: row{do: create("/a", "reservation", "1T"), want: is(zfs.ErrNoSpace), text: "reservation"}},
		{op: ioctl.OpCreate, code: ioctl.CodeNotsup, about: "$/a", cmd: "zfs create -o compression=zstd $/a", says: "must be upgraded",
			apart: "zfs(8) does not name the feature",
			row:   row{name: "feature", in: inBare, do: create("/a", "compression", "zstd"), want: is(zfs.ErrFeatureDisabled), text: "feature@zstd_compress"}},
		{op: ioctl.OpCreate, code: ioctl.CodeNotsup, about: "$/a", cmd: "zfs create -o version=2 -o casesensitivity=mixed $/a", says: "must be upgraded",
			row: row{name: "version", do: create("/a", "version", "2", "casesensitivity", "mixed"), want: is(zfs.ErrUpgrade), text: "must be upgraded"}},
		{op: ioctl.OpCreate, code: ioctl.CodeInval, about: "$/v", apart: "zfs(8) rounds the size up",
			row: row{do: createVolume("/v", 1000), want: is(zfs.ErrInvalidProp), text: "volsize 1000 is not a multiple of volblocksize"}},
		{op: ioctl.OpCreate, code: ioctl.CodeInval, about: "$/a", cmd: "zfs create -o encryption=on $/a", says: "Keyformat required",
			row: row{name: "no key", do: create("/a", "encryption", "on"), want: is(zfs.ErrInvalidProp), text: "no key is given, and $, the parent, is not encrypted"}},
		{op: ioctl.OpCreate, code: ioctl.CodeInval, about: "$/a", early: "properties of a key are checked", cmd: "zfs create -o keylocation=file:///no $/a", says: "Encryption must be turned on",
			row: row{name: "only where the key is", do: create("/a", "keylocation", "file:///no"), want: is(zfs.ErrInvalidProp), text: "keylocation is set, and encryption is off"}},
		{op: ioctl.OpCreate, code: ioctl.CodeRange, about: "$/a", cmd: "zfs create -o recordsize=1M $/a", says: "recordsize",
			row: row{do: withParameter("zfs_max_recordsize", "131072", create("/a", "recordsize", "1M")), want: is(zfs.ErrInvalidProp), text: "recordsize"}},
		{op: ioctl.OpCreate, code: ioctl.Code2big, early: "no text of more bytes is sent", about: "$/a", cmd: "zfs create -o sharenfs=" + long(9000) + " $/a", says: "too long",
			row: row{do: create("/a", "sharenfs", long(9000)), want: is(zfs.ErrInvalidProp), text: "sharenfs"}},
		{op: ioctl.OpClone, code: ioctl.CodeExist, about: "$/c", cmd: "zfs clone $@s $/c", says: "dataset already exists",
			row: row{set: "@s /c", do: cloneOf("/c", "@s"), want: is(zfs.ErrExists), text: "already exists"}},
		{op: ioctl.OpClone, code: ioctl.CodeNoent, about: "$@no", cmd: "zfs clone $@no $/c", says: "'$@no': dataset does not exist",
			row: row{name: "origin", do: cloneOf("/c", "@no"), want: is(zfs.ErrBaseNotFound), text: "$@no: does not exist"}},
		{op: ioctl.OpClone, code: ioctl.CodeNoent, about: "$/no", cmd: "zfs clone $@s $/no/c", says: "does not exist",
			row: row{name: "parent", set: "@s", do: cloneOf("/no/c", "@s"), want: is(zfs.ErrParentNotFound), text: "$/no: parent does not exist"}},
		{op: ioctl.OpClone, code: ioctl.CodeRange, about: "$/c", cmd: "zfs clone -o recordsize=1M $@s $/c", says: "recordsize",
			row: row{set: "@s", do: withParameter("zfs_max_recordsize", "131072", cloneOf("/c", "@s", "recordsize", "1M")), want: is(zfs.ErrInvalidProp), text: "recordsize"}},
		{op: ioctl.OpClone, code: ioctl.Code2big, early: "no text of more bytes is sent", about: "$/c", cmd: "zfs clone -o sharenfs=" + long(9000) + " $@s $/c", says: "too long",
			row: row{set: "@s", do: cloneOf("/c", "@s", "sharenfs", long(9000)), want: is(zfs.ErrInvalidProp), text: "sharenfs"}},
		{op: ioctl.OpDestroy, code: ioctl.CodeBusy, about: "$/a", cmd: "zfs destroy $/a", says: "cannot unmount",
			row: row{name: "mounted", set: "/a", do: inOrder(openIn("/a"), destroy("/a")), want: is(zfs.ErrBusy), text: "it is mounted at"}},
		{op: ioctl.OpDestroy, code: ioctl.CodeBusy, about: "$/a", cmd: "zfs destroy $/a", says: "$/a@s",
			apart: "zfs(8) calls snapshots children",
			row:   row{name: "snapshots", set: "/a /a@s", do: destroy("/a"), want: is(zfs.ErrHasSnapshots), text: "it has snapshots, such as $/a@s"}},
		{op: ioctl.OpDestroy, code: ioctl.CodeExist, about: "$/a", cmd: "zfs destroy $/a", says: "filesystem has children",
			row: row{set: "/a /a/b", do: destroy("/a"), want: is(zfs.ErrHasChildren), text: "has children"}},
		{op: ioctl.OpRollback, code: ioctl.CodeExist, about: "$", cmd: "zfs rollback $@1", says: "more recent snapshots or bookmarks exist",
			row: row{set: "@1 @2", do: rollback(".", "@1", ""), want: is(zfs.ErrNewer), text: "newer snapshots or bookmarks exist"}},
		{op: ioctl.OpRollback, code: ioctl.CodeSrch, about: "$", apart: "zfs rollback takes a snapshot's name",
			row: row{name: "no snapshots", do: rollback(".", "", ""), want: is(zfs.ErrNotFound), text: "it has no snapshots"}},
		{op: ioctl.OpRollback, code: ioctl.CodeSrch, about: "$@no", cmd: "zfs rollback $@no", says: "'$@no': ",
			row: row{name: "no such snapshot", set: "@1", do: rollback(".", "@no", ""), want: is(zfs.ErrNotFound), text: "$@no: does not exist"}},
		{op: ioctl.OpPromote, code: ioctl.CodeExist, about: "$/c@s", cmd: "zfs promote $/c", says: "conflicting snapshot",
			row: row{set: "@s @t /c=@t /c@s", do: promote("/c"), want: is(zfs.ErrExists), text: "already exists"}},
		{op: ioctl.OpPromote, code: ioctl.CodeInval, about: "$/a", cmd: "zfs promote $/a", says: "not a cloned filesystem",
			row: row{set: "/a", do: promote("/a"), want: is(zfs.ErrInvalid), text: "it is not a clone"}},
		{op: ioctl.OpRename, code: ioctl.CodeExist, about: "$/b", cmd: "zfs rename $/a $/b", says: "dataset already exists",
			apart: "zfs(8) names the other dataset",
			row:   row{set: "/a /b", do: rename("/a", "/b", nil), want: is(zfs.ErrExists), text: "$/b: already exists"}},
		{op: ioctl.OpRename, code: ioctl.CodeNoent, about: "$/no", cmd: "zfs rename $/a $/no/a", says: "parent",
			row: row{set: "/a", do: rename("/a", "/no/a", nil), want: is(zfs.ErrParentNotFound), text: "$/no: parent does not exist"}},
		{op: ioctl.OpRename, code: ioctl.CodeAcces, about: "$/e/a", cmd: "zfs rename $/e/a $/a", says: "encryption root",
			row: row{set: "/e* /e/a", do: rename("/e/a", "/a", nil), want: is(zfs.ErrNotEncryptionRoot), text: "cannot leave its encryption root, $/e"}},
		{op: ioctl.OpRename, code: ioctl.CodeNametoolong, about: "$/a", cmd: "zfs rename $/a $/" + long(200), says: "too long",
			row: row{set: "/a /a/" + long(60), do: rename("/a", "/"+long(200), nil), want: is(zfs.ErrInvalidName), text: "the name of a descendant or snapshot would be too long"}},
		{op: ioctl.OpRename, code: ioctl.CodeWrongParent, about: "$/v", cmd: "zfs rename $/a $/v/a", says: "parent",
			row: row{set: "/a /v!", do: rename("/a", "/v/a", nil), want: is(zfs.ErrWrongParent), text: "$/v: parent is not a filesystem"}},
		{op: ioctl.OpUsernsAttach, code: ioctl.CodeNotUserNamespace, about: "$", cmd: "zfs zone /dev/null $", says: "not a user namespace",
			row:   row{since: "2.2", do: func(s *site) error { return s.c.UsernsAttach(s.t.Context(), s.ds, os.Stdin) }, want: is(zfs.ErrInvalid), text: "is not a user namespace"},
			lacks: "zfs zone"},
		{op: ioctl.OpUsernsDetach, code: ioctl.CodeNotUserNamespace, about: "$", cmd: "zfs unzone /dev/null $", says: "not a user namespace",
			row:   row{since: "2.2", do: func(s *site) error { return s.c.UsernsDetach(s.t.Context(), s.ds, os.Stdin) }, want: is(zfs.ErrInvalid), text: "is not a user namespace"},
			lacks: "zfs unzone"},
	}
}

// statsRead reads a dataset.
func statsRead(name string) func(*site) error {
	return func(s *site) error { return errorOf(s.c.DatasetStats(s.t.Context(), s.name(name), nil)) }
}

func snapshotErrorRows() []errorRow {
	const clone = "@s /c=@s /c@1 /c@2 /o /o@s"
	marked := func(name string) func(*site) error {
		return func(s *site) error { return errorOf(s.c.BookmarkProps(s.t.Context(), s.name(name))) }
	}
	return []errorRow{
		{op: ioctl.OpSnapshot, code: ioctl.CodeExist, about: "$@s", cmd: "zfs snapshot $@s", says: "dataset already exists",
			row: row{set: "@s", do: snapshot("@s"), want: is(zfs.ErrExists), text: `snapshot "$@s": already exists`}},
		{op: ioctl.OpSnapshot, code: ioctl.CodeNoent, about: "$/no", cmd: "zfs snapshot $/no@s", says: "'$/no': dataset does not exist",
			row: row{do: snapshot("/no@s"), want: is(zfs.ErrNotFound), text: "$/no: does not exist"}},
		{op: ioctl.OpDestroySnaps, code: ioctl.CodeExist, about: "$@s", cmd: "zfs destroy $@s", says: "$/c",
			row: row{set: "@s /c=@s", do: destroySnapshots("@s"), want: is(zfs.ErrHasClones), text: "has clones"}},
		{op: ioctl.OpDestroySnaps, code: ioctl.CodeBusy, about: "$@s", cmd: "zfs destroy $@s", says: "$@s",
			apart: "zfs(8) does not name the hold, and of old releases says that the dataset is busy",
			row:   row{set: "@s+keep", do: destroySnapshots("@s"), want: is(zfs.ErrBusy), text: "$@s is held by keep"}},
		{op: ioctl.OpGetBookmarkProps, code: ioctl.CodeSrch, about: "$#no", cmd: "zfs get -H guid $#no", says: "$#no",
			row: row{do: marked("#no"), want: is(zfs.ErrNotFound), text: "does not exist"}},
		{op: ioctl.OpBookmark, code: ioctl.CodeExist, about: "$#m", cmd: "zfs bookmark $@s $#m", says: "bookmark exists",
			row: row{set: "@s #m=@s", do: bookmark("#m=@s"), want: is(zfs.ErrExists), text: `bookmark "$#m": already exists`}},
		{op: ioctl.OpBookmark, code: ioctl.CodeNoent, about: "$@no", cmd: "zfs bookmark $@no $#m", says: "'$@no': dataset does not exist",
			row: row{do: bookmark("#m=@no"), want: is(zfs.ErrBaseNotFound), text: "$@no: does not exist"}},
		{op: ioctl.OpBookmark, code: ioctl.CodeSrch, about: "$#no", cmd: "zfs bookmark $#no $#m", says: "$#no",
			row: row{do: bookmark("#m=#no"), want: is(zfs.ErrBaseNotFound), text: "$#no: does not exist"}},
		{op: ioctl.OpBookmark, code: ioctl.CodeBookmarkSourceNotAncestor, about: "$#m", cmd: "zfs bookmark $#m $/b#n", says: "source is not an ancestor",
			row: row{set: "@s #m=@s /b", do: bookmark("/b#n=#m"), want: is(zfs.ErrNotAncestor), text: "$#m: is not an earlier point of the dataset"}},
		{op: ioctl.OpBookmark, code: ioctl.CodeNoent, about: "$/no", cmd: "zfs bookmark $@s $/no#m", says: "dataset does not exist",
			row: row{name: "dataset", set: "@s", do: bookmark("/no#m=@s"), want: is(zfs.ErrNotFound), text: "$/no: does not exist"}},
		{op: ioctl.OpBookmark, code: ioctl.CodeNotsup, about: "$#m", cmd: "zfs bookmark $@s $#m", says: "bookmark feature not enabled",
			row: row{in: inBare, set: "@s", do: bookmark("#m=@s"), want: is(zfs.ErrFeatureDisabled), text: "feature@bookmarks"}},
		{op: ioctl.OpRedact, code: ioctl.CodeInval, about: "$@s", cmd: "zfs redact $@s r $/o@s", says: "must be descendent",
			row: row{set: clone, do: redact("#r", "@s", "/o@s"), want: is(zfs.ErrNotAncestor), text: "is not an earlier point"}},
		{op: ioctl.OpRedact, code: ioctl.CodeSrch, about: "$@s", cmd: "zfs redact $@s r $/c@2", says: "mismatched redaction list | internal error",
			apart: "zfs(8) tells of a resumption, also if the bookmark is complete, and of old releases knows no words",
			row:   row{set: clone, do: inOrder(redact("#r", "@s", "/c@1"), redact("#r", "@s", "/c@2")), want: is(zfs.ErrExists), text: "already exists"}},
		{op: ioctl.OpRedact, code: ioctl.CodeNoent, about: "$/c@no", cmd: "zfs redact $@s r $/c@no", says: "'$/c@no' | provided snapshot $@s does not exist",
			apart: "zfs(8) of old releases names the other snapshot, which exists",
			row:   row{set: clone, do: redact("#r", "@s", "/c@no"), want: is(zfs.ErrBaseNotFound), text: "$/c@no: does not exist"}},
		{op: ioctl.OpRedact, code: ioctl.CodeNotsup, about: "$@s", cmd: "zfs redact $@s r $/c@1", says: "redaction bookmarks feature not enabled",
			row: row{in: inBare, set: clone, do: redact("#r", "@s", "/c@1"), want: is(zfs.ErrFeatureDisabled), text: "feature@redaction_bookmarks"}},
		{op: ioctl.OpRedact, code: ioctl.CodeAlready, about: "$/r@s", cmd: "zfs clone $/r@s $/d && zfs snapshot $/d@1 && zfs redact $/r@s q $/d@1", says: "redacted dataset",
			row: row{set: clone, do: redactRedacted, want: is(zfs.ErrRedacted), text: "is redacted"}},
		{op: ioctl.OpRedact, code: ioctl.Code2big, about: "$@s", cmd: "zfs redact $@s r `zfs list -Ho name -t snapshot $/c`", says: "too many redaction snapshots",
			row: row{until: "2.3", set: "@s /c=@s", do: redactByMany, want: is(zfs.ErrInvalid), text: "invalid argument"}},
		{op: ioctl.OpHold, code: ioctl.Code2big, about: "$@s", early: "the length of a tag is checked", cmd: "zfs hold " + long(300) + " $@s", says: "tag too long",
			row: row{set: "@s", do: hold("@s+" + long(300)), want: is(zfs.ErrInvalidName), text: "at most"}},
		{op: ioctl.OpHold, code: ioctl.CodeExist, about: "$@s", cmd: "zfs hold keep $@s", says: "tag already exists",
			row: row{set: "@s+keep", do: hold("@s+keep"), want: is(zfs.ErrExists), text: "already exists"}},
		{op: ioctl.OpHold, code: ioctl.CodeNoent, about: "$@no", cmd: "zfs hold keep $@no", says: "'$@no': dataset does not exist",
			row: row{do: hold("@no+keep"), want: is(zfs.ErrNotFound), text: "does not exist"}},
		{op: ioctl.OpRelease, code: ioctl.CodeNoent, about: "$@s#other", cmd: "zfs release other $@s", says: "no such tag",
			row: row{set: "@s+keep", do: release("@s+other"), want: is(zfs.ErrNotFound), text: "does not exist"}},
		{op: ioctl.OpSpaceWritten, code: ioctl.CodeSrch, about: "$#no", apart: "zfs get written#no prints a dash",
			row: row{set: "@1", do: writtenSince(".", "#no"), want: is(zfs.ErrBaseNotFound), text: "$#no: does not exist"}},
		{op: ioctl.OpSpaceWritten, code: ioctl.CodeXdev, about: "$@1", apart: "zfs get written#m prints a dash",
			row: row{set: "@1 @2 #m=@2", do: writtenSince("@1", "#m"), want: is(zfs.ErrInvalid), text: "invalid argument"}},
		{op: ioctl.OpSpaceWritten, code: ioctl.CodeInval, about: "$@1", apart: "zfs get written@2 prints a dash",
			row: row{set: "@1 @2", do: writtenSince("@1", "@2"), want: is(zfs.ErrInvalid), text: "invalid argument"}},
		{op: ioctl.OpDiff, code: ioctl.CodeXdev, about: "$/a@1", cmd: "zfs diff $/a@2 $/a@1", says: "Not an earlier snapshot from the same fs",
			row: row{set: "/a /a@1 /a@2", do: inOrder(openIn("/a"), diffOf("/a@2", "/a@1")), want: is(zfs.ErrNotAncestor), text: "it was not made after $/a@2"}},
	}
}

// writtenSince reads what was written.
func writtenSince(name, since string) func(*site) error {
	return func(s *site) error { return errorOf(s.c.SnapshotWritten(s.t.Context(), s.name(name), s.name(since))) }
}

// redactByMany names more redaction snapshots than a bookmark has room for.
func redactByMany(s *site) error {
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("/c@%d", i))
		testkit.Must(s.t, snapshot(names[i])(s))
	}
	return redact("#r", "@s", strings.Join(names, " "))(s)
}

// redactRedacted redacts a snapshot that was received from a redacted stream.
func redactRedacted(s *site) error {
	testkit.Must(s.t, redact("#r", "@s", "/c@1")(s))
	zfstest.Run(s.t, "sh", "-c", "zfs send --redact r "+s.ds+"@s | zfs receive -u "+s.ds+"/r")
	testkit.Must(s.t, cloneOf("/d", "/r@s")(s))
	testkit.Must(s.t, snapshot("/d@1")(s))
	err := s.c.BookmarkRedact(s.t.Context(), s.name("/r#q"), s.name("/r@s"), s.all("/d@1"))
	testkit.Must(s.t, destroySnapshots("/d@1")(s))
	testkit.Must(s.t, destroy("/d")(s))
	return err
}

func propErrorRows() []errorRow {
	return []errorRow{
		{op: ioctl.OpSetProp, code: ioctl.CodeNospc, about: "$", cmd: "zfs set quota=1 $", says: "size is less than current used or reserved space",
			row: row{name: "quota", do: set(".", "quota", "1"), want: is(zfs.ErrNoSpace), text: "less than what is used or reserved (ENOSPC): quota"}},
		{op: ioctl.OpSetProp, code: ioctl.CodeNospc, about: "$", cmd: "zfs set reservation=1T $", says: "size is greater than available space",
			row: row{name: "reservation", do: set(".", "reservation", "1T"), want: is(zfs.ErrNoSpace), text: "reservation"}},
		{op: ioctl.OpSetProp, code: ioctl.CodeAcces, about: "$/e/f", cmd: "zfs set keylocation=prompt $/e/f", says: "keylocation may only be set on encryption roots",
			row: row{set: "/e* /e/f", do: set("/e/f", "keylocation", "prompt"), want: is(zfs.ErrInvalidProp), text: "a key of its own"}},
		{op: ioctl.OpSetProp, code: ioctl.CodeInval, about: "$", cmd: "zfs set version=1 $", says: "version",
			row: row{do: set(".", "version", "1"), want: is(zfs.ErrInvalidProp), text: "version"}},
		{op: ioctl.OpSetProp, code: ioctl.CodeNotsup, about: "$", cmd: "zfs set compression=zstd $", says: "must be upgraded",
			apart: "zfs(8) does not name the feature",
			row:   row{name: "feature", in: inBare, do: set(".", "compression", "zstd"), want: is(zfs.ErrFeatureDisabled), text: "feature@zstd_compress"}},
		{op: ioctl.OpSetProp, code: ioctl.CodeNotsup, about: "$/a", cmd: "zfs set userquota@7=1M $/a", says: "upgraded",
			row: row{name: "version", do: inOrder(create("/a", "version", "3"), limit("/a", zfs.UserQuota, "7", 1<<20)), want: is(zfs.ErrUpgrade), text: "must be upgraded"}},
		{op: ioctl.OpSetProp, code: ioctl.CodeRange, about: "$", cmd: "zfs set recordsize=1M $", says: "recordsize",
			row: row{do: withParameter("zfs_max_recordsize", "131072", set(".", "recordsize", "1M")), want: is(zfs.ErrInvalidProp), text: "recordsize"}},
		{op: ioctl.OpSetProp, code: ioctl.Code2big, early: "no text of more bytes is sent", about: "$", cmd: "zfs set sharenfs=" + long(9000) + " $", says: "too long",
			row: row{do: set(".", "sharenfs", long(9000)), want: is(zfs.ErrInvalidProp), text: "sharenfs"}},
		{op: ioctl.OpInheritProp, code: ioctl.CodeInval, about: "$", early: "what cannot be inherited is known", cmd: "zfs inherit quota $", says: "quota",
			row: row{do: inherit(".", "quota", nil), want: is(zfs.ErrInvalidProp), text: "quota"}},
		{op: ioctl.OpUserspaceOne, code: ioctl.CodeInval, about: "$/v", cmd: "zfs userspace $/v", says: "operation not applicable to datasets of this type",
			row: row{set: "/v!", do: quotaOf("/v", zfs.UserUsed, "7", 0), want: is(zfs.ErrInvalid), text: "only filesystems"}},
		{op: ioctl.OpUserspaceMany, code: ioctl.CodeNotsup, about: "$", apart: "zfs projectspace prints nothing, and succeeds",
			row: row{in: inBare, do: countUsers(".", zfs.ProjectUsed, 0), want: is(zfs.ErrFeatureDisabled), text: "feature@project_quota"}},
		{op: ioctl.OpUserspaceUpgrade, code: ioctl.CodeNotsup, about: "$/v", apart: "zfs userspace upgrades by itself, and refuses a volume before",
			row: row{name: "volume", set: "/v!", do: upgrade("/v"), want: is(zfs.ErrInvalid), text: "only filesystems"}},
	}
}

func keyErrorRows() []errorRow {
	return []errorRow{
		{op: ioctl.OpLoadKey, code: ioctl.CodeAcces, about: "$/e", cmd: "printf xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | zfs load-key -L prompt $/e", says: "Incorrect key provided",
			row: row{set: "/e-", do: loadKey("/e", wrongKey()), want: is(zfs.ErrWrongKey), text: "wrong key"}},
		{op: ioctl.OpLoadKey, code: ioctl.CodeExist, early: "the state of the key is read first", about: "$/e", cmd: "printf xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | zfs load-key -L prompt $/e", says: "Key already loaded",
			row: row{set: "/e*", do: loadKey("/e", rawKey()), want: is(zfs.ErrKeyLoaded), text: "already loaded"}},
		{op: ioctl.OpUnloadKey, code: ioctl.CodeBusy, about: "$/e", cmd: "zfs unload-key $/e", says: "busy",
			row: row{set: "/e*", do: inOrder(openIn("/e"), unloadKey("/e")), want: is(zfs.ErrBusy), text: "$/e is mounted at"}},
		{op: ioctl.OpUnloadKey, code: ioctl.CodeAcces, about: "$/e", cmd: "zfs unload-key $/e", says: "Key already unloaded",
			row: row{set: "/e-", do: unloadKey("/e"), want: is(zfs.ErrKey), text: "key not loaded"}},
	}
}

func objectErrorRows() []errorRow {
	const apart = "zfs(8) reads no single object"
	return []errorRow{
		{op: ioctl.OpObjToPath, code: ioctl.CodeNotsup, about: "$", apart: apart,
			row: row{do: pathOf(".", 1), want: is(zfs.ErrInvalid), text: "object 1 is not a file"}},
		{op: ioctl.OpObjToStats, code: ioctl.CodeNotsup, about: "$", apart: apart,
			row: row{do: statsOf(".", 1), want: is(zfs.ErrInvalid), text: "object 1 is not a file"}},
		{op: ioctl.OpObjToPath, code: ioctl.CodeStale, about: "$/a", apart: apart,
			row: row{set: "/a", do: deletedFile(pathOf), want: is(zfs.ErrNotFound), text: "object"}},
		{op: ioctl.OpObjToStats, code: ioctl.CodeStale, about: "$/a", apart: apart,
			row: row{set: "/a", do: deletedFile(pathInStats), want: is(zfs.ErrNotFound), text: "object"}},
	}
}

// deletedFile looks up a file that is deleted, and still open.
func deletedFile(ask func(string, uint64) func(*site) error) func(*site) error {
	return func(s *site) error {
		path := filepath.Join(s.mount("/a"), "file")
		file, err := os.Create(path)
		testkit.Must(s.t, err)
		s.t.Cleanup(func() { file.Close() })
		object, err := strconv.ParseUint(strings.TrimSpace(zfstest.Run(s.t, "stat", "-c", "%i", path)), 10, 64)
		testkit.Must(s.t, err)
		testkit.Must(s.t, os.Remove(path))
		return ask("/a", object)(s)
	}
}

// pathInStats is why the attributes of an object have no path.
func pathInStats(name string, object uint64) func(*site) error {
	return func(s *site) error {
		o, err := s.c.ObjectStats(s.t.Context(), s.name(name), object)
		testkit.Must(s.t, err)
		return o.PathErr
	}
}

// commonErrorRows provoke codes with the same meaning for every operation.
func commonErrorRows() []errorRow {
	return []errorRow{
		{op: ioctl.OpCreate, code: ioctl.CodePerm, about: "$/a", cmd: "zfs create $/a", says: "permission denied",
			row: row{user: true, do: create("/a"), want: is(zfs.ErrPermission), text: "permission denied"}},
		{op: ioctl.OpCreate, code: ioctl.CodeCanceled, about: "$/a", devices: "a", apart: "zpool(8) made the pool, and the user is another one",
			row: row{want: is(zfs.ErrPermission), text: "delegated administration is disabled on the pool"}, inPool: undelegated},
		{op: ioctl.OpSnapshot, code: ioctl.CodeDquot, about: "$", cmd: "zfs snapshot $@t", says: "out of space",
			apart: "zfs(8) has one sentence for a limit and for a full pool",
			row:   row{user: true, grant: "snapshot", set: "@s snapshot_limit=1", do: snapshot("@t"), want: is(zfs.ErrQuota), text: "quota or limit reached"}},
		{op: ioctl.OpCreate, code: ioctl.CodeNospc, about: "$/a", cmd: "zfs create $/a", says: "out of space",
			row: row{name: "full pool", full: true, do: create("/a"), want: is(zfs.ErrNoSpace), text: "out of space"}},
		{op: ioctl.OpSetProp, code: ioctl.CodeRofs, about: "$/a", cmd: "zfs set atime=off $/a", says: "read-only",
			apart: "zfs(8) says it of the dataset",
			row:   row{in: inReadOnly, do: set("/a", "atime", "off"), want: is(zfs.ErrReadOnly), text: "pool is read-only"}},
		{op: ioctl.OpCreate, code: ioctl.CodeRofs, about: "$/b", cmd: "zfs create $/b", says: "pool is read-only",
			row: row{in: inReadOnly, do: create("/b"), want: is(zfs.ErrReadOnly), text: "pool is read-only"}},
		{op: ioctl.OpWaitFs, code: ioctl.CodeInval, about: "$", apart: "zfs wait takes known activities only",
			row: row{do: func(s *site) error { return errorOf(s.c.DatasetWait(s.t.Context(), s.ds, 99)) }, want: is(zfs.ErrInvalid), text: "invalid argument"}},
		{op: ioctl.OpVdevGetProps, code: ioctl.CodeIocCmdUnavail, about: "$", cmd: "zpool get all $ {a}", says: "{a}",
			apart: "zpool(8) of such a release takes the device for a pool", devices: "a",
			inPool: func(s *poolSite) error { return errorOf(s.c.VdevProps(s.ctx, s.pool, s.paths[0], nil)) },
			row:    row{until: "2.2", want: is(zfs.ErrNotSupported), text: "added in 2.2"}},
	}
}

// undelegated creates a dataset as alice in a pool without delegation.
func undelegated(s *poolSite) error {
	testkit.Must(s.t, setPool("delegation", "off")(s))
	return as(s.t, aliceID, func() error { return s.c.DatasetCreate(s.ctx, s.pool+"/a", nil) })
}
