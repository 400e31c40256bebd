package policy

import (
	"net/netip"
	"strings"
	"unicode"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// ParseCodexPattern reads a pattern as the network proxy of Codex 0.169 does: a prefix "*." or "**." apart, a port, the brackets
// of an address, case and dots at the end are taken off, and what is left is a name in which '*' and '?' are globs. What no
// name of a host can match is a pattern that matches nothing. The error, of what Codex refuses, is a [*PatternError].
func ParseCodexPattern(text string, effect Effect) (Pattern, error) {
	prefix, rest := cutWildcard(strings.TrimSpace(text))
	host := codexHost(rest)
	problem := ""
	switch {
	case len(text) > maxText:
		problem = "it is too long"
	case strings.ContainsAny(text, `{}\/`) || strings.ContainsFunc(strings.TrimSpace(text), unicode.IsSpace):
		problem = "spaces, braces and slashes of either kind are not of a pattern"
	case strings.Contains(rest, "**"):
		problem = "two stars together are not of a pattern but at its beginning, with a dot"
	case strings.ContainsAny(rest, "[]") && !codexBrackets(rest):
		problem = "brackets are for an IPv6 address, or for [*]"
	case host == "":
		problem = "it is empty"
	case effect == Deny && codexEverything(text):
		problem = "everything cannot be denied"
	}
	if problem != "" {
		return Pattern{}, &PatternError{Pattern: cut(text), Problem: problem}
	}
	if body, ok := parseAddress(host); ok && prefix == "" {
		return Pattern{address, body}, nil
	}
	if inspect(host, true).kind != sound {
		return Pattern{nothing, text}, nil
	}
	return classify(prefix, host), nil
}

// codexEverything reports whether a pattern is every name to Codex.
func codexEverything(text string) bool {
	prefix, rest := cutWildcard(strings.TrimSpace(text))
	return codexHost(rest) == "*" && prefix != "*."
}

// codexHost is Codex's normal form of a host, or of a pattern.
func codexHost(text string) string {
	host := strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.Contains(inner, "]") {
		host, _, _ = strings.Cut(inner, "]")
	} else if strings.Count(host, ":") == 1 {
		host, _, _ = strings.Cut(host, ":")
	}
	return strings.TrimRight(ascii.Lower(host), ".")
}

// codexBrackets reports whether brackets are around all of a host but for dots or a port.
func codexBrackets(host string) bool {
	inner, opened := strings.CutPrefix(host, "[")
	inner, after, closed := strings.Cut(inner, "]")
	if !opened || !closed || strings.Trim(after, ".") != "" && !strings.HasPrefix(after, ":") || strings.ContainsAny(after, "[]") {
		return false
	}
	inner = strings.TrimRight(inner, ".")
	literal, _, _ := strings.Cut(inner, "%")
	address, err := netip.ParseAddr(literal)
	return inner == "*" || err == nil && address.Is6()
}
