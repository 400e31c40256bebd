//go:build guest

package conditions

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hang is longer than anything here takes.
const hang = 2 * time.Minute

func TestMain(m *testing.M) {
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil || !slices.Contains(strings.Fields(string(line)), InGuest) || os.Geteuid() != 0 {
		_, _ = os.Stderr.WriteString("conditions: these tests change the machine, and run as root in a guest of the kernel matrix alone\n")
		os.Exit(2)
	}
	if len(os.Args) > 3 && os.Args[1] == "filters" {
		loadAndRun(os.Args[2], os.Args[3:])
	}
	os.Exit(m.Run())
}

// program is the codex-dnsvisor under test.
const program = "/tests/codex-dnsvisor"

// TestConditions goes through the rows that one guest can have after another.
func TestConditions(t *testing.T) {
	for _, r := range Rows {
		if r.Shared() {
			t.Run(r.Name, func(t *testing.T) { r.hold(t) })
		}
	}
}

// TestBooted is for the row that this guest was made for.
func TestBooted(t *testing.T) {
	for _, r := range Rows {
		if !r.Shared() {
			t.Run(r.Name, func(t *testing.T) { r.hold(t) })
		}
	}
}

// hold sets the condition, and looks at what each user sees.
func (r Row) hold(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(r.Needs); r.Needs != "" && errors.Is(err, os.ErrNotExist) {
		t.Skipf("this kernel has no %s", r.Needs)
	}
	if r.Left > 0 {
		r.set(t, "/proc/sys/vm/overcommit_ratio", "50") // which the other sets to zero
		r.set(t, "/proc/sys/vm/overcommit_kbytes", strconv.Itoa(promised(t)+r.Left<<10))
	}
	for name, value := range r.Sysctls {
		r.set(t, filepath.Join("/proc/sys", name), value)
	}
	r.sees(t, "root", nil, r.Root)
	r.sees(t, "user", []string{"setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups", "env", "HOME=/tmp"}, r.User)
}

// promised is how much memory the kernel has promised, in KiB.
func promised(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\nCommitted_AS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		t.Fatalf("no Committed_AS in %s", text)
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (r Row) set(t *testing.T, file, value string) {
	t.Helper()
	before, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(value), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(file, before, 0); err != nil && !r.Alone {
			t.Error(err)
		}
	})
}

// question asks for an allowed name and a denied one, and for what only the owner of the network may do.
const question = "getent ahostsv4 a.test && ! getent ahostsv4 b.test && ! busybox ip link set lo down 2>/dev/null && echo both"

func (r Row) sees(t *testing.T, name string, as []string, want Sight) {
	t.Helper()
	around := slices.Concat(r.Around, as, []string{program})
	began := time.Now()
	out, said, err := run(t, append(around, "--allow", "a.test", "--record", "a.test. 300 IN A 192.0.2.1", "--quiet", "--", "sh", "-c", question)...)
	took := time.Since(began)
	status := exitStatus(err)
	t.Logf("%s: status %d in %v, %q %q", name, status, took.Round(time.Millisecond), out, said)
	switch {
	case want.Works() && (status != 0 || said != "" || !strings.HasPrefix(out, "192.0.2.1") || !strings.HasSuffix(out, "both\n")):
		t.Errorf("%s: it does not work", name)
	case !want.Works() && (status != 125 || !strings.Contains(said, want.Says) || !strings.Contains(said, "hint: ") || !strings.Contains(said, want.Hint)):
		t.Errorf("%s: not %q with the hint %q", name, want.Says, want.Hint)
	}
	out, said, err = run(t, append(around, "doctor")...)
	if works := exitStatus(err) == 0; works != (want.Finding == "") || !strings.Contains(out, want.Finding) || said != "" {
		t.Errorf("%s: doctor, %v: %s%s", name, err, out, said)
	}
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "ok") {
			t.Logf("%s: doctor: %s", name, line)
		}
	}
}

func run(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &said, time.Second
	err = cmd.Run()
	return out.String(), said.String(), errors.Join(err, ctx.Err())
}

func exitStatus(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}
