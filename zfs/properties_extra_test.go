package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// counting answers with the space of owners, and what was written, for some
// datasets.
func counting(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
	switch {
	case op == ioctl.OpUserspaceOne && c.Text(ioctl.FieldName) == "tank/v":
		return ioctl.CodeInval.Err(), true
	case op == ioctl.OpUserspaceOne:
		c.SetUint64(ioctl.FieldCookie, 1000*c.Uint64(ioctl.FieldObjsetType)+c.Uint64(ioctl.FieldGUID))
		return nil, true
	case op == ioctl.OpSpaceWritten && strings.HasSuffix(c.Text(ioctl.FieldValue), "@none"):
		return ioctl.CodeNoent.Err(), true
	case op == ioctl.OpSpaceWritten:
		c.SetUint64(ioctl.FieldCookie, uint64(len(c.Text(ioctl.FieldName)+c.Text(ioctl.FieldValue))))
		return nil, true
	}
	return nil, false
}

func TestDatasetsExtraProps(t *testing.T) {
	props := []prop.Prop{"userused@7", "groupquota@0", "projectobjused@9", "userused@nobody-has-this-name", "written@1", "written#m", "written@tank/a@1", "written@none"}
	c, f := testkit.OpenFake(t, "tank/a", "tank/a/v", "tank/a@1")
	f.Bad = counting
	got := make(map[string]string)
	for ds, err := range c.Datasets(t.Context(), "tank/a", &zfs.DatasetsOptions{Recursive: true, Types: prop.TypeAll, Props: props}) {
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, property := range props {
			texts = append(texts, ds.Props.Text(property))
			if _, src, ok := ds.Props.Lookup(property); ok && src.Kind != prop.SourceLocal {
				t.Errorf("%s of %s has the source %s", property, ds.Name, src)
			}
		}
		got[ds.Name] = strings.Join(texts, " ")
	}
	// The fake answers written with the length of both names.
	want := map[string]string{
		"tank/a":   "7 3000 10009 - 14 14 14 -",
		"tank/a@1": "7 3000 10009 - 16 16 16 -",
		"tank/a/v": "7 3000 10009 - 18 18 16 -",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	// They are read where they are asked for only, also beside all others.
	ds, err := c.DatasetStats(t.Context(), "tank/a", &zfs.DatasetStatsOptions{AllProps: true, Props: props[:1]})
	if err != nil || ds.Props.Text("userused@7") != "7" || ds.Props.Text("version") != "5" {
		t.Errorf("dataset %v, error %v", ds, err)
	}
	ds, err = c.DatasetStats(t.Context(), "tank/a", &zfs.DatasetStatsOptions{AllProps: true})
	if err != nil || ds.Props.Text("userused@7") != "-" {
		t.Errorf("dataset %v, error %v", ds, err)
	}
}

// A property that cannot be counted is absent, and the others are read.
func TestDatasetStatsExtraPropsOfVolume(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank/v", "tank/v@1")
	f.Bad = counting
	ds, err := c.DatasetStats(t.Context(), "tank/v", &zfs.DatasetStatsOptions{Props: []prop.Prop{"userused@7", "written@1"}})
	if err != nil || ds.Props.Text("userused@7") != "-" || ds.Props.Text("written@1") != "14" {
		t.Errorf("dataset %v, error %v", ds, err)
	}
}

func TestDatasetSetPropsQuotas(t *testing.T) {
	c, f := testkit.OpenFake(t, tree[:]...)
	err := c.DatasetSetProps(t.Context(), "tank/a", prop.Values{
		"userquota@1000": prop.String("1G"), "groupobjquota@root": prop.Uint64(10), "projectquota@7": prop.String("none"),
		"userobjquota@S-1-5-21-1-255": prop.String("5"), "atime": prop.String("off"),
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `SET_PROP tank/a
atime: uint64 = 0
groupobjquota@0-: uint64_array[3] = [7 0 10]
projectquota@7-: uint64_array[3] = [9 7 0]
userobjquota@ff-S-1-5-21-1: uint64_array[3] = [5 255 5]
userquota@3e8-: uint64_array[3] = [1 1000 1073741824]`
	if diff := cmp.Diff(want, f.Sent[len(f.Sent)-1]); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op != ioctl.OpSetProp {
			return nil, false
		}
		failed := &nvlist.List{}
		failed.SetInt32("userquota@3e8-", int32(ioctl.CodeNotsup))
		failed.SetInt32("quota", int32(ioctl.CodeNospc))
		if err := c.Answer(failed); err != nil {
			return err, true
		}
		return ioctl.CodeNospc.Err(), true
	}
	err = c.DatasetSetProps(t.Context(), "tank/a", texts("userquota@1000", "1G", "quota", "1M"))
	checkQuotaItems(t, err)
	set := f.Bad
	f.Bad = func(op ioctl.Op, c *ioctl.Cmd) (error, bool) {
		if op == ioctl.OpCreate {
			op = ioctl.OpSetProp // it fails in the same way
		}
		return set(op, c)
	}
	checkQuotaItems(t, c.DatasetCreate(t.Context(), "tank/n", &zfs.DatasetCreateOptions{Props: texts("userquota@1000", "1G", "quota", "1M")}))
}

// checkQuotaItems looks for the items of a limit and a property.
func checkQuotaItems(t *testing.T, err error) {
	t.Helper()
	var e *zfs.Error
	if !errors.As(err, &e) || !errors.Is(err, zfs.ErrNoSpace) || len(e.Items) != 2 {
		t.Fatalf("error %v, want ErrNoSpace with two items", err)
	}
	if e.Items[0].Name != "userquota@1000" || !errors.Is(e.Items[0].Err, zfs.ErrUpgrade) || e.Items[1].Name != "quota" {
		t.Errorf("items %v", e.Items)
	}
}

func TestDatasetSetPropsRefusesQuotas(t *testing.T) {
	tests := []struct {
		name, target string
		props        prop.Values
		want         error
	}{
		{"what is used", "tank/a", texts("userused@7", "1G"), zfs.ErrInvalidProp},
		{"volume", "tank/v", texts("userquota@7", "1G"), zfs.ErrInvalidProp},
		{"snapshot", "tank/a@1", texts("userquota@7", "1G"), zfs.ErrInvalidProp},
		{"nobody", "tank/a", texts("userquota@nobody-has-this-name", "1G"), zfs.ErrNotFound},
		{"no name", "tank/a", texts("userquota@", "1G"), zfs.ErrInvalidProp},
		{"project by name", "tank/a", texts("projectquota@alice", "1G"), zfs.ErrInvalidProp},
		{"value", "tank/a", texts("userquota@7", "much"), zfs.ErrInvalidProp},
		{"list", "tank/a", prop.Values{"userquota@7": prop.Strings([]string{"1"})}, zfs.ErrInvalidProp},
		{"twice", "tank/a", texts("userquota@0", "1G", "userquota@root", "2G"), zfs.ErrInvalid},
		{"written", "tank/a", texts("written@1", "1G"), zfs.ErrInvalidProp},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, f := testkit.OpenFake(t, tree[:]...)
			err := c.DatasetSetProps(t.Context(), tt.target, tt.props)
			if !errors.Is(err, tt.want) || strings.Contains(strings.Join(f.Sent, " "), "SET_PROP") {
				t.Errorf("error %v, want %v; sent %v", err, tt.want, f.Sent)
			}
		})
	}
	for _, property := range []prop.Prop{"userquota@7", "written@1"} {
		if err := testkit.NoKernel(t).DatasetInheritProp(t.Context(), "tank/a", property, nil); !errors.Is(err, zfs.ErrInvalidProp) {
			t.Errorf("%s is inherited: %v", property, err)
		}
	}
}
