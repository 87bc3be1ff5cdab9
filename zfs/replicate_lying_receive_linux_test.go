package zfs_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/stream"
)

// receives is a module that receives, and records what.
type receives struct {
	mu    sync.Mutex
	all   []string // "backup/t@s1 origin= force full"
	bytes int
}

func (r *receives) answer(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	switch op {
	case ioctl.OpDestroy:
		r.mu.Lock()
		r.all = append(r.all, "destroy "+c.Text(ioctl.FieldName))
		r.mu.Unlock()
		return nil, false
	case ioctl.OpRecvNew:
	default:
		return nil, false
	}
	in, err := nvlist.Decode(c.In(), nil)
	if err != nil {
		return err, true
	}
	begin, _ := in.ByteArray("begin_record")
	var frames stream.Framer
	rec, _, err := frames.Next(begin)
	if err != nil {
		return err, true
	}
	name, _ := in.Text("snapname")
	origin, _ := in.Text("origin")
	kind := "full"
	if rec.(*stream.Begin).FromGUID != 0 {
		kind = "incremental"
	}
	if in.Has("force") {
		kind = "force " + kind
	}
	fd, _ := in.Int32("input_fd")
	got := 0
	for b := make([]byte, 65536); ; {
		n, err := syscall.Read(int(fd), b)
		if n <= 0 || err != nil {
			break
		}
		got += n
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all, r.bytes = append(r.all, fmt.Sprintf("%s origin=%s %s", name, origin, kind)), r.bytes+got
	if got == 0 {
		return ioctl.CodeStreamTruncated.Err(), true
	}
	return c.Answer(&nvlist.List{}), true
}

// lieAsSender plays the sending end.
func (l *liar) lieAsSender() {
	if l.hello() != nil {
		return
	}
	for range l.rnd.IntN(8) {
		order := map[string]any{"do": "receive", "snapshot": chosen(l, "s1", "s2", "s3")}
		if l.chance(4) {
			order["do"] = chosen(l, "abort", "abort", "end", "\x1b[2J", "")
		}
		if l.chance(5) {
			order["snapshot"] = chosen(l, "", "no", "../x", "a@b", "x/y", "%recv", "a%b", strings.Repeat("x", 300), "\x1b[2J")
		}
		if l.say(order) != nil {
			return
		}
		if order["do"] == "receive" && l.lieStream() != nil {
			return
		}
		time.Sleep(time.Duration(l.rnd.IntN(5)) * time.Millisecond)
	}
}

// lieStream sends a stream, or something like one.
func (l *liar) lieStream() error {
	begin := stream.Begin{ToGUID: l.rnd.Uint64(), ToName: chosen(l, "tank/a@s1", "\x1b[2J@x", "x"), ObjsetType: 2}
	if l.chance(2) {
		begin.FromGUID = l.guid()
	}
	if begin.FromGUID != 0 && l.chance(2) {
		begin.Flags = stream.FlagClone
	}
	b, err := shortStream(&begin)
	if err != nil {
		return err
	}
	for len(b) > 0 {
		n := min(len(b), 1+l.rnd.IntN(400))
		if err := l.frame('D', b[:n]); err != nil {
			return err
		}
		b = b[n:]
		if l.chance(30) {
			return l.frame('X', []byte(`{"text":"\u001b[2J","kinds":["busy","x"]}`))
		}
	}
	for l.chance(3) {
		if err := l.frame('D', make([]byte, 200000)); err != nil {
			return err
		}
	}
	return l.frame('E', nil)
}

// shortStream returns a stream with one block.
func shortStream(begin *stream.Begin) ([]byte, error) {
	var b bytes.Buffer
	w := stream.NewWriter(&b)
	for _, rec := range []stream.Record{
		begin,
		&stream.Write{Head: stream.Head{Payload: make([]byte, 512)}, Object: 2, LogicalSize: 512, ToGUID: begin.ToGUID},
		&stream.End{ToGUID: begin.ToGUID},
	} {
		if err := w.WriteRecord(rec); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}

// The sending end changes only what the options allow.
func TestReplicateReceiveFromLiar(t *testing.T) {
	for seed := range soaks(t, 150) {
		rnd := rand.New(rand.NewPCG(uint64(seed)+1, 2))
		r := &receives{}
		names := []string{"backup", "backup/secret", "backup/secret@x"}
		exists := rnd.IntN(2) == 0
		if exists {
			names = append(names, "backup/t", "backup/t@s0", "backup/t/%recv")
		}
		c, f := testkit.OpenFake(t, names...)
		f.Bad = r.answer
		opts := &zfs.ReplicateReceiveOptions{
			Existing: rnd.IntN(3) == 0, Rollback: rnd.IntN(2) == 0, Overwrite: rnd.IntN(2) == 0, Discard: rnd.IntN(2) == 0,
			Snapshots: func(name string) bool { return name != "no" }, MaxStreams: 1 + rnd.IntN(3), MaxBytes: 300 + rnd.Uint64N(5000),
		}
		conn, l := mustConnectLiar(t, rnd)
		l.guids = []uint64{1003, 1003, 1004, 1005} // first that of the secret snapshot
		err := mustReturn(t, l, l.lieAsSender, func(ctx context.Context) error {
			return c.ReplicateReceive(ctx, "backup/t", conn, opts)
		})
		r.mu.Lock()
		streams := 0
		for _, line := range r.all {
			if !permitted(line, opts, exists) {
				t.Errorf("seed %d: %s with %+v; %v", seed+1, line, opts, err)
			}
			if !strings.HasPrefix(line, "destroy") {
				streams++
			}
		}
		if streams > opts.MaxStreams || uint64(r.bytes) > opts.MaxBytes {
			t.Errorf("seed %d: %d streams, %d bytes with %+v", seed+1, streams, r.bytes, opts)
		}
		r.mu.Unlock()
		checkLine(t, err)
		l.checkTold(t)
		if t.Failed() {
			t.Fatalf("seed %d: %v", seed+1, err)
		}
	}
}

// permitted reports whether the options allow what the module was called for.
func permitted(line string, opts *zfs.ReplicateReceiveOptions, exists bool) bool {
	if name, ok := strings.CutPrefix(line, "destroy "); ok {
		return opts.Discard && (name == "backup/t/%recv" || name == "backup/t")
	}
	name, how, _ := strings.Cut(line, " origin=")
	last, ok := strings.CutPrefix(name, "backup/t@")
	switch {
	case !ok || strings.ContainsAny(last, "/@%\x1b") || last == "" || last == "no":
		return false
	case !exists && opts.Existing:
		return false
	}
	switch how {
	case " full", " incremental":
		return true
	case " force full":
		return opts.Overwrite
	case " force incremental":
		return opts.Rollback
	}
	return false // an origin, too
}
