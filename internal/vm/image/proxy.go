package image

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// proxyArgs hands the machine's apt proxy on to the chroot. Variables such as
// http_proxy reach it anyway.
func proxyArgs() ([]string, error) {
	out, err := exec.Command("apt-config", "dump", "Acquire").Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("apt-config: %w", err)
	}
	return proxyOptions(string(out)), nil
}

// proxyOptions picks the proxies out of a dump of apt's configuration.
func proxyOptions(dump string) []string {
	var args []string
	for line := range strings.Lines(dump) {
		name, value, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), ";"), " ")
		proxy := strings.HasSuffix(name, "::Proxy") && strings.HasPrefix(name, "Acquire::http")
		if proxy && value != `""` {
			args = append(args, "--aptopt="+name+" "+value)
		}
	}
	return args
}
