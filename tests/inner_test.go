package tests

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Who loads a filter that keeps all below it from asking is named, since such calls never come to us; who loads another is not.
func TestInnerFilters(t *testing.T) {
	const inner = "testdata/clients/inner.py"
	for _, net := range nets {
		for how, c := range map[string]struct{ stdout, stderr string }{
			"prctl":    {"loaded\n", "loads a seccomp filter that refuses sockets: whatever it runs cannot ask for names; hint: "},
			"seccomp":  {"loaded\n", "loads a seccomp filter that refuses sockets: whatever it runs cannot ask for names; hint: "},
			"harmless": {"loaded\n", ""},
			"listener": {"Device or resource busy\n", "gets EBUSY: the kernel has one listener for each process; hint: run codex-dnsvisor within that tool"},
		} {
			got := run(t, slices.Concat([]string{net}, static, []string{"--", "unshare", "-Urn", "python3", inner, how, "true"})...)
			if got.stdout != c.stdout || got.status != 0 || !strings.Contains(got.stderr, c.stderr) || c.stderr == "" && got.stderr != "" {
				t.Errorf("%s, %s: %+v", net, how, got)
			}
		}
	}
	doctor := finish(t, exec.Command("python3", inner, "seccomp", binary, "doctor"))
	if doctor.status != 1 || !strings.Contains(doctor.stdout, "internet sockets     refused: operation not permitted\n        → a seccomp filter of the sandbox that this runs in refuses them") {
		t.Errorf("doctor: %+v", doctor)
	}
	if got := run(t, withStatic("python3", inner, "seccomp", "getent", "hosts", "host.example")...); got.status != 2 {
		t.Errorf("the inner filter does not win: %+v", got)
	}
}
