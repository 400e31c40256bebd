// sendmsg and sendmmsg.
#include "cases.h"
#include <sys/mman.h>

static struct mmsghdr message(struct resolver *to, struct iovec *iov, int n)
{
	return (struct mmsghdr){.msg_hdr = {.msg_name = to, .msg_namelen = to ? to->len : 0, .msg_iov = iov, .msg_iovlen = n}};
}
static void gather(void)
{
	int fd = udp(AF_INET);
	unsigned char *q = question(1);
	struct iovec iov[4] = {{q, 5}, {NULL, 0}, {q + 5, 1}, {q + 6, QUESTION - 6}};
	struct mmsghdr m = message(&dns, iov, 4);
	SAY(sendmsg(fd, &m.msg_hdr, 0));
	say_answer(fd);
	SAY(connect(fd, &dns.any, dns.len));
	m = message(NULL, iov, 4);
	SAY(sendmsg(fd, &m.msg_hdr, 0));
	say_answer(fd);
	SAY(writev(fd, iov, 4));
	say_answer(fd);
	m.msg_hdr.msg_flags = -1; // ignored
	SAY(sendmsg(fd, &m.msg_hdr, 0));
	say_answer(fd);
}

// several sends questions to these addresses at once, and says what the kernel took.
static void several(int fd, struct resolver **to, int n, int flags, int receive)
{
	static unsigned char data[8][QUESTION];
	struct iovec iov[8];
	struct mmsghdr m[8];
	for (int i = 0; i < n; i++) {
		memcpy(data[i], question(1 + i), QUESTION);
		iov[i] = (struct iovec){data[i], QUESTION};
		m[i] = message(to[i], &iov[i], 1);
		m[i].msg_len = 77; // untouched where nothing was sent
	}
	SAY(sendmmsg(fd, m, n, flags));
	for (int i = 0; i < n; i++)
		printf("%u ", m[i].msg_len);
	printf("\n");
	for (int i = 0; i < receive; i++)
		say_answer(fd);
}
static void questions(void)
{
	struct resolver *to[4] = {&dns, &dns, &dns, &dns};
	several(udp(AF_INET), to, 4, 0, 4);
	several(udp(AF_INET), to, 4, MSG_NOSIGNAL | MSG_DONTWAIT, 4);
}
static void unnamed(void)
{
	struct resolver *to[3] = {NULL, NULL, NULL}, *mixed[3] = {NULL, &dns, NULL};
	int fd = udp(AF_INET);
	several(fd, to, 3, 0, 0);
	SAY(connect(fd, &dns.any, dns.len));
	several(fd, to, 3, 0, 3);
	several(fd, mixed, 3, 0, 3);
}
static void mixed(void)
{
	int server = udp(AF_INET);
	char buf[64];
	struct resolver local = at("127.0.0.1", 5107), refused = at("198.51.100.1", 9);
	struct resolver *first[3] = {&refused, &dns, &local}, *middle[3] = {&dns, &refused, &dns}, *last[4] = {&dns, &local, &dns, &refused};
	struct resolver *only_local[3] = {&local, &local, &refused}, *around[3] = {&local, &dns, &local};
	SAY(bind(server, &local.any, local.len));
	several(udp(AF_INET), first, 3, 0, 0);
	several(udp(AF_INET), middle, 3, 0, 1);
	several(udp(AF_INET), last, 4, 0, 2);
	SAY(recv(server, buf, sizeof(buf), 0));
	several(udp(AF_INET), only_local, 3, 0, 0);
	SAY(recv(server, buf, sizeof(buf), 0));
	SAY(recv(server, buf, sizeof(buf), 0));
	several(udp(AF_INET), around, 3, 0, 1);
	SAY(recv(server, buf, sizeof(buf), 0));
	SAY(recv(server, buf, sizeof(buf), 0));
	SAY(recv(server, buf, sizeof(buf), MSG_DONTWAIT));
}
static void faults(void)
{
	// Two pages, the second not there.
	size_t page = sysconf(_SC_PAGESIZE);
	char *end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + page;
	munmap(end, page);
	int fd = udp(AF_INET);
	struct iovec good = {question(1), QUESTION}, bad = {(void *)16, QUESTION}, huge = {question(1), 70000};
	struct mmsghdr *m = (void *)(end - 2 * sizeof(*m));
	m[0] = message(&dns, &good, 1), m[1] = message(&dns, &bad, 1);
	SAY(sendmmsg(fd, m, 2, 0));
	say_answer(fd);
	SAY(sendmmsg(fd, m + 1, 1, 0));
	m[1] = message(&dns, &huge, 1);
	SAY(sendmmsg(fd, m, 2, 0));
	say_answer(fd);
	SAY(sendmmsg(fd, m + 1, 1, 0));
	m[1] = message(&dns, &good, 1);
	SAY(sendmmsg(fd, m, 3, 0)); // the third header is not there
	say_answer(fd), say_answer(fd);
	SAY(sendmmsg(fd, m + 2, 1, 0));
	SAY(sendmmsg(fd, m, 0, 0));
	SAY(sendmmsg(-1, m, 2, 0));
	SAY(sendmmsg(fd, m, 2, MSG_OOB));
	m[0].msg_hdr.msg_iovlen = 1025;
	SAY(sendmmsg(fd, m, 2, 0));
	m[0].msg_hdr.msg_iovlen = 1, m[0].msg_hdr.msg_namelen = -1;
	SAY(sendmmsg(fd, m, 2, 0));
	m[0].msg_hdr.msg_namelen = 4;
	SAY(sendmmsg(fd, m, 2, 0));
	m[0].msg_hdr.msg_namelen = 1 << 20; // cut to the room of an address
	SAY(sendmmsg(fd, m, 2, 0));
	say_nothing_before(fd, &dns);

	// Counts that cannot be written back.
	SAY(mprotect(end - page, page, PROT_READ));
	SAY(sendmmsg(fd, m, 2, 0) < 2);
}
static void many(void)
{
	enum { N = 1100 };
	static struct mmsghdr m[N];
	struct iovec iov = {question(1), QUESTION};
	int fd = udp(AF_INET), server = udp(AF_INET);
	struct resolver local = at("127.0.0.1", 5108);
	SAY(bind(server, &local.any, local.len));
	for (int i = 0; i < N; i++)
		m[i] = message(&local, &iov, 1);
	SAY(sendmmsg(fd, m, N, 0));
}

const struct one_case vector_cases[] = {
	{"gather", gather},
	{"sendmmsg", questions},
	{"sendmmsg without names", unnamed},
	{"sendmmsg to many places", mixed},
	{"sendmmsg and bad memory", faults},
	{"sendmmsg past its limit", many},
	{0},
};
