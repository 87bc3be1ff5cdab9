package zfs_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
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

// A lying peer mostly uses the protocol, with random contents. It may be at
// either end, over TCP or over pipes without deadlines. The seeds are numbers
// from one on: a failure has the one to try again.

// liar is such a peer.
type liar struct {
	rnd  *rand.Rand
	conn io.ReadWriteCloser
	near io.Closer // the other end of conn
	// guids are those of all snapshots that it may have heard of.
	guids []uint64
	names []string // snapshots that a token may name
	// unit is the unit of a context's time, at least a millisecond: an emulated
	// kernel takes longer.
	unit time.Duration

	mu   sync.Mutex
	told strings.Builder // every message that it was sent
	data bytes.Buffer    // the streams that it was sent
}

// guid returns a GUID, mostly an existing one.
func (l *liar) guid() uint64 {
	if l.chance(10) {
		return l.rnd.Uint64()
	}
	return chosen(l, l.guids...)
}

// chance is true once in n times.
func (l *liar) chance(n int) bool { return l.rnd.IntN(n) == 0 }

// chosen returns one of some values.
func chosen[T any](l *liar, of ...T) T { return of[l.rnd.IntN(len(of))] }

// frame sends a frame, or something like one.
func (l *liar) frame(kind byte, body []byte) error {
	size := len(body)
	switch {
	case l.chance(200):
		kind = byte(l.rnd.IntN(256))
	case l.chance(200):
		size = chosen(l, 0, size+1, 1<<20, 1<<31-1)
	case l.chance(200):
		body = body[:l.rnd.IntN(len(body)+1)]
	}
	_, err := l.conn.Write(append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(size)), body...))
	return err
}

// say sends a message.
func (l *liar) say(message any) error {
	b, err := json.Marshal(message)
	if err != nil {
		return err
	}
	switch {
	case l.chance(100):
		b = []byte(strings.Repeat("[", 4000))
	case l.chance(100):
		b = []byte(`{"snapshots":[` + strings.Repeat("7,", 500000) + `7]}`)
	}
	return l.frame('M', b)
}

// sink reads all that comes, and keeps the messages.
func (l *liar) sink() {
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(l.conn, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:]))
		if _, err := io.ReadFull(l.conn, body); err != nil {
			return
		}
		l.mu.Lock()
		if head[0] == 'D' {
			l.data.Write(body)
		} else {
			l.told.Write(body)
		}
		l.mu.Unlock()
	}
}

// hello begins, mostly as it should be.
func (l *liar) hello() error {
	version, protocol := 1, "purezfs-replicate"
	if l.chance(40) {
		version, protocol = chosen(l, -1, 0, 1<<30), chosen(l, "", "purezfs-replicate", "\x1b[2J")
	}
	return l.say(map[string]any{"protocol": protocol, "version": version})
}

// failure returns the error of a result, mostly none.
func (l *liar) failure() map[string]any {
	if !l.chance(6) {
		return map[string]any{"bytes": l.rnd.Uint64()}
	}
	return map[string]any{"error": map[string]any{
		"text": chosen(l, "no", "\x1b]0;x\a", strings.Repeat("x", 3000)), "kinds": chosen(l, []string{"busy", "busy", "nope"}, nil),
	}}
}

// mustConnectLiar connects an end and a liar.
func mustConnectLiar(t *testing.T, rnd *rand.Rand) (io.ReadWriter, *liar) {
	t.Helper()
	if rnd.IntN(2) == 0 {
		r, toEnd := io.Pipe()
		fromEnd, w := io.Pipe()
		near := duplex{r, w}
		t.Cleanup(func() { near.Close() })
		return zfs.ReplicateConn{Reader: r, Writer: w}, &liar{rnd: rnd, conn: duplex{fromEnd, toEnd}, near: near}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	return near, &liar{rnd: rnd, conn: far, near: near}
}

// duplex is a connection of two pipes, without deadlines.
type duplex struct {
	io.ReadCloser
	io.WriteCloser
}

func (d duplex) Close() error {
	d.ReadCloser.Close()
	return d.WriteCloser.Close()
}

// lateAfter is much longer than an end needs after its context, even on a busy
// machine.
const lateAfter = 20 * time.Second

func deadline(ctx context.Context) time.Time {
	t, _ := ctx.Deadline()
	return t
}

// mustReturn runs an end against a liar, and checks that it returns soon after
// its context, even if the connection stays open.
func mustReturn(t *testing.T, l *liar, lie func(), end func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(20+l.rnd.IntN(150))*max(l.unit, time.Millisecond))
	defer cancel()
	stall, deaf := l.chance(4), l.chance(8) // only lie uses chance from here on
	var lying sync.WaitGroup
	lying.Go(func() {
		lie()
		if !stall {
			l.conn.Close()
		}
	})
	if !deaf {
		lying.Go(l.sink)
	}
	ended := make(chan error, 1)
	go func() { ended <- end(ctx) }()
	var err error
	select {
	case err = <-ended:
	case <-time.After(lateAfter):
		t.Fatal("it has not returned after its context")
	}
	if late := time.Since(deadline(ctx)); late > lateAfter/4 {
		t.Errorf("it returned %v after its context", late)
	}
	l.conn.Close()
	lying.Wait()
	l.near.Close() // as its user does; a long run would have no descriptors left
	return err
}

// checkTold fails if the liar was sent a name that it did not know.
func (l *liar) checkTold(t *testing.T) {
	t.Helper()
	for _, secret := range []string{"tank", "backup", "secret", "private"} {
		if strings.Contains(l.told.String(), secret) {
			t.Errorf("the other end received %q", l.told.String())
		}
	}
}

// sends is a module that sends, and records what.
type sends struct {
	mu  sync.Mutex
	all []string // "tank/a@s3 from tank/a@s1 raw"
}

func (s *sends) answer(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	switch op {
	case ioctl.OpGetBookmarks:
		marks := &nvlist.List{}
		marks.SetList("m", testkit.Numbers("guid", 1003, "createtxg", 30))
		return c.Answer(marks), true
	case ioctl.OpSendNew:
	default:
		return nil, false
	}
	in, err := nvlist.Decode(c.In(), nil)
	if err != nil {
		return err, true
	}
	from, _ := in.Text("fromsnap")
	line := c.Text(ioctl.FieldName) + " from " + from
	if in.Has("rawok") {
		line += " raw"
	}
	s.mu.Lock()
	s.all = append(s.all, line)
	s.mu.Unlock()
	fd, _ := in.Int32("fd")
	for b := make([]byte, 1000+len(line)%7*100000); len(b) > 0; {
		n, err := syscall.Write(int(fd), b)
		if err != nil {
			return ioctl.CodePipe.Err(), true
		}
		b = b[n:]
	}
	return nil, true
}

// lieAsReceiver plays the receiving end. Snapshots have the GUIDs 1001 and so on.
func (l *liar) lieAsReceiver() {
	if l.hello() != nil {
		return
	}
	for range l.rnd.IntN(8) {
		state := map[string]any{"exists": l.chance(2), "snapshots": []uint64{}}
		var guids []uint64
		for range l.rnd.IntN(3) {
			guids = append(guids, l.guid())
		}
		state["snapshots"] = guids
		if l.chance(2) {
			state["token"] = l.token()
		}
		if l.say(l.failure()) != nil || l.say(state) != nil {
			return
		}
		if !l.chance(4) {
			time.Sleep(time.Duration(l.rnd.IntN(10)) * time.Millisecond) // a stream may be sent
		}
	}
}

// token returns a token for anything.
func (l *liar) token() string {
	t := &stream.Token{
		FromGUID: chosen(l, 0, l.guid()), ToGUID: l.guid(), ToName: chosen(l, l.names...), Object: l.rnd.Uint64N(9), Offset: l.rnd.Uint64(),
		Bytes: l.rnd.Uint64(), Raw: l.chance(2), LargeBlock: l.chance(3), Compress: l.chance(3), Embed: l.chance(3),
	}
	if l.chance(6) {
		t.RedactSnaps = []uint64{1002}
	}
	text, err := t.Text()
	if err != nil || l.chance(10) {
		return "1-0-0-0"
	}
	return text
}

// The receiving end obtains only what is offered.
func TestReplicateSendToLiar(t *testing.T) {
	for seed := range soaks(t, 150) {
		rnd := rand.New(rand.NewPCG(uint64(seed)+1, 1))
		s := &sends{}
		// The GUIDs: tank 1001, tank/a 1002, its snapshots from 1003 on, the private
		// ones at the end.
		c, f := testkit.OpenFake(t, "tank", "tank/a", "tank/a@s1", "tank/a@s2", "tank/a@s3", "tank/a@s4", "tank/private", "tank/private@s2", "tank@x")
		f.Bad = s.answer
		opts := &zfs.ReplicateOptions{Intermediates: rnd.IntN(2) == 0, Raw: rnd.IntN(2) == 0, MaxBytes: 2 << 20}
		conn, l := mustConnectLiar(t, rnd)
		l.guids, l.names = []uint64{1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009}, []string{"tank/a@s2", "tank/private@s2", "tank@x", "no/such@name", "-"}
		err := mustReturn(t, l, l.lieAsReceiver, func(ctx context.Context) error {
			_, err := c.ReplicateSend(ctx, "tank/a@s3", conn, opts)
			return err
		})
		s.mu.Lock()
		for _, line := range s.all {
			if !offered(line, opts) {
				t.Errorf("seed %d: sent %s; %v", seed+1, line, err)
			}
		}
		if len(s.all) > 3 {
			t.Errorf("seed %d: sent %q", seed+1, s.all)
		}
		s.mu.Unlock()
		checkLine(t, err)
		l.checkTold(t)
		if t.Failed() {
			t.Fatalf("seed %d: %v", seed+1, err)
		}
	}
}

// offered reports whether the options offer a stream.
func offered(line string, opts *zfs.ReplicateOptions) bool {
	line, raw := strings.CutSuffix(line, " raw")
	what, from, _ := strings.Cut(line, " from ")
	to, ok := strings.CutPrefix(what, "tank/a@s")
	allowed := to == "3" || opts.Intermediates && (to == "1" || to == "2")
	switch base, own := strings.CutPrefix(from, "tank/a"); {
	case from == "":
	case !own || base != "#m" && (!strings.HasPrefix(base, "@s") || base[2:] >= to):
		return false
	}
	return ok && allowed && raw == opts.Raw
}

// checkLine fails for an error that could disturb a terminal.
func checkLine(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.ContainsAny(err.Error(), "\x1b\a\n") || len(err.Error()) > 4000) {
		t.Errorf("error %q", err)
	}
}
