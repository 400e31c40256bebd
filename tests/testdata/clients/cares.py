"""Asks by c-ares about what its arguments name, and prints what it gets: cares.py TYPE:NAME..."""
import asyncio
import socket
import sys

import aiodns


def told(found):
    """Records without what is left of their times to live, which is the cache's affair, and in an order that is not the server's."""
    if isinstance(found, list):
        return sorted(map(told, found))
    if isinstance(found, str | bytes | int | None):
        return str(found)
    return " ".join(f"{field}={told(getattr(found, field))}" for field in found.__slots__ if field != "ttl")


async def main():
    resolver = aiodns.DNSResolver()
    for arg in sys.argv[1:]:
        kind, name = arg.split(":", 1)
        try:
            if kind == "host":
                found = await resolver.gethostbyname(name, socket.AF_INET)
            elif kind == "addr":
                found = await resolver.gethostbyaddr(name)
            else:
                found = await resolver.query(name, kind)
            print(arg, told(found))
        except aiodns.error.DNSError as error:
            print(arg, error.args[1])


asyncio.run(main())
