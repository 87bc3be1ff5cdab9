package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// manySnapshots is a pool whose only dataset has n snapshots, newer ones first. It
// keeps nothing of them, and counts those that were read.
func manySnapshots(n uint64, read *atomic.Int64) *ioctl.Device {
	return ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpObjsetStats: func(c *ioctl.Cmd) error {
			return fakeDataset{"dozer0", 2, 1, fakeStats("used", 1, "-")}.answer(c)
		},
		ioctl.OpDatasetListNext: func(*ioctl.Cmd) error { return ioctl.CodeSrch.Err() },
		ioctl.OpSnapshotListNext: func(c *ioctl.Cmd) error {
			at := c.Uint64(ioctl.FieldCookie)
			if at == n {
				return ioctl.CodeSrch.Err()
			}
			read.Add(1)
			c.SetUint64(ioctl.FieldCookie, at+1)
			name := fmt.Sprintf("dozer0@%d", n-at)
			if err := c.SetText(ioctl.FieldName, name); err != nil {
				return err
			}
			return fakeDataset{name, 2, n - at, fakeStats("used", uint64(at), "-", "org.example:note", "something", "dozer0@1")}.answer(c)
		},
		ioctl.OpPoolGetProps: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) { return nil, nil }),
		ioctl.OpPoolConfigs: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			l := &nvlist.List{}
			l.SetList("dozer0", nil)
			return l, nil
		}),
	})
}

// watched is an output that compares what was read with what was printed.
type watched struct {
	row     string // what each row has once
	read    *atomic.Int64
	printed int64
	first   int64 // read before the first row was printed
	most    int64 // the most rows that were read and not printed
	heap    uint64
	checked int64
}

func (w *watched) Write(p []byte) (int, error) {
	read := w.read.Load()
	if w.printed == 0 {
		w.first = read
	}
	w.most = max(w.most, read-w.printed)
	w.printed += int64(bytes.Count(p, []byte(w.row)))
	if w.printed >= w.checked+1000 {
		w.checked = w.printed
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		w.heap = max(w.heap, m.HeapAlloc)
	}
	return len(p), nil
}

// listed runs a command on a pool of n snapshots.
func listed(t *testing.T, n uint64, args, row string) *watched {
	t.Helper()
	read := &atomic.Int64{}
	out := &watched{row: row, read: read}
	var errOut bytes.Buffer
	a := &app{in: strings.NewReader(""), out: out, opened: manySnapshots(n, read)}
	if code := a.run(t.Context(), strings.Fields(args), &errOut); code != exitFine {
		t.Fatalf("zfsprobe %s: exit %d, %s", args, code, &errOut)
	}
	if out.printed != int64(n) || read.Load() != int64(n) {
		t.Errorf("zfsprobe %s: %d rows of %d were read and %d printed", args, read.Load(), n, out.printed)
	}
	return out
}

// The first of many rows is printed long before the last is read, and what is held
// does not grow with their number. Only an order that is asked for takes all rows.
func TestListingStreams(t *testing.T) {
	const few, many = 2000, 10000
	for _, tt := range []struct{ args, row string }{
		{"ls -H -t snapshot -o name,used,org.example:note", "dozer0@"},
		{"ls -t snapshot -o name,used,org.example:note", "dozer0@"},
		{"ls --json -t snapshot -o used", `"name": "dozer0@`},
		{"get -H -t snapshot -o name,value used", "dozer0@"},
		{"get -t snapshot -o name,value used", "dozer0@"},
		{"get --json -t snapshot used", `"name": "dozer0@`},
	} {
		t.Run(tt.args, func(t *testing.T) {
			before, after := listed(t, few, tt.args, tt.row), listed(t, many, tt.args, tt.row)
			if after.first > 2*firstItems+1000 || after.most > 2*firstItems+1000 {
				t.Errorf("%d of %d rows were read before the first was printed, at most %d were held", after.first, many, after.most)
			}
			if after.heap > before.heap+1<<20 {
				t.Errorf("%d bytes are live with %d rows, %d with %d", after.heap, many, before.heap, few)
			}
		})
	}
	for args, row := range map[string]string{"ls -H -t snapshot -s name -o name": "dozer0@", "ls --json -t snapshot -S used -o used": `"name": "dozer0@`} {
		if got := listed(t, many, args, row); got.first != many {
			t.Errorf("%s: %d of %d rows were read before the first was printed", args, got.first, many)
		}
	}
}

// As many rows as are held are in the order of zfs list, and one more are as they
// come.
func TestListingOrder(t *testing.T) {
	for n, first := range map[uint64]string{firstItems: "dozer0@1", firstItems + 1: fmt.Sprint("dozer0@", firstItems+1)} {
		read := &atomic.Int64{}
		r := runOn(t, manySnapshots(n, read), "", "ls", "-H", "-o", "name", "-t", "snapshot", "dozer0")
		if got, _, _ := strings.Cut(r.out, "\n"); got != first || strings.Count(r.out, "\n") != int(n) {
			t.Errorf("%d rows begin with %s, want %s: exit %d, %s", n, got, first, r.code, r.errOut)
		}
	}
}

// Columns keep the widths of the first rows.
func TestListingWidths(t *testing.T) {
	read := &atomic.Int64{}
	out := runOn(t, manySnapshots(20000, read), "", "ls", "-o", "used,name", "-p", "-t", "snapshot").out
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 20001 {
		t.Fatalf("%d lines", len(lines))
	}
	for at, want := range map[int]string{0: "USED  NAME", 1: "   0  dozer0@20000", 1000: " 999  dozer0@19001", 9000: "8999  dozer0@11001", 15000: "14999  dozer0@5001"} {
		if lines[at] != want {
			t.Errorf("line %d is %q, want %q", at, lines[at], want)
		}
	}
}

// JSON that is printed piece by piece is whole, in order, and what it is if printed
// at once.
func TestListingJSON(t *testing.T) {
	read := &atomic.Int64{}
	r := runOn(t, manySnapshots(5000, read), "", "ls", "--json", "-o", "used", "-t", "snapshot")
	var doc lsDoc
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || len(doc.Datasets) != 5000 || doc.Datasets[4999].Name != "dozer0@1" {
		t.Fatalf("%v, %d datasets", err, len(doc.Datasets))
	}
	for _, n := range []uint64{0, 1, 2} {
		r := runOn(t, manySnapshots(n, read), "", "get", "--json", "used", "-t", "snapshot")
		var doc getDoc
		if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
			t.Fatal(err)
		}
		b, err := json.MarshalIndent(doc, "", "  ")
		if err != nil || r.out != string(b)+"\n" {
			t.Errorf("%d snapshots: %v, got\n%s\nwant\n%s", n, err, r.out, b)
		}
	}
}

// An error before the first row leaves no text, and a list without elements in JSON.
// One after it, or beside a row, comes after the rows, and JSON is whole.
func TestListingErrors(t *testing.T) {
	for _, args := range []string{"ls dozer0/none", "get used dozer0/none", "keys dozer0/none", "ls -o all dozer0/none", "ls -s used dozer0/none"} {
		if r := runOn(t, fakeDevice(), "", strings.Fields(args)...); r.code != exitFinding || r.out != "" || !strings.Contains(r.errOut, "does not exist") {
			t.Errorf("%s: exit %d, %q, %s", args, r.code, r.out, r.errOut)
		}
	}
	for _, args := range []string{"ls --json dozer0/none", "get --json used dozer0/none", "keys --json dozer0/none"} {
		if r := runOn(t, fakeDevice(), "", strings.Fields(args)...); r.code != exitFinding || !json.Valid([]byte(r.out)) || !strings.Contains(r.out, ": []") {
			t.Errorf("%s: exit %d, %q, %s", args, r.code, r.out, r.errOut)
		}
	}
	r := runOn(t, fakeDevice(), "", "get", "--json", "used", "dozer0/none", "dozer0/a", "dozer0/nothing")
	if r.code != exitFinding || !json.Valid([]byte(r.out)) || strings.Count(r.errOut, "does not exist") != 2 {
		t.Errorf("exit %d, %s, %s", r.code, r.out, r.errOut)
	}
	dev := manySnapshots(5000, &atomic.Int64{}).Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		if op == ioctl.OpSnapshotListNext && c.Uint64(ioctl.FieldCookie) == 3000 {
			return ioctl.CodeIo.Err()
		}
		return next()
	})
	for _, args := range []string{"ls -t snapshot --json dozer0", "ls -H -t snapshot dozer0"} {
		r := runOn(t, dev, "", strings.Fields(args)...)
		if whole := !strings.Contains(args, "json") || json.Valid([]byte(r.out)); r.code != exitFailed || !whole || strings.Count(r.out, "dozer0@") < 3000 {
			t.Errorf("%s: exit %d, %d bytes, %s", args, r.code, len(r.out), r.errOut)
		}
	}
}

// closedPipe takes a first piece and no more.
type closedPipe struct{ pieces int }

func (p *closedPipe) Write(b []byte) (int, error) {
	if p.pieces++; p.pieces > 1 {
		return 0, errBroken
	}
	return len(b), nil
}

// Reading stops if the output cannot be written.
func TestListingStopsReading(t *testing.T) {
	for _, args := range []string{"ls -H -t snapshot", "ls -t snapshot", "ls --json -t snapshot", "get --json -t snapshot used"} {
		read := &atomic.Int64{}
		var errOut bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &closedPipe{}, opened: manySnapshots(100000, read)}
		if code := a.run(t.Context(), strings.Fields(args), &errOut); code != exitFailed || read.Load() > 10000 {
			t.Errorf("%s: exit %d, %d rows were read, %s", args, code, read.Load(), &errOut)
		}
	}
}

// A loop that ends early gets no further items and no errors.
func TestItemsStop(t *testing.T) {
	failing := errors.New("failing")
	of := func(n int) items {
		return func(yield func(item, error) bool) {
			for i := range n {
				if i == 2 && !yield(item{}, failing) {
					return
				}
				if !yield(item{name: fmt.Sprint(i)}, nil) {
					return
				}
			}
		}
	}
	for most := range 5 {
		for stop := range 6 {
			seen := 0
			for range inOrder(of(5), nil, most) {
				if seen++; seen > stop {
					break
				}
			}
			if seen != stop+1 {
				t.Errorf("%d are held: %d of %d were seen", most, seen, stop+1)
			}
		}
	}
}
