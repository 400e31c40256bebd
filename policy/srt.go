package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// ParseSRT reads the rules of sandbox-runtime's settings (network.allowedDomains and deniedDomains) or of Claude Code's, which
// have the same below "sandbox"; name is what origins call the file. What sandbox-runtime refuses is refused. Names have no
// port: an entry with one that allows, allows the name, and one that denies says nothing of it. The error is an [*Error].
func ParseSRT(name string, data []byte) ([]Rule, error) {
	if len(data) > MaxFile {
		return nil, tooLarge(name)
	}
	s := &srtReader{data: data, places: newPlaces(name, data), found: map[string][]Rule{}}
	err := s.valid()
	if err == nil {
		err = s.read("")
	}
	if err != nil {
		return nil, s.fail(err)
	}
	return s.rules()
}

// srtReader reads one file of settings.
type srtReader struct {
	data   []byte
	places *places
	at     int               // where what is looked at begins
	found  map[string][]Rule // of each list that is there, by its path
}

const (
	srtAllowed, srtDenied = ".network.allowedDomains", ".network.deniedDomains"
	claudePrefix          = ".sandbox"
	deepestSRT            = 1000 // a path is kept for each level
	acceptedSRT           = `{"network": {"allowedDomains": ["example.com", "*.example.org"], "deniedDomains": []}}, or the same below "sandbox"`
)

func (s *srtReader) fail(err error) error {
	offset := s.at
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset, err = int(syntax.Offset)-1, fmt.Errorf("JSON: %w", err)
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		offset, err = len(s.data), errors.New("JSON: it ends too early")
	}
	return &Error{Origin: s.places.at(offset), Msg: err.Error(), Accepted: acceptedSRT, Err: err}
}

// valid says what is wrong with the file as JSON. What reads it then need not look at that any more.
func (s *srtReader) valid() error {
	if json.Valid(s.data) {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(s.data))
	if err := decoder.Decode(new(json.RawMessage)); err != nil {
		return err
	}
	s.at = len(s.data) - len(bytes.TrimLeft(s.data[decoder.InputOffset():], " \t\r\n"))
	return errors.New("JSON: more than one value")
}

// next goes on to the next value, key, or end of a list, and is its first byte.
func (s *srtReader) next() byte {
	for {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			s.at++
		default:
			return c
		}
	}
}

// quoted is the string that is next, until another is read, and where it ends.
func (s *srtReader) quoted() (text []byte, end int) {
	verbatim := true
	for end = s.at + 1; s.data[end] != '"'; end++ {
		switch c := s.data[end]; {
		case c == '\\':
			verbatim = false
			end++
		case c >= utf8.RuneSelf: // it may be invalid
			verbatim = false
		}
	}
	end++
	if verbatim {
		return s.data[s.at+1 : end-1], end
	}
	var decoded string
	_ = json.Unmarshal(s.data[s.at:end], &decoded) // it is valid
	return []byte(decoded), end
}

// read reads the value at a path. Of two keys that are equal the last one counts, as for JSON.parse.
func (s *srtReader) read(path string) error {
	begin := s.next()
	if strings.Count(path, ".") > deepestSRT {
		return fmt.Errorf("JSON: nested more than %d deep", deepestSRT)
	}
	maps.DeleteFunc(s.found, func(list string, _ []Rule) bool { return strings.HasPrefix(list+".", path+".") })
	list := strings.TrimPrefix(path, claudePrefix)
	switch wanted := list == srtAllowed || list == srtDenied; {
	case wanted && begin != '[':
		return fmt.Errorf("%s must be an array of domains", path[1:])
	case wanted:
		return s.domains(path, list == srtAllowed)
	case begin == '{' || begin == '[':
		return s.inside(path, begin)
	case begin == '"':
		_, s.at = s.quoted()
	default: // a number, true, false or null
		s.at = len(s.data) - len(bytes.TrimLeft(s.data[s.at:], "+-.0123456789Eaeflnrstu"))
	}
	return nil
}

// inside reads an object or an array that is none of the lists.
func (s *srtReader) inside(path string, begin byte) error {
	for s.at++; s.next() != begin+2; { // as ASCII has them
		inner := path + ".[]"
		if begin == '{' {
			var key []byte
			key, s.at = s.quoted()
			inner = path + "." + strings.ReplaceAll(string(key), ".", "\x00")
		}
		if err := s.read(inner); err != nil {
			return err
		}
	}
	s.at++
	return nil
}

// domains reads one of the lists.
func (s *srtReader) domains(path string, allow bool) error {
	list := s.data[s.at:]
	list = list[:bytes.IndexByte(list, ']')]
	rules := make([]Rule, 0, bytes.Count(list, []byte(","))+1)
	var kept texts
	kept.Grow(len(list))
	for s.at++; s.next() != ']'; {
		if s.data[s.at] != '"' {
			return fmt.Errorf("%s must hold strings", path[1:])
		}
		text, end := s.quoted()
		pattern, ported, err := parseSRT(kept.keep(text), allow)
		if err != nil {
			return err
		}
		rule := Rule{Pattern: pattern, Origin: s.places.at(s.at)}
		if allow {
			rule.Effect = Allow
		}
		if allow || !ported {
			rules = append(rules, rule)
		}
		s.at = end
	}
	s.at++
	s.found[path] = rules
	return nil
}

// parseSRT reads an entry of a list.
func parseSRT(text string, allow bool) (p Pattern, ported bool, err error) {
	host, ported := splitPort(text)
	valid := validSRT(host) || host == "*" && !allow
	if bare := strings.Count(text, ":") > 1 && !strings.HasPrefix(text, "["); bare || !valid {
		return p, ported, fmt.Errorf("%q is no domain, no wildcard such as *.example.com and no address in brackets, or too wide", cut(text))
	}
	return srtPattern(host), ported, nil
}

// splitPort takes a port in decimal, from 1 to 65535, off an entry, and brackets off an address.
func splitPort(text string) (host string, ported bool) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		address, rest, closed := strings.Cut(inner, "]")
		port, ported := strings.CutPrefix(rest, ":")
		if !closed || rest != "" && (!ported || !isPort(port)) {
			return text, false
		}
		address, _, _ = strings.Cut(address, "%")
		return strings.TrimSuffix(address, "."), rest != ""
	}
	host, port, ok := strings.Cut(text, ":")
	if !ok || !isPort(port) {
		return text, false
	}
	return host, true
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0 && text[0] != '0' && text[0] != '+'
}

// validSRT is what sandbox-runtime takes for a host.
func validSRT(host string) bool {
	if strings.Contains(host, ":") {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Is6()
	}
	if strings.Contains(host, "/") {
		return false
	}
	domain, wild := strings.CutPrefix(host, "*.")
	switch {
	case host == "localhost":
		return true
	case !strings.Contains(domain, ".") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, "."):
		return false
	case wild:
		return !strings.Contains(domain, "..")
	}
	return !strings.Contains(host, "*")
}

// srtPattern is the pattern of a valid host. sandbox-runtime compares text: what is no name of a host matches nothing.
func srtPattern(host string) Pattern {
	if host == "*" {
		return Pattern{kind: every}
	}
	if body, ok := parseAddress(host); ok {
		return Pattern{address, body}
	}
	domain, wild := strings.CutPrefix(ascii.Lower(host), "*.")
	switch {
	case inspect(domain, false).kind != sound:
		return Pattern{nothing, host}
	case wild:
		return Pattern{below, domain}
	}
	return Pattern{exact, domain}
}

// rules are those of the lists. sandbox-runtime's own settings must have both, Claude Code's may have either.
func (s *srtReader) rules() ([]Rule, error) {
	allowed, a := s.found[srtAllowed]
	denied, d := s.found[srtDenied]
	switch {
	case a && d:
		return append(allowed, denied...), nil
	case a || d:
		return nil, s.missing("network must have both allowedDomains and deniedDomains")
	}
	allowed, a = s.found[claudePrefix+srtAllowed]
	denied, d = s.found[claudePrefix+srtDenied]
	if !a && !d {
		return nil, s.missing("it has no network.allowedDomains")
	}
	return append(allowed, denied...), nil
}

func (s *srtReader) missing(msg string) error {
	return &Error{Origin: Origin{File: s.places.file}, Msg: msg, Accepted: acceptedSRT}
}

// LoadSRT reads the settings at path, as [Load] reads a policy file.
func LoadSRT(path string) ([]Rule, error) {
	data, err := Read(path)
	if err != nil {
		return nil, err
	}
	return ParseSRT(path, data)
}
