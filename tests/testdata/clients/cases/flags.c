// Flags, socket options and control messages on the sending side.
#include "cases.h"
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/udp.h>

static void flagged(int flags)
{
	int fd = udp(AF_INET);
	SAY(sendto(fd, question(1), QUESTION, flags, &dns.any, dns.len));
	say_names(fd);
	if (flags != MSG_OOB)
		say_answer(fd);
	say_nothing_before(fd, &dns);
	SAY(connect(fd, &dns.any, dns.len));
	SAY(send(fd, question(2), QUESTION, flags));
	if (flags != MSG_OOB)
		say_answer(fd);
	say_nothing_before(fd, NULL);
}
static void confirm(void) { flagged(MSG_CONFIRM); }
static void dontwait(void) { flagged(MSG_DONTWAIT); }
static void nosignal(void) { flagged(MSG_NOSIGNAL); }
static void fastopen(void) { flagged(MSG_FASTOPEN); }
static void eor(void) { flagged(MSG_EOR); }
static void oob(void) { flagged(MSG_OOB); }
static void zerocopy_off(void) { flagged(MSG_ZEROCOPY); }
static void unknown(void) { flagged(0x20000000 | 0x1000); }
static void waitall(void) { flagged(MSG_WAITALL | MSG_TRUNC | MSG_ERRQUEUE); }

static void more(void)
{
	int fd = udp(AF_INET);
	SAY(sendto(fd, question(1), 10, MSG_MORE, &dns.any, dns.len));
	say_names(fd);
	SAY(sendto(fd, question(1) + 10, QUESTION - 10, 0, &dns.any, dns.len));
	say_answer(fd);
	SAY(sendto(fd, question(2), 10, MSG_MORE, &dns.any, dns.len));
	SAY(send(fd, question(2) + 10, QUESTION - 10, 0));
	say_answer(fd);
	say_nothing_before(fd, &dns);
}
static void cork(void)
{
	int fd = udp(AF_INET);
	SAY(setsockopt(fd, IPPROTO_UDP, UDP_CORK, &(int){1}, sizeof(int)));
	SAY(sendto(fd, question(1), 10, 0, &dns.any, dns.len));
	SAY(sendto(fd, question(1) + 10, QUESTION - 10, 0, &dns.any, dns.len));
	SAY(setsockopt(fd, IPPROTO_UDP, UDP_CORK, &(int){0}, sizeof(int)));
	say_answer(fd);
	say_nothing_before(fd, &dns);
}
static void segment(void)
{
	int fd = udp(AF_INET);
	unsigned char both[2 * QUESTION];
	memcpy(both, question(1), QUESTION), memcpy(both + QUESTION, question(2), QUESTION);
	SAY(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &(int){QUESTION}, sizeof(int)));
	SAY(sendto(fd, both, sizeof(both), 0, &dns.any, dns.len));
	say_answer(fd);
	say_answer(fd);
	SAY(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &(int){0}, sizeof(int)));
	say_nothing_before(fd, &dns);
}

// with sends a question with one control message; two questions, where that splits them.
static void with(int domain, struct resolver to, int level, int type, const void *data, size_t len)
{
	union {
		char room[CMSG_SPACE(64)];
		struct cmsghdr align;
	} control = {0};
	int fd = udp(domain);
	unsigned char both[2 * QUESTION];
	memcpy(both, question(1), QUESTION), memcpy(both + QUESTION, question(2), QUESTION);
	struct iovec iov = {both, level == SOL_UDP ? sizeof(both) : QUESTION};
	struct msghdr m = {&to, to.len, &iov, 1, &control, CMSG_SPACE(len), 0};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = level, c->cmsg_type = type, c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	if (SAY(sendmsg(fd, &m, 0)) < 0)
		return;
	say_names(fd);
	say_answer(fd);
	if (level == SOL_UDP)
		say_answer(fd);
}
static void pktinfo(void)
{
	struct in_pktinfo i = {0};
	with(AF_INET, dns, IPPROTO_IP, IP_PKTINFO, &i, sizeof(i));
}
static void pktinfo_source(void)
{
	struct in_pktinfo i = {.ipi_spec_dst.s_addr = htonl(0xc0000008)};
	with(AF_INET, dns, IPPROTO_IP, IP_PKTINFO, &i, sizeof(i));
}
static void pktinfo_foreign(void)
{
	struct in_pktinfo i = {.ipi_spec_dst.s_addr = htonl(0x08080808)};
	with(AF_INET, dns, IPPROTO_IP, IP_PKTINFO, &i, sizeof(i));
}
static void pktinfo6(void)
{
	struct in6_pktinfo i = {0};
	with(AF_INET6, at("2001:db8::53", 53), IPPROTO_IPV6, IPV6_PKTINFO, &i, sizeof(i));
}
static void tos(void) { with(AF_INET, dns, IPPROTO_IP, IP_TOS, &(int){0x10}, sizeof(int)); }
static void ttl(void) { with(AF_INET, dns, IPPROTO_IP, IP_TTL, &(int){9}, sizeof(int)); }
static void ttl_bad(void) { with(AF_INET, dns, IPPROTO_IP, IP_TTL, &(int){0}, sizeof(int)); }
static void tclass(void) { with(AF_INET6, at("2001:db8::53", 53), IPPROTO_IPV6, IPV6_TCLASS, &(int){0x10}, sizeof(int)); }
static void rights(void) { with(AF_INET, dns, SOL_SOCKET, SCM_RIGHTS, &(int){0}, sizeof(int)); }
static void segment_message(void) { with(AF_INET, dns, SOL_UDP, UDP_SEGMENT, &(short){QUESTION}, sizeof(short)); }
static void control_short(void)
{
	char control[4] = {0};
	struct iovec iov = {question(1), QUESTION};
	struct msghdr m = {&dns, dns.len, &iov, 1, control, sizeof(control), 0};
	SAY(sendmsg(udp(AF_INET), &m, 0));
	m.msg_control = NULL, m.msg_controllen = 100;
	SAY(sendmsg(udp(AF_INET), &m, 0));
	m.msg_control = (void *)8, m.msg_controllen = 100;
	SAY(sendmsg(udp(AF_INET), &m, 0));
	m.msg_controllen = 1 << 20;
	SAY(sendmsg(udp(AF_INET), &m, 0));
}

// A sender's time stamp comes back on the error queue, with the datagram it is of.
static void transmit_timestamp(void)
{
	int fd = udp(AF_INET), on = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
	char control[256];
	struct msghdr m = {.msg_control = control, .msg_controllen = sizeof(control)};
	SAY(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &on, sizeof(on)));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len));
	struct pollfd p = {fd, 0, 0};
	SAY(poll(&p, 1, 10000));
	if (SAY(recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT)) >= 0)
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			printf("control message %d %d\n", c->cmsg_level, c->cmsg_type);
	say_answer(fd);
}
static void zerocopy(void)
{
	int fd = udp(AF_INET);
	char control[256];
	struct msghdr m = {.msg_control = control, .msg_controllen = sizeof(control)};
	SAY(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &(int){1}, sizeof(int)));
	SAY(sendto(fd, question(1), QUESTION, MSG_ZEROCOPY, &dns.any, dns.len));
	struct pollfd p = {fd, 0, 0};
	SAY(poll(&p, 1, 10000));
	SAY(recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT));
	say_answer(fd);
}
static void error_queue(void)
{
	int fd = udp(AF_INET);
	char buf[64];
	SAY(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &(int){1}, sizeof(int)));
	SAY(recv(fd, buf, sizeof(buf), MSG_ERRQUEUE));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len));
	say_answer(fd);
	SAY(recv(fd, buf, sizeof(buf), MSG_ERRQUEUE));
}
static void shut_down(void)
{
	int fd = udp(AF_INET);
	SAY(shutdown(fd, SHUT_WR));
	SAY(connect(fd, &dns.any, dns.len));
	SAY(shutdown(fd, SHUT_WR));
	SAY(send(fd, question(1), QUESTION, 0));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len));
}
static void nonblocking(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len));
	say_answer(fd);
	SAY(connect(fd, &dns.any, dns.len));
	SAY(send(fd, question(2), QUESTION, 0));
	say_answer(fd);
}

const struct one_case flag_cases[] = {
	{"MSG_CONFIRM", confirm},
	{"MSG_DONTWAIT", dontwait},
	{"MSG_NOSIGNAL", nosignal},
	{"MSG_FASTOPEN", fastopen},
	{"MSG_EOR", eor},
	{"MSG_OOB", oob},
	{"MSG_ZEROCOPY without SO_ZEROCOPY", zerocopy_off},
	{"MSG_WAITALL, MSG_TRUNC, MSG_ERRQUEUE", waitall},
	{"unknown flags", unknown},
	{"MSG_MORE", more},
	{"UDP_CORK", cork},
	{"UDP_SEGMENT", segment},
	{"control message UDP_SEGMENT", segment_message},
	{"control message IP_PKTINFO", pktinfo},
	{"control message IP_PKTINFO with a source", pktinfo_source},
	{"control message IP_PKTINFO with a foreign source", pktinfo_foreign},
	{"control message IPV6_PKTINFO", pktinfo6},
	{"control message IP_TOS", tos},
	{"control message IP_TTL", ttl},
	{"control message IP_TTL of zero", ttl_bad},
	{"control message IPV6_TCLASS", tclass},
	{"control message SCM_RIGHTS", rights},
	{"control messages that are none", control_short},
	{"time stamp of a sent datagram", transmit_timestamp},
	{"MSG_ZEROCOPY", zerocopy},
	{"error queue", error_queue},
	{"shut down", shut_down},
	{"O_NONBLOCK", nonblocking},
	{0},
};
