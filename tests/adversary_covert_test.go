//go:build adversary

package tests

import (
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// accomplice is the authority of whatever the command may ask for: it keeps what it is asked, and lets nobody keep its answers.
type accomplice struct {
	server *dns.Server
	silent atomic.Bool // it answers nobody, so that it is asked again
	mu     sync.Mutex
	asked  []string // what there is to read in each question: all of it but the id and the letter case, which are random
}

func newAccomplice(t *testing.T) *accomplice {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	a := &accomplice{}
	a.server = &dns.Server{PacketConn: conn, Handler: a}
	go func() { _ = a.server.ActivateAndServe() }()
	t.Cleanup(func() { _ = a.server.Shutdown() })
	return a
}

// ServeDNS implements dns.Handler.
func (a *accomplice) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	reply := new(dns.Msg)
	reply.SetReply(m)
	q := m.Question[0]
	if q.Qtype == dns.TypeA {
		reply.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(192, 0, 2, 1)}}
	} else {
		reply.Ns = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Name: "example.", Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: "."}}
	}
	if !a.silent.Load() {
		_ = w.WriteMsg(reply)
	}
	m = m.Copy()
	m.Id, m.Question[0].Name = 0, strings.ToLower(q.Name)
	wire, err := m.Pack()
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, string(wire))
}

// heard is what it was asked since it was last told.
func (a *accomplice) heard() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	asked := a.asked
	a.asked = nil
	return asked
}

// tell runs the sender below codex-dnsvisor, with this authority as its upstream.
func (a *accomplice) tell(t *testing.T, policy string, args ...string) []string {
	t.Helper()
	a.heard()
	file := t.TempDir() + "/policy.toml"
	must(t, os.WriteFile(file, []byte(policy), 0o600))
	under := []string{"--quiet", "--policy", file, "--upstream", "udp://" + a.server.PacketConn.LocalAddr().String(), "--", "/usr/bin/python3", hostile(t, "covert.py")}
	if got := finishWithin(t, exec.Command(binary, append(under, args...)...), 3*patience); got.status != 0 {
		t.Errorf("%v: %+v", args, got)
	}
	return a.heard()
}

// again says that root's pass has tried it: what is asked outside does not depend on who is asked inside.
func again() bool { return os.Getenv(dirVar) != "" && os.Geteuid() != 0 }

const exactOnly = "[network.domains]\n\"allowed.example\" = \"allow\"\n\"other.example\" = \"allow\"\n[dns]\ncache-size = 0\n"

// closedChannels carry nothing, not a bit, to the authority of an allowed name; open ones do, which is a matter of how often: SECURITY.md.
var (
	closedChannels = []string{
		"id", "case", "RD", "AD", "Z", "size", "EDNS", "flags of EDNS", "ECS", "cookie", "padding", "option", "trailing", "additional", "transport", "resolver", "family",
		"source port", "unlisted name", "below", "service label", "type", "class", "opcode",
	}
	openChannels = []string{"name", "allowed type", "DO", "CD", "count"}
)

// What of a question is the sandbox's choice reaches nobody, but for what SECURITY.md lists.
func TestAdversaryCovertChannels(t *testing.T) {
	t.Parallel()
	if again() {
		return
	}
	a := newAccomplice(t)
	says := func(channels ...string) bool {
		zero, one := a.tell(t, exactOnly, append([]string{"0"}, channels...)...), a.tell(t, exactOnly, append([]string{"1"}, channels...)...)
		return !slices.Equal(zero, one)
	}
	if says(closedChannels...) {
		for _, channel := range closedChannels {
			t.Errorf("%s: %v", channel, says(channel))
		}
	}
	for _, channel := range openChannels {
		if !says(channel) {
			t.Errorf("nobody would have heard: %s", channel)
		}
	}
	if heard := a.tell(t, exactOnly, "0", "id"); len(heard) != 1 {
		t.Errorf("it is asked %d times", len(heard))
	}
}

// rates are what a sender gets to its accomplice in a minute.
var rates = []struct {
	of     string
	policy string
	args   []string
	most   float64 // bits a minute
	silent bool
}{
	{"nothing", "", []string{"fast"}, 0, false},
	{"a wildcard", "[network.domains]\n\"*.wild.example\" = \"allow\"\n\"**.wild.example\" = \"allow\"\n", []string{"labels"}, 90_000, false},
	{"a wildcard, `names = 10`, `bytes = 256`", "[network.domains]\n\"**.wild.example\" = \"allow\"\n[dns.budget]\nnames = 10\nbytes = 256\n", []string{"labels"}, 3_000, false},
	{"an exact name", exactRate, []string{"fast"}, 50_000, false},
	{"an exact name, `questions = 1`", exactRate + "[dns.budget]\nquestions = 1\n", []string{"fast"}, 600, false},
	{"an exact name, `min-ttl = 60`", exactRate + "[dns]\nmin-ttl = 60\n", []string{"fast"}, 3_000, false},
	{"an exact name, `min-ttl = 60`, `types = [\"A\", \"AAAA\"]`", exactRate + "[dns]\nmin-ttl = 60\ntypes = [\"A\", \"AAAA\"]\n", []string{"fast"}, 60, false},
	// Each of 18 types, with and without DO and CD, waits for the authority once at a time, and is asked twice in 3.8 s: 14,200 on any machine.
	{"an exact name, and does not answer", exactRate, []string{"fast"}, 15_000, true},
}

const exactRate = "[network.domains]\n\"allowed.example\" = \"allow\"\n"

// served are the types that upstreams are asked for.
var served = strings.Fields("1 2 5 6 12 15 16 28 33 39 43 44 48 52 64 65 256 257")

// What a sender that does nothing else gets to the authority of a name that it may ask for is bounded, and lowered by settings.
func TestAdversaryCovertRates(t *testing.T) {
	t.Parallel()
	if again() {
		return
	}
	a := newAccomplice(t)
	seconds := scaled(1, 60, 1)
	for _, r := range rates {
		a.silent.Store(r.silent)
		start := time.Now()
		heard := a.tell(t, r.policy, slices.Concat(r.args, []string{fmt.Sprint(seconds)}, served)...)
		bits := carried(heard, r.args[0])
		minutes := math.Max(time.Since(start).Minutes(), 1) // a budget is of a minute, however short we are
		if perMinute := bits / minutes; perMinute > r.most || bits == 0 && r.most > 0 {
			t.Errorf("%s: %.0f bits in %v, in %d questions", r.of, bits, time.Since(start), len(heard))
		}
		t.Logf("| %s | %d | %.0f |", r.of, len(heard), bits)
	}
}

// carried is how many bits a choice of questions says: of labels what is spelt in them, else which of the questions it is, each time.
func carried(heard []string, how string) (bits float64) {
	if how == "labels" {
		const alphabet = 32
		seen := map[string]bool{}
		for _, wire := range heard {
			var m dns.Msg
			if m.Unpack([]byte(wire)) != nil || seen[m.Question[0].Name] {
				continue
			}
			seen[m.Question[0].Name] = true
			spelt := strings.ReplaceAll(strings.TrimSuffix(m.Question[0].Name, "wild.example."), ".", "")
			bits += float64(len(spelt)) * math.Log2(alphabet)
		}
		return bits
	}
	kinds := map[string]bool{}
	for _, wire := range heard {
		kinds[wire] = true
	}
	return float64(len(heard)) * math.Log2(math.Max(float64(len(kinds)), 1))
}
