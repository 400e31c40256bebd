package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

// stream is a case of one TCP connection.
type stream struct {
	spec
	run func(connection) (string, error)
}

var streams = []stream{
	{spec{"plain question", "8906 §8.1.5, 7766 §5", "NOERROR rd ra qd1 an1 -edns0 -tc"}, single(header(nil))},
	{spec{"EDNS 0", "8906 §8.2.1", "NOERROR an1 edns0"}, single(with(nil))},
	{spec{"EDNS 1", "6891 §6.1.3", "BADVERS edns0 -an1"}, single(with(func(o *dns.OPT) { o.SetVersion(1) }))},
	{spec{"keep-alive option", "7828 §3.3", "NOERROR an1 edns0"}, single(with(func(o *dns.OPT) { o.Option = append(o.Option, option(dns.EDNS0TCPKEEPALIVE, "")) }))},
	{spec{"120 addresses", "1035 §4.2.2", "NOERROR -tc an120"}, single(pack(question("huge.test.", dns.TypeA)))},
	{spec{"120 addresses, EDNS size 512", "6891 §6.2.3", "NOERROR -tc an120"}, single(sized("huge.test.", 512))},
	{spec{"TC by UDP, then the rest", "7766 §5", "tc,then an120 -tc"}, retry},
	{spec{"in writes of one octet", "7766 §8", "NOERROR an1"}, octets},
	{spec{"length and message apart", "7766 §8", "NOERROR an1"}, apart},
	{spec{"two questions in one segment", "7766 §6.2.1.1", "2-answers"}, pipelined(2)},
	{spec{"20 questions in one segment", "7766 §6.2.1.1", "20-answers"}, pipelined(20)},
	{spec{"a question after an answer", "7766 §6.2.1", "NOERROR an1"}, again},
	{spec{"a slow name, then another", "7766 §6.2.1.1, §7", "both out-of-order|in-order"}, disorder},
	{spec{"closed for writing after the question", "7766 §6.2.4", "NOERROR an1 then-closed"}, halfClosed},
	{spec{"half a question, then closed", "7766 §6.2.4", "closed"}, halfAsked},
	{spec{"a message of no octets", "1035 §4.2.2", "closed|FORMERR|NOERROR"}, then(frame(nil))},
	{spec{"a message of 5 octets", "1035 §4.2.2", "closed|FORMERR|NOERROR"}, then(frame([]byte("hello")))},
	{spec{"QR=1", "1035 §4.1.1", "closed|silent-then NOERROR|closed"}, then(frame(header(func(m *dns.Msg) { m.Response = true })))},
	{spec{"type AXFR", "5936 §2.2.1", "REFUSED|NOTAUTH|NOTIMP|FORMERR -an1"}, single(pack(question("test.", dns.TypeAXFR)))},
	{spec{"opcode 15", "8906 §8.1.4", "NOTIMP opcode15 -an1"}, single(header(func(m *dns.Msg) { m.Opcode = 15 }))},
	{spec{"an option of 60000 octets", "6891 §6.1.2", "NOERROR an1 edns0"}, single(with(func(o *dns.OPT) { o.Option = append(o.Option, option(100, string(make([]byte, 60000)))) }))},
}

// single is one question and its answer.
func single(wire []byte) func(connection) (string, error) {
	return func(c connection) (string, error) { return c.exchange(frame(wire), wire) }
}

// retry asks by UDP, and where that is cut by TCP, as clients do.
func retry(c connection) (string, error) {
	wire := pack(question("huge.test.", dns.TypeA))
	m := new(dns.Msg)
	conn, send, err := c.resolver.socket()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	buf := make([]byte, 65535)
	if err := send(wire); err != nil {
		return "", err
	}
	n, err := conn.Read(buf)
	if err := errors.Join(err, m.Unpack(buf[:n])); err != nil || !m.Truncated {
		return "not cut", err
	}
	whole, err := c.exchange(frame(wire), wire)
	return "tc,then " + whole, err
}

func octets(c connection) (string, error) {
	wire := header(nil)
	for _, octet := range frame(wire) {
		if _, err := c.Write([]byte{octet}); err != nil {
			return "", err
		}
	}
	return c.answer(wire)
}

func apart(c connection) (string, error) {
	wire := header(nil)
	if _, err := c.Write(frame(wire)[:2]); err != nil {
		return "", err
	}
	return c.exchange(wire, wire)
}

// pipelined asks n questions in one write and counts the answers, each to its own question.
func pipelined(n int) func(connection) (string, error) {
	return func(c connection) (string, error) {
		var raw []byte
		missing := map[uint16]bool{}
		for i := range n {
			m := question("a.test.", dns.TypeA)
			m.Id = uint16(i)
			missing[m.Id] = true
			raw = append(raw, frame(pack(m))...)
		}
		if _, err := c.Write(raw); err != nil {
			return "", err
		}
		for range n {
			got, err := c.read()
			if err != nil {
				break
			}
			delete(missing, binary.BigEndian.Uint16(got))
		}
		return fmt.Sprintf("%d-answers", n-len(missing)), nil
	}
}

func again(c connection) (string, error) {
	first := header(nil)
	if got, err := c.exchange(frame(first), first); err != nil || got == "closed" {
		return got, err
	}
	second := header(nil)
	return c.exchange(frame(second), second)
}

// disorder asks for a name that upstream holds back until another name is asked for, and then for one that is known. When
// the known one has had the time of many questions, the other is asked for, by another way.
func disorder(c connection) (string, error) {
	slow, known := pack(question("slow.test.", dns.TypeA)), header(nil)
	if _, err := c.Write(slices.Concat(frame(slow), frame(known))); err != nil {
		return "", err
	}
	for range rounds {
		if _, err := c.resolver.datagram(header(nil)); err != nil {
			return "", err
		}
	}
	if _, err := c.resolver.datagram(pack(question("release.test.", dns.TypeA))); err != nil {
		return "", err
	}
	var answered [2][]byte
	for i := range answered {
		got, err := c.read()
		if err != nil {
			return "closed", nil //nolint:nilerr // what the resolver did
		}
		answered[i] = got[:2]
	}
	order := "in-order"
	if slices.Equal(answered[0], known[:2]) {
		order = "out-of-order"
	}
	return "both " + order, nil
}

func halfClosed(c connection) (string, error) {
	wire := header(nil)
	if _, err := c.Write(frame(wire)); err != nil {
		return "", err
	}
	if err := c.CloseWrite(); err != nil {
		return "", err
	}
	got, err := c.answer(wire)
	if err != nil {
		return "", err
	}
	if end, err := c.answer(wire); err != nil || end != "closed" {
		return got, err
	}
	return got + " then-closed", nil
}

func halfAsked(c connection) (string, error) {
	wire := frame(header(nil))
	if _, err := c.Write(wire[:len(wire)/2]); err != nil {
		return "", err
	}
	if err := c.CloseWrite(); err != nil {
		return "", err
	}
	return c.answer(wire)
}

// then sends what has no answer of its own, and a question behind it: is that one answered, and first?
func then(raw []byte) func(connection) (string, error) {
	return func(c connection) (string, error) {
		wire := header(nil)
		if _, err := c.Write(raw); err != nil {
			return "", err
		}
		if _, err := c.Write(frame(wire)); err != nil {
			return "closed", nil //nolint:nilerr // what the resolver did
		}
		got, err := c.answer(wire)
		switch got {
		case "closed":
			return got, err
		case "answer-to-another-id":
			return "answered", err
		}
		return "silent-then " + got, err
	}
}
