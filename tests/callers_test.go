package tests

import (
	"os"
	"os/exec"
	"testing"
)

// What the caller's shell had started before it became codex-dnsvisor by exec, as bash does for the last command of -c, is not
// the tree's, and goes on.
func TestTheCallersJobsGoOn(t *testing.T) {
	for name, script := range map[string]string{
		"job":          `(read x <"$1"; echo lives >"$2") >/dev/null 2>&1 & exec "$0" -- true`,
		"substitution": `exec "$0" -- echo lives > >(exec >/dev/null 2>&1; read said; read x <"$1"; echo "$said" >"$2")`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fifo, out := dir+"/fifo", dir+"/out"
			for _, path := range []string{fifo, out} {
				if text, err := exec.Command("mkfifo", path).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
			}
			hold, err := os.OpenFile(fifo, os.O_RDWR, 0) // so that no open of it blocks
			must(t, err)
			defer hold.Close()
			// Somebody reads what the job writes, whoever ends first.
			reader := startLines(t, exec.Command("cat", out))
			if got := finish(t, exec.Command("bash", "-c", script, binary, fifo, out)); got.status != 0 {
				t.Errorf("%+v", got)
			}
			must(t, os.WriteFile(fifo, []byte("the run has ended\n"), 0))
			if got := line(t, reader); got != "lives" {
				t.Errorf("the job wrote %q", got)
			}
		})
	}
}
