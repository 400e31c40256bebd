package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// A flag that takes a value at one place and none at another would shift what completions take for a subcommand.
func TestFlagsTakeValuesEverywhereOrNowhere(t *testing.T) {
	takes := map[string]bool{}
	for _, n := range kong.Must(&cli{}, parserOptions(&env{})...).Model.Leaves(false) {
		for _, f := range n.Flags {
			if before, ok := takes[f.Name]; ok && before == f.IsBool() {
				t.Errorf("%s of %s takes a value there, and none elsewhere, or the reverse", f.Name, n.Path())
			}
			takes[f.Name] = !f.IsBool()
		}
	}
}

// Every flag of every subcommand is in the manual page and in each completion.
func TestManualIsWhole(t *testing.T) {
	for _, args := range [][]string{{"man"}, {"completion", "bash"}, {"completion", "zsh"}, {"completion", "fish"}} {
		var stdout, stderr bytes.Buffer
		if status := Run(args, &stdout, &stderr); status != 0 {
			t.Fatalf("%q: %d, %s", args, status, &stderr)
		}
		text := strings.ReplaceAll(stdout.String(), `\-`, "-")
		for _, n := range kong.Must(&cli{}, parserOptions(&env{})...).Model.Leaves(true) {
			if !strings.Contains(text, n.Name) {
				t.Errorf("%q does not know %s", args, n.Path())
			}
			for _, f := range n.Flags {
				if !strings.Contains(text, f.Name) {
					t.Errorf("%q does not know --%s of %s", args, f.Name, n.Path())
				}
			}
		}
	}
}
