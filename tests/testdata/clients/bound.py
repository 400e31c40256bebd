# bound.py DEVICE: asks a resolver that only the wire could reach, over IPv4 and IPv6, from sockets bound to the device, and prints
# the number of addresses that each IPv4 answer has. Then it sends one datagram each that is for nobody's resolver: the wire shows those.
import socket, struct, sys

question = struct.pack('>6H', 4711, 0x0100, 1, 0, 0, 0) + b'\4host\7example\0' + struct.pack('>2H', 1, 1)
for family, resolver in ((socket.AF_INET, '198.51.100.53'), (socket.AF_INET6, '2001:db8:53::53')):
    for how in ('sendto', 'connect'):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
        s.settimeout(20)
        if how == 'sendto':
            s.sendto(question, (resolver, 53))
        else:
            s.connect((resolver, 53))
            s.send(question)
        if family == socket.AF_INET6:
            continue # its answer does not come back to a bound socket
        print(family.name, how, struct.unpack('>6H', s.recv(512)[:12])[3], flush=True)
for family, resolver in ((socket.AF_INET6, '2001:db8:53::53'), (socket.AF_INET, '198.51.100.53')):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
    s.sendto(b'x', (resolver, 9999))
