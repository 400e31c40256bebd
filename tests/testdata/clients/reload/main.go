// Command reload asks, from several sockets of each kind at once, for the names of a policy that keeps changing, until its
// standard input ends, and says how many answers are of no one version of it. reload QUESTIONS asks that many at least.
//
// Version k is one of 4 kinds, and all that it answers shows k: v0.test is allowed where k is even and v1.test where it is odd, with an
// alias to mid<k%4>.test, which alone of its kind is not denied, and an address 10.<k%4>.<k/256>.<k%256>. The other name is
// denied by a rule in line k+1, with NXDOMAIN where k%4 < 2, and else with REFUSED. A record of a name that is denied has an
// address in 11.0.0.0/8. So it is with u0.example and u1.example, but that these have the address 198.51.100.<k%2> from upstream, and that
// the rule is in line k+2.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

const resolver = "9.9.9.9:53"

// tally is what was seen.
type tally struct{ asked, lost, mixed, back atomic.Int64 }

func main() {
	least, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		panic(err)
	}
	var t tally
	var end atomic.Bool
	var all sync.WaitGroup
	for i := range 9 {
		all.Go(func() { t.work(i, func() bool { return end.Load() && t.asked.Load() >= least }) })
	}
	fmt.Println("asking")
	_, _ = io.Copy(io.Discard, os.Stdin)
	end.Store(true)
	all.Wait()
	fmt.Printf("lost %d, mixed %d, back %d, asked %d\n", t.lost.Load(), t.mixed.Load(), t.back.Load(), t.asked.Load())
}

// names are asked for in turn. The last letter of the first label is what k%2 is where the name is allowed.
var names = []string{"v0.test.", "v1.test.", "v0.test.", "v1.test.", "u0.example.", "u1.example."}

// work asks one question after another: the versions that answer them never go back.
func (t *tally) work(i int, done func() bool) {
	ask, last := asker(i), 0
	for n := 0; !done(); n++ {
		name := names[n%len(names)]
		m := new(dns.Msg).SetQuestion(name, dns.TypeA)
		m.SetEdns0(4096, false)
		t.asked.Add(1)
		reply, err := ask(m)
		if err != nil {
			t.lost.Add(1)
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		k, err := version(name, reply)
		switch {
		case err != nil:
			t.mixed.Add(1)
			fmt.Fprintln(os.Stderr, err, reply)
		case k == unknown:
		case k < last:
			t.back.Add(1)
			fmt.Fprintf(os.Stderr, "version %d after %d\n", k, last)
		default:
			last = k
		}
	}
}

// asker is one of the ways to ask: connected, by address, by TCP.
func asker(i int) func(*dns.Msg) (*dns.Msg, error) {
	network := []string{"udp", "udp", "tcp"}[i%3]
	var conn net.Conn
	var err error
	if i%3 == 1 {
		conn, err = byAddress()
	} else {
		conn, err = net.Dial(network, resolver)
	}
	if err != nil {
		panic(err)
	}
	c, client := &dns.Conn{Conn: conn, UDPSize: 4096}, &dns.Client{Net: network, Timeout: 30 * time.Second}
	return func(m *dns.Msg) (*dns.Msg, error) {
		reply, _, err := client.ExchangeWithConn(m, c)
		return reply, err
	}
}

// addressed is a socket that is not connected.
type addressed struct {
	*net.UDPConn
	to *net.UDPAddr
}

func byAddress() (net.Conn, error) {
	to, err := net.ResolveUDPAddr("udp", resolver)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", nil)
	return &addressed{conn, to}, err
}

func (a *addressed) Write(b []byte) (int, error) { return a.WriteToUDP(b, a.to) }

var errMixed = errors.New("mixed")

// unknown is a version of which only k%2 shows.
const unknown = -1

// version is the one that an answer is of.
func version(name string, m *dns.Msg) (int, error) {
	kind := int(name[1] - '0')
	switch {
	case m.Rcode != dns.RcodeSuccess:
		return denied(name, kind, m)
	case name[0] == 'u':
		return fromUpstream(kind, m.Answer)
	}
	return fromRecords(kind, m.Answer)
}

func fromUpstream(kind int, answer []dns.RR) (int, error) {
	if len(answer) != 1 {
		return 0, errMixed
	}
	if a, ok := answer[0].(*dns.A); !ok || a.A.String() != fmt.Sprintf("198.51.100.%d", kind) {
		return 0, errMixed
	}
	return unknown, nil
}

func fromRecords(kind int, answer []dns.RR) (int, error) {
	if len(answer) != 2 {
		return 0, errMixed
	}
	alias, isAlias := answer[0].(*dns.CNAME)
	a, isAddress := answer[1].(*dns.A)
	if !isAlias || !isAddress {
		return 0, errMixed
	}
	ip := a.A.To4()
	k := int(ip[2])<<8 | int(ip[3])
	if ip[0] != 10 || int(ip[1]) != k%4 || k%2 != kind || alias.Target != fmt.Sprintf("mid%d.test.", k%4) || a.Hdr.Name != alias.Target {
		return 0, errMixed
	}
	return k, nil
}

var ruleOf = regexp.MustCompile(`^denied by ([a-z0-9.]+) \(policy\.toml:(\d+):1\)$`)

func denied(name string, kind int, m *dns.Msg) (int, error) {
	opt := m.IsEdns0()
	if opt == nil || len(m.Answer) > 0 || len(opt.Option) != 1 {
		return 0, errMixed
	}
	ede, ok := opt.Option[0].(*dns.EDNS0_EDE)
	if !ok {
		return 0, errMixed
	}
	rule := ruleOf.FindStringSubmatch(ede.ExtraText)
	if rule == nil || rule[1]+"." != name {
		return 0, errMixed
	}
	line, err := strconv.Atoi(rule[2])
	k := line - 1
	if name[0] == 'u' {
		k--
	}
	rcode := dns.RcodeNameError
	if k%4 >= 2 {
		rcode = dns.RcodeRefused
	}
	if err != nil || k%2 == kind || m.Rcode != rcode {
		return 0, errMixed
	}
	return k, nil
}
