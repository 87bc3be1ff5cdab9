package image

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestBootstrapArgs(t *testing.T) {
	for _, r := range Releases() {
		t.Run(r.Name, func(t *testing.T) {
			w := &work{Builder: &Builder{Mirror: "http://m.test/d"}, release: r, dir: "/w"}
			args, err := w.bootstrapArgs()
			if err != nil {
				t.Fatal(err)
			}
			i := slices.Index(args, r.Suite)
			if i < 0 || args[i+1] != "/w/root" {
				t.Fatalf("no suite and directory in %q", args)
			}
			want := []string{"deb http://m.test/d " + r.Suite + " main contrib"}
			if r.Target != r.Suite {
				want = append(want, "deb http://m.test/d "+r.Target+" main contrib")
			}
			if diff := cmp.Diff(want, args[i+2:]); diff != "" {
				t.Errorf("sources (-want +got):\n%s", diff)
			}
			if !slices.Contains(args, `--aptopt=Acquire::Check-Valid-Until "false"`) {
				t.Error("old suites will be refused")
			}
		})
	}
}

// The hook that reduces mmdebstrap's default sources is shell, so it is run.
func TestDefaultSources(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	root := t.TempDir()
	list := vmtest.Write(t, filepath.Join(root, "etc/apt/sources.list"),
		"deb http://m.test/d trixie main contrib\ndeb http://m.test/d trixie-updates main contrib\n"+
			"deb http://s.test/d trixie-security main contrib\n")
	hook := strings.NewReplacer("%[1]s", "trixie", "%[2]s", "trixie trixie-backports").Replace(defaultSources)
	if out, err := exec.Command(sh, "-c", hook, "hook", root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "deb http://m.test/d trixie main contrib\ndeb http://m.test/d trixie-backports main contrib\n"
	if diff := cmp.Diff(want, vmtest.Read(t, list)); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestKeyringArgs(t *testing.T) {
	etc, share := t.TempDir(), t.TempDir()
	if got := keyringArgs(etc, share); got != nil {
		t.Errorf("without a keyring: %q", got)
	}
	path := vmtest.Write(t, filepath.Join(share, "debian-archive-keyring.gpg"), "")
	if diff := cmp.Diff([]string{"--keyring=" + path}, keyringArgs(etc, share)); diff != "" {
		t.Errorf("another distribution (-want +got):\n%s", diff)
	}
	vmtest.Write(t, filepath.Join(etc, "trusted.gpg.d", "debian-archive-bookworm-stable.asc"), "")
	if got := keyringArgs(etc, share); got != nil {
		t.Errorf("where apt knows the keys: %q", got)
	}
}

func TestProxyOptions(t *testing.T) {
	dump := `Acquire "";
Acquire::http::Proxy "http://p.test:3142";
Acquire::https::Proxy "";
Acquire::http::Proxy::local.test "DIRECT";
Acquire::ftp::Proxy "http://q.test";
`
	want := []string{`--aptopt=Acquire::http::Proxy "http://p.test:3142"`}
	if diff := cmp.Diff(want, proxyOptions(dump)); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}
