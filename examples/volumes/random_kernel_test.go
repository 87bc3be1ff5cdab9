package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/volumes"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// client talks to a running service.
type client struct {
	t    *testing.T
	http *http.Client
}

// start starts a service on a socket, and returns a client of it.
func start(t *testing.T, v *volumes.Service) *client {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, v) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	return &client{t, &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// call makes a request and reads the answer into doc, unless that is nil or the
// request has failed.
func (c *client) call(method, path, body string, doc any) (status int, text string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://volumes"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if doc != nil && resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(b, doc); err != nil {
			c.t.Fatalf("%v in %s", err, b)
		}
	}
	return resp.StatusCode, string(bytes.TrimSpace(b))
}

// model is what the volumes should be: their contents, and those of their
// snapshots.
type model struct {
	volumes map[string]*modelVolume
	next    int // the next content
}

type modelVolume struct {
	destroyed bool
	content   string
	snaps     []modelSnap // oldest first
}

type modelSnap struct{ name, content string }

// find returns the snapshot of a name, nil for none.
func (m *model) find(name string) *modelSnap {
	volume, _, _ := strings.Cut(name, "@")
	if v := m.volumes[volume]; v != nil {
		for i := range v.snaps {
			if v.snaps[i].name == name {
				return &v.snaps[i]
			}
		}
	}
	return nil
}

// live returns a volume that is not destroyed, else nil.
func (m *model) live(name string) *modelVolume {
	if v := m.volumes[name]; v != nil && !v.destroyed {
		return v
	}
	return nil
}

// lines are the volumes as the service should list them.
func (m *model) lines() (all []string) {
	for name, v := range m.volumes {
		line := fmt.Sprint(name, " ", v.destroyed)
		for _, s := range v.snaps {
			line += " " + s.name
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// create is what a request for a new volume comes to.
func (m *model) create(name, from string) int {
	if m.volumes[name] != nil {
		return http.StatusConflict
	}
	content := ""
	if from != "" {
		v, s := m.live(from), m.find(from)
		switch {
		case v == nil && s == nil:
			return http.StatusNotFound
		case v != nil:
			content = v.content
		default:
			content = s.content
		}
	}
	m.volumes[name] = &modelVolume{content: content}
	return http.StatusOK
}

func (m *model) snapshot(volume, snap string) int {
	v := m.live(volume)
	switch {
	case v == nil:
		return http.StatusNotFound
	case m.find(snap) != nil:
		return http.StatusConflict
	}
	v.snaps = append(v.snaps, modelSnap{snap, v.content})
	return http.StatusOK
}

func (m *model) rollback(volume, snap string) int {
	v, s := m.live(volume), m.find(snap)
	if v == nil || s == nil {
		return http.StatusNotFound
	}
	v.content = s.content
	return http.StatusOK
}

func (m *model) destroy(volume string, snapshots bool) int {
	v := m.volumes[volume]
	if v == nil || v.destroyed && !snapshots {
		return http.StatusNotFound
	}
	v.destroyed = true
	if snapshots || len(v.snaps) == 0 {
		delete(m.volumes, volume)
	}
	return http.StatusOK
}

func (m *model) destroySnapshot(volume, snap string) int {
	if m.find(snap) == nil {
		return http.StatusNotFound
	}
	v := m.volumes[volume]
	v.snaps = slices.DeleteFunc(v.snaps, func(s modelSnap) bool { return s.name == snap })
	if v.destroyed && len(v.snaps) == 0 {
		delete(m.volumes, volume)
	}
	return http.StatusOK
}

// site is a service with its model, and a way to look at what volumes hold.
type site struct {
	t       *testing.T
	zfs     *zfs.Client
	volumes *volumes.Service
	service *client
	model   *model
	dir     string
}

// content reads a volume's file, or writes it if text is not empty.
func (s *site) content(name, text string) string {
	s.t.Helper()
	dataset := s.volumes.Dataset(name)
	dir, err := s.zfs.DatasetMount(s.t.Context(), dataset, &zfs.DatasetMountOptions{Path: s.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(dir, "file")
	if text != "" {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	b, rerr := os.ReadFile(path)
	if err == nil && !os.IsNotExist(rerr) {
		err = rerr
	}
	for i := 0; ; i++ {
		uerr := s.zfs.DatasetUnmount(s.t.Context(), dataset, nil)
		if uerr == nil {
			break
		}
		if time.Sleep(10 * time.Millisecond); i == 1000 {
			s.t.Fatal(uerr)
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// known returns a volume, and a snapshot of it, that there is as a rule and not
// always.
func (m *model) known(r *rand.Rand) (volume, snap string) {
	volume = string(rune('a' + r.IntN(4)))
	var snaps []string
	live := slices.DeleteFunc(slices.Sorted(maps.Keys(m.volumes)), func(name string) bool { return m.live(name) == nil })
	if len(live) > 0 && r.IntN(8) > 0 {
		volume = live[r.IntN(len(live))]
	}
	if v := m.volumes[volume]; v != nil {
		for _, s := range v.snaps {
			snaps = append(snaps, s.name)
		}
	}
	if len(snaps) > 0 && r.IntN(8) > 0 {
		return volume, snaps[r.IntN(len(snaps))]
	}
	return volume, fmt.Sprintf("%s@%d", volume, r.IntN(3))
}

// step makes one request that chance chooses, often one that makes sense, and
// returns it with what it should come to and the volume that it has changed.
func (s *site) step(r *rand.Rand) (line string, status, want int, changed string) {
	m, what := s.model, r.IntN(15)
	volume, snap := m.known(r)
	switch {
	case what < 3:
		volume = string(rune('a' + r.IntN(4)))
	case what < 7:
		snap = fmt.Sprintf("%s@%d", volume, r.IntN(4))
	}
	path := "/volumes/" + volume
	snapPath := path + "/snapshots/" + snap[2:]
	do := func(method, path, body string) {
		status, line = s.service.call(method, path, body, nil)
		line = fmt.Sprintf("%s %s %s: %s", method, path, body, line)
	}
	switch what {
	case 0:
		want = m.create(volume, "")
		do("POST", path, "")
	case 1, 2:
		from, fromSnap := m.known(r)
		if r.IntN(3) > 0 {
			from = fromSnap
		}
		copied := r.IntN(4) == 0
		want, changed = m.create(volume, from), volume
		do("POST", path, fmt.Sprintf(`{"from": %q, "copy": %t}`, from, copied))
	case 3, 4, 5, 6:
		want = m.snapshot(volume, snap)
		do("POST", snapPath, "")
	case 7, 8, 9:
		want, changed = m.rollback(volume, snap), volume
		do("POST", snapPath+"/rollback", "")
	case 10:
		want = m.destroySnapshot(volume, snap)
		do("DELETE", snapPath, "")
	case 11:
		want = m.destroy(volume, false)
		do("DELETE", path, "")
	case 12:
		want = m.destroy(volume, true)
		do("DELETE", path+"?snapshots=1", "")
	default:
		want, status, line = http.StatusOK, http.StatusOK, "write "+volume
		if v := m.live(volume); v != nil {
			m.next++
			v.content, changed = fmt.Sprint(m.next), volume
			s.content(volume, v.content)
		}
	}
	return line, status, want, changed
}

// check compares the service with the model.
func (s *site) check(changed string) {
	s.t.Helper()
	var docs []volumeDoc
	s.service.call("GET", "/volumes", "", &docs)
	var lines []string
	for _, doc := range docs {
		lines = append(lines, strings.Join(append([]string{fmt.Sprint(doc.Name, " ", doc.Destroyed)}, doc.Snapshots...), " "))
	}
	if diff := cmp.Diff(s.model.lines(), lines); diff != "" {
		s.t.Fatalf("volumes (-want +got):\n%s", diff)
	}
	if v := s.model.live(changed); v != nil {
		if got := s.content(changed, ""); got != v.content {
			s.t.Fatalf("%s holds %q, want %q", changed, got, v.content)
		}
	}
}

// hidden lists what is hidden.
func (s *site) hidden(parent string) (names []string) {
	for ds, err := range s.zfs.Datasets(s.t.Context(), parent+"/.volumes", &zfs.DatasetsOptions{Depth: 1}) {
		if errors.Is(err, zfs.ErrNotFound) {
			return nil // nothing was ever hidden
		}
		if err != nil {
			s.t.Fatal(err)
		}
		names = append(names, strings.TrimPrefix(ds.Name, parent))
	}
	return names[1:]
}

// Whatever is asked of the service, in whichever order, it does what a model of
// it does. In the end all can be destroyed, and nothing is left. PUREZFS_SOAK
// says how many requests of chance to make instead.
func TestKernelVolumeService(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	v, err := volumes.Open(t.Context(), c, pool)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, zfs: c, volumes: v, service: start(t, v), model: &model{volumes: make(map[string]*modelVolume)}, dir: filepath.Join(t.TempDir(), "m")}
	seed, steps := uint64(zfstest.Release(t).Minor), 60
	if n, err := strconv.Atoi(os.Getenv("PUREZFS_SOAK")); err == nil {
		seed, steps = uint64(time.Now().UnixNano()), n
	} else if testing.Short() {
		steps = 25
	}
	r := rand.New(rand.NewPCG(seed, 1))
	statuses := make(map[int]int)
	// Something to begin with.
	for _, name := range []string{"a", "b", "c"} {
		s.model.create(name, "")
		s.service.call("POST", "/volumes/"+name, "", nil)
		s.model.snapshot(name, name+"@0")
		s.service.call("POST", "/volumes/"+name+"/snapshots/0", "", nil)
	}
	for i := range steps {
		line, status, want, changed := s.step(r)
		statuses[status]++
		if status != want {
			t.Fatalf("seed %d, step %d: %s: status %d, want %d", seed, i, line, status, want)
		}
		s.check(changed)
		if t.Failed() {
			t.Fatalf("seed %d, step %d: %s", seed, i, line)
		}
		if (i+1)%100 == 0 {
			t.Logf("%d requests", i+1)
		}
	}
	t.Logf("seed %d, statuses %v, hidden %d", seed, statuses, len(s.hidden(pool)))
	for name := range s.model.volumes {
		if status, text := s.service.call("DELETE", "/volumes/"+name+"?snapshots=1", "", nil); status != http.StatusOK {
			t.Errorf("in the end %s: %d %s", name, status, text)
		}
	}
	if left := s.hidden(pool); len(left) > 0 {
		t.Errorf("left is %v", left)
	}
	if statuses[http.StatusOK] < steps/5 {
		t.Errorf("chance asked for too little that can be: %v", statuses)
	}
}
