package main

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/spf13/cobra"
)

// versionDoc is what version prints.
type versionDoc struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`            // of this program; "(devel)" for a build from a work tree without tags
	Revision string `json:"revision,omitempty"` // the commit
	Modified bool   `json:"modified,omitempty"` // the work tree had changes
	Time     string `json:"time,omitempty"`     // of the commit
	Go       string `json:"go"`
	System   string `json:"system"`
	Module   string `json:"module,omitempty"` // of the ZFS module that is loaded
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the versions of this program and of the loaded module",
		Long: `Version shows the version of this program, as recorded by the Go toolchain, and the
version of the loaded ZFS module. It opens no device. 'zfsprobe doctor' reports whether this program
supports the module.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			return a.printVersion(versionOf(info, ioctl.ReadModule()))
		},
	}
}

// versionOf reads the versions. Info is nil in a program that was built without.
func versionOf(info *debug.BuildInfo, module ioctl.Module) versionDoc {
	doc := versionDoc{
		Schema: "zfsprobe.version/1", Version: "(unknown)", Go: runtime.Version(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Module: module.Version,
	}
	if info == nil {
		return doc
	}
	if info.Main.Version != "" {
		doc.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			doc.Revision = s.Value
		case "vcs.time":
			doc.Time = s.Value
		case "vcs.modified":
			doc.Modified = s.Value == "true"
		}
	}
	return doc
}

func (a *app) printVersion(doc versionDoc) error {
	module := cmp.Or(doc.Module, "none is loaded")
	t := &show.Table{Notes: true}
	t.Add("zfsprobe", doc.Version)
	if doc.Revision != "" {
		commit := doc.Revision + ", " + doc.Time
		if doc.Modified {
			commit += ", with changes"
		}
		t.Add("commit", commit)
	}
	t.Add("go", doc.Go+" "+doc.System)
	t.Add("module", module)
	return a.print(doc, t.Emit)
}
