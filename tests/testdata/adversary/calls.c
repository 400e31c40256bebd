#include "ways.h"

static const unsigned short ports[] = {53, 853, 443, 5353, 5355, 137, 9999};
static const char *const v4[] = {"10.9.8.1", "10.9.8.7", "8.8.8.8", "127.0.0.1", "10.9.8.255", "255.255.255.255", "224.0.0.251", "0.0.0.0"};
static const char *const v6[] = {"fd00:9::1", "fd00:9::7", "2001:db8::53", "::1", "::ffff:10.9.8.1", "ff02::fb", "fe80::1", "::"};

int ways_to(int family, struct way *out)
{
	int n = 0;
	for (size_t p = 0; p < sizeof(ports) / sizeof(*ports); p++)
		for (int a = 0; a < 8; a++, n++) {
			memset(&out[n], 0, sizeof(out[n]));
			out[n].to.any.sa_family = family;
			out[n].to.in4.sin_port = htons(ports[p]); // at the same place in both
			out[n].size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
			if (family == AF_INET)
				inet_pton(AF_INET, v4[a], &out[n].to.in4.sin_addr);
			else
				inet_pton(AF_INET6, v6[a], &out[n].to.in6.sin6_addr);
		}
	return n;
}

#define QUIET (MSG_DONTWAIT | MSG_NOSIGNAL)

static char *payload(void)
{
	static char *page;
	if (!page) {
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memcpy(page, MARKER, MARKER_SIZE);
	}
	return page;
}

// By name: sendto, sendmsg, sendmmsg, TCP Fast Open, zero copy, UDP's segments.
static int named(int fd, const struct way *to)
{
	int sent = 0, one = 1;
	struct iovec iov = {payload(), MARKER_SIZE};
	union {
		char bytes[CMSG_SPACE(sizeof(unsigned short))];
		struct cmsghdr align;
	} control = {0};
	struct mmsghdr m[2] = {0};
	for (int i = 0; i < 2; i++)
		m[i].msg_hdr = (struct msghdr){.msg_name = (void *)&to->to, .msg_namelen = to->size, .msg_iov = &iov, .msg_iovlen = 1};
	sent += sendto(fd, payload(), MARKER_SIZE, QUIET, &to->to.any, to->size) >= 0;
	sent += sendmsg(fd, &m[0].msg_hdr, QUIET) >= 0;
	sent += sendmmsg(fd, m, 2, QUIET) >= 0;
	sent += sendto(fd, payload(), MARKER_SIZE, QUIET | MSG_FASTOPEN, &to->to.any, to->size) >= 0;
	setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	sent += sendto(fd, payload(), MARKER_SIZE, QUIET | MSG_ZEROCOPY, &to->to.any, to->size) >= 0;
	control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(unsigned short)), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
	memcpy(CMSG_DATA(&control.align), &(unsigned short){16}, sizeof(unsigned short));
	m[0].msg_hdr.msg_control = &control, m[0].msg_hdr.msg_controllen = sizeof(control);
	sent += sendmsg(fd, &m[0].msg_hdr, QUIET) >= 0;
	return sent;
}

static int by_aio(int fd)
{
	static aio_context_t context;
	struct iocb cb = {.aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_buf = (unsigned long)payload(), .aio_nbytes = MARKER_SIZE};
	struct iocb *list[] = {&cb};
	struct io_event event;
	if (!context && syscall(SYS_io_setup, 8, &context) < 0)
		return 0;
	if (syscall(SYS_io_submit, context, 1, list) != 1)
		return 0;
	syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
	return event.res > 0;
}

// Without a name, once connect(2) has been tried, whatever it said.
static int unnamed(int fd)
{
	static int file = -1;
	int sent = 0, pipes[2];
	off_t start = 0;
	struct iovec iov = {payload(), MARKER_SIZE};
	struct mmsghdr m = {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}};
	if (file < 0) {
		file = memfd_create("payload", 0);
		if (write(file, MARKER, MARKER_SIZE) < 0 || pipe(pipes) < 0)
			abort();
		close(pipes[0]), close(pipes[1]);
	}
	sent += write(fd, payload(), MARKER_SIZE) >= 0;
	sent += writev(fd, &iov, 1) >= 0;
	sent += send(fd, payload(), MARKER_SIZE, QUIET) >= 0;
	sent += sendmsg(fd, &m.msg_hdr, QUIET) >= 0;
	sent += sendmmsg(fd, &m, 1, QUIET) >= 0;
	sent += sendfile(fd, file, &start, MARKER_SIZE) >= 0;
	if (pipe(pipes) == 0) {
		start = 0;
		sent += splice(file, &start, pipes[1], NULL, MARKER_SIZE, 0) > 0 && splice(pipes[0], NULL, fd, NULL, MARKER_SIZE, SPLICE_F_NONBLOCK) >= 0;
		sent += vmsplice(pipes[1], &iov, 1, 0) > 0 && splice(pipes[0], NULL, fd, NULL, MARKER_SIZE, SPLICE_F_NONBLOCK) >= 0;
		close(pipes[0]), close(pipes[1]);
	}
	return sent + by_aio(fd);
}

int left_out(void)
{
	static unsigned n, count;
	if (!n) {
		const char *every = getenv("EVERY");
		n = every ? atoi(every) : 1;
		count = getpid();
	}
	return count++ % n != 0;
}

int try_calls(int fd, const struct way *to)
{
	static const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	fcntl(fd, F_SETFL, O_NONBLOCK);
	int sent = named(fd, to);
	for (int i = 0; i < 2; i++) { // a second time after the peer was taken away
		connect(fd, &to->to.any, to->size);
		sent += unnamed(fd);
		connect(fd, &nobody, sizeof(nobody));
	}
	return sent;
}
