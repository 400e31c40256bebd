package tests

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// While its command runs, the supervisor is under a filter of its own, holds no capability worth having, and neither it nor the keeper
// can be looked into by who has the same user: with --net=host that is what keeps the command out.
func TestSupervisorIsConfined(t *testing.T) {
	for _, mode := range []string{"isolated", "host"} {
		t.Run(mode, func(t *testing.T) {
			tr := startTree(t, "--net="+mode)
			supervisor, keeper := tr.cmd.Process.Pid, tr.keeper(t)
			status := map[string]string{}
			text, err := os.ReadFile("/proc/" + strconv.Itoa(supervisor) + "/status")
			must(t, err)
			for line := range strings.Lines(string(text)) {
				key, value, _ := strings.Cut(line, ":")
				status[key] = strings.TrimSpace(value)
			}
			for key, want := range map[string]string{"Seccomp": "2", "NoNewPrivs": "1", "CapEff": capabilities(mode), "CapPrm": capabilities(mode), "CapInh": "0000000000000000"} {
				if status[key] != want {
					t.Errorf("%s of the supervisor is %s, want %s", key, status[key], want)
				}
			}
			for name, pid := range map[string]int{"supervisor": supervisor, "keeper": keeper} {
				cmd := exec.Command("cat", "/proc/"+strconv.Itoa(pid)+"/environ")
				if os.Geteuid() == 0 { // root of the machine may look at everybody: without capabilities it may not
					cmd = exec.Command("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--securebits=+noroot", "cat", "/proc/"+strconv.Itoa(pid)+"/environ")
				}
				if got := finish(t, cmd); got.status == 0 || !strings.Contains(got.stderr, "Permission denied") {
					t.Errorf("the %s can be looked into: %+v", name, got)
				}
			}
			must(t, tr.cmd.Process.Kill())
			tr.gone(t)
			_ = tr.cmd.Wait()
		})
	}
}

// capabilities are those that a supervisor keeps.
func capabilities(mode string) string {
	switch {
	case os.Geteuid() != 0:
		return "0000000000000000"
	case mode == "host":
		return "0000000010083426"
	}
	return "0000000010000006"
}
