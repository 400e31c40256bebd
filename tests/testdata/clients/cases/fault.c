// Arguments that the kernel refuses.
#include "cases.h"
#include <fcntl.h>
#include <limits.h>

#define BAD ((void *)16)

static void sendto_arguments(void)
{
	static char big[70000];
	int fd = udp(AF_INET), six = udp(AF_INET6);
	struct resolver v6 = at("2001:db8::53", 53), none = dns;
	none.v4.sin_family = AF_UNSPEC;
	SAY(sendto(fd, BAD, QUESTION, 0, &dns.any, dns.len));
	SAY(sendto(fd, question(1), QUESTION, 0, BAD, dns.len));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, 0));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, 1));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, 8));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, 12));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, 128));
	say_answer(fd);
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, 129));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, -1));
	SAY(sendto(fd, question(1), QUESTION, 0, &v6.any, v6.len));
	SAY(sendto(six, question(1), QUESTION, 0, &v6.any, 24));
	say_answer(six);
	SAY(sendto(six, question(1), QUESTION, 0, &v6.any, 23));
	SAY(sendto(fd, question(1), QUESTION, 0, &none.any, none.len));
	say_answer(fd);
	SAY(sendto(fd, big, 65508, 0, &dns.any, dns.len));
	SAY(sendto(fd, big, 70000, 0, &dns.any, dns.len));
	SAY(sendto(fd, big, (size_t)INT_MAX + 1, 0, &dns.any, dns.len));
	SAY(sendto(fd, NULL, 0, 0, &dns.any, dns.len));
	SAY(sendto(-1, question(1), QUESTION, 0, &dns.any, dns.len));
	SAY(sendto(open("/dev/null", O_RDONLY), question(1), QUESTION, 0, &dns.any, dns.len));
	SAY(sendto(open("/dev/null", O_PATH), question(1), QUESTION, 0, &dns.any, dns.len));
}
static void connect_arguments(void)
{
	int fd = udp(AF_INET), six = udp(AF_INET6);
	struct resolver v6 = at("2001:db8::53", 53), zero = at("192.0.2.53", 0);
	SAY(connect(fd, BAD, dns.len));
	SAY(connect(fd, &dns.any, 0));
	SAY(connect(fd, &dns.any, 8));
	SAY(connect(fd, &dns.any, 15));
	SAY(connect(fd, &dns.any, 128));
	SAY(connect(fd, &dns.any, 129));
	SAY(connect(fd, &dns.any, -1));
	SAY(connect(fd, &v6.any, v6.len));
	SAY(connect(six, &v6.any, 24));
	SAY(connect(six, &v6.any, 23));
	SAY(connect(six, &dns.any, dns.len));
	SAY(connect(-1, &dns.any, dns.len));
	SAY(connect(open("/dev/null", O_RDONLY), &dns.any, dns.len));
	SAY(connect(open("/dev/null", O_PATH), &dns.any, dns.len));
	SAY(connect(udp(AF_INET), &zero.any, zero.len));
}
static void sendmsg_arguments(void)
{
	int fd = udp(AF_INET);
	struct iovec iov = {question(1), QUESTION}, bad = {question(1), (size_t)-1};
	struct msghdr m = {&dns, dns.len, &iov, 1, NULL, 0, 0};
	SAY(sendmsg(fd, BAD, 0));
	m.msg_name = BAD;
	SAY(sendmsg(fd, &m, 0));
	m.msg_name = NULL;
	SAY(sendmsg(fd, &m, 0));
	m.msg_name = &dns, m.msg_namelen = 0;
	SAY(sendmsg(fd, &m, 0));
	m.msg_namelen = -1;
	SAY(sendmsg(fd, &m, 0));
	m.msg_namelen = 1000;
	SAY(sendmsg(fd, &m, 0));
	say_answer(fd);
	m.msg_namelen = dns.len, m.msg_iov = BAD;
	SAY(sendmsg(fd, &m, 0));
	m.msg_iov = &iov, m.msg_iovlen = 0;
	SAY(sendmsg(fd, &m, 0));
	m.msg_iovlen = 1025;
	SAY(sendmsg(fd, &m, 0));
	m.msg_iovlen = 1, m.msg_iov = &bad;
	SAY(sendmsg(fd, &m, 0));
	m.msg_iov = &(struct iovec){BAD, QUESTION};
	SAY(sendmsg(fd, &m, 0));
	m.msg_iov = &(struct iovec){BAD, 70000};
	SAY(sendmsg(fd, &m, 0));
	m.msg_iov = &iov;
	SAY(sendmsg(-1, &m, 0));
	SAY(sendmsg(open("/dev/null", O_RDONLY), &m, 0));
	say_nothing_before(fd, &dns);
}
static void broadcast(void)
{
	int fd = udp(AF_INET);
	struct resolver to = at("255.255.255.255", 53);
	SAY(sendto(fd, question(1), QUESTION, 0, &to.any, to.len));
	SAY(connect(fd, &to.any, to.len));
	say_nothing_before(fd, &dns);
}

const struct one_case fault_cases[] = {
	{"sendto's arguments", sendto_arguments},
	{"connect's arguments", connect_arguments},
	{"sendmsg's arguments", sendmsg_arguments},
	{"broadcast", broadcast},
	{0},
};
