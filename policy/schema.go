package policy

import (
	"fmt"
	"slices"
)

const (
	domainsTable = "network.domains"
	allTables    = "the tables are [network.domains], [dns] and [dns.records]"
	quotePattern = `a pattern is one key in quotes: "*.example.com" = "allow"`
)

// knownTables are the tables of a policy file, with what each may hold.
var knownTables = map[string]string{
	"":            allTables,
	"network":     "[network] holds the table domains alone",
	domainsTable:  quotePattern,
	"dns":         "[dns] holds upstreams, deny-with, cache-size, min-ttl, max-ttl, timeout and the table records",
	"dns.records": "[dns.records] holds zone alone",
}

// knownKeys are the keys of a policy file but for the patterns of [network.domains].
var knownKeys = map[string]func(*reader, entry) error{
	"dns.upstreams":    (*reader).upstreams,
	"dns.deny-with":    (*reader).denyWith,
	"dns.cache-size":   (*reader).cacheSize,
	"dns.min-ttl":      (*reader).minimumTTL,
	"dns.max-ttl":      (*reader).maximumTTL,
	"dns.timeout":      (*reader).timeout,
	"dns.records.zone": (*reader).zone,
}

// knownTables checks that every prefix of path is a table that exists. The offsets are those of the parts from base on;
// what is before was checked when it was met.
func (r *reader) knownTables(path []string, offsets []int, base int) error {
	for i := base; i < len(path); i++ {
		name, parent := joined(path[:i+1]), joined(path[:i])
		if _, ok := knownTables[name]; ok {
			continue
		}
		switch _, isKey := knownKeys[name]; {
		case parent == domainsTable:
			return r.fail(offsets[i-base], fmt.Sprintf("%s is a table: a pattern has to be one key", name), quotePattern)
		case isKey:
			return r.fail(offsets[i-base], name+" is a value, not a table", knownTables[parent])
		default:
			return r.unknown(path[:i+1], offsets[i-base])
		}
	}
	return nil
}

// readerOf finds who reads the key at path, whose parents are known.
func (r *reader) readerOf(path []string, e entry) (func(*reader, entry) error, error) {
	if read, ok := knownKeys[e.name]; ok {
		return read, nil
	}
	if slices.Equal(path[:len(path)-1], []string{"network", "domains"}) {
		return (*reader).domain, nil
	}
	return nil, r.unknown(path, e.keyAt)
}

func (r *reader) unknown(path []string, offset int) *Error {
	last := len(path) - 1
	parent := joined(path[:last])
	where := ""
	if parent != "" {
		where = " in [" + parent + "]"
	}
	return r.fail(offset, fmt.Sprintf("unknown key %s%s", cut(joined(path[last:])), where), knownTables[parent])
}
