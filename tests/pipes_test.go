package tests

import (
	"os"
	"strings"
	"testing"
)

// parallel is a makefile two of whose recipes each wait for the other: without a job for both it hangs. All ask.
const parallel = `all: a b c d
a:
	@dig +short @127.0.0.1 a.corp.test >$$D/one.fifo; cat $$D/two.fifo
b:
	@cat $$D/one.fifo; dig +short @127.0.0.1 only6.corp.test AAAA >$$D/two.fifo
c d:
	@dig +short @127.0.0.1 a.corp.test >/dev/null
`

// What shells and their helpers do with processes ends as without us, inside and around codex-dnsvisor.
func TestPipesAndHelpers(t *testing.T) {
	o := newOutside(t)
	must(t, os.WriteFile(o.path("parallel.mk"), []byte(parallel), 0o644))
	must(t, os.WriteFile(o.path("outer.mk"), []byte("all:\n\t+@$(WRAP) $(MAKE) -s -f parallel.mk\n"), 0o644))
	for name, script := range map[string]string{
		"early exit of a reader":     `$RUN yes | head -1; echo ${PIPESTATUS[@]}`,
		"early exit inside":          `$RUN bash -c 'yes | head -1; echo ${PIPESTATUS[@]}'`,
		"look-ups into a closed end": `$RUN sh -c 'while a=$(dig +short @127.0.0.1 a.corp.test); do echo $a; done' | head -3; echo ${PIPESTATUS[1]}`,
		"timeout around":             `timeout 0.2 $RUN sleep 1000; echo $?`,
		"timeout around, asking":     `timeout 0.2 $RUN $ASKER 127.0.0.1; echo $?`,
		"timeout in the foreground":  `timeout --foreground 0.2 $RUN sleep 1000; echo $?`,
		"timeout by SIGKILL":         `timeout -s KILL 0.2 $RUN sleep 1000; echo $?`,
		"timeout passed on":          `timeout -s USR1 0.2 $RUN bash -c 'trap "trap : USR1; echo usr1; exit 3" USR1; sleep 1000 & wait; kill $!'; echo $?`,
		"timeout inside":             `$RUN timeout 0.2 $ASKER 127.0.0.1; echo $?`,
		"timeout not reached":        `timeout 60 $RUN dig +short @127.0.0.1 a.corp.test; echo $?`,
		"nohup around":               `nohup $RUN sh -c 'kill -HUP $$; echo alive; dig +short @127.0.0.1 a.corp.test' 2>/dev/null; echo $?`,
		"nohup inside":               `$RUN nohup sh -c 'kill -HUP $$; echo alive' 2>/dev/null; echo $?`,
		"setsid around":              `setsid -w $RUN dig +short @127.0.0.1 a.corp.test; echo $?`,
		"setsid inside":              `$RUN setsid -w dig +short @127.0.0.1 a.corp.test; echo $?`,
		"xargs inside":               `seq 40 | $RUN xargs -P 8 -I{} dig +short @127.0.0.1 a.corp.test | sort | uniq -c`,
		"xargs around":               `seq 12 | xargs -P 4 -I{} $RUN dig +short @127.0.0.1 a.corp.test | sort | uniq -c`,
		"xargs and a failure":        `echo x | $RUN xargs -I{} sh -c 'exit 255' 2>/dev/null; echo $?`,
		"a jobserver inside":         `timeout 50 $RUN make -s -j4 -f parallel.mk 2>&1 | sort; echo ${PIPESTATUS[0]}`,
		"an inherited jobserver":     `timeout 50 make -s -j4 -f outer.mk WRAP="$RUN" 2>&1 | sort; echo ${PIPESTATUS[0]}`,
		"background jobs and wait":   `$RUN bash -c 'for i in 1 2 3 4; do dig +short @127.0.0.1 a.corp.test & done; wait; echo $?'`,
		"process substitution":       `$RUN bash -c 'diff <(dig +short @127.0.0.1 a.corp.test) <(echo 192.0.2.1) && echo same'`,
		"a here-document":            "$RUN bash <<'END'\ndig +short @127.0.0.1 a.corp.test\nexit 9\nEND\necho $?",
		"a co-process":               `$RUN bash -c 'coproc dig +short @127.0.0.1 -f -; echo a.corp.test >&${COPROC[1]}; exec {COPROC[1]}>&-; cat <&${COPROC[0]}'`,
		"a signal to the group":      `setsid -w bash -c '$RUN sh -c "echo started; kill -TERM 0; sleep 1000"; echo not reached'; echo $?`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			in := func(run string) []string {
				return []string{
					"env", "RUN=" + run, "ASKER=" + program("asker"), "D=" + dir, "bash", "-c",
					`rm -f $D/*.fifo; mkfifo $D/one.fifo $D/two.fifo; ` + script,
				}
			}
			bare, got := finish(t, o.enter(in("")...)), finish(t, o.enter(in(strings.Join(under(), " "))...))
			bare.stderr, got.stderr = normal(bare.stderr), normal(got.stderr)
			if bare != got || bare.stdout == "" {
				t.Errorf("bare:\n%+v\nunder codex-dnsvisor:\n%+v", bare, got)
			}
		})
	}
}
