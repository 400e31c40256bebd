package verify

import (
	"bytes"
	"fmt"
)

const (
	maxKept   = 64 << 20 // bytes of first lines of pieces, which another file may have the line before of
	maxPieces = 1000     // of a session in one file
)

// chain is what was found of a session.
type chain struct {
	id     string
	pieces []*piece
	here   *piece // that the file that is being read has last; nil: none yet
	kept   uint64
	from   int  // of pieces: the first of this file
	sealed bool // the line that the seal knows is there
	given  bool // up: there are too many pieces
}

// piece is a run of lines of a session that stand in one file, with other sessions' between them.
type piece struct {
	first, last     uint64
	text            []byte // of the first line; nil where it is line 1, or too much would be kept
	own, hash       [hashLen]byte
	firstAt, lastAt place
	ended           bool
}

func (p *piece) same(q *piece) bool {
	return p.first == q.first && p.last == q.last && p.hash == q.hash && p.own == q.own
}

// Verifier reads logs; make one with [New].
type Verifier struct {
	report   Report
	sessions map[string]*chain
	order    []*chain // as they have appeared
	hasher   hasher
	at       place
	kept     int
	seal     *Seal
	sealed   map[string]Head // by session
}

// take takes in a line of a chain.
func (v *Verifier) take(e *event) {
	v.report.Events++
	c := v.chainOf(e.session)
	v.matchSeal(c, e)
	c.kept = max(c.kept, e.kept)
	p := c.here
	switch {
	case c.given:
	case len(c.pieces)-c.from > maxPieces:
		c.given = true
		v.find(KindMissing, e, fmt.Sprintf("session %s has too many gaps: what follows of it is not looked at", c.id))
	case p == nil, e.sequence > p.last+1:
		c.here = v.begin(c, e)
	case e.sequence == p.last+1:
		v.goOn(p, e)
	case c.has(e.sequence):
		v.find(KindRepeated, e, fmt.Sprintf("event %d of session %s stands here once more", e.sequence, c.id))
	default:
		v.find(KindMoved, e, fmt.Sprintf("event %d of session %s stands behind event %d", e.sequence, c.id, p.last))
		v.begin(c, e)
	}
}

func (v *Verifier) chainOf(id []byte) *chain {
	c := v.sessions[string(id)]
	if c == nil {
		c = &chain{id: string(id)}
		v.sessions[c.id] = c
		v.order = append(v.order, c)
	}
	if c.here == nil {
		c.from = len(c.pieces)
	}
	return c
}

// has says whether a line of that number stands in the file that is being read.
func (c *chain) has(sequence uint64) bool {
	for _, p := range c.pieces[c.from:] {
		if p.first <= sequence && sequence <= p.last {
			return true
		}
	}
	return false
}

// begin begins a piece with e.
func (v *Verifier) begin(c *chain, e *event) *piece {
	p := &piece{first: e.sequence, own: e.hash, firstAt: v.at}
	switch {
	case e.sequence == 1:
		if !v.hasher.follows(&zeros, e.text, &e.hash) {
			v.changed(v.at, e)
		}
		if !e.isFirst() {
			v.find(KindStart, e, fmt.Sprintf("session %s does not begin with %s", c.id, "codex.dns.session_start"))
		}
	case v.kept+len(e.text) <= maxKept:
		p.text = bytes.Clone(e.text)
		v.kept += len(p.text)
	}
	v.extend(p, e)
	c.pieces = append(c.pieces, p)
	return p
}

// goOn checks that e is the line behind a piece, and takes it in.
func (v *Verifier) goOn(p *piece, e *event) {
	if p.ended {
		v.find(KindAfterEnd, e, fmt.Sprintf("event %d stands behind the end of session %s", e.sequence, e.session))
	}
	if !v.hasher.follows(&p.hash, e.text, &e.hash) {
		v.changed(v.at, e)
	}
	v.extend(p, e)
}

func (v *Verifier) extend(p *piece, e *event) {
	p.last, p.hash, p.lastAt = e.sequence, e.hash, v.at
	if p.ended = e.isLast(); p.ended && e.counts() != e.sequence {
		v.find(KindCount, e, fmt.Sprintf("the last line of session %s counts %d events, and is number %d", e.session, e.counts(), e.sequence))
	}
}

func (v *Verifier) changed(at place, e *event) {
	v.findAt(at, KindChanged, e, fmt.Sprintf("event %d of session %s does not follow from the one before: it was changed, or that one was", e.sequence, e.session))
}
