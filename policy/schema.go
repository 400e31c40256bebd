package policy

import "fmt"

const (
	domainsTable   = "network.domains"
	upstreamsTable = "dns.upstreams"
	allTables      = "the tables are [network.domains], [dns], [dns.upstreams], [dns.budget] and [dns.records]"
	quotePattern   = `a pattern is one key in quotes: "*.example.com" = "allow"`
	quoteDomain    = `a domain is one key in quotes: "corp.example" = ["udp://10.0.0.53"]; "." is for all others`
)

// knownTables are the tables of a policy file, with what each may hold.
var knownTables = map[string]string{
	"":           allTables,
	"network":    "[network] holds the table domains alone",
	domainsTable: quotePattern,
	"dns": "[dns] holds types, ptr, private, min-lease, max-lease, stale, upstreams, upstream-proxy, upstream-order, deny-with, " +
		"cache-size, min-ttl, max-ttl, timeout, and the tables upstreams, budget and records",
	upstreamsTable: quoteDomain,
	"dns.budget":   "[dns.budget] holds names, bytes, total-names, total-bytes and questions",
	"dns.records":  "[dns.records] holds zone alone",
}

// knownKeys are the keys of a policy file but for the patterns of [network.domains] and the domains of [dns.upstreams].
// The latter is a key too, where it is an array.
var knownKeys = map[string]func(*reader, entry) error{
	"dns.types":              (*reader).types,
	"dns.ptr":                (*reader).ptr,
	"dns.private":            (*reader).private,
	"dns.min-lease":          (*reader).minimumLease,
	"dns.max-lease":          (*reader).maximumLease,
	"dns.stale":              (*reader).stale,
	upstreamsTable:           (*reader).upstreams,
	"dns.upstream-proxy":     (*reader).upstreamProxy,
	"dns.upstream-order":     (*reader).upstreamOrder,
	"dns.deny-with":          (*reader).denyWith,
	"dns.cache-size":         (*reader).cacheSize,
	"dns.min-ttl":            (*reader).minimumTTL,
	"dns.max-ttl":            (*reader).maximumTTL,
	"dns.timeout":            (*reader).timeout,
	"dns.budget.names":       limit(MaxBudgetNames, func(l *Limits) *int { return &l.Names }),
	"dns.budget.bytes":       limit(MaxBudgetBytes, func(l *Limits) *int { return &l.Bytes }),
	"dns.budget.total-names": limit(MaxBudgetNames, func(l *Limits) *int { return &l.TotalNames }),
	"dns.budget.total-bytes": limit(MaxBudgetBytes, func(l *Limits) *int { return &l.TotalBytes }),
	"dns.budget.questions":   limit(MaxQuestions, func(l *Limits) *int { return &l.Questions }),
	"dns.records.zone":       (*reader).zone,
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
		case parent == upstreamsTable:
			return r.fail(offsets[i-base], fmt.Sprintf("%s is a table: a domain has to be one key", name), quoteDomain)
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
	if read, ok := knownKeys[e.name()]; ok {
		return read, nil
	}
	switch joined(e.table) {
	case domainsTable:
		return (*reader).domain, nil
	case upstreamsTable:
		return (*reader).zoneUpstreams, nil
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
