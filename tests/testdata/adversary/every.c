// every: makes a socket of every family, type and protocol, and tries to get something out by each that there is. Prints each family
// of which there are any, and what io_uring_setup says.
#include "ways.h"

#include <linux/netlink.h>
#include <signal.h>

#define FAMILIES 64
#define TYPES 16
#define PROTOCOLS 264 // IPPROTO_MPTCP is 262

static long tried, sent;

static void netlink(int fd)
{
	struct {
		struct nlmsghdr header;
		char marker[64];
	} message = {.header = {.nlmsg_len = sizeof(message), .nlmsg_type = 64, .nlmsg_flags = NLM_F_REQUEST}};
	memcpy(message.marker, MARKER, MARKER_SIZE);
	for (unsigned i = 0; i < 4; i++) {
		struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = i & 1 ? getppid() : 0, .nl_groups = i & 2 ? ~0u : 0};
		tried++;
		sent += sendto(fd, &message, sizeof(message), MSG_DONTWAIT, (void *)&to, sizeof(to)) >= 0;
	}
}

// Whoever may make raw sockets may make one of each of 256 protocols, which the kernel treats alike.
static int alike(int type, int protocol)
{
	return type == SOCK_RAW && protocol != IPPROTO_ICMP && protocol != IPPROTO_UDP && protocol != IPPROTO_TCP && protocol != IPPROTO_RAW && protocol != IPPROTO_SCTP;
}

static void use(int fd, int family, int type, int protocol)
{
	struct way list[MAX_WAYS];
	if (family == AF_NETLINK)
		netlink(fd);
	if ((family != AF_INET && family != AF_INET6) || type == SOCK_PACKET || alike(type, protocol))
		return;
	for (int i = 0, n = ways_to(family, list); i < n; i++) {
		// A fresh one each time: what was tried before leaves its traces.
		if (left_out())
			continue;
		int again = socket(family, type, protocol);
		sent += try_calls(again, &list[i]);
		tried++;
		close(again);
		if (family == AF_INET6 && i < 8) { // an address of the other family
			struct way other[MAX_WAYS];
			ways_to(AF_INET, other);
			sent += try_calls(fd, &other[i]);
		}
	}
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	for (int family = 0; family < FAMILIES; family++) {
		int kinds = 0;
		for (int type = 0; type < TYPES; type++)
			for (int protocol = 0; protocol < PROTOCOLS; protocol++) {
				int fd = socket(family, type | SOCK_CLOEXEC, protocol);
				if (fd < 0) {
					if (errno == EAFNOSUPPORT && family != AF_INET && family != AF_INET6)
						protocol = PROTOCOLS; // the family is refused, or not there
					continue;
				}
				kinds++;
				use(fd, family, type, protocol);
				close(fd);
				if (family == AF_PACKET || type == SOCK_PACKET) // takes any protocol, and long to close
					protocol = PROTOCOLS;
			}
		if (kinds)
			printf("family %d\n", family);
	}
	printf("io_uring_setup %s\n", syscall(SYS_io_uring_setup, 1, (char[120]){0}) < 0 ? strerrorname_np(errno) : "works");
	fprintf(stderr, "%ld ways tried, %ld calls say that they sent\n", tried, sent);
	return tried < 20;
}
