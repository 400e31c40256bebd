// options DEVICE...: sends by UDP, UDP-Lite, TCP, MPTCP and ping sockets that are bound, marked, routed and addressed in each way that
// a socket option or a control message can do it.
#include "ways.h"

#include <linux/in6.h>
#include <linux/ip.h>
#include <net/if.h>
#include <signal.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static char **devices;
static int allowed, refused, ways;

static void set(int fd, int level, int option, const void *value, socklen_t size)
{
	setsockopt(fd, level, option, value, size) < 0 ? refused++ : allowed++;
}

static void number(int fd, int level, int option, int value) { set(fd, level, option, &value, sizeof(value)); }

static int family_of(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
	return domain;
}

// The ways that take a device take each in turn.
static void bound(int fd, const char *device) { set(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)); }
static void index4(int fd, const char *device) { number(fd, IPPROTO_IP, 50 /* IP_UNICAST_IF */, htonl(if_nametoindex(device))); }
static void index6(int fd, const char *device) { number(fd, IPPROTO_IPV6, 76 /* IPV6_UNICAST_IF */, htonl(if_nametoindex(device))); }
static void many4(int fd, const char *device) { set(fd, IPPROTO_IP, IP_MULTICAST_IF, &(struct ip_mreqn){.imr_ifindex = if_nametoindex(device)}, sizeof(struct ip_mreqn)); }
static void many6(int fd, const char *device) { number(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, if_nametoindex(device)); }

static void sticky(int fd, const char *device)
{
	struct in6_pktinfo info = {.ipi6_ifindex = if_nametoindex(device)};
	set(fd, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

// An address that is not ours as the source.
static void foreign(int fd, int option)
{
	struct way list[MAX_WAYS];
	ways_to(family_of(fd), list);
	list[2].to.in4.sin_port = 0;
	number(fd, family_of(fd) == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, option, 1);
	bind(fd, &list[2].to.any, list[2].size) < 0 ? refused++ : allowed++;
}

static void freebind(int fd, const char *unused) { (void)unused, foreign(fd, family_of(fd) == AF_INET ? IP_FREEBIND : IPV6_FREEBIND); }
static void transparent(int fd, const char *unused) { (void)unused, foreign(fd, family_of(fd) == AF_INET ? IP_TRANSPARENT : IPV6_TRANSPARENT); }

// The route of the packet, written by its sender (RFC 791, loose and strict).
static void source_route(int fd, const char *strict)
{
	unsigned char option[12] = {*strict ? 137 : 131, 11, 4, 10, 9, 8, 1, 8, 8, 8, 8, 0};
	set(fd, IPPROTO_IP, IP_OPTIONS, option, sizeof(option));
}

// Routing headers of types 0 (RFC 2460), 2 (RFC 6275), 3 (RFC 6554), 4 (RFC 8754).
static void routing_header(int fd, const char *type)
{
	unsigned char header[24] = {0, 2, *type, 1, 0, 0, 0, 0};
	if (*type == 4)
		header[4] = 0; // its last entry is its first
	inet_pton(AF_INET6, "fd00:9::1", header + 8);
	set(fd, IPPROTO_IPV6, IPV6_RTHDR, header, sizeof(header));
}

static void hops(int fd, const char *unused)
{
	unsigned char header[8] = {0, 0, 1, 4};
	(void)unused;
	set(fd, IPPROTO_IPV6, IPV6_HOPOPTS, header, sizeof(header));
	set(fd, IPPROTO_IPV6, IPV6_DSTOPTS, header, sizeof(header));
}

static void flags(int fd, const char *which)
{
	static const int list[][3] = {
		{SOL_SOCKET, SO_MARK, 53}, {SOL_SOCKET, SO_DONTROUTE, 1}, {SOL_SOCKET, SO_BROADCAST, 1}, {SOL_SOCKET, SO_PRIORITY, 6},
		{IPPROTO_IP, IP_TOS, 0x10}, {IPPROTO_IP, IP_TTL, 1}, {IPPROTO_IP, IP_MULTICAST_TTL, 255}, {IPPROTO_IP, IP_MULTICAST_LOOP, 0},
		{IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE}, {IPPROTO_IPV6, IPV6_TCLASS, 0x10}, {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1},
		{IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1}, {IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP}, {IPPROTO_UDP, UDP_CORK, 1},
		{IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1}, {IPPROTO_TCP, TCP_REPAIR, 1}, {IPPROTO_TCP, TCP_CORK, 1}, {SOL_SOCKET, SO_TXTIME, 0},
	};
	number(fd, list[(int)*which][0], list[(int)*which][1], list[(int)*which][2]);
}

#define FLAGS 18

static void upper_protocol(int fd, const char *name) { set(fd, IPPROTO_TCP, TCP_ULP, name, strlen(name)); }
static void plain(int fd, const char *unused) { (void)fd, (void)unused; }

static void send_control(int fd, const struct way *to, int level, int type, const void *data, size_t size)
{
	union {
		char bytes[CMSG_SPACE(64)];
		struct cmsghdr align;
	} control = {.align = {.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type}};
	struct iovec iov = {MARKER, MARKER_SIZE};
	struct msghdr m = {.msg_name = (void *)&to->to, .msg_namelen = to->size, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)};
	memcpy(CMSG_DATA(&control.align), data, size);
	sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? refused++ : allowed++;
}

static void controls(int fd, const struct way *to, const char *device)
{
	int index = if_nametoindex(device), mark = 53;
	struct in_pktinfo info4 = {.ipi_ifindex = index};
	struct in6_pktinfo info6 = {.ipi6_ifindex = index};
	unsigned char routing[24] = {0, 2, 2, 1}, route[11] = {131, 11, 4, 10, 9, 8, 1, 8, 8, 8, 8};
	inet_pton(AF_INET6, "fd00:9::1", routing + 8);
	send_control(fd, to, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	send_control(fd, to, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4));
	info4.ipi_spec_dst.s_addr = htonl(0x0a090807);
	send_control(fd, to, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4));
	send_control(fd, to, IPPROTO_IP, IP_RETOPTS, route, sizeof(route));
	send_control(fd, to, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof(info6));
	send_control(fd, to, IPPROTO_IPV6, IPV6_RTHDR, routing, sizeof(routing));
}

static const int kinds[][2] = {
	{SOCK_DGRAM, IPPROTO_UDP}, {SOCK_DGRAM, IPPROTO_UDPLITE}, {SOCK_DGRAM, IPPROTO_ICMP}, {SOCK_DGRAM, IPPROTO_ICMPV6}, {SOCK_STREAM, IPPROTO_TCP}, {SOCK_STREAM, 262},
};

static void each(void (*change)(int, const char *), const char *arg)
{
	struct way list[MAX_WAYS];
	for (int family = AF_INET; family; family = family == AF_INET ? AF_INET6 : 0)
		for (size_t k = 0; k < COUNT(kinds); k++)
			for (int i = 0, n = ways_to(family, list); i < n; i++) {
				int fd = socket(family, kinds[k][0], kinds[k][1]);
				if (fd < 0)
					break;
				int same = i >= 8 && list[i].to.in4.sin_port != htons(9999) && change != plain; // the other ports go no other way
				if (same || left_out()) {
					close(fd);
					continue;
				}
				change(fd, arg);
				try_calls(fd, &list[i]);
				for (char **d = devices; *d && change == plain; d++)
					controls(fd, &list[i], *d);
				ways++;
				close(fd);
			}
}

int main(int argc, char **argv)
{
	static void (*const by_device[])(int, const char *) = {bound, index4, index6, many4, many6, sticky};
	static void (*const alone[])(int, const char *) = {plain, freebind, transparent, hops};
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return 2;
	devices = argv + 1;
	for (size_t i = 0; i < COUNT(by_device); i++)
		for (char **d = devices; *d; d++)
			each(by_device[i], *d);
	for (size_t i = 0; i < COUNT(alone); i++)
		each(alone[i], "");
	for (char i = 0; i < FLAGS; i++)
		each(flags, &i);
	for (char i = 0; i < 2; i++)
		each(source_route, &i);
	for (char i = 0; i < 5; i++)
		each(routing_header, &i);
	each(upper_protocol, "tls"), each(upper_protocol, "espintcp"), each(upper_protocol, "smc");
	printf("done\n");
	fprintf(stderr, "%d ways tried; %d options and controls were taken, %d refused\n", ways, allowed, refused);
	return 0;
}
