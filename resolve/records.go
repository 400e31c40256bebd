package resolve

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

const (
	defaultTTL     = 60 // seconds, of a static record that names none
	maxRecords     = 100_000
	maxOfName      = 512 // each is compared with the others
	acceptedRecord = "OWNER [TTL] [IN] TYPE DATA, as in a zone file (RFC 1035 section 5.1): a.example. 60 IN A 192.0.2.1"
)

// Records are static records. The zero value and nil are empty.
type Records struct {
	byName map[string][]dns.RR // by lower-case owner with its trailing dot
	nodes  map[string]bool     // the owners and every name above one: those exist, with or without records
	owners map[netip.Addr][]string
}

// RecordError is a record that cannot be taken, with its place in the zone text, from 1.
type RecordError struct {
	File         string // or the flag
	Line, Column int    // 0 where the place is the whole
	Problem      string
}

func (e *RecordError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// Hint says what is accepted.
func (e *RecordError) Hint() string { return "a record is " + acceptedRecord }

// ParseZone reads zone text: every type that the library knows, $ORIGIN and $TTL; names are relative to the root. The
// error is a *RecordError whose line counts from 1 in the text.
func ParseZone(text, file string) (*Records, error) {
	if at, word := forbidden(text); at > 0 {
		return nil, &RecordError{file, at, 1, word + " is not allowed"}
	}
	lines := &lineReader{rest: text}
	parser := dns.NewZoneParser(lines, ".", file)
	parser.SetDefaultTTL(defaultTTL)
	parser.SetIncludeAllowed(false)
	r := newRecords()
	count := 0
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if count++; count > maxRecords {
			return nil, &RecordError{file, lines.read, 1, fmt.Sprintf("more than %d records", maxRecords)}
		}
		if empty(rr) {
			return nil, &RecordError{file, lines.read, 1, "no data for type " + TypeString(rr.Header().Rrtype)}
		}
		rr, err := canonical(rr)
		if err == nil {
			err = r.add(rr)
		}
		if err != nil {
			return nil, &RecordError{file, lines.read, 1, err.Error()}
		}
	}
	if err := parser.Err(); err != nil {
		return nil, recordError(err, file)
	}
	return r, nil
}

// canonical is a record as it would arrive by wire: names are looked up by the presentation form that comes from there,
// where a letter written as an escape is a letter.
func canonical(rr dns.RR) (dns.RR, error) {
	wire := make([]byte, dns.Len(rr)+1)
	n, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return nil, err
	}
	out, _, err := dns.UnpackRR(wire[:n], 0)
	return out, err
}

// lineReader gives one line a read, so that the number of lines read is the line of the record that was parsed last.
type lineReader struct {
	rest string
	read int
}

func (l *lineReader) Read(p []byte) (int, error) {
	if l.rest == "" {
		return 0, io.EOF
	}
	end := strings.IndexByte(l.rest, '\n') + 1
	if end == 0 {
		end = len(l.rest)
	}
	n := copy(p, l.rest[:end])
	if n == end {
		l.read++
	}
	l.rest = l.rest[n:]
	return n, nil
}

// empty says that a record has no data at all. The library takes that, for dynamic updates.
func empty(rr dns.RR) bool {
	blank, ok := dns.TypeToRR[rr.Header().Rrtype]
	if !ok {
		return false // RFC 3597 form, which says how much there is
	}
	none := blank()
	*none.Header() = *rr.Header()
	return none.String() == rr.String()
}

// forbidden finds directives that read files or make records without number. The parser takes one behind a bracket too.
func forbidden(text string) (line int, word string) {
	for l := range strings.Lines(text) {
		line++
		between := func(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == ')' }
		if fields := strings.FieldsFunc(l, between); len(fields) > 0 {
			for _, word := range []string{"$INCLUDE", "$GENERATE"} {
				if strings.EqualFold(fields[0], word) {
					return line, word
				}
			}
		}
	}
	return 0, ""
}

var parserPlace = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:.*: )?dns: (.*) at line: (\d+):(\d+)$`)
})

// recordError takes the place out of the library's message, which has it nowhere else.
func recordError(err error, file string) error {
	m := parserPlace().FindStringSubmatch(err.Error())
	if m == nil {
		return &RecordError{File: file, Problem: err.Error()}
	}
	line, lineErr := strconv.Atoi(m[2])
	column, columnErr := strconv.Atoi(m[3])
	if errors.Join(lineErr, columnErr) != nil {
		return &RecordError{File: file, Problem: err.Error()}
	}
	return &RecordError{file, line, max(column, 1), m[1]}
}

// ParseRecord reads one record of a flag.
func ParseRecord(line, flag string) (*Records, error) {
	r, err := ParseZone(line+"\n", flag)
	if bad, ok := errors.AsType[*RecordError](err); ok {
		return nil, &RecordError{File: flag, Problem: fmt.Sprintf("%q: %s", line, bad.Problem)}
	}
	if err == nil && r.count() != 1 {
		return nil, &RecordError{File: flag, Problem: fmt.Sprintf("%q holds %d records, not one", line, r.count())}
	}
	return r, err
}

func (r *Records) count() int {
	n := 0
	for _, all := range r.byName {
		n += len(all)
	}
	return n
}

// MergeRecords puts records together. A name that has a CNAME has nothing else; RFC 1034 section 3.6.2.
func MergeRecords(parts ...*Records) (*Records, error) {
	all := newRecords()
	for _, part := range parts {
		if part == nil {
			continue
		}
		for _, records := range part.byName {
			for _, rr := range records {
				if err := all.add(rr); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

func (r *Records) add(rr dns.RR) error {
	h := rr.Header()
	if h.Class != dns.ClassINET {
		return fmt.Errorf("%s: class %s, only IN is served", h.Name, dns.Class(h.Class))
	}
	name := ascii.Lower(h.Name)
	for _, other := range r.byName[name] {
		if dns.IsDuplicate(rr, other) {
			return nil
		}
		if h.Rrtype == dns.TypeCNAME || other.Header().Rrtype == dns.TypeCNAME {
			return fmt.Errorf("%s: a name with a CNAME has no other record", strings.TrimSuffix(h.Name, "."))
		}
	}
	if len(r.byName[name]) == maxOfName {
		return fmt.Errorf("%s: more than %d records of one name", h.Name, maxOfName)
	}
	r.byName[name] = append(r.byName[name], rr)
	if addr, ok := addressOf(rr); ok && !strings.HasPrefix(name, "*.") && len(r.owners[addr]) < maxConfirmed {
		r.owners[addr] = append(r.owners[addr], name)
	}
	for node, more := name, true; more && !r.nodes[node]; node, more = parent(node) {
		r.nodes[node] = true
	}
	return nil
}

// Has says whether a normalised name has static records that answer a type: of that type, or a CNAME; any at all for ANY.
func (r *Records) Has(name string, kind uint16) bool {
	if r == nil {
		return false
	}
	for _, rr := range r.of(dns.Fqdn(name)) {
		if t := rr.Header().Rrtype; t == kind || t == dns.TypeCNAME || kind == dns.TypeANY {
			return true
		}
	}
	return false
}

// step is what the static records say of one name and type; false where they know nothing of the name.
func (r *Records) step(name string, kind uint16) (step, bool) {
	if r == nil {
		return step{}, false
	}
	all := r.of(name)
	if all == nil {
		return r.implied(name, kind)
	}
	var s step
	for _, rr := range all {
		switch t := rr.Header().Rrtype; {
		case t == kind, kind == dns.TypeANY:
			s.records = append(s.records, rr)
		case t == dns.TypeCNAME:
			s.records, s.target = append(s.records, rr), ascii.Lower(rr.(*dns.CNAME).Target)
		}
	}
	return s, true
}

// implied is what follows from records of other names: the alias of a name below a DNAME, and the names of an address.
func (r *Records) implied(name string, kind uint16) (step, bool) {
	for above, more := parent(name); more; above, more = parent(above) {
		for _, rr := range r.byName[above] {
			d, ok := rr.(*dns.DNAME)
			if !ok {
				continue
			}
			if cname, ok := synthesise(name, d).(*dns.CNAME); ok {
				return step{records: []dns.RR{d, cname}, target: cname.Target}, true
			}
		}
	}
	var s step
	if addr, ok := ParseReverse(strings.TrimSuffix(name, ".")); ok && kind == dns.TypePTR {
		for _, owner := range r.owners[addr] {
			s.records = append(s.records, ptr(name, owner, defaultTTL))
		}
	}
	return s, len(s.records) > 0
}
