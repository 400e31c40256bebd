package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestREADME runs the README's own commands, with its own policy file, where no network is.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("testdata/README.md")
	must(t, err)
	policy := regexp.MustCompile("(?s)```toml\n(.*?)```").FindSubmatch(text)
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(text, -1)
	if policy == nil || len(blocks) != 3 {
		t.Fatalf("the README has %d blocks of commands", len(blocks))
	}
	o := newOutside(t) // example.com is asked of this namespace's resolver, which knows nothing of it
	dir := o.dir
	must(t, os.WriteFile(filepath.Join(dir, "policy.toml"), policy[1], 0o644))
	must(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	must(t, os.Symlink(binary, filepath.Join(dir, "bin", "codex-dnsvisor")))
	ran := 0
	for line := range strings.Lines(string(blocks[1][1])) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		ran++
		status, says := 0, "192.0.2.7"
		switch {
		case strings.Contains(line, "getent hosts www.example.com"):
			status, says = 2, "" // getent's for a name without an answer
		case strings.Contains(line, " explain "):
			says = "db.test A: allowed"
		case strings.Contains(line, " policy check "):
			says = "" // nothing is wrong with it
		}
		got := finish(t, o.enter("sh", "-c", line))
		if got.status != status || strings.Contains(got.stderr, "error:") || !strings.Contains(got.stdout, says) {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if ran != 7 {
		t.Errorf("%d commands", ran)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "audit.jsonl")); err != nil || strings.Count(string(log), "\n") != 3 {
		t.Errorf("the audit log: %q, %v", log, err)
	}
}

// The README's way from a first run to a policy, line by line: its last one notices a change that asks for another name.
func TestREADMEStory(t *testing.T) {
	text, err := os.ReadFile("testdata/README.md")
	must(t, err)
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(text, -1)
	o := newOutside(t)
	must(t, os.Mkdir(o.path("bin"), 0o755))
	must(t, os.Symlink(binary, o.path("bin/codex-dnsvisor")))
	const asked = "test:\n\tgetent ahostsv4 alias.corp.example\n\tdig +short @8.8.8.8 a.corp.example AAAA\n"
	must(t, os.WriteFile(o.path("Makefile"), []byte(asked), 0o644))
	must(t, os.WriteFile(o.path("resolv.conf"), []byte("nameserver 127.0.0.1\n"), 0o644))
	line := func(line string) result {
		const own = `mount --bind resolv.conf "$(readlink -f /etc/resolv.conf)" && exec sh -c "$0"`
		return finish(t, o.enter("unshare", "--map-root-user", "--mount", "sh", "-c", own, line))
	}
	var lines []string
	for l := range strings.Lines(string(blocks[2][1])) {
		if l = strings.TrimSpace(l); !strings.HasPrefix(l, "#") {
			lines = append(lines, l)
		}
	}
	if len(lines) != 7 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for _, l := range lines {
		got := line(l)
		if got.status != 0 || strings.Contains(got.stderr, "error:") || strings.Contains(l, "make test") && !strings.Contains(got.stdout, "192.0.2.10") {
			t.Errorf("%s: %+v", l, got)
		}
	}
	rules, err := os.ReadFile(o.path("tests.toml"))
	if err != nil || !strings.Contains(string(rules), `"alias.corp.example" = "allow" # `) || strings.Count(string(rules), "= \"allow\"") != 2 {
		t.Errorf("%s, %v", rules, err)
	}
	must(t, os.WriteFile(o.path("Makefile"), []byte(asked+"\tdig +short @8.8.8.8 only6.corp.example AAAA\n"), 0o644))
	must(t, os.Remove(o.path("second.jsonl")))
	if got := line(lines[4]); got.status != 0 || strings.Contains(got.stdout, "2001:db8::6") {
		t.Errorf("what is new is not denied: %+v", got)
	}
	if got := line(lines[6]); got.status != 1 || !strings.Contains(got.stdout, "only6.corp.example") {
		t.Errorf("what is new is not noticed: %+v", got)
	}
}

// Every flag of --help is in the README, and the reverse.
func TestREADMEKnowsTheFlags(t *testing.T) {
	text, err := os.ReadFile("testdata/README.md")
	must(t, err)
	flags := func(s string) []string {
		all := regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(s, -1)
		slices.Sort(all)
		return slices.Compact(all)
	}
	table := string(text)[strings.Index(string(text), "| flag |"):strings.Index(string(text), "Exit status:")]
	inReadme := flags(table)
	for _, flag := range flags(run(t, "--help").stdout) {
		if flag != "--help" && flag != "--verbose" && !slices.Contains(inReadme, flag) {
			t.Errorf("%s is not in the README", flag)
		}
	}
	help := run(t, "--help").stdout
	for _, flag := range inReadme {
		if !strings.Contains(help, flag) {
			t.Errorf("%s is not in --help", flag)
		}
	}
}
