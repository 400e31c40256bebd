package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// documented are the pages that name flags: path and text.
func documented(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../examples/*", "../../examples/*/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if text, err := os.ReadFile(path); err == nil { // no directory
				pages[path] = string(text)
			}
		}
	}
	return pages
}

// flagsOf are the flags of each subcommand that --help shows, "audit tail", and of all of them, "".
func flagsOf(t *testing.T) map[string]map[string]bool {
	t.Helper()
	parser, err := kong.New(&cli{}, kong.Name("codex-dnsvisor"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]bool{"": {}}
	for _, leaf := range parser.Model.Leaves(true) {
		name := strings.TrimPrefix(leaf.Path(), "codex-dnsvisor ")
		all[name] = map[string]bool{}
		for _, flag := range slices.Concat(leaf.AllFlags(true)...) {
			for _, word := range append(flag.Aliases, flag.Name) {
				all[name][word], all[""][word] = true, true
			}
			if flag.Tag.Negatable != "" {
				all[name]["no-"+flag.Name], all[""]["no-"+flag.Name] = true, true
			}
		}
	}
	return all
}

var (
	aFlag = regexp.MustCompile(`--([a-z][a-z-]*[a-z])`)
	// aCommand is one of ours, up to what is its command's, another's or the end of what is code.
	aCommand = regexp.MustCompile("codex-dnsvisor((?: +(?:--?[a-z][a-z-]*(?:[= ](?:'[^']*'|\"[^\"]*\"|[^ \n`|'-][^ \n`|']*))?|[a-z][a-z]*|[A-Za-z0-9_./*:…-]+))*)")
)

// TestFlagsOfDocuments: each flag of a command of ours that a document shows is one of that subcommand.
func TestFlagsOfDocuments(t *testing.T) {
	all := flagsOf(t)
	n := 0
	for path, text := range documented(t) {
		if strings.HasSuffix(path, "CHANGELOG.md") {
			continue // of what was
		}
		for _, m := range aCommand.FindAllStringSubmatch(text, -1) {
			shown, _, _ := strings.Cut(m[1]+" ", " -- ")
			subcommand := subcommandOf(all, shown)
			for _, flag := range aFlag.FindAllStringSubmatch(shown, -1) {
				n++
				if flag[1] != "help" && !all[subcommand][flag[1]] {
					t.Errorf("%s: codex-dnsvisor%s: %s has no --%s", path, shown, subcommand, flag[1])
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d flags", n)
	}
}

// subcommandOf is the one that a command line begins with; run where there is none.
func subcommandOf(all map[string]map[string]bool, line string) string {
	words := strings.Fields(line)
	for n := min(2, len(words)); n > 0; n-- {
		if name := strings.Join(words[:n], " "); all[name] != nil {
			return name
		}
	}
	return "run"
}

// TestFlagsAreDocumented: each flag is in a document.
func TestFlagsAreDocumented(t *testing.T) {
	all := strings.Join(slices.Collect(maps.Values(documented(t))), "\n")
	named := map[string]bool{}
	for _, m := range aFlag.FindAllStringSubmatch(all, -1) {
		named[m[1]] = true
	}
	for flag := range flagsOf(t)[""] {
		if !named[flag] && !named["no-"+flag] && flag != "help" {
			t.Errorf("--%s is in no document", flag)
		}
	}
}
