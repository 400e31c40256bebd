# wire.py DEVICE: at a packet to port 9 it prints how many packets were lost, and for those that came by the device with the question of
# ways.h in them, or for port 53, the protocols and ports: once for each pair.
import socket, struct, sys

s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 30)  # as much as may be had
s.bind((sys.argv[1], 3))
print("listening on", sys.argv[1], flush=True)
seen = set()
while True:
    packet, (_, kind, *_) = s.recvfrom(65535)
    if kind == 0x0800:
        protocol, payload = packet[9], packet[(packet[0] & 15) * 4:]
    elif kind == 0x86dd:
        protocol, payload = packet[6], packet[40:]
        while protocol in (0, 43, 60):  # hop-by-hop, routing and destination options
            protocol, payload = payload[0], payload[8 + payload[1] * 8:]
    else:
        continue
    port = struct.unpack(">H", payload[2:4])[0] if protocol in (6, 17, 132, 136) else 0
    if port == 9:
        break
    if b"\5exfil\4corp\4test" in packet or port == 53:
        if port == 53:
            print("seen:", packet[:80].hex(), file=sys.stderr)
            # Now and then a bare reset of a connection passes, which asks nothing: SECURITY.md has it.
            if protocol == 6 and payload[13] & 4 and len(payload) == payload[12] // 16 * 4:
                continue
        seen.add((kind, protocol, port if port < 32768 else "high"))
total, dropped = struct.unpack("II", s.getsockopt(263, 6, 8))  # SOL_PACKET, PACKET_STATISTICS
print("dropped", dropped)
for kind, protocol, port in seen:
    print("IPv4" if kind == 0x0800 else "IPv6", protocol, port)
