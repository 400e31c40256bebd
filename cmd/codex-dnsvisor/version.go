package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// The build sets both (-ldflags -X main.version=…).
var (
	version = "0.1.0-dev"
	commit  = "" // or what `go build` knows of the tree
)

type versionCmd struct{}

// Run prints what a report of a fault needs to have of the program and the machine.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintf(e.stdout, "codex-dnsvisor %s %s/%s\ncommit     %s\ngo         %s\nlibseccomp %s\n%s",
		version, runtime.GOOS, runtime.GOARCH, cmp.Or(commit, revision(), "unknown"), runtime.Version(), filter.Library(), kernel())
	return err
}

// revision is the commit that `go build` and `go install` write down, where they do.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", with changes"
		}
	}
	return revision + modified
}

// kernel is a line of its release, and one of the features for each answer that probing them has.
func kernel() string {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return fmt.Sprintf("kernel     %v\n", err)
	}
	by := map[sys.Presence][]string{}
	for _, f := range sys.Features() {
		presence, _ := f.Probe() // doctor says why
		by[presence] = append(by[presence], f.Name)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "kernel     %s\n", unix.ByteSliceToString(uts.Release[:]))
	for _, p := range []struct {
		label    string
		presence sys.Presence
	}{{"  has", sys.There}, {"  lacks", sys.Missing}, {"  masked", sys.Masked}, {"  unknown", sys.CannotTell}} {
		if len(by[p.presence]) > 0 {
			fmt.Fprintf(&out, "%-10s %s\n", p.label, strings.Join(by[p.presence], " "))
		}
	}
	return out.String()
}
