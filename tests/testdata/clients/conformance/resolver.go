package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/miekg/dns"
)

// resolver is who is asked. A datagram goes by write(2) on a connected socket, or by sendto(2) on one that is not.
type resolver struct {
	address string
	connect bool
}

// rounds is how many questions a resolver has answered, each by asking its upstream, when one asked before them is held to be
// left without an answer.
const rounds = 20

// asked counts those questions: each is of a name that nobody has cached.
var asked int

func question(name string, kind uint16) *dns.Msg {
	m := new(dns.Msg)
	m.SetQuestion(name, kind)
	return m
}

// pack is a message in wire form; the cases are right but for what they break on purpose.
func pack(m *dns.Msg) []byte {
	wire, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return wire
}

// socket is a UDP socket to the resolver, with what sends to it.
func (r resolver) socket() (*net.UDPConn, func([]byte) error, error) {
	to, err := net.ResolveUDPAddr("udp", r.address)
	if err != nil {
		return nil, nil, err
	}
	if r.connect {
		conn, err := net.DialUDP("udp", nil, to)
		return conn, func(b []byte) error { _, err := conn.Write(b); return err }, err
	}
	network := "udp4"
	if to.IP.To4() == nil {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, nil)
	return conn, func(b []byte) error { _, err := conn.WriteToUDP(b, to); return err }, err
}

// datagram sends a message by UDP and says what came back. Silence is that later questions are answered, and it is not.
func (r resolver) datagram(wire []byte) (string, error) {
	conn, send, err := r.socket()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := errors.Join(conn.SetDeadline(time.Now().Add(patience)), send(wire)); err != nil {
		return "", err
	}
	buf := make([]byte, 65535)
	for i := range rounds {
		asked++
		other := question(fmt.Sprintf("n%d.silence.test.", asked), dns.TypeA)
		other.Id = binary.BigEndian.Uint16(wire) + uint16(i) + 1 // never the one that is waited for
		if err := send(pack(other)); err != nil {
			return "", err
		}
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return "", fmt.Errorf("neither an answer nor one to another question: %w", err)
			}
			if want := net.JoinHostPort(from.Addr().Unmap().String(), "53"); want != r.address {
				return "", fmt.Errorf("an answer from %v", from)
			}
			if n < 2 || binary.BigEndian.Uint16(buf) != other.Id {
				return describe(wire, buf[:n]), nil
			}
			break
		}
	}
	return "silence", nil
}

// connection is a TCP connection to the resolver.
type connection struct {
	*net.TCPConn
	resolver resolver
}

func (r resolver) stream(talk func(connection) (string, error)) (string, error) {
	conn, err := net.DialTimeout("tcp", r.address, patience)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	return talk(connection{conn.(*net.TCPConn), r})
}

// frame is a message with its length before it; RFC 1035 section 4.2.2.
func frame(wire []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...)
}

// read reads one message.
func (c connection) read() ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return nil, err
	}
	wire := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(c, wire)
	return wire, err
}

// answer reads one message and says what it is. The end of the connection is no error.
func (c connection) answer(asked []byte) (string, error) {
	got, err := c.read()
	var broken *net.OpError
	switch {
	case errors.Is(err, io.EOF), errors.As(err, &broken) && !broken.Timeout():
		return "closed", nil
	case err != nil:
		return "", err
	case !bytes.Equal(got[:min(2, len(got))], asked[:min(2, len(asked))]):
		return "answer-to-another-id", nil
	}
	return describe(asked, got), nil
}

// exchange sends bytes as they are and reads one answer.
func (c connection) exchange(raw, asked []byte) (string, error) {
	if _, err := c.Write(raw); err != nil {
		return "", err
	}
	return c.answer(asked)
}
