package resolve

import (
	"net/netip"
	"sync"
	"time"
)

// spareTime is how long a socket is open before its question, at the most. Whoever forges replies has that time more to find its port, and as many tries as ever.
const spareTime = time.Second

// spare is one socket that is open before its question is asked, which then need not wait for it: a socket's beginning and end take as long as the rest of a
// question. It has a port of its own, as each.
type spare struct {
	mu     sync.Mutex
	socket *socket // nil: there is none
	to     netip.AddrPort
	end    *time.Timer
}

// open gives the spare socket to an upstream, or a new one.
func (s *spare) open(to netip.AddrPort) (*socket, error) {
	s.mu.Lock()
	conn := s.socket
	if conn == nil || s.to != to {
		s.mu.Unlock()
		return openSocket(to)
	}
	s.socket = nil
	s.end.Stop() // too late, it finds the socket gone
	s.mu.Unlock()
	return conn, nil
}

// renew has a spare socket for the next question to an upstream, for a while.
func (s *spare) renew(to netip.AddrPort) {
	conn, err := openSocket(to)
	if err != nil {
		return // the question will say why
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	s.socket, s.to = conn, to
	s.end = time.AfterFunc(spareTime, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.socket == conn {
			s.drop()
		}
	})
}

// rest closes it.
func (s *spare) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

func (s *spare) drop() {
	if s.socket != nil {
		s.end.Stop()
		s.socket.close()
		s.socket = nil
	}
}
