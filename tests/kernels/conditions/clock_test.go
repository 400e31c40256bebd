//go:build guest

package conditions

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// most is how long a look-up may take, whatever fails: SECURITY.md.
const most = 5 * time.Second

// source is an upstream that counts what it is asked. The name that is allowed is an alias there of one that is not.
type source struct {
	server dns.Server
	asked  atomic.Int32
}

// ServeDNS implements dns.Handler.
func (s *source) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	s.asked.Add(1)
	reply := new(dns.Msg)
	reply.SetReply(m)
	alias, err1 := dns.NewRR("alias.corp.net. 300 IN CNAME target.corp.net.")
	target, err2 := dns.NewRR("target.corp.net. 300 IN A 192.0.2.1")
	if err1 != nil || err2 != nil {
		return
	}
	if strings.EqualFold(m.Question[0].Name, alias.Header().Name) {
		alias.Header().Name = m.Question[0].Name
		reply.Answer = append(reply.Answer, alias)
	}
	reply.Answer = append(reply.Answer, target)
	_ = w.WriteMsg(reply)
}

func newSource(t *testing.T) *source {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &source{server: dns.Server{PacketConn: conn}}
	s.server.Handler = s
	go func() { _ = s.server.ActivateAndServe() }()
	t.Cleanup(func() { _ = s.server.Shutdown() })
	return s
}

// jump moves the machine's clock.
func jump(t *testing.T, by time.Duration) {
	t.Helper()
	now := unix.NsecToTimespec(time.Now().Add(by).UnixNano())
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &now); err != nil {
		t.Fatal(err)
	}
}

// TestClockJumps moves the date by years while a run goes on: what is cached stays cached, a lease lasts, what is denied stays denied, nobody waits, and
// the log is whole.
func TestClockJumps(t *testing.T) {
	upstream, log := newSource(t), filepath.Join(t.TempDir(), "log")
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	const asks = `while read name; do getent ahostsv4 $name | head -n 1 | grep . || echo none; done`
	cmd := exec.CommandContext(ctx, program, "--audit", log, "--quiet", "--allow", "alias.corp.net", "--upstream", "udp://"+upstream.server.PacketConn.LocalAddr().String(), "--", "sh", "-c", asks)
	cmd.Stderr = os.Stderr
	told, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	ask := func(name, want string) {
		t.Helper()
		start := time.Now() // by the monotonic clock
		if _, err := io.WriteString(told, name+"\n"); err != nil {
			t.Fatal(err)
		}
		line, err := said.ReadString('\n')
		if took := time.Since(start); err != nil || !strings.HasPrefix(line, want) || took > most {
			t.Errorf("%s: %q in %v, %v", name, line, took, err)
		}
	}
	ask("alias.corp.net", "192.0.2.1")
	ask("target.corp.net", "192.0.2.1")
	before := upstream.asked.Load()
	const years = 10 * 365 * 24 * time.Hour
	for _, by := range []time.Duration{years, -2 * years, years} {
		jump(t, by)
		ask("alias.corp.net", "192.0.2.1")
		ask("target.corp.net", "192.0.2.1")
		ask("other.corp.net", "none")
	}
	if asked := upstream.asked.Load(); asked != before || before == 0 {
		t.Errorf("it was asked %d times, then %d", before, asked)
	}
	if err := told.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if stdout, stderr, err := run(t, program, "audit", "verify", log); err != nil {
		t.Errorf("%v: %s%s", err, stdout, stderr)
	}
}
