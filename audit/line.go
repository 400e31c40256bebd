package audit

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// What a line holds at most. All but MaxItems are bytes as written, escapes included.
const (
	MaxName    = 2048      // of server.address: a DNS name of 255 octets fits, whatever they are
	MaxItems   = 64        // strings of an array, its cut mark included
	MaxArgs    = 4096      // all strings of process.command_args
	MaxAnswers = 8192      // all strings of dns.answers
	MaxLine    = 32 * 1024 // the whole line, with its newline
)

// schemaVersion is that of docs/audit.schema.json.
const schemaVersion = 1

// maxOwn bounds what this program makes up: ids, digests.
const maxOwn = 128

// line is the object under construction.
type line struct{ buf []byte }

// writer makes the lines of a session. Most lines share more with the one before than they do not, and what they share is copied from it. The zero
// value is good.
type writer struct {
	opts    *Options
	stamp   stampPart
	session []byte // what each line has of opts
	policy  policyPart
	process processPart
}

// appendEvent appends the line of e but for its end, which is the chain's. A count above one is written too.
func (w *writer) appendEvent(dst []byte, e *Event, count int) []byte {
	l := line{append(w.stamp.appendTo(dst, e.Name, e.Time), w.options()...)}
	l.start(e.start)
	l.buf = w.policy.appendTo(l.buf, e)
	l.reload(e)
	l.endpoints(e)
	l.question(e)
	l.forward(e)
	l.caller(e)
	l.buf = w.process.appendTo(l.buf, &e.Process)
	l.end(e.end)
	if count > 1 {
		l.number(`,"count":`, int64(count))
	}
	return l.buf
}

func (w *writer) options() []byte {
	if w.session == nil {
		var l line
		l.string(`,"conversation.id":`, w.opts.Conversation, MaxString)
		l.string(`,"session.id":`, w.opts.Session, maxOwn)
		w.session = l.buf
	}
	return w.session
}

func (l *line) start(s *Start) {
	if s == nil {
		return
	}
	l.number(`,"audit.schema":`, schemaVersion)
	l.string(`,"chain.start":`, s.random, MaxString)
	l.string(`,"service.version":`, s.Version, MaxString)
	l.bool(`,"observed":`, s.Observe)
	l.string(`,"policy.digest":`, s.PolicyDigest, maxOwn)
	l.string(`,"network.local.address":`, s.Listen, MaxString)
	l.strings(`,"process.command_args":`, s.Command, MaxArgs, false)
}

func (l *line) end(e *Ending) {
	if e == nil {
		return
	}
	if e.Exited {
		l.key(`,"process.exit.code":`)
		l.buf = strconv.AppendInt(l.buf, int64(e.Code), 10)
	}
	l.string(`,"process.exit.signal":`, e.Signal, MaxString)
	l.string(`,"error.message":`, e.Error, MaxString)
	l.number(`,"session.events":`, int64(e.events))
}

func (l *line) reload(e *Event) {
	l.string(`,"policy.file":`, e.PolicyFile, MaxString)
	l.string(`,"policy.result":`, e.PolicyResult, MaxString)
	l.string(`,"policy.reason":`, e.PolicyReason, MaxString)
	l.string(`,"policy.digest":`, e.PolicyDigest, maxOwn)
}

func (l *line) endpoints(e *Event) {
	l.string(`,"network.transport.protocol":`, e.Transport, MaxString)
	if e.Scope == ScopeDomain {
		before := len(l.buf)
		l.string(`,"server.address":`, undotted(e.ServerAddress), MaxName)
		ascii.ToLower(l.buf[before:]) // no escape has upper-case letters
	} else {
		l.string(`,"server.address":`, e.ServerAddress, MaxName)
	}
	l.number(`,"server.port":`, int64(e.ServerPort))
	l.endpoint(`,"client.address":`, e.ClientAddress)
}

func (l *line) question(e *Event) {
	l.string(`,"dns.question.type":`, e.QuestionType, MaxString)
	l.string(`,"dns.response_code":`, e.ResponseCode, MaxString)
	l.string(`,"dns.answer.source":`, e.AnswerSource, MaxString)
	l.strings(`,"dns.answers":`, e.Answers, MaxAnswers, false)
	l.endpoint(`,"dns.resolver.address":`, netip.AddrPortFrom(e.ResolverAddress.Addr(), 0))
}

func (l *line) forward(e *Event) {
	l.string(`,"network.peer.address":`, e.PeerAddress, MaxString)
	l.number(`,"network.peer.port":`, int64(e.PeerPort))
	l.number(`,"client.bytes":`, e.ClientBytes)
	l.number(`,"server.bytes":`, e.ServerBytes)
	l.string(`,"error.type":`, e.Error, MaxString)
}

func (l *line) caller(e *Event) {
	if e.Duration > 0 {
		l.key(`,"duration_us":`)
		l.buf = strconv.AppendInt(l.buf, int64(e.Duration/time.Microsecond), 10)
	}
	l.string(`,"syscall.name":`, e.Syscall, MaxString)
}

// key begins another member, with its comma, quotes and colon; the first one has its own.
func (l *line) key(name string) { l.buf = append(l.buf, name...) }

func (l *line) bool(name string, v bool) {
	if v {
		l.key(name)
		l.buf = append(l.buf, "true"...)
	}
}

func (l *line) number(name string, v int64) {
	if v == 0 {
		return
	}
	l.key(name)
	l.buf = strconv.AppendInt(l.buf, v, 10)
}

func (l *line) string(name, v string, limit int) {
	if v == "" {
		return
	}
	l.key(name)
	l.quote(v, limit, false)
}

func (l *line) quote(v string, limit int, more bool) {
	l.buf = append(l.buf, '"')
	l.buf = append(appendEscaped(l.buf, v, limit, quoted, more), '"')
}

// strings writes as many of list as MaxItems and total allow; with more, the last of them was cut before.
func (l *line) strings(name string, list []string, total int, more bool) {
	if len(list) == 0 {
		return
	}
	l.key(name)
	l.buf = append(l.buf, '[')
	for i, v := range list {
		if i > 0 {
			l.buf = append(l.buf, ',')
		}
		last := i == len(list)-1
		limit := min(MaxString, total-len(cut))
		if limit < len(cut) || i == MaxItems-1 && !last {
			l.quote("", len(cut), true)
			break
		}
		before := len(l.buf)
		l.quote(v, limit, last && more)
		total -= len(l.buf) - before - len(`""`)
	}
	l.buf = append(l.buf, ']')
}

// domain is name in lower case and without its trailing dot. Only ASCII letters have a case in DNS (RFC 4343).
func domain(name string) string { return ascii.Lower(undotted(name)) }

// undotted is name without its trailing dot, unless that is the root or an escaped dot.
func undotted(name string) string {
	head, ok := strings.CutSuffix(name, ".")
	if !ok || head == "" {
		return name
	}
	slashes := 0
	for strings.HasSuffix(head[:len(head)-slashes], `\`) {
		slashes++
	}
	if slashes%2 != 0 {
		return name
	}
	return head
}

// endpoint writes a as IPv4 where it is v4-mapped, without a zero port, and not at all when it is not valid.
func (l *line) endpoint(name string, a netip.AddrPort) {
	addr := a.Addr().Unmap()
	a = netip.AddrPortFrom(addr, a.Port())
	switch {
	case !addr.IsValid():
	case addr.Is6() && addr.Zone() != "" && a.Port() == 0: // which may hold anything
		l.string(name, addr.String(), MaxString)
	case addr.Is6() && addr.Zone() != "":
		l.string(name, a.String(), MaxString)
	default:
		l.key(name)
		l.buf = append(l.buf, '"')
		if a.Port() == 0 {
			l.buf = addr.AppendTo(l.buf)
		} else {
			l.buf = a.AppendTo(l.buf)
		}
		l.buf = append(l.buf, '"')
	}
}
