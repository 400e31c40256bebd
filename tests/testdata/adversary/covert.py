# covert 0|1 CHANNELS...: asks for a name in ways that each carry a bit to its authority, or not; covert fast SECONDS KINDS... | labels SECONDS: as much as it can.
import os, random, select, socket, struct, sys, time

CHANNEL = sys.argv[1]

def name(text): return b"".join(bytes([len(l)]) + l.encode() for l in text.split(".")) + b"\0"

def question(text="allowed.example", kind=1, id=0x1234, flags=0x100, cls=1, edns=None, more=b"", additional=0):
    q = struct.pack(">6H", id, flags, 1, 0, 0, additional + (edns is not None)) + name(text) + struct.pack(">2H", kind, cls)
    if edns is not None:
        size, flags, options = edns
        q += b"\0" + struct.pack(">HHIH", 41, size, flags, len(options)) + options
    return q + more

def option(code, data): return struct.pack(">HH", code, len(data)) + data

def send(q, server="9.9.9.9", stream=False, source=None, times=1):
    s = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    s.settimeout(0.4)
    if source: s.bind(("", source))
    s.connect((server, 53))
    for i in range(times): s.send(struct.pack(">H", len(q)) + q if stream else q)
    try: s.recv(4096)
    except OSError: pass

# Each is the same question asked in two ways. Those that pass do so by what the question is.
def secret(bit): return ("\x00\x01" if bit else "\xff\xfe").encode("latin1")
CHANNELS = {
    "id": lambda b: send(question(id=0xffff if b else 0)),
    "case": lambda b: send(question("ALLOWED.EXAMPLE" if b else "allowed.example")),
    "RD": lambda b: send(question(flags=0x100 if b else 0)),
    "AD": lambda b: send(question(flags=0x120 if b else 0x100)),
    "Z": lambda b: send(question(flags=0x140 if b else 0x100)),
    "size": lambda b: send(question(edns=(4096 if b else 1232, 0, b""))),
    "EDNS": lambda b: send(question(edns=(1232, 0, b"") if b else None)),
    "flags of EDNS": lambda b: send(question(edns=(1232, 1 if b else 2, b""))),
    "ECS": lambda b: send(question(edns=(1232, 0, option(8, b"\0\1\x20\0" + bytes([192, 0, 2, b]))))),
    "cookie": lambda b: send(question(edns=(1232, 0, option(10, bytes([b] * 8))))),
    "padding": lambda b: send(question(edns=(1232, 0, option(12, bytes(100 if b else 1))))),
    "option": lambda b: send(question(edns=(1232, 0, option(65001, secret(b))))),
    "trailing": lambda b: send(question(more=secret(b))),
    "additional": lambda b: send(question(additional=1, more=b"\0\0\x10\0\1\0\0\0\0" + struct.pack(">H", 3) + b"\2" + secret(b))),
    "transport": lambda b: send(question(), stream=bool(b)),
    "resolver": lambda b: send(question(), server="1.1.1.1" if b else "8.8.8.8"),
    "family": lambda b: send(question(), server="2001:db8::53" if b else "8.8.8.8"),
    "source port": lambda b: send(question(), source=20000 + b),
    "unlisted name": lambda b: send(question("secret%d.example" % b)),
    "below": lambda b: send(question("secret%d.allowed.example" % b)),
    "service label": lambda b: send(question("_secret%d._tcp.allowed.example" % b)),
    "type": lambda b: send(question(kind=65280 + b)),
    "class": lambda b: send(question(cls=3 + b)),
    "opcode": lambda b: send(question(flags=0x0900 + 0x800 * b)),
    "name": lambda b: send(question("other.example" if b else "allowed.example")),
    "allowed type": lambda b: send(question(kind=28 if b else 1)),
    "DO": lambda b: send(question(edns=(1232, 0x8000 if b else 0, b""))),
    "CD": lambda b: send(question(flags=0x110 if b else 0x100)),
    "count": lambda b: [send(question()) for i in range(2 if b else 1)],
}

def flood(seconds, make):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("9.9.9.9", 53))
    s.setblocking(False)
    until, waiting = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        while waiting < 100:
            s.send(make()); waiting += 1
        if select.select([s], [], [], 0.5)[0]:
            try:
                while True: s.recv(4096); waiting -= 1
            except BlockingIOError: pass
        else: waiting = 0

def label(): return "".join(random.choices("abcdefghijklmnopqrstuvwxyz234567", k=63))

if CHANNEL == "fast":
    kinds = [int(k) for k in sys.argv[3:]]
    flood(float(sys.argv[2]), lambda: question(kind=random.choice(kinds), id=random.getrandbits(16), flags=0x100 | random.choice((0, 0x10)), edns=(1232, random.choice((0, 0x8000)), b"")))
elif CHANNEL == "labels":
    flood(float(sys.argv[2]), lambda: question(".".join((label(), label(), label())) + ".wild.example", id=random.getrandbits(16)))
else:
    for channel in sys.argv[2:]: CHANNELS[channel](int(CHANNEL))
