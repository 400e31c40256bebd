package verify

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Head is how far a session went when it was sealed.
type Head struct {
	Session string
	Events  uint64
	Hash    string
}

// Seal is the heads of all sessions of a log, which somebody has signed.
type Seal struct{ Heads []Head }

const sealTitle = "codex-dnsvisor audit seal 1"

var errDamaged = errors.New("the log is damaged: there is nothing to seal")

// Seal gives the heads of the sessions of a report. There is none where the log is damaged.
func (r *Report) Seal() (*Seal, error) {
	if r.Outcome == Damaged {
		return nil, errDamaged
	}
	s := &Seal{}
	for _, c := range r.Sessions {
		s.Heads = append(s.Heads, Head{c.ID, c.Events, c.Hash})
	}
	return s, nil
}

// Text is what is signed: a title, and for each session a line with its name, its number of events, and the hash of the last.
func (s *Seal) Text() []byte {
	var b strings.Builder
	fmt.Fprintln(&b, sealTitle)
	for _, h := range s.Heads {
		fmt.Fprintln(&b, h.Session, h.Events, h.Hash)
	}
	return []byte(b.String())
}

var errNoSeal = errors.New("not a seal")

// ReadSeal reads a seal's text. Its signature is to be checked by the caller.
func ReadSeal(in io.Reader) (*Seal, error) {
	lines := bufio.NewScanner(in)
	if !lines.Scan() || lines.Text() != sealTitle {
		return nil, errors.Join(errNoSeal, lines.Err())
	}
	s := &Seal{}
	for n := 2; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), " ")
		if len(fields) != 3 || fields[0] == "" || len(fields[2]) != hashLen || !isHash([]byte(fields[2])) {
			return nil, fmt.Errorf("line %d: %w", n, errNoSeal)
		}
		events, ok := natural([]byte(fields[1]))
		if !ok {
			return nil, fmt.Errorf("line %d: %w", n, errNoSeal)
		}
		s.Heads = append(s.Heads, Head{fields[0], events, fields[2]})
	}
	return s, lines.Err()
}

// matchSeal compares the line that a seal knows with what it was.
func (v *Verifier) matchSeal(c *chain, e *event) {
	head, ok := v.sealed[c.id]
	switch {
	case !ok || head.Events != e.sequence || c.sealed:
	case head.Hash == string(e.hash[:]):
		c.sealed = true
	default:
		v.find(KindSeal, e, fmt.Sprintf("event %d of session %s is not what was sealed: the log was written anew", e.sequence, c.id))
	}
}

// checkSeal says what was sealed and is not there.
func (v *Verifier) checkSeal() {
	if v.seal == nil {
		return
	}
	for _, head := range v.seal.Heads {
		id := head.Session
		c := v.sessions[id]
		switch {
		case c == nil:
			v.findAt(place{}, KindSeal, &event{session: []byte(id)}, fmt.Sprintf("session %s, which was sealed with %d events, is not there", id, head.Events))
		case !c.sealed && c.pieces[len(c.pieces)-1].last < head.Events:
			v.findAt(c.pieces[len(c.pieces)-1].lastAt, KindSeal, &event{session: []byte(id)}, fmt.Sprintf("session %s was sealed with %d events, and has none behind this one", id, head.Events))
		}
	}
}
