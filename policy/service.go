package policy

import (
	_ "embed" // the table
	"strings"
	"sync"
)

//go:embed service.txt
var serviceText string

// services are the names that the standards put below any name, without a dot at the end.
var services = sync.OnceValue(func() (s serviceNames) {
	s.names = map[string]struct{}{}
	add := func(name string) {
		s.names[name] = struct{}{}
		s.longest = max(s.longest, len(name))
	}
	for line := range strings.Lines(serviceText) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		switch {
		case len(words) == 1:
			add(words[0])
		case len(words) > 1:
			for _, parent := range words[1:] {
				add("_" + words[0] + "._" + parent)
			}
		}
	}
	return s
})

type serviceNames struct {
	names   map[string]struct{}
	longest int
}

// ServiceOwner takes a service label off a name: of _kerberos._udp.example.com it is example.com. Service labels are those
// that the standards put below any host or domain (RFC 8552, RFC 2782, RFC 6698, RFC 9460), from a table that is bounded: no
// part of them is for the asking side to choose. The most labels that make one are taken, once. It takes names as Decide does,
// and does not allocate for normalised ones; ok is false for a name that starts with no service label, and the owner then "".
func ServiceOwner(name string) (owner string, ok bool) {
	folded, normal := fold(name)
	if !normal {
		return "", false
	}
	return serviceOwner(folded)
}

// serviceOwner is ServiceOwner of a normalised name.
func serviceOwner(name string) (owner string, ok bool) {
	if !strings.Contains(name, "_") {
		return "", false
	}
	services := services()
	for i := range min(len(name), services.longest+1) {
		if name[i] != '.' {
			continue
		}
		if _, known := services.names[name[:i]]; known {
			owner, ok = name[i+1:], true
		}
	}
	return owner, ok
}
