# bound.py DEVICE: asks a resolver that only the wire could reach, over IPv4 and IPv6, from sockets that choose the device in each way
# there is, and prints the number of addresses in each answer. Then it sends one datagram each that is for nobody's resolver: the wire
# shows those.
import socket, struct, sys

question = struct.pack('>6H', 4711, 0x0100, 1, 0, 0, 0) + b'\4host\7example\0' + struct.pack('>2H', 1, 1)
device, index = sys.argv[1].encode(), socket.if_nametoindex(sys.argv[1])
IP_PKTINFO, IP_UNICAST_IF, IPV6_UNICAST_IF = 8, 50, 76

def bound(family):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
    s.settimeout(20)
    return s

def unicast(family):
    s = socket.socket(family, socket.SOCK_DGRAM)
    level, option = (socket.IPPROTO_IP, IP_UNICAST_IF) if family == socket.AF_INET else (socket.IPPROTO_IPV6, IPV6_UNICAST_IF)
    s.setsockopt(level, option, struct.pack('!I', index))
    s.settimeout(20)
    return s

def sendto(s, to):
    s.sendto(question, (to, 53))

def connect(s, to):
    s.connect((to, 53))
    s.send(question)

def pktinfo(s, to):
    if s.family == socket.AF_INET:
        control = (socket.IPPROTO_IP, IP_PKTINFO, struct.pack('I4s4s', index, bytes(4), bytes(4)))
    else:
        control = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, struct.pack('16sI', bytes(16), index))
    s.sendmsg([question], [control], 0, (to, 53))

for family, resolver in ((socket.AF_INET, '198.51.100.53'), (socket.AF_INET6, '2001:db8:53::53')):
    for make, send in ((bound, sendto), (bound, connect), (bound, pktinfo), (unicast, sendto), (unicast, connect), (unicast, pktinfo)):
        s = make(family)
        send(s, resolver)
        print(family.name, make.__name__, send.__name__, struct.unpack('>6H', s.recv(512)[:12])[3], flush=True)
for family, resolver in ((socket.AF_INET6, '2001:db8:53::53'), (socket.AF_INET, '198.51.100.53')):
    bound(family).sendto(b'x', (resolver, 9999))
