// Random asks random questions around some names, with everything that a sandbox can choose in a DNS message, and prints how
// many it asked and how many got a response: random SERVER COUNT SEED NAME... Ids are all the same and letters are capitals,
// so that either is recognised wherever it appears.
package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

const (
	askers = 48
	id     = 0x5a5a
	secret = "SECRET"
)

// between are labels that a standard puts before a name, or might.
var between = []string{
	"_KERBEROS._UDP", "_KERBEROS._TCP", "_LDAP._TCP", "_443._TCP", "_25._TCP", "_DNS", "_ACME-CHALLENGE", "_8443._HTTPS", "_KERBEROS", "_DMARC",
	"_TCP", "_" + secret, "_" + secret + "._TCP", secret + "._TCP", "_" + secret + "._UDP", secret + "._DOMAINKEY", secret + "._OPENPGPKEY",
	"_65536._TCP", "_000443._TCP", "_443._443._TCP", "_443._" + secret, "*", "_LDAP._TCP." + secret + "._SITES",
}

func main() {
	count, seed := number(os.Args[2]), number(os.Args[3])
	var asked, answered atomic.Int64
	var work sync.WaitGroup
	for i := range askers {
		work.Go(func() {
			a := asker{rand.New(rand.NewPCG(uint64(seed), uint64(i))), os.Args[4:]}
			for asked.Add(1) <= int64(count) {
				if a.ask(os.Args[1] + ":53") {
					answered.Add(1)
				}
			}
		})
	}
	work.Wait()
	fmt.Println("asked", count, "answered", answered.Load())
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

type asker struct {
	*rand.Rand
	names []string
}

// ask says whether a response came.
func (a asker) ask(server string) bool {
	wire, err := a.message().Pack()
	if err != nil { // a name too long
		return false
	}
	conn, err := net.Dial("udp", server)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	if a.IntN(50) == 0 { // bytes after the message
		wire = append(wire, secret...)
	}
	if _, err := conn.Write(wire); err != nil {
		return false
	}
	n, err := conn.Read(make([]byte, 65535))
	return err == nil && n >= 12
}

func (a asker) message() *dns.Msg {
	m := &dns.Msg{}
	m.Id = id
	m.Question = []dns.Question{{Name: a.name(), Qtype: a.kind(), Qclass: dns.ClassINET}}
	m.RecursionDesired, m.CheckingDisabled, m.AuthenticatedData = a.IntN(4) > 0, a.IntN(3) == 0, a.IntN(2) == 0
	m.Zero, m.RecursionAvailable, m.Authoritative = a.IntN(8) == 0, a.IntN(8) == 0, a.IntN(8) == 0
	if a.IntN(100) == 0 {
		m.Opcode = a.IntN(7)
	}
	if a.IntN(100) == 0 {
		m.Question[0].Qclass = uint16(a.Uint32())
	}
	if a.IntN(3) > 0 {
		m.Extra = append(m.Extra, a.edns())
	}
	return m
}

func (a asker) edns() dns.RR {
	o := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	o.SetUDPSize(uint16(a.Uint32()))
	o.SetDo(a.IntN(2) == 0)
	if a.IntN(4) == 0 {
		o.SetZ(uint16(a.Uint32()) &^ (1 << 15))
	}
	if a.IntN(40) == 0 {
		o.SetVersion(1)
	}
	for _, option := range []dns.EDNS0{
		&dns.EDNS0_NSID{Code: dns.EDNS0NSID},
		&dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, Address: net.IPv4(192, 0, 2, byte(a.Uint32()))},
		&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "5345435245545345"},
		&dns.EDNS0_PADDING{Padding: []byte(secret)},
		&dns.EDNS0_LOCAL{Code: 65001, Data: []byte(secret)},
	} {
		if a.IntN(4) == 0 {
			o.Option = append(o.Option, option)
		}
	}
	return o
}

// kind is a type: one that is served, mostly.
func (a asker) kind() uint16 {
	served := []uint16{
		dns.TypeA, dns.TypeAAAA, dns.TypeCNAME, dns.TypeDNAME, dns.TypePTR, dns.TypeSRV, dns.TypeMX, dns.TypeTXT, dns.TypeHTTPS, dns.TypeSVCB,
		dns.TypeCAA, dns.TypeTLSA, dns.TypeSSHFP, dns.TypeURI, dns.TypeDS, dns.TypeDNSKEY, dns.TypeNS, dns.TypeSOA, dns.TypeANY,
	}
	if a.IntN(8) == 0 {
		return uint16(a.Uint32())
	}
	return served[a.IntN(len(served))]
}

// name is one of the given names, or near one.
func (a asker) name() string {
	name := strings.ToUpper(a.names[a.IntN(len(a.names))])
	switch a.IntN(12) {
	case 0, 1, 2:
		name = between[a.IntN(len(between))] + "." + name
	case 3:
		name = a.label() + "." + name
	case 4:
		name = a.label() + "." + a.label() + "." + name
	case 5:
		_, parent, _ := strings.Cut(name, ".")
		name = a.label() + "." + parent
	case 6:
		name = name + "." + a.label()
	case 7:
		_, name, _ = strings.Cut(name, ".")
	case 8:
		name = fmt.Sprintf("%d.2.0.192.IN-ADDR.ARPA", a.IntN(256))
	case 9:
		name = between[a.IntN(len(between))] + "." + a.label() + "." + name
	}
	return dns.Fqdn(name)
}

// label is one that only the sandbox can have chosen.
func (a asker) label() string {
	odd := []string{"", `\000`, `\.`, `\255`, "-", "_", `\032`}
	return secret + odd[a.IntN(len(odd))] + strings.ToUpper(strconv.FormatUint(a.Uint64(), 36))
}
