//go:build dist

// Package dist makes a release twice, in two folders, and installs and runs what comes of it, as root. What is made is what is committed.
package dist

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Of a release: its folder, its version, and the sources that it was made of.
var (
	release, version string
	second           string // the same, made in another folder
	repository       string
)

func TestMain(m *testing.M) { os.Exit(mainTest(m)) } //nolint:forbidigo // as main

func mainTest(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dist")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := makeBoth(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func makeBoth(dir string) (err error) {
	if repository, err = filepath.Abs("../.."); err != nil {
		return err
	}
	// Where the tests themselves are worked on, DNSVISOR_TEST_DIST names two clones in which it is made already.
	if one, other, ok := strings.Cut(os.Getenv("DNSVISOR_TEST_DIST"), ":"); ok {
		return found(one, other)
	}
	one, other := filepath.Join(dir, "one"), filepath.Join(dir, "quite", "another")
	for _, clone := range []string{one, other} {
		// What was fetched and built before is shared, but for headers and libraries, whose path the compiler sees.
		const script = `git clone -q "$1" "$2" && cd "$2" && mkdir .cache && ln -s "$1/.tools" .tools && mkdir -p "$1/.cache/sources" && ln -s "$1/.cache/sources" .cache/sources &&
			{ [ ! -e "$1/.cache/arm64" ] || cp -a "$1/.cache/arm64" .cache/; } && make dist`
		cmd := exec.Command("sh", "-ec", script, "sh", repository, clone)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("make dist: %w\n%s", err, &out)
		}
		fmt.Printf("make dist took %s\n", time.Since(start).Round(time.Second))
	}
	return found(one, other)
}

func found(one, other string) error {
	release, second = filepath.Join(one, "dist"), filepath.Join(other, "dist")
	says, err := exec.Command(filepath.Join(one, "scripts", "version")).Output()
	if err != nil {
		return err
	}
	version, _, _ = strings.Cut(string(says), " ")
	return nil
}

// made is the path of a file of the release.
func made(suffix string) string {
	return filepath.Join(release, "codex-dnsvisor_"+version+"_"+suffix)
}

// shell runs a script, with arguments from $1 on, and wants it to end well.
func shell(t *testing.T, script string, args ...string) string {
	t.Helper()
	stdout, stderr, err := try(t, script, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", script, err, stdout, stderr)
	}
	return stdout
}

func try(t *testing.T, script string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // a bound on what hangs
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-ec", script, "sh"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
