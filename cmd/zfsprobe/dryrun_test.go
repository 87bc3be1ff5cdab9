package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// dryRuns are the commands with a dry run, each with the test that compares it
// with the real one.
var dryRuns = map[string]string{
	"zfsprobe receive":        "TestKernelDryRunReceive",
	"zfsprobe send":           "TestKernelDryRunSend",
	"zfsprobe do destroy":     "TestKernelDryRunDestroy",
	"zfsprobe do pool create": "TestKernelDryRunPool",
	"zfsprobe do pool add":    "TestKernelDryRunPool",
	"zfsprobe do pool import": "TestKernelDryRunPool",
}

// Every command with -n is compared with what it does without, so that a new one
// without a comparison fails here.
func TestDryRunsAreCompared(t *testing.T) {
	var got []string
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		dry := false
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			dry = dry || strings.Contains(strings.ReplaceAll(f.Name, "-", ""), "dryrun")
		})
		if dry {
			got = append(got, cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk((&app{}).rootCommand())
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(dryRuns)), got); diff != "" {
		t.Errorf("commands with a dry run (-listed +found):\n%s", diff)
	}
	tests := ""
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_kernel_test.go") {
			b, err := os.ReadFile(f.Name())
			if err != nil {
				t.Fatal(err)
			}
			tests += string(b)
		}
	}
	for command, test := range dryRuns {
		if !strings.Contains(tests, "func "+test+"(") {
			t.Errorf("%s: there is no %s", command, test)
		}
	}
}
