package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// onTheWire runs a program of Python in a sandbox that has an interface, and a default route by it. It returns what that prints, with a
// line for each UDP packet that the interface sends ("IPv4 53"). setup is of a shell, "" nothing.
func onTheWire(t *testing.T, setup, program string) result {
	t.Helper()
	const script = `ip link set lo up; ip link add v type veth peer name w; ip link set w up; ip addr add 10.7.0.2/24 brd + dev v; ip addr add fd00:7::2/64 dev v nodad; ip link set v up
		ip neigh add 10.7.0.1 lladdr 02:00:00:00:00:01 dev v; ip route add default via 10.7.0.1
		ip neigh add fd00:7::1 lladdr 02:00:00:00:00:01 dev v; ip -6 route add default via fd00:7::1; eval "$2"
		coproc python3 -c "$0" v; read -u ${COPROC[0]}; /usr/bin/python3 -c "$1"; exec 3>/dev/udp/10.7.0.1/9999; echo end >&3
		while read -u ${COPROC[0]} seen; do [ "$seen" = "IPv4 9999" ] && kill $COPROC_PID && exit; echo "$seen"; done`
	return run(t, slices.Concat([]string{"--net=host"}, static, []string{"--", "unshare", "-Urn", "bash", "-c", script, capture, program, setup})...)
}

// What the kernel would broadcast on an interface of the sandbox's own, past every rule, is refused.
func TestBroadcastQuestions(t *testing.T) {
	got := onTheWire(t, "", `import socket as s
question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1"
for address in ("255.255.255.255", "224.0.0.251", "10.7.0.255"):
    for how in ("sendto", "connect", "sendmsg"):
        u = s.socket(s.AF_INET, s.SOCK_DGRAM); u.setsockopt(s.SOL_SOCKET, s.SO_BROADCAST, 1); u.bind(("10.7.0.2", 0)); u.settimeout(5)
        try:
            if how == "sendto": u.sendto(question, (address, 53))
            if how == "sendmsg": u.sendmsg([question], [(s.SOL_IP, s.IP_TTL, b"\x40\0\0\0")], 0, (address, 53))
            if how == "connect": u.connect((address, 53)); u.send(question)
            print(address, how, len(u.recv(512)) > 45)
        except OSError as e: print(address, how, e.strerror)`)
	var want strings.Builder
	for _, address := range []string{"255.255.255.255", "224.0.0.251", "10.7.0.255"} {
		for _, how := range []string{"sendto", "connect", "sendmsg"} {
			outcome := "Permission denied"
			if address == "10.7.0.255" && how == "sendto" {
				outcome = "True" // answered, and never sent
			}
			fmt.Fprintln(&want, address, how, outcome)
		}
	}
	if got.stdout != want.String() {
		t.Errorf("%+v", got)
	}
}

// Messages that cannot be read are not sent unseen: the kernel reads what is before an unmapped page, and secret memory (memfd_secret(2)).
func TestUnreadableQuestions(t *testing.T) {
	const program = `import ctypes, os, socket, struct
libc = ctypes.CDLL(None); pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
libc.mmap.restype = pointer; libc.mmap.argtypes = [pointer, size, number, number, number, ctypes.c_long]; libc.munmap.argtypes = [pointer, size]
def mapping(flags, fd): return libc.mmap(None, 8192, 3, flags, fd, 0)
secret = libc.syscall(ctypes.c_long(447), 0); os.ftruncate(secret, 8192)
hidden, cut = mapping(1, secret), mapping(0x22, -1)
libc.munmap(cut + 4096, 4096)
question = ctypes.create_string_buffer(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1")
iov = ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(question), 30))
address = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(53), bytes([8, 8, 8, 8]))
plain = ctypes.create_string_buffer(address); ctypes.memmove(hidden, address, 16)
def header(name): return struct.pack("QIxxxxQQQQixxxxIxxxx", name, 16 if name else 0, ctypes.addressof(iov), 1, 0, 0, 0, 0)
named = header(ctypes.addressof(plain)); ctypes.memmove(cut + 4096 - 64, named, 64); ctypes.memmove(hidden + 4096, named, 64)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def send(what, vector, count): print(what, libc.sendmmsg(udp.fileno(), pointer(vector), count, 0), flush=True)
send("a vector that is cut", cut + 4096 - 64, 2)
send("a secret vector", hidden + 4096, 1)
one = ctypes.create_string_buffer(header(hidden)); send("a secret name", ctypes.addressof(one), 1)
two = ctypes.create_string_buffer(header(0) + header(hidden)); send("a secret second name", ctypes.addressof(two), 2)`
	const want = "a vector that is cut -1\na secret vector -1\na secret name -1\na secret second name -1\n"
	if got := onTheWire(t, "", program); got.stdout != want {
		t.Errorf("%+v", got)
	}
}

// Where lo has no IPv6 and another interface has, nothing is asked by that.
func TestNoIPv6OnLoopback(t *testing.T) {
	const program = `import socket
question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1"
for family, resolver in (socket.AF_INET, "8.8.8.8"), (socket.AF_INET6, "2001:db8::53"):
    for connects in True, False:
        s = socket.socket(family, socket.SOCK_DGRAM)
        if connects: s.connect((resolver, 53)); s.send(question)
        else: s.sendto(question, (resolver, 53))
        if family == socket.AF_INET: print(s.recv(512)[-4:] == b"\xc0\0\2\1")`
	if got := onTheWire(t, "echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6", program); got.stdout != "True\nTrue\n" {
		t.Errorf("%+v", got)
	}
}

// Rules that a sandbox adds after its first question, as a VPN's tool does, do not come before ours, whatever priority they have.
func TestRulesThatComeLater(t *testing.T) {
	got := onTheWire(t, "", `import os
def ask():
    for how in "@8.8.8.8", "+tcp @8.8.8.8", "@2001:db8::53", "+tcp @2001:db8::53":
        os.system("dig +short +tries=1 +time=3 %s host.example" % how)
ask()
os.system("ip route add default via 10.7.0.1 table 200; ip -6 route add default via fd00:7::1 dev v table 200")
for rule in "", "priority 0", "priority 1", "priority 31000":
    os.system("ip rule add %s lookup 200; ip -6 rule add %s lookup 200" % (rule, rule)); ask()`)
	if got.stdout != strings.Repeat("192.0.2.1\n", 20) {
		t.Errorf("%+v", got)
	}
}

// An answer to a question that comes from an address which nobody here has stays here.
func TestAnswersStay(t *testing.T) {
	got := onTheWire(t, "", `import socket as s
question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1"
for family, level, free, transparent, source, resolver in (s.AF_INET, s.IPPROTO_IP, 15, 19, "9.9.9.9", "8.8.8.8"), (s.AF_INET6, s.IPPROTO_IPV6, 78, 75, "2001:db8::9", "2001:db8::53"):
    for kind, option, how in (s.SOCK_DGRAM, free, "sendto"), (s.SOCK_DGRAM, transparent, "connect"), (s.SOCK_STREAM, transparent, "connect"):
        c = s.socket(family, kind); c.setsockopt(level, option, 1); c.bind((source, 4444)); c.settimeout(5)
        if how == "sendto": c.sendto(question, (resolver, 53))
        else: c.connect((resolver, 53)); c.send(question if kind == s.SOCK_DGRAM else b"\0\x1e" + question)
        print(len(c.recv(512)) > 45)`)
	if got.stdout != strings.Repeat("True\n", 6) {
		t.Errorf("%+v", got)
	}
}
