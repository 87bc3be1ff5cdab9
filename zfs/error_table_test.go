package zfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// excuse is why the table provokes no such errno.
type excuse struct {
	ops   []ioctl.Op
	codes []ioctl.Code
	why   string
	// test is the test that provokes it, with its own comparison, or empty.
	test string
}

// excuses are reasons why the table cannot provoke it, or another test does.
func excuses() []excuse {
	imports := []ioctl.Op{ioctl.OpPoolImport, ioctl.OpPoolTryimport}
	layouts := []ioctl.Op{ioctl.OpPoolCreate, ioctl.OpVdevAdd, ioctl.OpVdevAttach}
	devices := []ioctl.Op{ioctl.OpVdevDetach, ioctl.OpVdevRemove, ioctl.OpVdevSetState, ioctl.OpVdevAttach, ioctl.OpVdevSplit,
		ioctl.OpPoolCheckpoint, ioctl.OpPoolDiscardCheckpoint, ioctl.OpPoolReguid}
	values := []ioctl.Op{ioctl.OpCreate, ioctl.OpClone, ioctl.OpSetProp}
	one := func(op ...ioctl.Op) []ioctl.Op { return op }
	codes := func(codes ...ioctl.Code) []ioctl.Code { return codes }
	return []excuse{
		{ops: one(ioctl.OpRelease), codes: codes(ioctl.CodeSrch), why: "libzfs_core documents it, and the modules of the images answer ENOENT"},
		{ops: values, codes: codes(ioctl.CodeBadprop), why: "the client knows the values of each release, and sends no others"},
		{ops: one(ioctl.OpCreate), codes: codes(ioctl.CodeDom), why: "the module then keeps a reference to the pool (zvol_check_volblocksize), which cannot be exported or destroyed any more"},
		{ops: one(ioctl.OpSetProp, ioctl.OpClone), codes: codes(ioctl.CodeDom), why: "only a new volume has a block size to choose"},
		{ops: one(ioctl.OpClone), codes: codes(ioctl.CodeInval), why: "what a clone cannot have is refused before"},
		{ops: one(ioctl.OpLoadKey), codes: codes(ioctl.CodeCryptoNotsup), why: "the module has all ciphers, unless a tunable takes one away in a machine that needs it"},
		{ops: one(ioctl.OpPromote), codes: codes(ioctl.CodeXdev), why: "the kernel answers so for the hidden clone of a receive, whose name the client refuses"},
		{ops: one(ioctl.OpSendSpace), codes: codes(ioctl.CodeStreamLargeMicrozap), why: "an estimate does not look for large directories"},
		{ops: one(ioctl.OpRecvNew), codes: codes(ioctl.Code2big), why: "a payload of 256 MiB; the reader refuses less"},
		{ops: one(ioctl.OpRecvNew), codes: codes(ioctl.CodeRange), why: "a record with a wrong number and a right checksum, which no sender writes"},
		{ops: one(ioctl.OpUsernsAttach, ioctl.OpUsernsDetach), codes: codes(ioctl.CodeBadf), why: "an open *os.File has a descriptor"},
		{ops: one(ioctl.OpUsernsAttach, ioctl.OpUsernsDetach), codes: codes(ioctl.CodeNxio, ioctl.CodeNoUserNsSupport), why: "the kernels of all images have user namespaces"},
		{ops: imports, codes: codes(ioctl.CodeRemoteio), why: "takes a second host", test: "TestKernelPoolImportMultihost"},
		{ops: imports, codes: codes(ioctl.CodeNxio), why: "takes devices that are gone", test: "TestKernelPoolImport"},
		{ops: imports, codes: codes(ioctl.CodeIo, ioctl.CodeBade), why: "takes damaged devices", test: "TestKernelPoolImportDamaged"},
		{ops: imports, codes: codes(ioctl.CodeNotsup), why: "takes a pool of a newer module", test: "TestKernelPoolImportNew"},
		{ops: one(ioctl.OpPoolExport), codes: codes(ioctl.CodeExportInProgress), why: "two exports of one pool within the same moment"},
		{ops: one(ioctl.OpPoolCreate), codes: codes(ioctl.CodeBusy), why: "a device in use is found before", test: "TestKernelPoolCreateRefused"},
		{ops: layouts, codes: codes(ioctl.CodeNoent, ioctl.CodeIo), why: "the client opens each device before the kernel does", test: "TestKernelPoolCreateRefused"},
		{ops: one(ioctl.OpPoolCreate, ioctl.OpVdevAdd), codes: codes(ioctl.CodeNxio), why: "the client opens each device before the kernel does", test: "TestKernelPoolCreateRefused"},
		{ops: one(ioctl.OpPoolCreate, ioctl.OpVdevAdd), codes: codes(ioctl.CodeOverflow), why: "the client measures each device before", test: "TestKernelPoolCreateRefused"},
		{ops: layouts, codes: codes(ioctl.CodeDom), why: "takes a disk with sectors larger than the files of the tests have"},
		{ops: one(ioctl.OpVdevAdd, ioctl.OpVdevAttach), codes: codes(ioctl.CodeAshiftMismatch), why: "takes a disk with sectors larger than the files of the tests have; add checks it only for who asks"},
		{ops: one(ioctl.OpPoolCreate), codes: codes(ioctl.CodeBadprop), why: "the client knows the values of each release, and sends no others"},
		{ops: one(ioctl.OpVdevAttach), codes: codes(ioctl.CodeRebuildInProgress), why: "nothing pauses a sequential resilver, which takes no time on an empty pool"},
		{ops: devices, codes: codes(ioctl.CodeDiscardingCheckpoint), why: "nothing pauses the discarding, which takes no time for a small checkpoint"},
		{ops: one(ioctl.OpVdevSplit, ioctl.OpVdevSetState), codes: codes(ioctl.CodeNodev), why: "the client names devices of the pool's own configuration"},
		{ops: one(ioctl.OpVdevRemove), codes: codes(ioctl.CodeIo), why: "a device that cannot be read is missing data first, which is EBUSY"},
		{ops: one(ioctl.OpPoolCheckpoint), codes: codes(ioctl.CodeVdevTooBig), why: "a device of 2^47 sectors in a pool of old space maps"},
		{ops: one(ioctl.OpVdevSetProps, ioctl.OpPoolSetProps), codes: codes(ioctl.CodeInval, ioctl.Code2big), why: "the client checks names and values", test: "TestKernelPoolProps"},
		{ops: one(ioctl.OpPoolScan), codes: codes(ioctl.CodeCanceled), why: "a paused scrub goes on, which is not an error"},
		{ops: one(ioctl.OpClear), codes: codes(ioctl.CodeNodev), why: "a device that vanishes between two calls"},
		{ops: one(ioctl.OpClear), codes: codes(ioctl.CodeNxio, ioctl.CodeIo, ioctl.CodeRemoteio), why: "takes a suspended pool, which ends a machine that has others; see TestPoolMeanings"},
		{ops: one(ioctl.OpPoolInitialize, ioctl.OpPoolTrim), codes: codes(ioctl.CodeNodev), why: "a device that vanishes between two calls"},
		{ops: one(ioctl.OpPoolTrim), codes: codes(ioctl.CodeBusy), why: "nothing pauses trimming, which takes no time in a file"},
	}
}

// commonExcuses are those for codes that mean the same for every operation.
var commonExcuses = map[ioctl.Code]string{
	ioctl.CodeXdev:          "the client refuses names of two pools",
	ioctl.CodeAgain:         "takes a suspended pool, which ends a machine that has others",
	ioctl.CodeIocArgUnavail: "a key that 2.0 does not know and 2.4 does: see TestKernelReceiveOptions",
}

// codesThatAre are all numbers of errnos.
func codesThatAre() (all []ioctl.Code) {
	for code := ioctl.Code(1); code < 1100; code++ {
		all = append(all, code)
	}
	return all
}

// Each meaning of an errno is provoked by a row of the table, or has a reason why
// it is not. A row expects the meaning of the errno.
func TestErrorTableProvokesMeanings(t *testing.T) {
	type pair struct {
		op   ioctl.Op
		code ioctl.Code
	}
	provoked := make(map[pair]bool)
	common := make(map[ioctl.Code]bool)
	for _, r := range errorTable() {
		provoked[pair{r.op, r.code}] = true
		if zfs.OwnMeaning(r.op, "", r.code) == nil && zfs.OwnMeaning(r.op, string(prop.KeyLocation), r.code) == nil {
			common[r.code] = true
			if zfs.CommonMeaning(r.code) == nil {
				t.Errorf("row %s %s is about an errno without a meaning", r.op, r.code.Name())
			}
		}
	}
	excused := make(map[pair]bool)
	for _, x := range excuses() {
		for _, op := range x.ops {
			for _, code := range x.codes {
				excused[pair{op, code}] = true
			}
		}
	}
	for d := range ioctl.All() {
		for _, code := range codesThatAre() {
			p := pair{d.Op, code}
			means := zfs.OwnMeaning(d.Op, "", code) != nil || zfs.OwnMeaning(d.Op, string(prop.KeyLocation), code) != nil
			switch {
			case means && !provoked[p] && !excused[p]:
				t.Errorf("%s %s has a meaning, and no row of the table provokes it", d.C, code.Name())
			case provoked[p] && excused[p]:
				t.Errorf("%s %s is excused, and a row of the table provokes it", d.C, code.Name())
			case !means && excused[p]:
				t.Errorf("%s %s is excused, and has no meaning", d.C, code.Name())
			}
		}
	}
	for _, code := range codesThatAre() {
		if zfs.CommonMeaning(code) != nil && !common[code] && commonExcuses[code] == "" {
			t.Errorf("%s has a meaning for every operation, and no row of the table provokes it", code.Name())
		}
	}
}

// A test that an excuse names exists.
func TestErrorTableExcusesName(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	testkit.Must(t, err)
	var text strings.Builder
	for _, name := range files {
		b, err := os.ReadFile(name)
		testkit.Must(t, err)
		text.Write(b)
	}
	for _, x := range excuses() {
		if x.why == "" || x.test != "" && !strings.Contains(text.String(), "func "+x.test+"(") {
			t.Errorf("excuse %q names the test %q", x.why, x.test)
		}
	}
}

// A row's sentinels are sentinels of the package, which have a row in docs/errors.md.
func TestErrorTableMatchesSentinels(t *testing.T) {
	for _, r := range errorTable() {
		for _, want := range r.want {
			if !slices.ContainsFunc(append(allSentinels(), zfs.ErrWrongKey), func(err error) bool { return errors.Is(want, err) }) {
				t.Errorf("row %s %s expects %v, which is not a sentinel", r.op, r.code.Name(), want)
			}
		}
	}
}
