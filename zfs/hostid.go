package zfs

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Where the module keeps the number of this host, and where it reads it from if
// that is zero.
const (
	hostIDParameter     = "/sys/module/spl/parameters/spl_hostid"
	hostIDPathParameter = "/sys/module/spl/parameters/spl_hostid_path"
	hostIDFile          = "/etc/hostid"
)

// HostID returns the number by which pools know this host, 0 if it has none. It
// is the module's parameter, or what is in /etc/hostid.
func HostID() uint64 {
	return readHostID(hostIDParameter, hostIDPathParameter, hostIDFile)
}

func readHostID(parameter, pathParameter, file string) uint64 {
	if b, err := os.ReadFile(parameter); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 0, 32); err == nil && n != 0 {
			return n
		}
	}
	if b, err := os.ReadFile(pathParameter); err == nil {
		if path := strings.TrimSpace(string(b)); path != "" {
			file = path
		}
	}
	b, err := os.ReadFile(file)
	if err != nil || len(b) < 4 {
		return 0
	}
	return uint64(binary.NativeEndian.Uint32(b))
}

// hostWords names a host by what is known of it: pools need not say which host
// had them.
func hostWords(name string, id uint64) string {
	switch {
	case name == "" && id == 0:
		return "an unknown host"
	case id == 0:
		return "host " + name
	case name == "":
		return fmt.Sprintf("the host with hostid %x", id)
	}
	return fmt.Sprintf("host %s (hostid %x)", name, id)
}
