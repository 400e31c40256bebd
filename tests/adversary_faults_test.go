//go:build adversary

package tests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patient is a run that is hurt while its command asks in every way; see testdata/adversary/asker.py. It is started again where it ended.
type patient struct {
	o        *outside
	user     int
	around   []string // what codex-dnsvisor is run by
	upstream string
	mark     string // of its processes' environments

	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *bytes.Buffer
	tree   *os.File // its end says that nobody of the tree is left
	fresh  used     // once everything has been asked
}

// wound says what hurts, in failures.
type wound string

// speechless says that nothing can be said of it: no write ever succeeds.
func (w wound) speechless() bool {
	return strings.HasPrefix(string(w), "write:") && strings.Contains(string(w), "when=1+")
}

// faultPolicy has every question asked upstream.
const faultPolicy = "[network.domains]\n\"**.corp.test\" = \"allow\"\n\"secret.corp.test\" = \"deny\"\n[dns]\ncache-size = 0\n"

func newPatient(t *testing.T, user int) *patient {
	t.Helper()
	p := &patient{o: newOutside(t), user: user, upstream: "udp://127.0.0.1", mark: "DNSVISOR_FAULTS=" + strconv.FormatUint(rand.Uint64(), 36)}
	policy := p.o.path("policy.toml")
	must(t, os.WriteFile(policy, []byte(faultPolicy), 0o644))
	t.Cleanup(func() {
		if p.cmd != nil {
			p.end()
		}
	})
	return p
}

func (p *patient) start() {
	t := p.o.t
	t.Helper()
	args := []string{binary, "--audit", "fd:3", "--policy", "/dev/fd/4", "--no-reload", "--upstream", p.upstream, "--", "/usr/bin/python3", "-u", "-c", string(p.asker())}
	if p.user != os.Geteuid() {
		args = slices.Concat([]string{"setpriv"}, p.as(), args)
	}
	args = append(slices.Clone(p.around), args...)
	events, err := os.OpenFile(p.o.path("faults.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	policy, err := os.Open(p.o.path("policy.toml"))
	must(t, err)
	r, w, err := os.Pipe()
	must(t, err)
	p.cmd = p.o.enter(args...)
	p.cmd.Env = append(os.Environ(), p.mark)
	p.cmd.ExtraFiles = []*os.File{events, policy, w}
	p.stderr, p.tree = &bytes.Buffer{}, r
	p.cmd.Stderr, p.cmd.WaitDelay = p.stderr, hang // what is left of the tree may hold standard error
	p.stdin, err = p.cmd.StdinPipe()
	must(t, err)
	p.stdout = startLines(t, p.cmd)
	must(t, errors.Join(events.Close(), policy.Close(), w.Close()))
	if got := p.ask("at first"); !got.right() {
		t.Fatalf("unhurt: %v\n%s", got, p.stderr)
	}
	p.fresh = usage(t, p.cmd.Process.Pid)
}

// as has setpriv become the run's user.
func (p *patient) as() []string {
	id := strconv.Itoa(p.user)
	return []string{"--reuid=" + id, "--regid=" + id, "--clear-groups", "--"}
}

func (p *patient) asker() []byte {
	text, err := os.ReadFile("testdata/adversary/asker.py")
	must(p.o.t, err)
	return text
}

// limit lets the supervisor have so many descriptors, as its user may.
func (p *patient) limit(soft int) {
	args := []string{"prlimit", "--pid", strconv.Itoa(p.cmd.Process.Pid), fmt.Sprintf("--nofile=%d:", soft)}
	_ = exec.Command("setpriv", append(p.as(), args...)...).Run() // the run may have ended
}

// outcomes are those of each way of asking; none where the run has ended.
type outcomes map[string]string

func (o outcomes) right() bool {
	return len(o) == 7 && !slices.ContainsFunc(slices.Collect(maps.Values(o)), func(outcome string) bool { return outcome != "right" })
}

// bad are the outcomes that are neither right nor a clear error.
func (o outcomes) bad() (ways []string) {
	for way, outcome := range o {
		if outcome != "right" && !strings.HasPrefix(outcome, "error ") {
			ways = append(ways, way+": "+outcome)
		}
	}
	return ways
}

// ask has the command ask once in every way.
func (p *patient) ask(hurt wound) outcomes {
	t := p.o.t
	t.Helper()
	_, _ = io.WriteString(p.stdin, "\n") // it may have ended
	text, err := p.stdout.ReadString('\n')
	if err != nil {
		if os.IsTimeout(err) {
			t.Fatalf("%s: nobody asks any more: %s", hurt, p.stderr)
		}
		return nil
	}
	var got outcomes
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%s: %q, %v", hurt, text, err)
	}
	return got
}

// asked has the command ask while something hurts, and then once more, and starts the run again where that ended it.
func (p *patient) asked(hurt wound, heal func()) {
	t := p.o.t
	t.Helper()
	hurting := p.ask(hurt)
	for _, way := range hurting.bad() {
		t.Errorf("%s: %s", hurt, way)
	}
	heal()
	if hurting != nil {
		if again := p.ask(hurt); again.right() {
			return
		} else if again != nil {
			t.Errorf("after %s: %v\n%s", hurt, again, p.stderr)
			p.end()
		}
	}
	p.ended(hurt)
	p.start()
}

// ended says that the run has ended with an error, and nobody of its tree is left.
func (p *patient) ended(hurt wound) {
	t := p.o.t
	t.Helper()
	_ = p.cmd.Wait()
	must(t, p.tree.SetReadDeadline(time.Now().Add(hang)))
	if _, err := io.ReadAll(p.tree); err != nil {
		t.Errorf("after %s: something of the tree is left: %v", hurt, err)
	}
	if p.cmd.ProcessState.Success() || p.cmd.ProcessState.Exited() && !complaint.Match(p.stderr.Bytes()) && !hurt.speechless() {
		t.Errorf("%s ended the run with %v and %q", hurt, p.cmd.ProcessState, p.stderr)
	}
	if strings.Contains(p.stderr.String(), "panic: ") {
		t.Errorf("%s: %s", hurt, p.stderr)
	}
	t.Logf("%s: %v: %s", hurt, p.cmd.ProcessState, complaint.FindString(p.stderr.String()))
	must(t, p.tree.Close())
}

// complaint is what says why a run ended, of ours or of the Go runtime's.
var complaint = regexp.MustCompile(`(?m)^(error|fatal error|panic|runtime|.*failed with).*$`)

// end ends the run.
func (p *patient) end() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// upstreamTalk is between the supervisor and the upstreams, of the test's or of their refusal.
var upstreamTalk = regexp.MustCompile(`IP 127\.0\.0\.[12][.\d]* > 127\.0\.0\.[12][.:]`)

// whole says that nothing was left behind by all that hurt, nothing got out but questions for what is allowed, and the run holds what it
// held at first.
func (p *patient) whole() {
	t := p.o.t
	t.Helper()
	if now := usage(t, p.cmd.Process.Pid); now.descriptors > p.fresh.descriptors+16 || now.threads > p.fresh.threads+64 || now.rss > p.fresh.rss*2+64<<10 {
		t.Errorf("at first %+v, at the end %+v", p.fresh, now)
	}
	must(t, p.stdin.Close())
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the run ended by %v: %s", err, p.stderr)
	}
	for deadline := time.Now().Add(hang); len(marked(p.mark)) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %v", marked(p.mark))
		}
	}
	for _, packet := range p.o.captured() {
		if !upstreamTalk.MatchString(packet) {
			t.Errorf("got out: %s", packet)
		}
	}
	if file, err := os.ReadFile(p.o.pcap); err != nil || bytes.Contains(bytes.ToLower(file), []byte("\x06secret")) {
		t.Errorf("the name that is denied got out, %v", err)
	}
	p.o.wholeLog(p.o.path("faults.log"), func(format string, args ...any) {
		if args[0] != "" { // what closes a line that may have been cut short
			t.Errorf(format, args...)
		}
	})
}

// hang is the longest that anything may take.
const hang = 5 * time.Second

func (w wound) on(who string) wound { return wound(fmt.Sprintf("%s of the %s", string(w), who)) }
