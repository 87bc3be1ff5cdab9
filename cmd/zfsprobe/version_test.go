package main

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/ioctl"
)

func TestVersion(t *testing.T) {
	built := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	system := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	for _, tt := range []struct {
		name   string
		info   *debug.BuildInfo
		module ioctl.Module
		want   string
	}{
		{"release", built, ioctl.Module{Known: true, Loaded: true, Version: "2.4.4-1"},
			"zfsprobe v1.2.3\ncommit abc, 2026-01-02T03:04:05Z, with changes\ngo " + system + "\nmodule 2.4.4-1\n"},
		{"nothing is known", nil, ioctl.Module{}, "zfsprobe (unknown)\ngo " + system + "\nmodule none is loaded\n"},
	} {
		var out bytes.Buffer
		if err := (&app{out: &out}).printVersion(versionOf(tt.info, tt.module)); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for line := range strings.Lines(out.String()) {
			got.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
		}
		if diff := cmp.Diff(tt.want, got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	var doc versionDoc
	mustJSON(t, "zfsprobe.version/1", &doc, "version")
	if doc.Go != runtime.Version() {
		t.Errorf("go %q", doc.Go)
	}
}
