"""Asks by dnspython about what its arguments name, and prints what it gets: rdata.py TYPE/WAY:NAME..., of which WAY is udp, tcp, edns, do or resolver."""
import sys

import dns.edns
import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

nameserver = dns.resolver.get_default_resolver().nameservers[0]


def ask(kind, way, name):
    if way == "resolver":
        try:
            return sorted(record.to_text() for record in dns.resolver.resolve(name, kind))
        except dns.exception.DNSException as error:
            return error
    query = dns.message.make_query(name, kind, use_edns=0 if way in ("edns", "do") else False, want_dnssec=way == "do")
    if way == "tcp":
        reply = dns.query.tcp(query, nameserver, timeout=10)
    else:
        try:
            reply, _ = dns.query.udp_with_fallback(query, nameserver, timeout=10)
        except dns.exception.Timeout:  # datagrams can be lost
            reply, _ = dns.query.udp_with_fallback(query, nameserver, timeout=10)
    # Times to live are the cache's affair; whose answer it is (AA, AD) is not passed on, nor what else an authority adds.
    records = [f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)} {record}" for rrset in reply.answer for record in rrset]
    negative = [f"{rrset.name} SOA {record}" for rrset in reply.authority for record in rrset if rrset.rdtype == dns.rdatatype.SOA]
    # That a server failed is explained below, where the server itself says nothing.
    explained = reply.rcode() != dns.rcode.SERVFAIL
    errors = [option.to_text() for option in reply.options if explained and option.otype == dns.edns.OptionType.EDE]
    return " ".join([dns.rcode.to_text(reply.rcode()), *(sorted(records) or negative), *errors])


for arg in sys.argv[1:]:
    question, name = arg.split(":", 1)
    print(arg, ask(*question.split("/"), name))
