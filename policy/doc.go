// Package policy decides which names may be resolved: rules in, a decision out.
//
// A rule is a [Pattern] with an [Effect], from a flag or from a policy file (see [Load]). A [Set] of rules gives a
// [Decision] for a name, and the rule that made it. Deny beats allow whatever the order, and what no rule allows is
// denied. The package does no I/O except that Load reads one file, and knows nothing of DNS messages: names are text.
//
// # Names
//
// A normalised name is in lower case, its labels hold a-z, 0-9, '-' and '_' (RFC 1123 section 2.1, RFC 8552), letters
// beyond ASCII are A-labels (RFC 5890), and there is no trailing dot; the root is "". [Normalise] makes one of what a
// user typed. A name out of a DNS message must be handed over in presentation form (RFC 1035 section 5.1), with its odd
// octets escaped: these are refused. Unescaped octets could read as UTF-8 and be mapped to another name.
//
// # Patterns
//
// Patterns are those of Codex's network proxy:
//
//	example.com      that name
//	*.example.com    its subdomains at any depth, not the name itself
//	**.example.com   the name and its subdomains
//	*                every name
//	api-*.test       a glob: '*' is any run of characters, '?' any one, and both cross dots, as in Codex
//	192.0.2.1, [::1] an address: taken as Codex takes it, and never the answer to a question about a name
//
// Codex also strips a port, trims blanks and hands [a-z] and {a,b} to its glob library by accident, and forbids denying
// "*". Here the first ones are errors, and "*" may be denied.
//
// # Service labels
//
// Who may resolve a name may ask for its services: a rule that allows example.com allows _kerberos._udp.example.com,
// _25._tcp.example.com and _acme-challenge.example.com too, and no other subdomain. Which labels these are is data
// (service.txt), bounded so that a sandbox cannot spell: see [ServiceOwner]. It applies where no rule is about the full name;
// *.example.com allows _ldap._tcp.a.example.com itself, and a deny of _dmarc.example.com or of example.com ends it.
// Patterns stay Codex's: deny example.com says nothing about _dmarc.example.com where *.example.com allows it.
//
// # Limitations
//
// A label with other octets than the above (a DNS-SD instance name with blanks, the '/' of RFC 2317) cannot be allowed.
// A pattern that starts with xn-- is taken as it is written, without a look at what it decodes to. Globs are tried one
// after the other: a policy of many thousand globs makes each decision slower; names and suffixes are looked up in maps.
// The same pattern may be both allowed and denied, in one file too, and is then denied. Zone text and upstreams in a
// policy file are not checked here, but keep their place for whoever checks them.
package policy
