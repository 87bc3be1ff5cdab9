package label

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/purezfs/purezfs/nvlist"
)

// boot puts a boot environment into label 0.
func (d *disk) boot(version uint64, content []byte) {
	b := d.label(0)[bootOffset:][:bootSize]
	clear(b)
	binary.BigEndian.PutUint64(b, version)
	copy(b[8:], content)
	seal(b, bootOffset, binary.LittleEndian)
}

func TestBootEnv(t *testing.T) {
	l := &nvlist.List{}
	l.SetString("grub:envmap", "a=b")
	packed, err := l.AppendXDR(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		edit  func(d *disk)
		text  string
		pairs int
		want  error
	}{
		{"none", func(*disk) {}, "", 0, nil},
		{"empty text", func(d *disk) { d.boot(0, nil) }, "", 0, nil},
		{"text", func(d *disk) { d.boot(0, []byte("saved=1\n\x00stale")) }, "saved=1\n", 0, nil},
		{"list", func(d *disk) { d.boot(1, packed) }, "", 1, nil},
		{"list cut short", func(d *disk) { d.boot(1, packed[:20]) }, "", 0, nvlist.ErrSyntax},
		{"unknown version", func(d *disk) { d.boot(2, packed) }, "", 0, ErrConfig},
		{"damaged", func(d *disk) { d.boot(0, []byte("x")); d.label(0)[bootOffset+100]++ }, "", 0, ErrChecksum},
		{"noise", func(d *disk) { d.label(0)[bootOffset+100]++ }, "", 0, ErrChecksum},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := blank()
			d.write(t, member{pool: 1, top: 2, guid: 3, txg: 50, tops: 1}.list(), binary.LittleEndian)
			tt.edit(d)
			got := mustRead(t, d, nil).Labels[0]
			if !errors.Is(got.BootErr, tt.want) || got.Err != nil {
				t.Fatalf("errors %v and %v, want %v", got.BootErr, got.Err, tt.want)
			}
			if got.Boot.Empty() != (tt.text == "" && tt.pairs == 0) {
				t.Errorf("empty: %t", got.Boot.Empty())
			}
			if got.Boot != nil && (got.Boot.Text != tt.text || got.Boot.List.Len() != tt.pairs) {
				t.Errorf("%q and %v", got.Boot.Text, got.Boot.List)
			}
		})
	}
}
