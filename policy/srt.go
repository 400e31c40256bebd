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
	"unicode"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// ParseSRT reads the rules of sandbox-runtime's settings (network.allowedDomains and deniedDomains) or of Claude Code's, which
// have the same below "sandbox"; name is what origins call the file. What sandbox-runtime refuses is refused. Names have no
// port: an entry with one that allows, allows the name, and one that denies says nothing of it. The error is an [*Error].
func ParseSRT(name string, data []byte) ([]Rule, error) {
	if len(data) > MaxFile {
		return nil, tooLarge(name)
	}
	s := &srtReader{data: data, places: newPlaces(name, data), json: json.NewDecoder(bytes.NewReader(data)), found: map[string][]Rule{}}
	if err := s.read(""); err != nil {
		return nil, s.fail(err)
	}
	if _, err := s.json.Token(); !errors.Is(err, io.EOF) {
		return nil, s.fail(errors.New("JSON: more than one value"))
	}
	return s.rules()
}

// srtReader reads one file of settings.
type srtReader struct {
	data   []byte
	places *places
	json   *json.Decoder
	at     int               // where the token that was read last begins
	found  map[string][]Rule // of each list that is there, by its path
}

const (
	srtAllowed, srtDenied = ".network.allowedDomains", ".network.deniedDomains"
	claudePrefix          = ".sandbox"
	deepestSRT            = 1000 // a path is kept for each level
	acceptedSRT           = `{"network": {"allowedDomains": ["example.com", "*.example.org"], "deniedDomains": []}}, or the same below "sandbox"`
)

func (s *srtReader) fail(err error) error {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure
	}
	offset := s.at
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset, err = int(syntax.Offset), fmt.Errorf("JSON: %w", err)
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		offset, err = len(s.data), errors.New("JSON: it ends too early")
	}
	return &Error{Origin: s.places.at(offset), Msg: err.Error(), Accepted: acceptedSRT, Err: err}
}

// token reads the next one, and notes where it begins.
func (s *srtReader) token() (json.Token, error) {
	s.at = int(s.json.InputOffset())
	for s.at < len(s.data) && (unicode.IsSpace(rune(s.data[s.at])) || s.data[s.at] == ',' || s.data[s.at] == ':') {
		s.at++
	}
	return s.json.Token()
}

// read reads the value at a path. Of two keys that are equal the last one counts, as for JSON.parse.
func (s *srtReader) read(path string) error {
	if strings.Count(path, ".") > deepestSRT {
		return fmt.Errorf("JSON: nested more than %d deep", deepestSRT)
	}
	maps.DeleteFunc(s.found, func(list string, _ []Rule) bool { return strings.HasPrefix(list+".", path+".") })
	token, err := s.token()
	if err != nil {
		return err
	}
	list := strings.TrimPrefix(path, claudePrefix)
	wanted := list == srtAllowed || list == srtDenied
	switch {
	case wanted && token != json.Delim('['):
		return fmt.Errorf("%s must be an array of domains", path[1:])
	case wanted:
		s.found[path] = []Rule{}
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	for s.json.More() {
		switch {
		case wanted:
			err = s.domain(path, list == srtAllowed)
		case delim == '{':
			err = s.member(path)
		default:
			err = s.read(path + ".[]")
		}
		if err != nil {
			return err
		}
	}
	_, err = s.token() // the end of it
	return err
}

func (s *srtReader) member(path string) error {
	key, err := s.token()
	if err != nil {
		return err
	}
	name, _ := key.(string)
	return s.read(path + "." + strings.ReplaceAll(name, ".", "\x00"))
}

// domain reads an entry of a list.
func (s *srtReader) domain(path string, allow bool) error {
	token, err := s.token()
	if err != nil {
		return err
	}
	text, ok := token.(string)
	if !ok {
		return fmt.Errorf("%s must hold strings", path[1:])
	}
	host, ported := splitPort(text)
	valid := validSRT(host) || host == "*" && !allow
	if bare := strings.Count(text, ":") > 1 && !strings.HasPrefix(text, "["); bare || !valid {
		return fmt.Errorf("%q is no domain, no wildcard such as *.example.com and no address in brackets, or too wide", cut(text))
	}
	if ported && !allow {
		return nil
	}
	rule := Rule{Pattern: srtPattern(host), Origin: s.places.at(s.at)}
	if allow {
		rule.Effect = Allow
	}
	s.found[path] = append(s.found[path], rule)
	return nil
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
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		return true
	}
	if strings.ContainsAny(host, "/:") {
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
