package zfs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/internal/testkit"
	"github.com/purezfs/purezfs/zfs/prop"
)

// values returns the values of properties, as text.
func values(props prop.Values) map[string]string {
	m := make(map[string]string)
	for property, v := range props {
		m[string(property)] = v.String()
	}
	return m
}

func TestDatasetZPLProps(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank", "tank/v")
	got, err := c.DatasetZPLProps(t.Context(), "tank")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"version": "5"}, values(got)); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	sent(t, f, "OBJSET_ZPLPROPS tank")
	// The kernel returns the same errno for a dataset without them and a missing
	// dataset.
	f.Bad = testkit.FailOn(ioctl.OpObjsetZplprops, ioctl.CodeNoent)
	if got, err := c.DatasetZPLProps(t.Context(), "tank/v"); len(got) != 0 || err != nil {
		t.Errorf("a volume has %v, %v", got, err)
	}
	_, err = c.DatasetZPLProps(t.Context(), "tank/none")
	testkit.Outcome{Want: zfs.ErrNotFound}.Check(t, err)
	f.Bad = testkit.FailOn(ioctl.OpObjsetZplprops, ioctl.CodeAcces)
	_, err = c.DatasetZPLProps(t.Context(), "tank")
	testkit.Outcome{Want: zfs.ErrKey}.Check(t, err)
	f.Bad = testkit.MalformedOn(ioctl.OpObjsetZplprops)
	if _, err := c.DatasetZPLProps(t.Context(), "tank"); err == nil {
		t.Error("a malformed answer: no error")
	}
	_, err = testkit.NoKernel(t).DatasetZPLProps(t.Context(), "tank#m")
	testkit.Outcome{Want: zfs.ErrInvalidName}.Check(t, err)
}

func TestDatasetReceivedProps(t *testing.T) {
	c, f := testkit.OpenFake(t, "tank")
	f.Bad = testkit.Answers{ioctl.OpObjsetRecvdProps: func(c *ioctl.Cmd) error {
		l := testkit.Numbers("compression", 15, "$hasrecvd", 0)
		l.SetList("a:b", stringValue("text"))
		l.SetBoolean("odd")
		l.SetList("odder", &nvlist.List{})
		return c.Answer(l)
	}}.Bad
	got, err := c.DatasetReceivedProps(t.Context(), "tank")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"compression": "15", "a:b": "text"}, values(got)); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	sent(t, f, "OBJSET_RECVD_PROPS tank")
	f.Bad = testkit.FailOn(ioctl.OpObjsetRecvdProps, ioctl.CodeNotsup)
	if got, err := c.DatasetReceivedProps(t.Context(), "tank"); got == nil || len(got) != 0 || err != nil {
		t.Errorf("what was never received has %v, %v", got, err)
	}
	_, err = c.DatasetReceivedProps(t.Context(), "tank/none")
	testkit.Outcome{Want: zfs.ErrNotFound}.Check(t, err)
	f.Bad = testkit.FailOn(ioctl.OpObjsetRecvdProps, ioctl.CodePerm)
	_, err = c.DatasetReceivedProps(t.Context(), "tank")
	testkit.Outcome{Want: zfs.ErrPermission}.Check(t, err)
	f.Bad = testkit.MalformedOn(ioctl.OpObjsetRecvdProps)
	if _, err := c.DatasetReceivedProps(t.Context(), "tank"); err == nil {
		t.Error("a malformed answer: no error")
	}
	_, err = testkit.NoKernel(t).DatasetReceivedProps(t.Context(), "tank#m")
	testkit.Outcome{Want: zfs.ErrInvalidName}.Check(t, err)
}
