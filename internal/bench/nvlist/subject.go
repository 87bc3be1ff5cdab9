package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/purezfs/purezfs/nvlist"
)

// subject is a list to measure with.
type subject struct {
	name string
	list *nvlist.List
	// recorded reports whether a kernel has answered with the list.
	recorded bool
	batches  int
	rounds   int
}

// recording holds what a module of release 2.4 has answered.
const recording = "testdata/calls/2.4.jsonl"

// subjects returns the lists that goals are set for, and lists of growing
// length that show whether time is linear.
func subjects() ([]subject, error) {
	var all []subject
	for _, op := range []string{"OBJSET_STATS", "POOL_STATS"} {
		list, err := recorded("ZFS_IOC_" + op)
		if err != nil {
			return nil, err
		}
		all = append(all, subject{op, list, true, 2000, 20000})
	}
	for _, n := range []int{1, 10, 100, 1000} {
		all = append(all, subject{fmt.Sprintf("%d pairs", n), flat(n), false, 200, 200000 / n})
	}
	return append(all, subject{"1 MB", flat(26000), false, 10, 1000}), nil
}

// recorded returns the last answer to an operation, which for OBJSET_STATS is
// that of a filesystem with properties of its own, as a list that was built.
func recorded(op string) (*nvlist.List, error) {
	path, err := findUp(recording)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var last []byte
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var call struct {
			Op  string `json:"op"`
			Out []byte `json:"out"`
		}
		if err := json.Unmarshal(lines.Bytes(), &call); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if call.Op == op && len(call.Out) > 0 {
			last = call.Out
		}
	}
	list, err := nvlist.Decode(last, nil)
	if err != nil || lines.Err() != nil {
		return nil, fmt.Errorf("%s: %s: %w", path, op, err)
	}
	return list.Clone(), lines.Err()
}

// flat returns a list of n numbers.
func flat(n int) *nvlist.List {
	l := new(nvlist.List)
	for i := range n {
		l.SetUint64(fmt.Sprintf("number_%d", i), uint64(i))
	}
	return l
}
