package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readmeBlock is the block of commands below a heading of the README.
func readmeBlock(t *testing.T, heading string) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/README.md")
	must(t, err)
	_, section, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	block := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(section)
	if !ok || block == nil {
		t.Fatalf("the README has no commands below %q", heading)
	}
	var lines []string
	for line := range strings.Lines(block[1]) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// readmeOutside is where the README's commands run: with its policy file, and no network. example.com is asked of this namespace's resolver, which knows
// nothing of it.
func readmeOutside(t *testing.T) *outside {
	t.Helper()
	text, err := os.ReadFile("testdata/README.md")
	must(t, err)
	policy := regexp.MustCompile("(?s)```toml\n(.*?)```").FindSubmatch(text)
	if policy == nil {
		t.Fatal("the README has no policy")
	}
	t.Setenv("PATH", filepath.Dir(binary)+":"+os.Getenv("PATH"))
	o := newOutside(t)
	must(t, os.WriteFile(o.path("policy.toml"), policy[1], 0o644))
	return o
}

// TestREADME runs the README's own commands. An agent's are those of tests/codex and tests/clients.
func TestREADME(t *testing.T) {
	o := readmeOutside(t)
	lines := slices.Concat(readmeBlock(t, "Wrap a command"), readmeBlock(t, "Wrap an agent"))
	if len(lines) != 9 {
		t.Errorf("%d commands", len(lines))
	}
	for _, line := range lines {
		status, says := 0, "192.0.2.7"
		switch {
		case strings.HasSuffix(line, " -- codex"), strings.HasSuffix(line, " -- claude"):
			continue
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
	if log, err := os.ReadFile(o.path("audit.jsonl")); err != nil || strings.Count(string(log), "\n") != 3 {
		t.Errorf("the audit log: %q, %v", log, err)
	}
}

// The README's demonstration says what it says there, and docs/demo.svg is the recording of it.
func TestREADMEDemo(t *testing.T) {
	o := readmeOutside(t)
	script, err := filepath.Abs("testdata/recording")
	must(t, err)
	readme, err := filepath.Abs("testdata/README.md")
	must(t, err)
	want, err := os.ReadFile("testdata/demo.svg")
	must(t, err)
	got := finish(t, o.enter("python3", script, readme))
	if got.status != 0 {
		t.Fatalf("%+v", got)
	}
	if got.stdout != string(want) {
		t.Errorf("docs/demo.svg is not what scripts/recording makes (make docs-demo): %s", got.stdout)
	}
}

// The README's way from a first run to a policy, line by line: its last one notices a change that asks for another name.
func TestREADMEStory(t *testing.T) {
	lines := readmeBlock(t, "Review a log")
	o := readmeOutside(t)
	const asked = "test:\n\tgetent ahostsv4 alias.corp.example\n\tdig +short @8.8.8.8 a.corp.example AAAA\n"
	must(t, os.WriteFile(o.path("Makefile"), []byte(asked), 0o644))
	must(t, os.WriteFile(o.path("resolv.conf"), []byte("nameserver 127.0.0.1\n"), 0o644))
	line := func(line string) result {
		const own = `mount --bind resolv.conf "$(readlink -f /etc/resolv.conf)" && exec sh -c "$0"`
		return finish(t, o.enter("unshare", "--map-root-user", "--mount", "sh", "-c", own, line))
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

// Every flag of --help is in docs/flags.md, and the reverse.
func TestFlagsPage(t *testing.T) {
	text, err := os.ReadFile("testdata/flags.md")
	must(t, err)
	flags := func(s string) []string {
		all := regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(s, -1)
		slices.Sort(all)
		return slices.Compact(all)
	}
	table := string(text)[strings.Index(string(text), "| flag |"):strings.Index(string(text), "\n## ")]
	inPage := flags(table)
	for _, flag := range flags(run(t, "--help").stdout) {
		if flag != "--help" && flag != "--verbose" && !slices.Contains(inPage, flag) {
			t.Errorf("%s is not in docs/flags.md", flag)
		}
	}
	help := run(t, "--help").stdout
	for _, flag := range inPage {
		if !strings.Contains(help, flag) {
			t.Errorf("%s is not in --help", flag)
		}
	}
}
