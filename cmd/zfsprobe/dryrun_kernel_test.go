package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/zfs/zfstest"
)

// dryWorld makes what the dry runs are about, in a directory that $D stands for.
const dryWorld = `set -e
head -c 32 /dev/zero > $D/key
zfs create $P/s; zfs create $P/s/k
zfs snapshot -r $P/s@1; zfs snapshot -r $P/s@2; zfs snapshot $P/s@3; zfs snapshot $P/s@4; zfs bookmark $P/s@1 $P/s#m
zfs clone $P/s@2 $P/c; zfs snapshot $P/c@c
zfs create -o encryption=on -o keyformat=raw -o keylocation=file://$D/key $P/e; zfs snapshot $P/e@1; zfs unload-key $P/e
zfs create $P/h; zfs snapshot $P/h@1; zfs snapshot $P/h@2; zfs snapshot $P/h@3; zfs hold keep $P/h@2
zfs create $P/free; zfs snapshot $P/free@1; zfs snapshot $P/free@2
zfs create -o mountpoint=$D/mnt $P/m
zfs send $P/s@1 > $D/full; zfs send -i @1 $P/s@2 > $D/more; zfs send -R $P/s@2 > $D/tree; head -c 1000 $D/full > $D/part
zfs send -i $P/s@2 $P/c@c > $D/clone; zfs send -I $P/s@2 $P/c@c > $D/clones
for f in a b c d e small; do truncate -s 100M $D/$f; done; truncate -s 1M $D/small
zpool create $P-used $D/c; zpool create $P-gone $D/d; zpool export $P-gone
`

// compareDryRuns runs each command with -n, which must change nothing, and then
// without. Both must end in the same way. Where a command reads a stream, it
// stands behind "<".
func compareDryRuns(t *testing.T, commands ...string) {
	t.Helper()
	zfstest.Kernel(t)
	pool, dir := zfstest.Pool(t, nil), t.TempDir()
	in := strings.NewReplacer("$P", pool, "$D", dir)
	zfstest.Run(t, "sh", "-c", in.Replace(dryWorld))
	t.Cleanup(func() {
		for _, name := range []string{"-used", "-gone", "-new", "-new2"} {
			_, _ = zfstest.Try("zpool", "destroy", "-f", pool+name)
		}
	})
	state := func() string {
		list := zfstest.Run(t, "zfs", "list", "-Hpo", "name,guid,userrefs", "-t", "all")
		return list + zfstest.Run(t, "zpool", "status", "-P")
	}
	for _, command := range commands {
		words, file, _ := strings.Cut(in.Replace(command), "<")
		do := func(args []string) (int, string) {
			var stdin io.Reader = strings.NewReader("")
			if file != "" {
				f, err := os.Open(filepath.Join(dir, strings.TrimSpace(file)))
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				stdin = f
			}
			var errOut bytes.Buffer
			return run(t.Context(), args, stdin, io.Discard, &errOut), errOut.String()
		}
		args := strings.Fields(words)
		before := state()
		code, says := do(append(args, "-n"))
		if after := state(); after != before {
			t.Errorf("%s -n has changed something:\n%s\n%s", command, before, after)
		}
		realCode, realSays := do(args)
		if code != realCode {
			t.Errorf("%s\n with -n: exit %d, %s without: exit %d, %s", command, code, says, realCode, realSays)
		}
	}
}

func TestKernelDryRunReceive(t *testing.T) {
	compareDryRuns(t,
		"receive $P/new < full", "receive $P/new < more", "receive $P/new < more", "receive -F $P/new < full", "receive $P/s < full", "receive $P/.. < full",
		"receive $P/a%b < full", "receive $P/no/x < full", "receive nosuchpool/x < full", "receive nosuchpool < full", "receive -o nosuch=1 $P/n < full",
		"receive -o recordsize=3 $P/n < full", "receive -x nosuch $P/n < full", "receive -o origin=$P/no@1 $P/n < full", "receive $P/n < part",
		"receive -o origin=$P/h@1 $P/n < more", "receive $P/e/n < full", "receive -d $P/dir < tree", "receive -d $P/e < tree", "receive -x atime -o atime=on $P/n < full", "receive -x atime -x atime $P/n < full", "receive -d $P < tree", "receive -e $P/free < tree",
		"receive -de $P < tree", "receive $P/tree < tree", "receive $P/tree < tree", "receive -c $P/s < full", "receive $P/h < more",
		"receive $P/s@x < tree", "receive $P/s#x < full", "receive -dF $P/deep < full",
		"receive $P/c1 < clone", "receive --origins $P/h $P/c1 < clone", "receive --origins $P/no $P/c1 < clone", "receive --origins $P/s $P/c1 < clone",
		"receive $P/c2 < clones", "receive --origins $P/h --origins $P/s $P/c2 < clones", "receive -o origin=$P/s@2 $P/c3 < clone",
		"receive -e $P/free < clone", "receive $P/free < clone", "receive -F $P/free < clone")
}

func TestKernelDryRunSend(t *testing.T) {
	compareDryRuns(t,
		"send $P/s@1", "send $P/s@9", "send $P/no@1", "send nosuchpool/x@1", "send -i @1 $P/s@2", "send -i @2 $P/s@1", "send -i @9 $P/s@2", "send -i #m $P/s@2",
		"send -i #no $P/s@2", "send -i $P/h@1 $P/s@2", "send $P/e@1", "send -w $P/e@1", "send -R $P/s@2", "send -R $P/s@3", "send -R -I @9 $P/s@2", "send -R -I @1 $P/s@2",
		"send -I $P/s@2 $P/c@c", "send -I $P/s@1 $P/c@c", "send -p $P/e@1", "send -R $P/e@1", "send -t 1-2-3-4", "send -S $P/s", "send -S $P/no",
		"send --redact no $P/s@1", "send $P/s#m", "send -i 1 $P/s@2", "send -s $P/s@1", "send -w -i @1 $P/e@1", "send $P/s", "send $P/e", "send -i @1 $P/s", "send -i @9 $P/s", "send -w $P/e", "send $P/no", "send -R -i @1 $P/s@1")
}

func TestKernelDryRunDestroy(t *testing.T) {
	compareDryRuns(t,
		"do destroy $P/no", "do destroy $P/s", "do destroy -r $P/s", "do destroy $P/h@1%3", "do destroy $P/h@2", "do destroy -d $P/h@2", "do destroy -r $P/h",
		"do destroy $P/s@2", "do destroy $P/s@1%3", "do destroy $P/s@1,4", "do destroy $P/free@1%2", "do destroy $P/free@9", "do destroy $P/free@7%9", "do destroy $P/m",
		"do destroy -R $P/m", "do destroy $P/free", "do destroy $P", "do destroy nosuchpool/x", "do destroy -R $P/s", "do destroy -d $P/c")
}

func TestKernelDryRunPool(t *testing.T) {
	compareDryRuns(t,
		"do pool create $P $D/a", "do pool create $P-new $D/no", "do pool create $P-new $D/small", "do pool create $P-new $D/c", "do pool create $P-new $D/d",
		"do pool create mirror $D/a", "do pool create $P-new mirror $D/a", "do pool create -o nosuch=1 $P-new $D/a", "do pool create -O recordsize=3 $P-new $D/a",
		"do pool create -o ashift=99 $P-new $D/a", "do pool create $P-new $D/a $D/a", "do pool create $P-new $D/a",
		"do pool add $P-new $D/a", "do pool add $P-new $D/no", "do pool add $P-new $D/small", "do pool add $P-new $D/c", "do pool add nosuchpool $D/b",
		"do pool add $P-new mirror $D/b $D/e", "do pool add -o ashift=99 $P-new $D/b", "do pool add $P-new $D/b",
		"do pool import -d $D nosuch", "do pool import -d $D/no $P-gone", "do pool import -d $D $P-used", "do pool import -d $D -o nosuch=1 $P-gone",
		"do pool import -d $D $P-gone $P", "do pool import -d $D -N $P-gone")
}
