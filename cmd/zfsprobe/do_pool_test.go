package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// recordingDevice answers all calls well, and notes those that change something.
func recordingDevice(config *nvlist.List) (*ioctl.Device, *[]string) {
	var mu sync.Mutex
	sent := &[]string{}
	return ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
		switch op {
		case ioctl.OpPoolStats:
			return c.Answer(config)
		case ioctl.OpPoolConfigs:
			return c.Answer(&nvlist.List{})
		}
		line := strings.TrimPrefix(op.String(), "ZFS_IOC_")
		for _, f := range []ioctl.Field{ioctl.FieldGUID, ioctl.FieldCookie, ioctl.FieldObj, ioctl.FieldSimple} {
			if n := c.Uint64(f); n != 0 {
				line += fmt.Sprintf(" %d", n)
			}
		}
		if in, err := nvlist.Decode(c.In(), nil); err == nil {
			for pair := range in.All() {
				line += fmt.Sprintf(" %s=%v", pair.Name(), pair.Value())
			}
		}
		mu.Lock()
		defer mu.Unlock()
		*sent = append(*sent, line)
		if op == ioctl.OpVdevSetState {
			c.SetUint64(ioctl.FieldCookie, 7)
		}
		return c.Answer(&nvlist.List{})
	}), sent
}

// Each command makes the calls that its arguments mean.
func TestDoPool(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Truncate(path, 64<<20))
	}
	for _, tt := range []struct{ args, want string }{
		{"create -d -o ashift=12 -o feature@lz4_compress=enabled tank A", "POOL_CREATE ashift=12 feature@lz4_compress=0"},
		{"create -d -t tmp -R /mnt tank mirror A B", "POOL_CREATE altroot=/mnt cachefile=none tname=tmp"},
		{"destroy tank", "POOL_DESTROY"},
		{"add tank mirror A B", "VDEV_ADD"},
		{"add -n tank mirror A B", "POOL_SYNC force=false"},
		{"attach -s tank sda A", "VDEV_ATTACH 11 1"},
		{"attach -w tank sda A", "VDEV_ATTACH 11|WAIT wait_activity=5"},
		{"replace tank sda A", "VDEV_ATTACH 11 1"},
		{"replace -w tank sda A", "VDEV_ATTACH 11 1|WAIT wait_activity=3"},
		{"detach tank sda", "VDEV_DETACH 11"},
		{"remove tank sdc sdd", "VDEV_REMOVE 13|VDEV_REMOVE 14"},
		{"remove -w tank sdc", "VDEV_REMOVE 13|WAIT wait_activity=4"},
		{"remove -s tank", "VDEV_REMOVE 1"},
		{"online -e tank sda", "VDEV_SET_STATE 11 7 8"},
		{"offline -t tank sda", "VDEV_SET_STATE 11 2 1"},
		{"offline -f tank sda", "VDEV_SET_STATE 11 5 17"},
		{"clear tank", "CLEAR 1"},
		{"clear tank sda", "CLEAR 11 1"},
		{"reguid -g 5 tank", "POOL_REGUID guid=5"},
		{"reopen -n tank", "POOL_REOPEN scrub_restart=false"},
		{"sync tank", "POOL_SYNC force=true"},
		{"set failmode=panic tank", "POOL_SET_PROPS failmode=2"},
		{"upgrade -V 5000 tank", ""},
		{"scrub -p tank", "POOL_SCRUB scan_type=1 scan_command=1"},
		{"scrub -w tank", "POOL_SCRUB scan_type=1 scan_command=0|WAIT wait_activity=6"},
		{"trim -c tank sda", "POOL_TRIM trim_command=1 trim_vdevs={sda:11}"},
		{"trim -r 1M tank sda", "POOL_TRIM trim_command=0 trim_vdevs={sda:11} trim_rate=1048576"},
		{"initialize -u tank sda", "POOL_INITIALIZE initialize_command=3 initialize_vdevs={sda:11}"},
		{"checkpoint tank", "POOL_CHECKPOINT"},
		{"checkpoint -d -w tank", "POOL_DISCARD_CHECKPOINT|WAIT wait_activity=0"},
		{"wait -t scrub,trim tank", "WAIT wait_activity=6|WAIT wait_activity=7"},
	} {
		dev, sent := recordingDevice(fakePoolConfig())
		words := strings.Fields(tt.args)
		for i, w := range words {
			if w == "A" || w == "B" {
				words[i] = filepath.Join(dir, strings.ToLower(w))
			}
		}
		r := runOn(t, dev, "", append([]string{"do", "pool"}, words...)...)
		got := strings.Join(*sent, "|")
		// How a list is printed is not what this is about.
		got = strings.NewReplacer("sda: uint64 = 11\n", "{sda:11}", "sda: uint64 = 11", "{sda:11}").Replace(got)
		if got != tt.want || r.code != exitFine || r.out != "" {
			t.Errorf("do pool %s: exit %d %s%s, sent %q, want %q", tt.args, r.code, r.out, r.errOut, got, tt.want)
		}
	}
}

// What makes no sense is told, and the kernel is not asked to change anything.
func TestDoPoolRefused(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"create tank", "arg"},
		{"create -o ashift tank /a", "property=value"},
		{"create -o ashift=9 -o ashift=9 tank /a", "twice"},
		{"create -o feature@lz4_compress=disabled tank /a", "-d"},
		{"create tank mirror /a", "mirror-0"},
		{"create tank a", "not absolute"},
		{"add -o failmode=wait tank /a", "only ashift"},
		{"remove tank", "name the devices"},
		{"remove -s tank sda", "no device"},
		{"detach tank sdx", "sdx"},
		{"trim -c -s tank", "only one"},
		{"trim -r x tank", "number of bytes"},
		{"scrub -p -s tank", "either paused or stopped"},
		{"wait -t x tank", "unknown activity"},
		{"set failmode tank", "property=value"},
	} {
		dev, sent := recordingDevice(fakePoolConfig())
		r := runOn(t, dev, "", append([]string{"do", "pool"}, strings.Fields(tt.args)...)...)
		if r.code == exitFine || !strings.Contains(r.errOut, tt.want) || len(*sent) > 0 {
			t.Errorf("do pool %s: exit %d %q, want %q; sent %v", tt.args, r.code, r.errOut, tt.want, *sent)
		}
	}
}
