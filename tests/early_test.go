package tests

import (
	"os/exec"
	"strings"
	"testing"
)

// A run's command is started before Go is, by a keeper that has executed nothing; but not where its network is the host's, or where it
// would have inherited what it is not to have. Of one that is started in vain nothing is left beside the run.
func TestStartsEarly(t *testing.T) {
	const keeper = "codex-dnsvisor-keeper"
	for flags, begins := range map[string]string{
		"":                       binary,
		"-q --allow a.test":      binary,
		"run":                    binary,
		"--net=host":             keeper + "-here",
		"--net host":             keeper + "-here",
		"--audit fd:7":           keeper,
		"--audit fd:7 --deny **": keeper,
	} {
		t.Run(flags, func(t *testing.T) {
			script := "exec " + binary + " " + strings.ReplaceAll(flags, "*", `\*`) + ` -- sh -c 'tr "\0" " " </proc/$PPID/cmdline; test ! -e /proc/self/fd/7 && test $(pgrep -c -P $(sed -n "s/PPid://p" /proc/$PPID/status)) = 1' 7>>` + t.TempDir() + "/log"
			if !strings.Contains(flags, "fd:7") {
				script = strings.ReplaceAll(script, "7>>", "6>>")
			}
			got := finish(t, exec.Command("bash", "-c", script))
			if name, _, _ := strings.Cut(got.stdout, " "); got.status != 0 || name != begins {
				t.Errorf("%+v", got)
			}
		})
	}
}

// What is started for a command line that turns out to be no run's ends with it.
func TestStartedInVain(t *testing.T) {
	for _, script := range []string{
		binary + " -q explain a.test -- sh -c 'echo ran'",
		binary + " --help -- sh -c 'echo ran'",
		binary + " --bogus -- sh -c 'echo ran'",
	} {
		// Cat ends when nobody has the pipe any more.
		got := finish(t, exec.Command("bash", "-c", script+" 2>&1 | cat; pgrep -fc 'echo [r]an'"))
		if lines := strings.Split(strings.TrimSpace(got.stdout), "\n"); strings.Contains(got.stdout, "\nran") || lines[len(lines)-1] != "0" {
			t.Errorf("%s: %+v", script, got)
		}
	}
}
