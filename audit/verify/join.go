package verify

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
)

// New makes a verifier. A seal, where there is one, says what must be there.
func New(seal *Seal) *Verifier {
	v := &Verifier{sessions: map[string]*chain{}, hasher: hasher{digest: sha256.New()}, seal: seal}
	v.report.Sessions, v.report.Findings, v.report.Counts = []Session{}, []Finding{}, map[Kind]int{}
	if seal != nil {
		v.sealed = map[string]Head{}
		for _, head := range seal.Heads {
			v.sealed[head.Session] = head
		}
	}
	return v
}

// Report puts together what was read. It is called once.
func (v *Verifier) Report() *Report {
	for _, c := range v.order {
		v.report.Sessions = append(v.report.Sessions, v.join(c))
	}
	v.checkSeal()
	v.report.Outcome = v.report.outcome()
	return &v.report
}

// join puts the pieces of a session together, whichever files they stand in.
func (v *Verifier) join(c *chain) Session {
	slices.SortStableFunc(c.pieces, func(a, b *piece) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last)) })
	end := c.pieces[0]
	for _, p := range c.pieces[1:] {
		switch {
		case p.first > end.last:
			v.joint(c, end, p)
			end = p
		case p.same(end):
			v.findAt(p.firstAt, KindTwice, nil, fmt.Sprintf("events %d to %d of session %s are in %s too", p.first, p.last, c.id, end.firstAt.file))
		default:
			e := event{session: []byte(c.id), sequence: p.first}
			v.findAt(p.firstAt, KindRepeated, &e, fmt.Sprintf("events from %d of session %s are there twice, here and at %s:%d", p.first, c.id, end.firstAt.file, end.firstAt.line))
			if p.last > end.last {
				end = p
			}
		}
	}
	return Session{
		ID: c.id, First: c.pieces[0].first, Events: end.last, Hash: string(end.hash[:]), Ended: end.ended, Kept: c.pieces[0].first == max(c.kept, 1),
		File: end.lastAt.file, Line: end.lastAt.line, Sealed: c.sealed,
	}
}

// joint checks that p is what comes behind end.
func (v *Verifier) joint(c *chain, end, p *piece) {
	e := event{session: []byte(c.id), sequence: p.first}
	switch {
	case p.first > end.last+1:
		v.findAt(p.firstAt, KindMissing, &e, fmt.Sprintf("before event %d of session %s, %d are missing, from event %d on", p.first, c.id, p.first-end.last-1, end.last+1))
	case end.ended:
		v.findAt(p.firstAt, KindAfterEnd, &e, fmt.Sprintf("event %d stands behind the end of session %s", p.first, c.id))
	case p.text == nil || !v.hasher.follows(&end.hash, p.text, &p.own):
		v.changed(p.firstAt, &e)
	}
}
