"""Looks a name up as the socket module, dnspython, aiodns and Twisted do."""
import asyncio
import socket
import sys
import time

how, name, kind = sys.argv[1:]


def plain():
    return sorted({a[4][0] for a in socket.getaddrinfo(name, 80)})


def dnspython(tcp=False):
    import dns.resolver
    return [r.to_text() for r in dns.resolver.resolve(name, kind, tcp=tcp)]


def aiodns():
    import aiodns

    async def ask():
        return [r.host for r in await aiodns.DNSResolver().query(name, kind)]
    return asyncio.run(ask())


def twisted():
    from twisted.internet import reactor
    from twisted.names import client
    found = []
    look = client.lookupAddress if kind == "A" else client.lookupIPV6Address
    d = look(name)
    d.addCallback(lambda records: found.extend(str(r.payload) for r in records[0]))
    d.addErrback(lambda failure: found.append("error: %s" % failure.type.__name__))
    d.addBoth(lambda _: reactor.stop())
    reactor.run()
    return found


ways = {"socket": plain, "dnspython": dnspython, "dnspython-tcp": lambda: dnspython(tcp=True), "aiodns": aiodns, "twisted": twisted}
for module in {"dnspython": ["dns.resolver"], "dnspython-tcp": ["dns.resolver"], "aiodns": ["aiodns"], "twisted": ["twisted.names.client"]}.get(how, []):
    __import__(module)
start = time.monotonic()
try:
    print(*ways[how](), sep="\n")
except Exception as e:
    print("error:", e)
print("took", (time.monotonic() - start) * 1000)
