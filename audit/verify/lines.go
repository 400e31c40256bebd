package verify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// MaxLine is how long a line may be to be looked at, as in package review. Lines of ours are shorter.
const MaxLine = 1 << 20

// place is where a line stands.
type place struct {
	file string
	line int
}

// Read verifies one file, which name tells of in findings. What is wrong with it, an error of in among it, is for the report.
func (v *Verifier) Read(name string, in io.Reader) {
	v.at = place{file: name}
	for _, c := range v.sessions {
		c.here = nil
	}
	lines := bufio.NewReaderSize(in, MaxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			v.at.line++
			v.report.Lines++
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			v.long(lines)
			continue
		case err == nil:
			v.line(bytes.TrimSuffix(line, newline), true)
			continue
		case len(line) > 0:
			v.line(line, false)
		}
		if !errors.Is(err, io.EOF) {
			v.find(KindUnread, nil, fmt.Sprintf("cannot be read further: %v", err))
		}
		return
	}
}

// long passes over the rest of a line that nobody of us has written.
func (v *Verifier) long(lines *bufio.Reader) {
	v.find(KindForeign, nil, fmt.Sprintf("a line of more than %d bytes", MaxLine))
	for {
		if _, err := lines.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return // an error comes again
		}
	}
}

// line takes one in. ended says that its newline is there.
func (v *Verifier) line(line []byte, ended bool) {
	if len(line) == 0 {
		return
	}
	at := 0
	if bytes.Contains(line[1:], opening) { // no string of a line can hold this, since its quotes are escaped there
		at = bytes.LastIndex(line, opening)
	}
	e, ok := parse(line[at:])
	if !ok {
		v.strange(line, ended)
		return
	}
	if at > 0 {
		v.find(KindHalf, nil, "half a line stands before this one, of a write that failed")
	}
	v.take(&e)
}

// strange tells of a line that is in no chain. A part of a line is no JSON, wherever it was cut.
func (v *Verifier) strange(line []byte, ended bool) {
	var e struct {
		Name string `json:"event.name"`
	}
	err := json.Unmarshal(line, &e)
	switch {
	case err == nil && strings.HasPrefix(e.Name, "codex.dns."):
		v.find(KindUnchained, nil, fmt.Sprintf("an event (%s) that is in no chain", e.Name))
	case !ended && !json.Valid(line):
		v.find(KindHalf, nil, fmt.Sprintf("the file is cut here, after %d bytes of a line", len(line)))
	case bytes.HasPrefix(line, opening[:min(len(opening), len(line))]) && !json.Valid(line):
		v.find(KindHalf, nil, fmt.Sprintf("half a line, of %d bytes: a write that failed", len(line)))
	default:
		v.find(KindForeign, nil, "not a line of this log")
	}
}

// find adds a finding about the line that is being read.
func (v *Verifier) find(kind Kind, e *event, text string) { v.findAt(v.at, kind, e, text) }

func (v *Verifier) findAt(at place, kind Kind, e *event, text string) {
	f := Finding{File: at.file, Line: at.line, Kind: kind, Text: audit.Escape(text)}
	if e != nil {
		f.Session, f.Sequence = string(e.session), e.sequence
	}
	v.report.add(f)
}
