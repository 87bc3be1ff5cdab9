package zfs

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// The files of the module's parameter and of the host's own number, which is used
// if the parameter is zero.
const (
	hostIDParameter     = "/sys/module/spl/parameters/spl_hostid"
	hostIDPathParameter = "/sys/module/spl/parameters/spl_hostid_path"
	hostIDFile          = "/etc/hostid"
)

// HostID returns the number by which pools identify this host, or 0. It is the
// module's parameter spl_hostid, or the content of /etc/hostid.
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

// hostWords describes a host by what is known: pools need not record which host
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
