package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/ioctl/ioctltest"
	"github.com/purezfs/purezfs/nvlist"
)

// fakeDataset is a dataset as the fake module tells of it.
type fakeDataset struct {
	name  string
	kind  uint32 // the kernel's number: 2 for a filesystem, 3 for a volume
	txg   uint64
	stats *nvlist.List
}

// fakeStats makes properties from names, values and sources in turn. The
// source "-" stands for none.
func fakeStats(triples ...any) *nvlist.List {
	l := &nvlist.List{}
	for i := 0; i+2 < len(triples); i += 3 {
		v := &nvlist.List{}
		switch value := triples[i+1].(type) {
		case int:
			v.SetUint64("value", uint64(value))
		case uint64: // what does not fit an int of 32 bits
			v.SetUint64("value", value)
		case string:
			v.SetString("value", value)
		case []string:
			names := &nvlist.List{}
			for _, name := range value {
				names.SetBoolean(name)
			}
			v.SetList("value", names)
		default:
			panic(fmt.Sprintf("a property of type %T", value))
		}
		if source := triples[i+2].(string); source != "-" {
			v.SetString("source", source)
		}
		l.SetList(triples[i].(string), v)
	}
	return l
}

// fakeTree are the datasets of the fake module, children in the order of its
// walks, which is not that of their names.
func fakeTree() []fakeDataset {
	return []fakeDataset{
		{"dozer0", 2, 1, fakeStats("used", 1572864, "-", "available", 1<<30, "-", "referenced", 98304, "-",
			"compression", 15, "dozer0", "com.example:owner", "alice", "dozer0", "createtxg", 1, "-")},
		{"dozer0/vol", 3, 5, fakeStats("used", 16<<20, "-", "available", 1<<30, "-", "referenced", 12<<10, "-",
			"volsize", 16<<20, "-", "createtxg", 5, "-")},
		{"dozer0/$MOS", 1, 2, fakeStats()},
		{"dozer0/a", 2, 9, fakeStats("used", 512, "-", "available", 30<<20, "-", "referenced", 512, "-", "quota", 30<<20, "dozer0/a",
			"compression", 15, "dozer0", "com.example:owner", "alice", "dozer0", "checksum", 8, "$recvd", "createtxg", 9, "-")},
		{"dozer0/a@new", 2, 30, fakeStats("used", 0, "-", "referenced", 512, "-", "creation", 1<<30, "-",
			"clones", []string{"dozer0/c", "dozer0/d"}, "-", "createtxg", 30, "-")},
		{"dozer0/a@old", 2, 20, fakeStats("used", 100, "-", "referenced", 400, "-", "createtxg", 20, "-")},
	}
}

// fakeDevice is a module with one pool.
func fakeDevice() *ioctl.Device { return fakeDeviceOf(fakeTree()) }

// fakeDeviceOf is a module with these datasets.
func fakeDeviceOf(all []fakeDataset) *ioctl.Device {
	return ioctltest.Device(map[ioctl.Op]ioctltest.Handler{
		ioctl.OpObjsetStats: func(c *ioctl.Cmd) error {
			for _, ds := range all {
				if ds.name == c.Text(ioctl.FieldName) {
					return ds.answer(c)
				}
			}
			return ioctl.CodeNoent.Err()
		},
		ioctl.OpDatasetListNext:  func(c *ioctl.Cmd) error { return fakeStep(all, c, "/") },
		ioctl.OpSnapshotListNext: func(c *ioctl.Cmd) error { return fakeStep(all, c, "@") },
		ioctl.OpObjsetZplprops: func(c *ioctl.Cmd) error {
			l := &nvlist.List{}
			l.SetUint64("version", 5)
			return c.Answer(l)
		},
		ioctl.OpObjsetRecvdProps: func(c *ioctl.Cmd) error {
			if c.Text(ioctl.FieldName) == "dozer0/a" {
				return c.Answer(fakeStats("checksum", 8, "-", "quota", 20<<20, "-"))
			}
			return ioctl.CodeNotsup.Err()
		},
		ioctl.OpPoolGetProps: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) { return nil, nil }),
		ioctl.OpPoolConfigs: ioctltest.List(func(string, *nvlist.List) (*nvlist.List, error) {
			l := &nvlist.List{}
			l.SetList("dozer0", nil)
			return l, nil
		}),
		ioctl.OpGetBookmarks: ioctltest.List(func(name string, _ *nvlist.List) (*nvlist.List, error) {
			l := &nvlist.List{}
			if name == "dozer0/a" {
				l.SetList("mark", fakeStats("guid", 7, "-", "createtxg", 20, "-", "creation", 1<<30, "-"))
			}
			return l, nil
		}),
	})
}

// answer tells of one dataset.
func (d fakeDataset) answer(c *ioctl.Cmd) error {
	b := c.Bytes(ioctl.FieldObjsetStats)
	clear(b)
	binary.NativeEndian.PutUint64(b[8:], d.txg)
	if property, ok := d.stats.List("guid"); ok {
		guid, _ := property.Uint64("value")
		binary.NativeEndian.PutUint64(b[16:], guid)
	}
	binary.NativeEndian.PutUint32(b[24:], d.kind)
	if strings.Contains(d.name, "@") {
		b[28] = 1
	}
	err := c.Answer(d.stats)
	// Without room for an answer a module leaves the properties out.
	if ioctl.CodeOf(err) == ioctl.CodeNomem {
		return nil
	}
	return err
}

// fakeStep is one step of a walk over children or snapshots.
func fakeStep(all []fakeDataset, c *ioctl.Cmd, delimiter string) error {
	parent := c.Text(ioctl.FieldName)
	for i := int(c.Uint64(ioctl.FieldCookie)); i < len(all); i++ {
		rest, ok := strings.CutPrefix(all[i].name, parent+delimiter)
		if !ok || strings.ContainsAny(rest, "/@") {
			continue
		}
		c.SetUint64(ioctl.FieldCookie, uint64(i+1))
		if err := c.SetText(ioctl.FieldName, all[i].name); err != nil {
			return err
		}
		return all[i].answer(c)
	}
	return ioctl.CodeSrch.Err()
}

// result is what a run of the program gave.
type result struct {
	code        int
	out, errOut string
}

// runOn runs the program on a device, with text as its standard input.
func runOn(t *testing.T, dev *ioctl.Device, text string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	a := &app{in: strings.NewReader(text), out: &out, opened: dev}
	code := a.run(t.Context(), args, &errOut)
	return result{code, out.String(), errOut.String()}
}

// mustRun runs the program on the fake device and wants it to succeed.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	r := runOn(t, fakeDevice(), "", args...)
	if r.code != exitFine || r.errOut != "" {
		t.Fatalf("zfsprobe %v: exit %d\n%s", args, r.code, r.errOut)
	}
	return r.out
}

// mustJSON runs the program with --json, checks the schema, and reads the rest
// into doc, which may have no field for the schema.
func mustJSON(t *testing.T, schema string, doc any, args ...string) {
	t.Helper()
	out := mustRun(t, append([]string{"--json"}, args...)...)
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal([]byte(out), &head); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if head.Schema != schema {
		t.Errorf("schema is %q, want %q", head.Schema, schema)
	}
	if err := json.Unmarshal([]byte(out), doc); err != nil {
		t.Fatal(err)
	}
}
