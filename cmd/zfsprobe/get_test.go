package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs/prop"
)

func TestGet(t *testing.T) {
	tests := []struct {
		name, args, want string
	}{
		{"aligned", "get used,compression dozer0/a", `
NAME      PROPERTY     VALUE  SOURCE
dozer0/a  used         512B   -
dozer0/a  compression  lz4    inherited from dozer0
`},
		{"script, exact", "get -H -p quota,used dozer0/a", "\ndozer0/a\tquota\t31457280\tlocal\ndozer0/a\tused\t512\t-\n"},
		{"columns", "get -o value,name -H used dozer0", "\n1.50M\tdozer0\n"},
		{"all columns", "get -o all -H used dozer0", "\ndozer0\tused\t1.50M\t-\t-\n"},
		{"received", "get -o all checksum,quota,used dozer0/a", `
NAME      PROPERTY  VALUE   RECEIVED  SOURCE
dozer0/a  checksum  sha256  sha256    received
dozer0/a  quota     30M     20M       local
dozer0/a  used      512B    -         -
`},
		{"received of all", "get -H -p -o received,name -r quota dozer0", "\n-\tdozer0\n20971520\tdozer0/a\n-\tdozer0/a@old\n-\tdozer0/a@new\n-\tdozer0/a#mark\n-\tdozer0/vol\n"},
		{"sources", "get -H -s local,received all dozer0/a", "\ndozer0/a\tquota\t30M\tlocal\ndozer0/a\tchecksum\tsha256\treceived\n"},
		{"inherited", "get -H -s inherited all dozer0/a",
			"\ndozer0/a\tcompression\tlz4\tinherited from dozer0\ndozer0/a\tcom.example:owner\talice\tinherited from dozer0\n"},
		{"what there is not", "get -H volsize,com.example:none dozer0/a", "\ndozer0/a\tvolsize\t-\t-\ndozer0/a\tcom.example:none\t-\t-\n"},
		{"recursive, of every type", "get -H -p -o name,value -r used dozer0/a",
			"\ndozer0/a\t512\ndozer0/a@old\t100\ndozer0/a@new\t0\ndozer0/a#mark\t-\n"},
		{"recursive, of one type", "get -H -o name -t volume -r used dozer0", "\ndozer0/vol\n"},
		{"everything", "get -H -o name -t filesystem used", "\ndozer0\ndozer0/a\n"},
		{"bookmark", "get -H -p -o value guid,type dozer0/a#mark", "\n7\nbookmark\n"},
		{"short name", "get -H -o property,value avail dozer0", "\navailable\t1G\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := "\n" + mustRun(t, strings.Fields(tt.args)...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("zfsprobe %s (-want +got):\n%s", tt.args, diff)
			}
		})
	}
}

func TestGetAll(t *testing.T) {
	out := mustRun(t, "get", "-H", "-p", "-o", "property,value", "all", "dozer0/a")
	for _, want := range []string{"type\tfilesystem", "used\t512", "mounted\tno", "mountpoint\t/dozer0/a", "version\t5", "exec\ton"} {
		if !strings.Contains("\n"+out, "\n"+want+"\n") {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "volsize") || strings.Contains(out, "$") {
		t.Errorf("what a filesystem does not have is in\n%s", out)
	}
}

func TestGetJSON(t *testing.T) {
	var doc getDoc
	mustJSON(t, "zfsprobe.get/1", &doc, "get", "quota,checksum,mounted", "dozer0/a")
	want := []datasetDoc{{"dozer0/a", "filesystem", 9, map[string]propertyDoc{
		"quota":    {float64(30 << 20), "31457280", sourceDoc{"LOCAL", "-"}, nil},
		"checksum": {"sha256", "sha256", sourceDoc{"RECEIVED", "-"}, nil},
		"mounted":  {"no", "no", sourceDoc{"NONE", "-"}, nil},
	}}}
	if diff := cmp.Diff(want, doc.Datasets); diff != "" {
		t.Errorf("datasets (-want +got):\n%s", diff)
	}
}

// A choice of sources holds for JSON as well.
func TestGetJSONSources(t *testing.T) {
	var doc getDoc
	mustJSON(t, "zfsprobe.get/1", &doc, "get", "-r", "-s", "received", "all", "dozer0")
	if len(doc.Datasets) != 1 || doc.Datasets[0].Name != "dozer0/a" || len(doc.Datasets[0].Properties) != 1 {
		t.Fatalf("datasets %v, want one with one property", doc.Datasets)
	}
	if got := doc.Datasets[0].Properties["checksum"].Text; got != "sha256" {
		t.Errorf("checksum is %q", got)
	}
}

func TestGetErrors(t *testing.T) {
	tests := []struct {
		name, args string
		code       int
		errOut     string
	}{
		{"nothing", "get", exitFailed, "at least 1 arg"},
		{"not there", "get used dozer0/none", exitFinding, "does not exist"},
		{"property", "get Colour dozer0", exitFailed, `"Colour"`},
		{"column", "get -o colour used dozer0", exitFailed, "name, property, value, received, source"},
		{"source", "get -s elsewhere used dozer0", exitFailed, "none, default, local"},
		{"type", "get -t disk used dozer0", exitFailed, `"disk"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runOn(t, fakeDevice(), "", strings.Fields(tt.args)...)
			if r.code != tt.code || !strings.Contains(r.errOut, tt.errOut) {
				t.Errorf("exit %d, want %d; it says %q, want %q", r.code, tt.code, r.errOut, tt.errOut)
			}
		})
	}
}

func TestCompleteProps(t *testing.T) {
	names, _ := completeProps(nil, nil, "")
	for _, want := range []string{"all", "used", "compression"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not offered", want)
		}
	}
	if slices.Contains(names, string(prop.Inconsistent)) || len(names) < 50 {
		t.Errorf("%d names are offered", len(names))
	}
	if names, _ := completeProps(nil, []string{"used"}, ""); names != nil {
		t.Errorf("behind the first argument %v is offered", names)
	}
}

func TestJSONValue(t *testing.T) {
	tests := []struct {
		name string
		in   prop.Property
		want any
	}{
		{"number", prop.Property{Name: prop.Used, Value: prop.Uint64(1 << 63)}, uint64(1 << 63)},
		{"index", prop.Property{Name: prop.Atime, Value: prop.Uint64(1), Text: "on"}, "on"},
		{"text", prop.Property{Name: "a:b", Value: prop.String("7"), Text: "7"}, "7"},
		{"texts", prop.Property{Name: prop.Clones, Value: prop.Strings([]string{"a"})}, []string{"a"}},
		{"no texts", prop.Property{Name: prop.Clones, Value: prop.Strings([]string{})}, []string{}},
		{"numbers", prop.Property{Name: prop.RedactSnaps, Value: prop.Uint64s([]uint64{7})}, []uint64{7}},
		{"absent", prop.Property{Name: prop.Used, Text: "-"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, jsonValue(tt.in)); diff != "" {
				t.Errorf("jsonValue (-want +got):\n%s", diff)
			}
		})
	}
}

// Values that are not UTF-8 stay what they are and stay different.
func TestGetJSONKeepsBytes(t *testing.T) {
	dev := fakeDeviceOf([]fakeDataset{
		{"dozer0", 2, 1, fakeStats("com.x:a", "k\xff", "dozer0")},
		{"dozer0/b", 2, 2, fakeStats("com.x:a", "k\xfe", "dozer0/b")},
	})
	res := runOn(t, dev, "", "get", "--json", "-r", "com.x:a", "dozer0")
	for _, want := range []string{`"value": {"base64": "a/8="}`, `"text": {"base64": "a/8="}`, `"value": {"base64": "a/4="}`} {
		if !strings.Contains(res.out, want) {
			t.Errorf("%s is not in\n%s", want, res.out)
		}
	}
	res = runOn(t, dev, "", "get", "-H", "-o", "value", "-r", "com.x:a", "dozer0")
	if res.out != "k\xff\nk\xfe\n" {
		t.Errorf("got %q", res.out)
	}
}
