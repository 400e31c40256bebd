// The receiving side: buffers, time-outs, wake-ups, several questions in flight, sockets in many hands.
#include "cases.h"
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/wait.h>

static int asked(void)
{
	int fd = udp(AF_INET);
	sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len);
	return fd;
}
static void readable(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	SAY(poll(&p, 1, 10000));
	printf("events %x\n", p.revents);
}
static void peek(void)
{
	unsigned char buf[512];
	int fd = asked(), n = 0;
	readable(fd);
	SAY(recv(fd, buf, 4, MSG_PEEK));
	SAY(recv(fd, buf, 4, MSG_PEEK | MSG_TRUNC) > 24);
	SAY(ioctl(fd, FIONREAD, &n));
	SAY(n > 24);
	say_answer(fd);
	SAY(recv(fd, buf, 4, MSG_DONTWAIT));
}
static void short_buffer(void)
{
	unsigned char buf[12];
	int fd = asked();
	struct iovec iov[2] = {{buf, 2}, {buf + 2, 10}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};
	readable(fd);
	SAY(recvmsg(fd, &m, 0));
	printf("flags %x\n", m.msg_flags);
	say_message(buf, 12), printf("\n");
	SAY(recv(fd, buf, 12, MSG_DONTWAIT));
	SAY(sendto(fd, question(2), QUESTION, 0, &dns.any, dns.len));
	SAY(recv(fd, NULL, 0, 0));
	SAY(sendto(fd, question(3), QUESTION, 0, &dns.any, dns.len));
	SAY(read(fd, buf, 12));
}
static void timeout(void)
{
	char buf[512];
	int fd = udp(AF_INET);
	struct timeval tv = {0, 20000};
	SAY(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	SAY(connect(fd, &dns.any, dns.len));
	SAY(recv(fd, buf, sizeof(buf), 0));
	SAY(recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	SAY(send(fd, question(1), QUESTION, 0));
	say_answer(fd);
}
static void control(void)
{
	int fd = udp(AF_INET);
	unsigned char buf[512];
	char room[256];
	struct iovec iov = {buf, sizeof(buf)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
	const int options[][2] = {{SOL_SOCKET, SO_TIMESTAMP}, {IPPROTO_IP, IP_RECVTTL}, {IPPROTO_IP, IP_RECVTOS}, {IPPROTO_IP, IP_PKTINFO}, {IPPROTO_IP, IP_RECVORIGDSTADDR}};
	for (int i = 0; i < 5; i++)
		SAY(setsockopt(fd, options[i][0], options[i][1], &(int){1}, sizeof(int)));
	sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len);
	readable(fd);
	SAY(recvmsg(fd, &m, 0) > 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		printf("control message %d %d", c->cmsg_level, c->cmsg_type);
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
			printf(": %d", *(int *)CMSG_DATA(c));
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			printf(": %d", *CMSG_DATA(c));
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			printf(": %s", inet_ntoa(((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr));
		printf("\n");
	}
}
static void in_flight(void)
{
	int fd = udp(AF_INET);
	for (int i = 0; i < 10; i++)
		sendto(fd, question(100 + i), QUESTION, 0, &dns.any, dns.len);
	for (int i = 0; i < 10; i++)
		say_answer(fd);
	SAY(connect(fd, &dns.any, dns.len));
	for (int i = 0; i < 10; i++)
		send(fd, question(200 + i), QUESTION, 0);
	for (int i = 0; i < 10; i++)
		say_answer(fd);
}
static void in_one_call(void)
{
	unsigned char buf[3][512];
	struct iovec iov[3];
	struct mmsghdr m[3] = {0};
	int fd = udp(AF_INET);
	for (int i = 0; i < 3; i++) {
		iov[i] = (struct iovec){buf[i], 512};
		m[i].msg_hdr.msg_iov = &iov[i], m[i].msg_hdr.msg_iovlen = 1;
		sendto(fd, question(i), QUESTION, 0, &dns.any, dns.len);
	}
	SAY(recvmmsg(fd, m, 3, 0, NULL));
	for (int i = 0; i < 3; i++)
		printf("more than the question: %d, ", m[i].msg_len > QUESTION), say_message(buf[i], m[i].msg_len), printf("\n");
}
static void selecting(void)
{
	int fd = udp(AF_INET);
	struct timeval none = {0, 0}, some = {10, 0};
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fd, &set);
	SAY(select(fd + 1, &set, NULL, NULL, &none));
	FD_ZERO(&set);
	FD_SET(fd, &set);
	SAY(select(fd + 1, NULL, &set, NULL, &none));
	sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len);
	FD_ZERO(&set);
	FD_SET(fd, &set);
	SAY(select(fd + 1, &set, NULL, NULL, &some));
	say_answer(fd);
}
static void polling(int events)
{
	int ep = epoll_create1(0), fd = udp(AF_INET), other = dup(fd);
	struct epoll_event want = {.events = EPOLLIN | events}, got;
	SAY(epoll_ctl(ep, EPOLL_CTL_ADD, other, &want));
	SAY(epoll_wait(ep, &got, 1, 0));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len));
	SAY(epoll_wait(ep, &got, 1, 10000));
	printf("events %x\n", got.events);
	SAY(epoll_wait(ep, &got, 1, 0)); // again only where it is level-triggered
	say_answer(fd);
	SAY(epoll_wait(ep, &got, 1, 0));
	if (events & EPOLLONESHOT)
		SAY(epoll_ctl(ep, EPOLL_CTL_MOD, other, &want));
	SAY(connect(fd, &dns.any, dns.len));
	SAY(send(fd, question(2), QUESTION, 0));
	SAY(epoll_wait(ep, &got, 1, 10000));
	printf("events %x\n", got.events);
	say_answer(fd);
}
static void level(void) { polling(0); }
static void edge(void) { polling(EPOLLET); }
static void oneshot(void) { polling(EPOLLONESHOT); }
static void forked(void)
{
	int fd = udp(AF_INET), status;
	SAY(connect(fd, &dns.any, dns.len));
	if (!fork()) {
		send(fd, question(1), QUESTION, 0);
		sendto(fd, question(2), QUESTION, 0, &dns.any, dns.len);
		_exit(0);
	}
	wait(&status);
	unsigned char a[512], b[512];
	readable(fd);
	recv(fd, a, 512, 0), recv(fd, b, 512, 0);
	printf("ids %d\n", a[1] + b[1]);
}

static void *asks(void *fd)
{
	for (int i = 0; i < 50; i++) {
		unsigned char q[QUESTION];
		memcpy(q, "\0\1\1\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1", QUESTION);
		if (sendto(*(int *)fd, q, QUESTION, 0, &dns.any, dns.len) != QUESTION)
			return "failed";
		if (recv(*(int *)fd, q, QUESTION, 0) != QUESTION)
			return "no answer";
	}
	return "fifty answers";
}
static void threads(void)
{
	int fd = udp(AF_INET);
	pthread_t t[4];
	void *what;
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, asks, &fd);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], &what), printf("%s\n", (char *)what);
}
static void *asks_with_own_table(void *none)
{
	(void)none;
	if (unshare(CLONE_FILES))
		return "unshare";
	int fd = udp(AF_INET);
	return asks(&fd);
}
static void own_table(void)
{
	pthread_t t;
	void *what;
	close(3), close(4); // numbers that the thread will use for something else than we
	SAY(dup(1));
	SAY(pthread_create(&t, NULL, asks_with_own_table, NULL));
	pthread_join(t, &what), printf("%s\n", (char *)what);
}
static void passed(void)
{
	int pair[2], fd = udp(AF_INET), got = -1;
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	char byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	SAY(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	SAY(sendmsg(pair[0], &m, 0));
	close(fd);
	SAY(recvmsg(pair[1], &m, 0));
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(got));
	SAY(sendto(got, question(1), QUESTION, 0, &dns.any, dns.len));
	say_answer(got);
}
static void large(void)
{
	int fd = udp(AF_INET);
	size_t len;
	unsigned char *q = question_of(1, "big.test", 1, &len);
	SAY(sendto(fd, q, len, 0, &dns.any, dns.len) == (long)len);
	say_answer(fd);
}

// first_id is the id of the datagram that is read next.
static int first_id(int fd)
{
	unsigned char m[2] = {0};
	struct pollfd p = {fd, POLLIN, 0};
	poll(&p, 1, 10000);
	recv(fd, m, 2, MSG_PEEK | MSG_DONTWAIT);
	return m[0] << 8 | m[1];
}

// Bytes that are no question: what a resolver says to them, if it says anything.
static void garbage(void)
{
	static const struct {
		const char *what, *bytes;
		int len;
	} messages[] = {
		{"nothing", "", 0},
		{"one byte", "x", 1},
		{"eleven bytes", "\0\1\1\0\0\1\0\0\0\0\0", 11},
		{"a header", "\0\2\1\0\0\0\0\0\0\0\0\0", 12},
		{"a header that promises a question", "\0\3\1\0\0\1\0\0\0\0\0\0", 12},
		{"a response", "\0\4\x81\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1", QUESTION},
		{"half a question", "\0\5\1\0\0\1\0\0\0\0\0\0\1a\4te", 19},
		{"a question that points at itself", "\0\6\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", 18},
		{"a request of HTTP", "GET / HTTP/1.0\r\n\r\n", 18},
	};
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		int fd = udp(AF_INET);
		SAY(sendto(fd, messages[i].bytes, messages[i].len, 0, &dns.any, dns.len));
		sendto(fd, question(9999), QUESTION, 0, &dns.any, dns.len);
		printf("%s: ", messages[i].what);
		if (first_id(fd) != 9999) // silence keeps its line
			say_answer(fd);
		else
			printf("\n");
		say_answer(fd);
		close(fd);
	}
}

const struct one_case receive_cases[] = {
	{"MSG_PEEK and MSG_TRUNC", peek},
	{"short buffer", short_buffer},
	{"SO_RCVTIMEO", timeout},
	{"control messages of an answer", control},
	{"ten in flight", in_flight},
	{"recvmmsg", in_one_call},
	{"select", selecting},
	{"epoll", level},
	{"epoll, edge-triggered", edge},
	{"epoll, once", oneshot},
	{"fork", forked},
	{"threads", threads},
	{"a thread with its own descriptor table", own_table},
	{"a descriptor passed on", passed},
	{"truncation", large},
	{"bytes that are no question", garbage},
	{0},
};
