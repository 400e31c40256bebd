//go:build dist

package dist

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lines are the shell lines of a step of a workflow or an action, by its name.
func lines(t *testing.T, file, step string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, file))
	must(t, err)
	_, rest, ok := strings.Cut(string(text), "name: "+step+"\n")
	if !ok {
		t.Fatalf("%s has no step %q", file, step)
	}
	if m := regexp.MustCompile(`(?m)^ +run: ([^|\n].*)$`).FindStringSubmatchIndex(rest); m != nil {
		if block := strings.Index(rest, "run: |\n"); block < 0 || m[0] < block {
			return rest[m[2]:m[3]]
		}
	}
	before, block, ok := strings.Cut(rest, "run: |\n")
	if !ok || strings.Contains(before, "name: ") {
		t.Fatalf("step %q of %s runs nothing", step, file)
	}
	indent := block[:len(block)-len(strings.TrimLeft(block, " "))]
	var out strings.Builder
	for line := range strings.Lines(block) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, indent) {
			break
		}
		out.WriteString(strings.TrimPrefix(line, indent))
	}
	return out.String()
}

// runner is what GitHub's is to a step: its variables, and gh, which here takes releases from where they were made.
type runner struct {
	dir string
	env []string
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	const gh = `#!/bin/sh
echo "$*" >>"$RUNNER_TEMP/gh"
[ "$2" = download ] || exit 0
while [ $# -gt 0 ]; do
	case $1 in --dir) dir=$2 ;; --pattern) cp "$RELEASE/$2" "$dir/" ;; esac
	shift
done
`
	must(t, os.WriteFile(filepath.Join(dir, "bin/gh"), []byte(gh), 0o755))
	return &runner{dir: dir, env: append(os.Environ(), "PATH="+dir+"/bin:"+os.Getenv("PATH"), "RUNNER_TEMP="+dir, "RUNNER_ARCH=X64", "RUNNER_OS=Linux",
		"RELEASE="+release, "GITHUB_OUTPUT="+dir+"/output", "GITHUB_STEP_SUMMARY="+dir+"/summary")}
}

// step runs a script as `shell: bash` does.
func (r *runner) step(t *testing.T, script string, env ...string) (string, error) {
	t.Helper()
	file := filepath.Join(r.dir, "script.sh")
	must(t, os.WriteFile(file, []byte(script), 0o644))
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", file)
	cmd.Dir, cmd.Env = r.dir, append(r.env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// The action's steps fetch a release and check it, run a step under the policy, and report, even where the step failed.
func TestAction(t *testing.T) {
	r := newRunner(t)
	install := lines(t, "action.yml", "Install")
	ref := []string{"BINARY=", "VERSION=", "ACTION_REF=v" + version, "ACTION_REPOSITORY=codex-dnsvisor/codex-dnsvisor"}
	if out, err := r.step(t, install, ref...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	outputs, err := os.ReadFile(filepath.Join(r.dir, "output"))
	must(t, err)
	dir := regexp.MustCompile(`(?m)^dir=(.*)$`).FindStringSubmatch(string(outputs))[1]
	run := func(script string) (string, error) {
		return r.step(t, lines(t, "action.yml", "Run"), "DNSVISOR_DIR="+dir, "DNSVISOR_ALLOW=db.test\n*.corp.test\n", "DNSVISOR_FLAGS=--record=db.test. 60 IN A 192.0.2.7\n", "DNSVISOR_POLICY=", "DNSVISOR_RUN="+script)
	}
	if out, err := run("getent hosts db.test\n! getent hosts secret.test\nenv | grep -c ^DNSVISOR_RUN= || true\n"); err != nil || !strings.Contains(out, "192.0.2.7") || !strings.Contains(out, "denied secret.test") || !strings.HasSuffix(out, "\n0\n") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := run("false | true\necho not reached\n"); err == nil || strings.Contains(out, "not reached") {
		t.Errorf("a step that fails: %v: %s", err, out)
	}
	if out, err := r.step(t, lines(t, "action.yml", "Report"), "DNSVISOR_DIR="+dir); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	for file, want := range map[string]string{dir + "/audit/report.html": "secret.test", dir + "/audit/audit.jsonl": `"codex.dns.session_end"`, r.dir + "/summary": "secret.test"} {
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, %.300s", file, err, text)
		}
	}

	// What is not what the sums say is not run.
	other := t.TempDir()
	shell(t, `cp "$1" "$2/SHA256SUMS" "$3" && echo >>"$3/${1##*/}"`, made("linux_amd64.tar.gz"), release, other)
	if out, err := r.step(t, install, append(ref, "RELEASE="+other)...); err == nil {
		t.Errorf("a changed release is taken: %s", out)
	}
}

// The lines of the workflow of releases that are its own.
func TestReleaseWorkflow(t *testing.T) {
	r := newRunner(t)
	must(t, os.Symlink(release, filepath.Join(r.dir, "dist")))
	const file = ".github/workflows/release.yml"
	if out, err := r.step(t, lines(t, file, "Check the sums")); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := r.step(t, lines(t, file, "Publish"), "GITHUB_REF_NAME=v1.2.3", "GITHUB_REPOSITORY=a/b"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	said, err := os.ReadFile(filepath.Join(r.dir, "gh"))
	must(t, err)
	if !strings.HasPrefix(string(said), "release create v1.2.3 --repo a/b --verify-tag ") || !strings.Contains(string(said), " dist/SHA256SUMS") || !strings.Contains(string(said), "_arm64.deb ") {
		t.Errorf("%s", said)
	}
	// Where the tag and CHANGELOG.md do not agree there is no release: no version of it is in development.
	if out, err := r.step(t, "cd '"+repository+"' && "+lines(t, file, "Write the notes"), "GITHUB_REF_NAME=v1.2.3"); err == nil && strings.HasSuffix(version, "-dev") {
		t.Errorf("notes of a version that is none: %s", out)
	}
	shell(t, `rm -f "$1/notes.md"; "$1/packaging/notes" Unreleased | grep -q '^### Added'`, repository)
}
