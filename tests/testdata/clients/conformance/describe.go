package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// describe says in words what a response is: RCODE, opcode unless QUERY, flags, whether the question is repeated octet for
// octet, how many records there are in each section that has some, EDNS version, size, flags and options, and last the length.
func describe(asked, got []byte) string {
	if len(got) < 12 {
		return fmt.Sprintf("short length=%d", len(got))
	}
	m := new(dns.Msg)
	parsed := m.Unpack(got) == nil
	words := []string{rcode(m, got)}
	if opcode := int(got[2] >> 3 & 15); opcode != dns.OpcodeQuery {
		words = append(words, fmt.Sprintf("opcode%d", opcode))
	}
	for _, flag := range []struct {
		octet int
		bit   byte
		name  string
	}{{2, 0x04, "aa"}, {2, 0x02, "tc"}, {2, 0x01, "rd"}, {3, 0x80, "ra"}, {3, 0x40, "z"}, {3, 0x20, "ad"}, {3, 0x10, "cd"}} {
		if got[flag.octet]&flag.bit != 0 {
			words = append(words, flag.name)
		}
	}
	if got[2]&0x80 == 0 {
		words = append(words, "not-a-response")
	}
	words = append(words, sections(asked, got)...)
	if !parsed {
		words = append(words, "unreadable")
	}
	if opt := m.IsEdns0(); opt != nil {
		words = append(words, edns(opt)...)
	}
	return strings.Join(append(words, fmt.Sprintf("length=%d", len(got))), " ")
}

func rcode(m *dns.Msg, got []byte) string {
	code := int(got[3] & 15)
	if opt := m.IsEdns0(); opt != nil {
		code |= opt.ExtendedRcode() &^ 15
	}
	if code == dns.RcodeBadVers {
		return "BADVERS" // the library calls 16 by its other name, of TSIG
	}
	return dns.RcodeToString[code]
}

func sections(asked, got []byte) []string {
	var words []string
	count := func(i int) int { return int(binary.BigEndian.Uint16(got[4+2*i:])) }
	if count(0) > 0 {
		word := fmt.Sprintf("qd%d", count(0))
		if end := questionEnd(asked); end == 0 || end > len(got) || !bytes.Equal(asked[12:end], got[12:end]) {
			word = "other-question"
		}
		words = append(words, word)
	}
	for i, name := range []string{"an", "ns", "ar"} {
		if n := count(i + 1); n > 0 {
			words = append(words, fmt.Sprintf("%s%d", name, n))
		}
	}
	return words
}

// questionEnd is where the first question ends; zero where there is none.
func questionEnd(wire []byte) int {
	if len(wire) < 12 || binary.BigEndian.Uint16(wire[4:]) == 0 {
		return 0
	}
	_, end, err := dns.UnpackDomainName(wire, 12)
	if err != nil || end+4 > len(wire) {
		return 0
	}
	return end + 4
}

func edns(opt *dns.OPT) []string {
	words := []string{fmt.Sprintf("edns%d", opt.Version()), fmt.Sprintf("size%d", opt.UDPSize())}
	if opt.Do() {
		words = append(words, "do")
	}
	if opt.Hdr.Ttl&0x7fff != 0 {
		words = append(words, "edns-z")
	}
	for _, o := range opt.Option {
		words = append(words, fmt.Sprintf("option%d", o.Option()))
	}
	return words
}
