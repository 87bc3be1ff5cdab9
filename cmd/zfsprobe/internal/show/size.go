package show

import (
	"fmt"
	"strings"
)

// Size writes a size with three significant digits or so: 1.50G, 24K.
func Size(n uint64) string {
	const units = "BKMGTPE"
	i, f := 0, float64(n)
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if i == 0 || n%(1<<(10*i)) == 0 {
		return fmt.Sprintf("%d%c", n>>(10*i), units[i])
	}
	// The most digits that fit into five characters with the unit.
	for decimals := 2; decimals > 0; decimals-- {
		if s := fmt.Sprintf("%.*f%c", decimals, f, units[i]); len(s) <= 5 {
			return s
		}
	}
	return fmt.Sprintf("%.0f%c", f, units[i])
}

// Count is Size for things that are no bytes.
func Count(n uint64) string { return strings.TrimSuffix(Size(n), "B") }
