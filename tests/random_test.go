package tests

import (
	octets "encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// randomPolicy has exact rules, one for a name with labels of a service, and a wildcard with a budget.
const randomPolicy = `[network.domains]
"example.corp" = "allow"
"internal-data.example.corp" = "allow"
"types.example.corp" = "allow"
"chain5.example.corp" = "allow"
"www.dnamed.example.corp" = "allow"
"_kerberos._udp.foo.example.corp" = "allow"
"*.wild.example.corp" = "allow"
[dns]
cache-size = 20000
[dns.budget]
names = 20
`

// randomNames are what the questions are about: what the policy allows, what that leads to, and what neither does.
var randomNames = strings.Fields(`example.corp internal-data.example.corp types.example.corp chain5.example.corp www.dnamed.example.corp
	_kerberos._udp.foo.example.corp x.wild.example.corp wild.example.corp other.example.corp foo.example.corp kdc1.example.corp mail.example.corp
	backend-canonical-host.example.corp srv-target.example.corp example.com foo.test foo.local host.child.example.corp`)

// closed are the names that may be asked upstream whatever the sandbox asks: those with an exact rule, and what they lead to.
var closed = strings.Fields(`example.corp internal-data.example.corp types.example.corp www.dnamed.example.corp _kerberos._udp.foo.example.corp
	chain5.example.corp chain4.example.corp chain3.example.corp chain2.example.corp chain1.example.corp chain0.example.corp
	backend-canonical-host.example.corp www.elsewhere.example.corp pointed.example.corp srv-target.example.corp mx-target.example.corp
	https-target.example.corp svcb-target.example.corp kdc1.example.corp ldap1.example.corp dot1.example.corp mail.example.corp ns.example.corp
	1.2.0.192.in-addr.arpa 10.2.0.192.in-addr.arpa 30.2.0.192.in-addr.arpa 31.2.0.192.in-addr.arpa 32.2.0.192.in-addr.arpa 33.2.0.192.in-addr.arpa
	34.2.0.192.in-addr.arpa 35.2.0.192.in-addr.arpa 25.2.0.192.in-addr.arpa 50.2.0.192.in-addr.arpa 60.2.0.192.in-addr.arpa
	70.2.0.192.in-addr.arpa 71.2.0.192.in-addr.arpa 72.2.0.192.in-addr.arpa 100.2.0.192.in-addr.arpa`)

// services are labels that the standards give to a name, without those that the sandbox has made up.
var services = regexp.MustCompile(`^(_kerberos\._udp|_kerberos\._tcp|_ldap\._tcp|_443\._tcp|_25\._tcp|_tcp|_dns|_acme-challenge|_8443\._https|_kerberos|_dmarc)\.(.+)$`)

// Nothing that the sandbox chose, beyond which of the names that it may ask for it asks, is in any packet to an upstream.
func TestRandomQuestions(t *testing.T) {
	count := 5000
	if long() {
		count = 100_000
	}
	z := newZones(t)
	seed := rand.Uint32()
	t.Logf("seed %d", seed)
	args := slices.Concat([]string{program("random"), "8.8.8.8", strconv.Itoa(count), strconv.Itoa(int(seed))}, randomNames)
	start := time.Now()
	got := z.run(bind, []string{"--quiet", "--policy", z.policy(randomPolicy)}, args...)
	minutes := int(time.Since(start)/time.Minute) + 1
	var asked, answered int
	if _, err := fmt.Sscanf(got.stdout, "asked %d answered %d", &asked, &answered); err != nil || asked != count || answered < count*9/10 {
		t.Fatalf("%+v", got)
	}
	logged := z.questions()
	z.captured() // all of it
	sent := z.sent(netip.MustParseAddr("127.0.0.2"))
	t.Logf("%s in %v; %d questions upstream", strings.TrimSpace(got.stdout), time.Since(start), len(sent))
	if len(sent) != len(logged) || len(sent) == 0 {
		t.Errorf("the capture has %d questions, bind9 got %d", len(sent), len(logged))
	}
	wild := map[string]bool{}
	shapes := map[string]bool{}
	var ids, capitals int
	for _, wire := range sent {
		m := new(dns.Msg)
		must(t, m.Unpack(wire))
		if again, err := m.Pack(); err != nil || len(again) != len(wire) {
			t.Errorf("more than a message: %x", wire)
		}
		shapes[shape(m)] = true
		name := strings.TrimSuffix(m.Question[0].Name, ".")
		if m.Id == 0x5a5a {
			ids++
		}
		if name == strings.ToUpper(name) && len(name) > 12 {
			capitals++
		}
		if name = strings.ToLower(name); strings.HasSuffix(name, ".wild.example.corp") {
			wild[name] = true
		} else if !mayAsk(name, m.Question[0].Qtype) {
			t.Errorf("asked upstream: %s %s", name, dns.Type(m.Question[0].Qtype))
		}
	}
	if len(shapes) != 1 {
		t.Errorf("headers and options vary by more than DO and CD: %v", shapes)
	}
	if ids > 1+len(sent)/100 || capitals > 1+len(sent)/20 {
		t.Errorf("of %d questions upstream %d have the sandbox's id, and %d its capitals", len(sent), ids, capitals)
	}
	if len(wild) == 0 || len(wild) > 20*(minutes+1) {
		t.Errorf("%d names of the wildcard in %d minutes", len(wild), minutes)
	}
}

// mayAsk is the closed set: allowed names, services of theirs, what they lead to, and for those who validate the keys above.
func mayAsk(name string, kind uint16) bool {
	if m := services.FindStringSubmatch(name); m != nil && slices.Contains(closed, m[2]) {
		return true
	}
	if kind == dns.TypeDS || kind == dns.TypeDNSKEY {
		return slices.ContainsFunc(append(closed, "x.wild.example.corp"), func(below string) bool { return name == "" || dns.IsSubDomain(name, below) })
	}
	return slices.Contains(closed, name)
}

// shape is all of a question but its id, name, type and the two flags that pass.
func shape(m *dns.Msg) string {
	m = m.Copy()
	m.Id, m.CheckingDisabled = 0, false
	m.Question[0].Name, m.Question[0].Qtype = ".", 0
	if o := m.IsEdns0(); o != nil {
		o.SetDo(false)
	}
	return m.String()
}

// sent are the DNS messages in the capture to port 53 of an address.
func (o *outside) sent(to netip.Addr) [][]byte {
	o.t.Helper()
	const fileHeader, packetHeader, cooked = 24, 16, 20 // pcap, and LINKTYPE_LINUX_SLL2
	file, err := os.ReadFile(o.pcap)
	must(o.t, err)
	if link := octets.LittleEndian.Uint32(file[20:]); link != 276 {
		o.t.Fatalf("a capture of link type %d", link)
	}
	var messages [][]byte
	for file = file[fileHeader:]; len(file) >= packetHeader; {
		length := octets.LittleEndian.Uint32(file[8:])
		packet := file[packetHeader : packetHeader+length]
		file = file[packetHeader+length:]
		ip := packet[cooked:]
		if octets.BigEndian.Uint16(packet) != 0x0800 || netip.AddrFrom4([4]byte(ip[16:20])) != to {
			continue
		}
		payload := ip[int(ip[0]&15)*4 : octets.BigEndian.Uint16(ip[2:])]
		const udp, tcp, dnsPort = 17, 6, 53
		switch {
		case octets.BigEndian.Uint16(payload[2:]) != dnsPort:
		case ip[9] == udp:
			messages = append(messages, payload[8:])
		case ip[9] == tcp:
			if data := payload[payload[12]>>4*4:]; len(data) > 0 {
				messages = append(messages, data[2:])
			}
		}
	}
	return messages
}
