package main

import (
	"fmt"
	"net"
	"sync"

	"github.com/miekg/dns"
)

// serve is a resolver that answers for slow.test only when it is asked for release.test, once. It is ready when it says so.
func serve(address string) error {
	released := make(chan struct{})
	var once sync.Once
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		switch dns.CanonicalName(q.Question[0].Name) {
		case "slow.test.":
			<-released
		case "release.test.":
			once.Do(func() { close(released) })
		}
		_ = w.WriteMsg(reply(q)) // to whoever still waits
	})
	packets, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("serving")
	ended := make(chan error)
	go func() { ended <- dns.ActivateAndServe(nil, packets, handler) }()
	go func() { ended <- dns.ActivateAndServe(listener, nil, handler) }()
	return <-ended
}

// reply is an address for the two names, and for all others that there is nothing.
func reply(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	asked := q.Question[0]
	if opt := q.IsEdns0(); opt != nil {
		m.SetEdns0(1232, false)
	}
	if name := dns.CanonicalName(asked.Name); name == "slow.test." || name == "release.test." {
		m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: asked.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(192, 0, 2, 9)}}
		return m
	}
	if asked.Name != "." {
		m.Rcode = dns.RcodeNameError
	}
	m.Ns = []dns.RR{&dns.SOA{
		Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 60},
		Ns:  "ns.invalid.", Mbox: "hostmaster.invalid.", Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, Minttl: 60,
	}}
	return m
}
