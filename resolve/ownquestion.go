package resolve

import (
	"crypto/rand"

	"github.com/miekg/dns"
)

// ask builds a question of our own: random id and letter case (0x20), our EDNS; of the client's
// only whether signatures are wanted, and checked. Where nobody can forge a reply without being on the way, the letter case
// is left alone: the server of a unix socket is a process of this machine, TLS is authenticated. By TLS the length is
// hidden (RFC 8467 section 4.1), and by HTTPS the id is 0 (RFC 8484 section 4.1).
func ask(q Question, network string) (*dns.Msg, error) {
	m := &dns.Msg{}
	m.SetQuestion(q.fqdn(), q.Type) // the library's ids come from crypto/rand
	m.SetEdns0(ownUDPSize, q.DNSSEC)
	m.CheckingDisabled = q.CheckingDisabled
	switch network {
	case "udp", "tcp":
		mixed, err := mixCase(m.Question[0].Name)
		m.Question[0].Name = mixed
		return m, err
	case "https":
		m.Id = 0
		pad(m)
	case "tls":
		pad(m)
	}
	return m, nil
}

// padBlock is what lengths of questions are multiples of; RFC 8467 section 4.1.
const padBlock = 128

func pad(m *dns.Msg) {
	const head = 4 // of an option: RFC 6891 section 6.1.2
	short := (padBlock - (m.Len()+head)%padBlock) % padBlock
	opt := m.IsEdns0()
	opt.Option = append(opt.Option, &dns.EDNS0_PADDING{Padding: make([]byte, short)})
}

// mixCase draws the case of each letter; draft-vixie-dnsext-dns0x20.
func mixCase(name string) (string, error) {
	mixed := []byte(name)
	random := make([]byte, len(mixed))
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	for i, c := range mixed {
		if 'a' <= c && c <= 'z' && random[i]&1 == 1 {
			mixed[i] = c - 'a' + 'A'
		}
	}
	return string(mixed), nil
}
