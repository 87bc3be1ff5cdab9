package cpio

import (
	"errors"
	"fmt"
	"strconv"
)

// Lines reads an archive back as lines "mode name data", without its end.
func Lines(data []byte) (lines []string, err error) {
	for pos := 0; ; {
		if pos+110 > len(data) || string(data[pos:pos+6]) != "070701" {
			return lines, fmt.Errorf("no header at %d", pos)
		}
		var fields [13]int
		for i := range fields {
			n, err := strconv.ParseUint(string(data[pos+6+8*i:pos+14+8*i]), 16, 32)
			if err != nil {
				return lines, err
			}
			fields[i] = int(n)
		}
		size, nameSize, mode := fields[6], fields[11], fields[1]
		start := (pos + 110 + nameSize + 3) &^ 3
		if nameSize == 0 || start+size > len(data) {
			return lines, errors.New("the archive ends within an entry")
		}
		name := string(data[pos+110 : pos+110+nameSize-1])
		if name == trailer {
			if len(data)%512 != 0 {
				return lines, fmt.Errorf("an archive of %d bytes does not end with a sector", len(data))
			}
			return lines, nil
		}
		lines = append(lines, fmt.Sprintf("%o %s %s", mode, name, data[start:start+size]))
		pos = (start + size + 3) &^ 3
	}
}
