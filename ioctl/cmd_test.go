package ioctl

import (
	"strings"
	"testing"

	"github.com/purezfs/purezfs/nvlist"
)

func answering(fn func(op Op, c *Cmd) error) *Device { return NewDevice(fn) }

func TestCmdNumbers(t *testing.T) {
	c := answering(nil).Cmd()
	defer c.Release()
	for _, tc := range []struct {
		field Field
		set   uint64
		want  uint64
	}{
		{FieldCookie, 1<<63 + 5, 1<<63 + 5},
		{FieldFlags, 1<<40 + 7, 7},
		{FieldSimple, 0x101, 1},
		{FieldName, 9, 0}, // not a number: neither set nor read as one
	} {
		c.SetUint64(tc.field, tc.set)
		if got := c.Uint64(tc.field); got != tc.want {
			t.Errorf("%s set to %#x reads %#x, want %#x", tc.field, tc.set, got, tc.want)
		}
	}
}

func TestCmdText(t *testing.T) {
	for _, tc := range []struct {
		name  string
		field Field
		text  string
		bad   string // part of the error
	}{
		{name: "name", field: FieldName, text: "tank/a"},
		{name: "empty", field: FieldName, text: ""},
		{name: "NUL", field: FieldName, text: "tank/a\x00b", bad: "NUL at byte 6"},
		{name: "fits", field: FieldString, text: strings.Repeat("s", 255)},
		{name: "one too long", field: FieldString, text: strings.Repeat("s", 256), bad: "256 bytes, at most 255 fit"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := answering(nil).Cmd()
			defer c.Release()
			if err := c.SetText(tc.field, "before, and longer than what comes"); err != nil {
				t.Fatal(err)
			}
			err := c.SetText(tc.field, tc.text)
			if tc.bad != "" {
				if err == nil || !strings.Contains(err.Error(), tc.bad) {
					t.Fatalf("error %v, want %q", err, tc.bad)
				}
				if got := c.Text(tc.field); got != "before, and longer than what comes" {
					t.Errorf("a refused text changed the field to %q", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Text(tc.field); got != tc.text {
				t.Errorf("reads %q, want %q", got, tc.text)
			}
			// No byte of the text before may remain behind the NUL.
			if rest := c.Bytes(tc.field)[len(tc.text):]; strings.Trim(string(rest), "\x00") != "" {
				t.Errorf("stale bytes behind the text: %q", rest)
			}
		})
	}
}

// The kernel leaves stale bytes behind the NUL of a name.
func TestCmdTextEndsAtNUL(t *testing.T) {
	c := answering(nil).Cmd()
	defer c.Release()
	copy(c.Bytes(FieldName), "tank/f3\x00IGIN")
	if got := c.Text(FieldName); got != "tank/f3" {
		t.Errorf("name %q, want tank/f3", got)
	}
}

// A command from the pool must not carry anything of its former user.
func TestCmdComesBackClean(t *testing.T) {
	d := answering(func(Op, *Cmd) error { return nil })
	for range 100 {
		c := d.Cmd()
		for f := range c.layout.Fields() {
			if _, size := c.layout.Place(f); size <= 8 && c.Uint64(f) != 0 {
				t.Fatalf("%s is %d in a new command", f, c.Uint64(f))
			}
		}
		if c.Text(FieldName) != "" || len(c.In()) != 0 || len(c.Conf()) != 0 || c.Out() != nil || c.noOut {
			t.Fatal("a new command is not empty")
		}
		in := &nvlist.List{}
		in.SetString("k", "v")
		_ = c.SetText(FieldName, "tank")
		_ = c.SetIn(in)
		_ = c.SetConf(in)
		c.SetUint64(FieldCookie, 7)
		c.SetUint64(FieldGUID, 7)
		c.SetNoOut()
		c.Release()
	}
}

func TestReleaseOfNil(t *testing.T) {
	var c *Cmd
	c.Release() // a caller may defer it before it looks at an error
}

func TestOutListDecodesBounded(t *testing.T) {
	d := answering(func(_ Op, c *Cmd) error { return c.AnswerBytes([]byte{0, 1, 0, 0, 9, 9}) })
	c := d.Cmd()
	defer c.Release()
	_ = c.SetText(FieldName, "tank")
	if err := d.Call(t.Context(), OpPoolStats, c); err != nil {
		t.Fatal(err)
	}
	if _, err := c.OutList(); err == nil || !strings.Contains(err.Error(), "answer of 6 bytes") {
		t.Errorf("error %v, want one about the answer of 6 bytes", err)
	}
}
