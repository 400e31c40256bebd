// Scatter makes random socket calls, of all that the supervisor looks into: random descriptors, addresses, lengths, flags and
// headers, in memory that is whole, at an end, read-only, overlapping or not there. Four threads share their descriptors, which change
// under each other's calls, and a timer interrupts them.
//
//	scatter SEED SECONDS
//
// It says "warm" after a tenth of the time, "calls N" at the end, and waits for a line. Nothing that it opens is left.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, FIRST = 100, DESCRIPTORS = 40, AREA = 4096 };

static atomic_long calls;
static atomic_int stop;

struct scatterer {
	uint64_t random;
	char *area; // two pages, of which the second is not there
	char *constant; // a page that cannot be written
};

static uint64_t draw(struct scatterer *s, uint64_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random % below;
}

#define ONE_OF(s, ...) ((const uint64_t[]){__VA_ARGS__}[draw(s, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)])

// place is somewhere: for as many bytes as are wanted, for fewer, or nowhere at all.
static char *place(struct scatterer *s, size_t size)
{
	switch (draw(s, 16)) {
	case 0: return NULL;
	case 1: return (char *)ONE_OF(s, 1, 0xdead0000, 0xffffffff81000000, 1ull << 47, ~0ull);
	case 2: return s->area + AREA - draw(s, size + 1); // ends in the page that is not there
	case 3: return s->constant + draw(s, AREA - size);
	default: return s->area + 8 * draw(s, (AREA - size) / 8);
	}
}

static int holds(struct scatterer *s, const char *p, size_t size) { return p >= s->area && p <= s->area + AREA - size; }

static size_t question(struct scatterer *s, unsigned char *b)
{
	static const char *const names[] = {"\4host\7example", "\6denied\7example", "\4HOST\7EXAMPLE", "\x3fshort", "\4h\\.t\7example", ""};
	const char *name = names[draw(s, 6)];
	size_t n = strlen(name);
	memcpy(b, "\x12\x34\1\0\0\1\0\0\0\0\0\0", 12);
	memcpy(b + 12, name, n + 1);
	memcpy(b + 13 + n, draw(s, 2) ? "\0\1\0\1" : "\0\x1c\0\1", 4);
	for (uint64_t spoil = draw(s, 4) ? 0 : draw(s, 8); spoil > 0; spoil--)
		b[draw(s, 17 + n)] = draw(s, 256);
	return draw(s, 8) ? 17 + n : draw(s, 40);
}

static void address(struct scatterer *s, char *to)
{
	struct sockaddr_storage a = {.ss_family = ONE_OF(s, AF_INET, AF_INET, AF_INET, AF_INET6, AF_INET6, AF_UNSPEC, AF_UNIX, AF_NETLINK, draw(s, 65536))};
	struct sockaddr_in *in = (void *)&a;
	struct sockaddr_in6 *in6 = (void *)&a;
	in->sin_port = htons(ONE_OF(s, 53, 53, 53, 53, 0, 853, 9, draw(s, 65536)));
	if (a.ss_family == AF_INET6) {
		memcpy(&in6->sin6_addr, (const char *const[]){"\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\x35", "\0\0\0\0\0\0\0\0\0\0\xff\xff\x8\x8\x8\x8", "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"}[draw(s, 4)], 16);
		in6->sin6_scope_id = ONE_OF(s, 0, 0, 1, 2, ~0u);
	} else if (a.ss_family == AF_UNIX) {
		static const char *const paths[] = {"/run/nscd/socket", "/nowhere", "", "\0abstract", "../../../run/systemd/resolve/io.systemd.Resolve", "/proc/self/fd/0"};
		strncpy((char *)&a + 2, paths[draw(s, 6)], 100);
	} else if (a.ss_family != AF_NETLINK) {
		in->sin_addr.s_addr = htonl(ONE_OF(s, 0x08080808, 0x08080808, 0x7f000035, 0x7f000001, 0, ~0u, 0xe00000fb, 0x0a090801, draw(s, 1ull << 32)));
	}
	memcpy(to, &a, sizeof(a));
}

static char *fill_address(struct scatterer *s)
{
	char *p = place(s, sizeof(struct sockaddr_storage));
	if (holds(s, p, sizeof(struct sockaddr_storage)))
		address(s, p);
	return p;
}

static uint64_t address_length(struct scatterer *s) { return ONE_OF(s, 16, 16, 16, 28, 28, 24, 2, 1, 0, 15, 110, 128, 129, -1u, 0x7fffffff, 0x100000010); }

static uint64_t some_flags(struct scatterer *s)
{
	uint64_t flags = 0;
	for (uint64_t n = draw(s, 3); n > 0; n--)
		flags |= ONE_OF(s, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_MORE, MSG_CONFIRM, MSG_DONTROUTE, MSG_OOB, MSG_EOR, MSG_FASTOPEN, MSG_ZEROCOPY, 1ull << draw(s, 32));
	return flags;
}

static uint64_t descriptor(struct scatterer *s) { return draw(s, 12) ? FIRST + draw(s, DESCRIPTORS) : ONE_OF(s, 0, 1, 2, -1u, 1u << 31, 0x100000000 + FIRST); }

// fill_header writes a header, whose parts can lie upon each other and upon itself.
static void fill_header(struct scatterer *s, struct msghdr *m)
{
	struct msghdr h = {.msg_name = fill_address(s), .msg_namelen = address_length(s)};
	if (!draw(s, 4))
		h.msg_name = NULL;
	h.msg_iov = (void *)place(s, 4 * sizeof(struct iovec));
	h.msg_iovlen = ONE_OF(s, 1, 1, 1, 0, 2, 4, 1024, 1025, ~0ull);
	if (holds(s, (char *)h.msg_iov, 4 * sizeof(struct iovec)))
		for (int i = 0; i < 4; i++) {
			unsigned char *data = (void *)place(s, 64);
			size_t n = holds(s, (char *)data, 64) ? question(s, data) : 20;
			h.msg_iov[i] = (struct iovec){data, draw(s, 8) ? n : ONE_OF(s, 0, 65535, 65536, 1ull << 63, ~0ull)};
		}
	if (!draw(s, 6)) {
		h.msg_control = place(s, 64);
		h.msg_controllen = ONE_OF(s, 16, 24, 64, 1, ~0ull);
		if (holds(s, h.msg_control, 64)) {
			struct cmsghdr c = {ONE_OF(s, 16, 20, 28, 0, ~0ull), ONE_OF(s, SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP), draw(s, 128)};
			memcpy(h.msg_control, &c, sizeof(c));
		}
	}
	h.msg_flags = draw(s, 256);
	memcpy(m, &h, sizeof(h));
}

static void open_one(struct scatterer *s, int at)
{
	int fd = socket(ONE_OF(s, AF_INET, AF_INET, AF_INET6, AF_INET6, AF_UNIX, AF_NETLINK, draw(s, 46)), ONE_OF(s, SOCK_DGRAM, SOCK_DGRAM, SOCK_STREAM, SOCK_RAW, draw(s, 6)) | SOCK_CLOEXEC | (draw(s, 4) ? SOCK_NONBLOCK : 0), draw(s, 5) ? 0 : ONE_OF(s, 1, 6, 17, 58, 136, 262, draw(s, 300)));
	if (fd < 0 && !draw(s, 4))
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	dup3(fd, at, O_CLOEXEC);
	close(fd);
}

// load gives random programs to who looks at filters before they are loaded. None is loaded: there is no such flag.
static long load(struct scatterer *s)
{
	struct sock_filter *code = (void *)place(s, 256);
	if (holds(s, (char *)code, 256))
		for (int i = 0; i < 32; i++)
			code[i] = (struct sock_filter){ONE_OF(s, 0x20, 0x15, 0x25, 0x35, 0x45, 0x05, 0x54, 0x02, 0x60, 0x06, draw(s, 65536)), draw(s, 8), draw(s, 8), draw(s, 64) * 4};
	struct sock_fprog program = {ONE_OF(s, 32, 1, 0, 4096, 65535), code};
	return syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 1ul << 20, draw(s, 4) ? (void *)&program : (void *)place(s, sizeof(program)));
}

static void call(struct scatterer *s)
{
	size_t many = 1 + draw(s, 4);
	char *p;
	int value = draw(s, 3) ? (int)draw(s, 2) : (int)draw(s, 1u << 31);
	switch (draw(s, 12)) {
	case 0: open_one(s, FIRST + draw(s, DESCRIPTORS)); return;
	case 1: close(FIRST + draw(s, DESCRIPTORS)); return;
	case 2: dup3(FIRST + draw(s, DESCRIPTORS), FIRST + draw(s, DESCRIPTORS), O_CLOEXEC); return;
	case 3: syscall(SYS_setsockopt, descriptor(s), ONE_OF(s, SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, IPPROTO_TCP), draw(s, 80), &value, 4); return;
	case 4: syscall(SYS_bind, FIRST + draw(s, DESCRIPTORS), &(struct sockaddr_in){AF_INET, htons(draw(s, 65536)), {0}, {0}}, 16); return;
	case 5: syscall(SYS_connect, descriptor(s), fill_address(s), address_length(s)); break;
	case 6:
	case 7:
		p = place(s, 64);
		if (holds(s, p, 64))
			question(s, (void *)p);
		syscall(SYS_sendto, descriptor(s), p, ONE_OF(s, 30, 30, 30, 0, 1, 12, 64, 65507, 65536, ~0ull), some_flags(s), fill_address(s), address_length(s));
		break;
	case 8:
	case 9:
		p = place(s, sizeof(struct msghdr));
		if (holds(s, p, sizeof(struct msghdr)))
			fill_header(s, (void *)p);
		syscall(SYS_sendmsg, descriptor(s), p, some_flags(s));
		break;
	case 10:
		p = place(s, many * sizeof(struct mmsghdr));
		for (size_t i = 0; i < many && holds(s, p, many * sizeof(struct mmsghdr)); i++)
			fill_header(s, (void *)(p + i * sizeof(struct mmsghdr)));
		syscall(SYS_sendmmsg, descriptor(s), p, draw(s, 8) ? many : ONE_OF(s, 0, 1024, 1025, -1u, 0x100000001), some_flags(s));
		break;
	case 11: load(s); break;
	}
	atomic_fetch_add(&calls, 1);
}

static void *scatter(void *argument)
{
	struct scatterer s = {.random = *(uint64_t *)argument | 1};
	s.area = mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(s.area + AREA, AREA, PROT_NONE);
	s.constant = mmap(NULL, AREA, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	while (!stop)
		call(&s);
	return NULL;
}

static void interrupted(int signal) { (void)signal; }

// pass waits while the others go on. Who is held up in a call is interrupted.
static void pass(pthread_t *threads, double seconds)
{
	struct timespec tick = {0, 5000000};
	for (int n = (int)(seconds * 200); n > 0; n--) {
		nanosleep(&tick, NULL);
		pthread_kill(threads[n % THREADS], SIGUSR1);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	uint64_t seeds[THREADS], seed = strtoull(argv[1], NULL, 10);
	double seconds = atof(argv[2]);
	pthread_t threads[THREADS];
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = interrupted}, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < THREADS; i++) {
		seeds[i] = (seed + i + 1) * 0x9e3779b97f4a7c15;
		if ((errno = pthread_create(&threads[i], NULL, scatter, &seeds[i])))
			return perror("pthread_create"), 1;
	}
	pass(threads, seconds / 10);
	puts("warm");
	fflush(stdout);
	pass(threads, seconds * 9 / 10);
	stop = 1;
	for (int i = 0; i < THREADS; i++)
		while (pthread_tryjoin_np(threads[i], NULL))
			pass(threads, 0.05);
	close_range(3, ~0u, 0);
	printf("calls %ld\n", calls);
	fflush(stdout);
	return getchar() == EOF;
}
