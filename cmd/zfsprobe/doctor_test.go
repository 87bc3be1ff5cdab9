package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
)

// mustFiles writes files below a new directory, and returns the directory.
func mustFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// verify compares a check with what it should say.
func verify(t *testing.T, got check, want verdict, detail, fix string) {
	t.Helper()
	if got.Verdict != want || got.Name == "" {
		t.Errorf("%s is %q, want %q: %s", got.Name, got.Verdict, want, got.Detail)
	}
	if !strings.Contains(got.Detail, detail) {
		t.Errorf("%s says %q, want %q", got.Name, got.Detail, detail)
	}
	if !strings.Contains(got.Fix, fix) || (fix == "") != (got.Fix == "") {
		t.Errorf("%s advises %q, want %q", got.Name, got.Fix, fix)
	}
}

func TestCheckSystem(t *testing.T) {
	verify(t, checkSystem("linux", "s390x"), verdictOK, "linux/s390x", "")
	verify(t, checkSystem("plan9", "386"), verdictBad, "plan9/386", "Linux only")
}

func TestCheckModule(t *testing.T) {
	verify(t, checkModule(ioctl.Module{}), verdictNote, "/sys is missing", "")
	verify(t, checkModule(ioctl.Module{Known: true}), verdictBad, "not loaded", "modprobe zfs")
	verify(t, checkModule(ioctl.Module{Known: true, Loaded: true, Version: "2.4.4-1"}), verdictOK, "zfs 2.4.4-1 is loaded", "")
}

func TestCheckRelease(t *testing.T) {
	tests := []struct {
		version     string
		want        verdict
		detail, fix string
	}{
		{"0.8.6-1", verdictBad, "0.8.6 is older than the tested releases", "update"},
		{"2.0.0", verdictOK, "2.0.0 is tested", ""},
		{"2.4.4-1", verdictOK, "2.4.4 is tested", ""},
		{"2.2.11", verdictNote, "between tested releases", ""},
		{"2.4.99", verdictNote, "newer than the tested", ""},
		{"2.5.0", verdictNote, "newer than the tested", ""},
		{"snapshot", verdictNote, `"snapshot" is not understood`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.version, func(t *testing.T) {
			release, _ := ioctl.ParseRelease(tt.version)
			verify(t, checkRelease(ioctl.Module{Known: true, Loaded: true, Version: tt.version, Release: release}), tt.want, tt.detail, tt.fix)
		})
	}
}

func TestCheckNode(t *testing.T) {
	root := mustFiles(t, map[string]string{
		"misc":  "236 device-mapper\n 249 zfs\n",
		"other": "236 device-mapper\nzfs\n",
		"plain": "no device",
		"file":  "",
	})
	at := func(name string) string { return filepath.Join(root, name) }
	verify(t, checkNode(at("none"), at("misc")), verdictBad, "does not exist", "mknod -m 0666 "+at("none")+" c 10 249")
	verify(t, checkNode(at("none"), at("other")), verdictBad, "does not exist", "the module creates it")
	verify(t, checkNode(at("none"), at("nowhere")), verdictBad, "does not exist", "the module creates it")
	verify(t, checkNode(at("plain"), at("misc")), verdictBad, "not a character device", "remove it")
	verify(t, checkNode(at("file/below"), at("misc")), verdictBad, "below", "")
	if runtime.GOOS == "linux" {
		verify(t, checkNode(os.DevNull, at("misc")), verdictOK, os.DevNull, "")
	}
}

func TestCheckRights(t *testing.T) {
	const (
		all  = "Name:\tx\nCapEff:\t000001ffffffffff\n"
		none = "Name:\tx\nCapEff:\t0000000000000000\n"
		host = "         0          0 4294967295\n"
	)
	tests := []struct {
		name, status, uidMap string
		want                 verdict
		detail               string
	}{
		{"root", all, host, verdictOK, "every operation"},
		{"root of a namespace", all, "0 100000 65536\n", verdictNote, "inside a user namespace"},
		{"several maps", all, "0 1000 1\n1 100000 65536\n", verdictNote, "inside a user namespace"},
		{"user", none, host, verdictNote, "without CAP_SYS_ADMIN"},
		{"that bit alone", "CapEff:\t200000\n", host, verdictOK, "every operation"},
		{"every bit but that", "CapEff:\tffffffffffdfffff\n", host, verdictNote, "without CAP_SYS_ADMIN"},
		{"not understood", "CapEff:\tyes\n", host, verdictNote, "without CAP_SYS_ADMIN"},
		{"empty", "", "", verdictNote, "without CAP_SYS_ADMIN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := mustFiles(t, map[string]string{"status": tt.status, "uid_map": tt.uidMap})
			verify(t, checkRights(filepath.Join(root, "status"), filepath.Join(root, "uid_map")), tt.want, tt.detail, "")
		})
	}
	root := mustFiles(t, map[string]string{"status": all})
	verify(t, checkRights(filepath.Join(root, "status"), filepath.Join(root, "none")), verdictOK, "every operation", "")
	verify(t, checkRights(filepath.Join(root, "none"), ""), verdictNote, "unknown: ", "")
}

func TestCheckOpen(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want verdict
		fix  string
	}{
		{"opens", nil, verdictOK, ""},
		{"forbidden", fs.ErrPermission, verdictBad, "chmod 0666 /dev/zfs"},
		{"layout", ioctl.ErrLayout, verdictBad, "report the size"},
		{"other device", ioctl.ErrNotDevice, verdictBad, "another driver"},
		{"other", errors.New("other"), verdictBad, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.err
			if err != nil {
				err = fmt.Errorf("open: %w", err)
			}
			verify(t, checkOpen("/dev/zfs", err), tt.want, "open", tt.fix)
		})
	}
}

func TestCheckState(t *testing.T) {
	root := mustFiles(t, map[string]string{"online": "ONLINE\n", "suspended": "SUSPENDED\n", "degraded": "DEGRADED\n"})
	at := func(name string) string { return filepath.Join(root, name) }
	verify(t, checkState("tank", at("online")), verdictOK, "ONLINE", "")
	verify(t, checkState("tank", at("suspended")), verdictBad, "SUSPENDED", "zpool clear tank")
	verify(t, checkState("tank", at("degraded")), verdictNote, "DEGRADED", "")
	verify(t, checkState("tank", at("none")), verdictNote, "none", "")
}

// healthy are the files of a system on which all is well.
func healthy() map[string]string {
	return map[string]string{
		"proc/misc": "249 zfs\n", "proc/self/status": "CapEff:\t000001ffffffffff\n", "proc/self/uid_map": "0 0 4294967295\n",
		"proc/spl/kstat/zfs/dozer0/state": "ONLINE\n",
	}
}

// verdicts are the checks of a report by name.
func verdicts(doc doctorDoc) map[string]verdict {
	all := make(map[string]verdict)
	for _, c := range doc.Checks {
		all[c.Name] = c.Verdict
	}
	return all
}

func TestExamine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere the first check is the last")
	}
	a := &app{opened: fakeDevice(), load: true, device: os.DevNull}
	got := verdicts(a.examine(t.Context(), mustFiles(t, healthy())))
	for _, name := range []string{"system", "device", "rights", "open", "layout", "pools", "pool dozer0"} {
		if got[name] != verdictOK {
			t.Errorf("%s is %q, want ok", name, got[name])
		}
	}
	files := healthy()
	files["proc/spl/kstat/zfs/dozer0/state"] = "SUSPENDED\n"
	doc := a.examine(t.Context(), mustFiles(t, files))
	if doc.Verdict != verdictBad || verdicts(doc)["pool dozer0"] != verdictBad {
		t.Errorf("a suspended pool gives %v", doc)
	}
}

// A check that fails ends the examination where the rest makes no sense.
func TestExamineEnds(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere the first check is the last")
	}
	a := &app{load: true, device: filepath.Join(t.TempDir(), "none")}
	doc := a.examine(t.Context(), mustFiles(t, healthy()))
	got := verdicts(doc)
	if got["device"] != verdictBad || got["open"] != verdictBad || doc.Verdict != verdictBad {
		t.Errorf("a missing node gives %v", doc)
	}
	if _, ok := got["layout"]; ok {
		t.Error("the layout of a device that does not open was looked at")
	}
}

func TestExaminePools(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want verdict
		text string
	}{
		{"forbidden", ioctl.CodePerm.Err(), verdictBad, "permission denied"},
		{"no pools", nil, verdictOK, "no pool is imported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dev := ioctl.NewDevice(func(ioctl.Op, *ioctl.Cmd) error { return tt.err })
			var last check
			a := &app{}
			a.checkPools(t.Context(), mustClient(t, dev), t.TempDir(), func(c check) bool { last = c; return true })
			verify(t, last, tt.want, tt.text, "")
		})
	}
	if got := poolsFix(fmt.Errorf("x: %w", context.DeadlineExceeded)); !strings.Contains(got, "suspended") {
		t.Errorf("advice on a module that hangs: %q", got)
	}
}

// The kernel's answer counts: what only /proc has is not visible to the caller.
func TestExaminePoolsHidden(t *testing.T) {
	kstat := mustFiles(t, map[string]string{"dozer0/state": "ONLINE\n", "hidden/state": "SUSPENDED\n"})
	silent := ioctl.NewDevice(func(ioctl.Op, *ioctl.Cmd) error { return ioctl.CodePerm.Err() })
	none := ioctl.NewDevice(func(_ ioctl.Op, c *ioctl.Cmd) error { return c.Answer(&nvlist.List{}) })
	for _, tt := range []struct {
		name string
		dev  *ioctl.Device
		want []check
	}{
		{"some", fakeDevice(), []check{
			{Name: "pool dozer0", Verdict: verdictOK, Detail: "ONLINE"},
			{Name: "pools", Verdict: verdictNote, Detail: "dozer0; other pools of the host are not visible from here"},
		}},
		{"none", none, []check{{Name: "pools", Verdict: verdictNote, Detail: "the host's pools are not visible from here"}}},
		{"no answer", silent, []check{
			{Name: "pool dozer0", Verdict: verdictOK, Detail: "ONLINE"},
			{Name: "pool hidden", Verdict: verdictBad, Detail: "SUSPENDED"},
			{Name: "pools", Verdict: verdictBad},
		}},
	} {
		var got []check
		(&app{}).checkPools(t.Context(), mustClient(t, tt.dev), kstat, func(c check) bool {
			if c.Verdict == verdictBad {
				c.Fix = ""
			}
			got = append(got, c)
			return true
		})
		if len(got) > 0 && tt.want[len(tt.want)-1].Detail == "" {
			got[len(got)-1].Detail = ""
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func mustClient(t *testing.T, dev *ioctl.Device) *zfs.Client {
	t.Helper()
	c, err := zfs.Open(&zfs.Options{Device: dev})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPrintDoctor(t *testing.T) {
	doc := doctorDoc{Schema: "zfsprobe.doctor/1", Verdict: verdictBad, Checks: []check{
		{"system", verdictOK, "linux/amd64", ""}, {"module", verdictBad, "not loaded", "modprobe zfs"},
	}}
	var b strings.Builder
	a := &app{out: &b}
	if err := a.printDoctor(doc); err != nil {
		t.Fatal(err)
	}
	want := "ok   system  linux/amd64\nbad  module  not loaded\n             -> modprobe zfs\n"
	if b.String() != want {
		t.Errorf("report is\n%q, want\n%q", b.String(), want)
	}
}

// The exit code is the verdict's, whatever the machine is like.
func TestDoctorCommand(t *testing.T) {
	r := runOn(t, fakeDevice(), "", "doctor", "--json", "--load", "--device", os.DevNull)
	bad := strings.Contains(r.out, `"verdict": "bad"`)
	if bad != (r.code == exitFinding) || r.code == exitFailed || r.errOut != "" {
		t.Errorf("exit %d, %s%s", r.code, r.out, r.errOut)
	}
	if !strings.Contains(r.out, `"schema": "zfsprobe.doctor/1"`) {
		t.Errorf("no schema in %s", r.out)
	}
}
