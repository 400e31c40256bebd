package tests

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// manyNames looks many names up, of which none is allowed.
const manyNames = `i=0; while [ $i -lt 40 ]; do getent hosts n$i.example; i=$((i+1)); done; true`

// TestAuditRotates: the log of a run, and of a forwarder, is rotated, though they are confined, and is whole over its files.
func TestAuditRotates(t *testing.T) {
	o := newOutside(t)
	log := o.path("log")
	if got := o.run("--quiet", "--audit", log, "--audit-max-size", "8K", "--audit-keep", "50", "--", "sh", "-c", manyNames); got.status != 0 || got.stderr != "" {
		t.Errorf("%+v", got)
	}
	rotated(t, log)
	f := o.startForwarder("--audit-max-size", "8K", "--audit-keep", "50")
	o.run("--quiet", "--allow", "*", "--upstream", "unix://"+f.socket, "--", "sh", "-c", manyNames)
	must(t, f.Process.Signal(syscall.SIGTERM))
	must(t, f.Wait())
	rotated(t, f.audit)

	short := o.path("short")
	if got := o.run("--quiet", "--audit", short, "--audit-max-size", "8K", "--audit-keep", "1", "--", "sh", "-c", manyNames); got.status != 0 || got.stderr != "" {
		t.Errorf("%+v", got)
	}
	if files, err := filepath.Glob(short + "*"); err != nil || len(files) != 2 {
		t.Errorf("%q, %v", files, err)
	}
	if got := run(t, "audit", "verify", short); got.status != 0 {
		t.Errorf("%+v", got)
	}
}

// rotated wants a whole log of several files, none longer than it may be.
func rotated(t *testing.T, log string) {
	t.Helper()
	files, err := filepath.Glob(log + "*")
	must(t, err)
	for _, file := range files {
		st, err := os.Stat(file)
		if must(t, err); st.Size() > 8<<10 {
			t.Errorf("%s has %d bytes", file, st.Size())
		}
	}
	if got := run(t, "audit", "verify", log); got.status != 0 || len(files) < 3 {
		t.Errorf("%q: %+v", files, got)
	}
}

// What cannot be rotated is said before anything runs.
func TestAuditRotationFlags(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"only a plain file can be rotated", []string{"--audit", "-", "--audit-max-size", "1M"}},
		{"only a plain file can be rotated", []string{"--audit", "/dev/null", "--audit-max-size", "1M"}},
		{"--audit-max-size without --audit", []string{"--audit-max-size", "1M"}},
		{"--audit-keep without --audit-max-size", []string{"--audit", log, "--audit-keep", "2"}},
		{"want at least 1", []string{"--audit", log, "--audit-max-size", "1M", "--audit-keep=-1"}},
		{"want a size", []string{"--audit", log, "--audit-max-size", "1X"}},
		{"want a size", []string{"--audit", log, "--audit-max-size", "0"}},
		{"want a size", []string{"--audit", log, "--audit-max-size", "99999999T"}},
	} {
		got := run(t, append(c.args, "--", "echo", "ran")...)
		if got.status != 125 || got.stdout != "" || !strings.Contains(got.stderr, c.says) {
			t.Errorf("%q: %+v, want %q", c.args, got, c.says)
		}
	}
}
