package policy

import (
	"errors"
	"fmt"
	"strings"
)

// ParseCodexPattern reads a pattern as Codex does (its network-proxy/src/policy.rs): spaces around it, a port, brackets, case
// and dots at the end are taken off, and what is left is a glob of Rust's globset, in which classes and alternatives are
// several patterns here. A pattern that matches no name of a host is one that matches nothing. The error is a
// [*PatternError]: of what Codex refuses, and of what comes to more than 1,024 patterns.
func ParseCodexPattern(text string, effect Effect) ([]Pattern, error) {
	fail := func(err error) ([]Pattern, error) {
		return nil, &PatternError{Pattern: cut(text), Problem: err.Error(), Err: err}
	}
	if len(text) > maxText {
		return fail(fmt.Errorf("it is longer than %d bytes", maxText))
	}
	prefix, rest := cutWildcard(strings.TrimSpace(text))
	rest = codexHost(rest)
	if body, ok := parseAddress(rest); ok && prefix == "" {
		return []Pattern{{address, body}}, nil
	}
	globs, err := expandGlob(rest)
	if err != nil {
		return fail(err)
	}
	if effect == Deny && rest == "*" && prefix != "*." {
		return fail(errors.New("it denies everything, which Codex refuses"))
	}
	var patterns []Pattern
	for _, glob := range globs {
		if glob = collapse(glob, 1); glob != "" && inspect(glob, true).kind == sound {
			patterns = append(patterns, classify(prefix, glob))
		}
	}
	if len(patterns) == 0 {
		patterns = []Pattern{{nothing, text}}
	}
	return patterns, nil
}

// codexHost is Codex's normal form of a host or of a pattern without its prefix.
func codexHost(text string) string {
	host := strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.Contains(inner, "]") {
		host, _, _ = strings.Cut(inner, "]")
	} else if strings.Count(host, ":") == 1 {
		host, _, _ = strings.Cut(host, ":")
	}
	return strings.TrimRight(lowerASCII(host), ".")
}
