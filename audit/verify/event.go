package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"math"
	"strconv"
)

// hashLen is the length of a hash in a line.
const hashLen = 2 * sha256.Size

// What a line is told by; see package audit.
var (
	opening  = []byte(`{"event.name":`)
	first    = []byte(`{"event.name":"codex.dns.session_start",`)
	last     = []byte(`{"event.name":"codex.dns.session_end",`)
	session  = []byte(`"session.id":"`)
	kept     = []byte(`,"chain.kept":`)
	sequence = []byte(`,"chain.sequence":`)
	sealing  = []byte(`,"chain.hash":"`)
	count    = []byte(`,"session.events":`)
	closing  = []byte(`"}`)
	newline  = []byte{'\n'}
)

// event is a line of a chain, as it says itself.
type event struct {
	text     []byte // that the hash is of
	session  []byte
	kept     uint64 // the number of the first line that rotation had left; 0: it does not say
	sequence uint64
	hash     [hashLen]byte
}

// parse reads a line without its newline. False: it is in no chain.
func parse(line []byte) (e event, ok bool) {
	tail := len(line) - len(sealing) - hashLen - len(closing)
	if tail < 0 || !bytes.HasPrefix(line, opening) || !bytes.HasSuffix(line, closing) || !bytes.HasPrefix(line[tail:], sealing) {
		return event{}, false
	}
	e.text = line[:tail]
	if copy(e.hash[:], line[tail+len(sealing):]); !isHash(e.hash[:]) {
		return event{}, false
	}
	const digits = 20 // of the largest number
	near := e.text[max(0, len(e.text)-len(kept)-len(sequence)-2*digits):]
	before, number, ok := bytes.Cut(near, sequence)
	if !ok {
		return event{}, false
	}
	if e.sequence, ok = natural(number); !ok {
		return event{}, false
	}
	if _, number, ok = bytes.Cut(before, kept); ok {
		e.kept, _ = natural(number)
	}
	_, id, ok := bytes.Cut(e.text, session)
	if !ok {
		return event{}, false
	}
	e.session, _, ok = bytes.Cut(id, closing[:1])
	return e, ok && isName(e.session)
}

// isName says whether a session may have that name: random letters and digits, of which no line has more.
func isName(id []byte) bool {
	const longest = 128
	for _, b := range id {
		if b <= ' ' || b >= 0x7f || b == '\\' {
			return false
		}
	}
	return len(id) > 0 && len(id) <= longest
}

func isHash(text []byte) bool {
	for _, b := range text {
		if (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return false
		}
	}
	return true
}

// natural reads a number above 0 as the writer writes it.
func natural(text []byte) (uint64, bool) {
	n, err := strconv.ParseUint(string(text), 10, 64)
	return n, err == nil && text[0] != '0' && text[0] != '+' && n < math.MaxUint64
}

// hasher says whether lines follow from each other.
type hasher struct {
	digest hash.Hash
	sum    [sha256.Size]byte
}

// follows says whether a text with the hash own was written after a line with the hash before.
func (h *hasher) follows(before *[hashLen]byte, text []byte, own *[hashLen]byte) bool {
	h.digest.Reset()
	_, _ = h.digest.Write(before[:]) // it never fails
	_, _ = h.digest.Write(newline)
	_, _ = h.digest.Write(text)
	var want [hashLen]byte
	hex.Encode(want[:], h.digest.Sum(h.sum[:0]))
	return want == *own
}

func (e *event) isFirst() bool { return bytes.HasPrefix(e.text, first) }
func (e *event) isLast() bool  { return bytes.HasPrefix(e.text, last) }

// counts is what the last line says of the number of lines.
func (e *event) counts() uint64 {
	_, rest, _ := bytes.Cut(e.text, count)
	number, _, _ := bytes.Cut(rest, []byte(","))
	n, _ := natural(number)
	return n
}

// zeros stand for the hash before the first line.
var zeros = func() (z [hashLen]byte) {
	for i := range z {
		z[i] = '0'
	}
	return z
}()
