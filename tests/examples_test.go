package tests

import (
	"strings"
	"testing"
)

// The examples have nothing to warn of, and each comes to the rules that it shows.
func TestExamples(t *testing.T) {
	for file, flag := range map[string]string{
		"policy.toml":          "--policy",
		"codex/config.toml":    "--codex-config",
		"claude/settings.json": "--srt-settings",
	} {
		path := "testdata/examples/" + file
		if got := run(t, "policy", "check", "--strict", path); got.status != 0 || got.stdout+got.stderr != "" {
			t.Errorf("%s: %+v", file, got)
		}
		if got := run(t, "policy", "show", flag, path); got.status != 0 || strings.Count(got.stdout, `.example.corp" = "allow"`) != 2 {
			t.Errorf("%s: %+v", file, got)
		}
	}
}
