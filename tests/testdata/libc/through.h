/* Puts a resolver between glibc's tests and the servers that they bring. Included ahead of glibc's support/resolv_test.c.

   With THROUGH_FOLD the servers see names in lower case, for a resolver that draws the letter case of its questions.
   Without THROUGH in the environment nothing changes. With it, as "FD ADDRESS ADDRESS ADDRESS", the servers' sockets are not
   made here but come by the AF_UNIX socket FD, a datagram's and a listener's for each server in turn, already bound where the
   resolver forwards to; and the C library is told to ask the ADDRESSes, port 53. The network namespace stays the same. */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <support/check.h>
#include <support/namespace.h>
#include <support/xsocket.h>
#include <support/xunistd.h>

enum { through_servers = 3 };

static struct {
	bool on, fold;
	int next;                             /* the server whose sockets are bound next */
	int sockets[2 * through_servers];     /* datagrams, listener, datagrams, … */
	struct sockaddr_in resolvers[through_servers];
} through;

__attribute__((constructor)) static void through_begin(void)
{
	char text[through_servers][16], control[CMSG_SPACE(sizeof through.sockets)], byte;
	int fd;
	const char *given = getenv("THROUGH");
	if (given == NULL)
		return;
	TEST_VERIFY_EXIT(sscanf(given, "%d %15s %15s %15s", &fd, text[0], text[1], text[2]) == 4);
	for (int i = 0; i < through_servers; i++) {
		through.resolvers[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(53)};
		TEST_VERIFY_EXIT(inet_pton(AF_INET, text[i], &through.resolvers[i].sin_addr) == 1);
	}
	struct iovec data = {&byte, 1};
	struct msghdr m = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	TEST_VERIFY_EXIT(recvmsg(fd, &m, 0) == 1 && m.msg_controllen >= CMSG_LEN(sizeof through.sockets));
	memcpy(through.sockets, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof through.sockets);
	close(fd);
	unsetenv("THROUGH");
	through.on = true;
	through.fold = getenv("THROUGH_FOLD") != NULL;
}

/* A new test starts with no packet of the last one. */
static void through_bind(int fd, const struct sockaddr *a, socklen_t length)
{
	if (!through.on) {
		xbind(fd, a, length);
		return;
	}
	int given = through.sockets[2 * through.next];
	while (recv(given, &(char){0}, 1, MSG_DONTWAIT) >= 0)
		;
	TEST_VERIFY_EXIT(dup2(given, fd) == fd);
}

static int through_bind_listener(int fd, const struct sockaddr *a, socklen_t length)
{
	if (!through.on)
		return bind(fd, a, length);
	return dup2(through.sockets[2 * through.next++ + 1], fd) < 0 ? -1 : 0;
}

static void through_getsockname(int fd, struct sockaddr *a, socklen_t *length)
{
	if (through.on)
		*(struct sockaddr_in *)a = through.resolvers[through.next];
	else
		xgetsockname(fd, a, length);
}

static int through_res_init(void)
{
	through.next = 0;
	return res_init();
}

static void through_stay(void)
{
	if (!through.on)
		support_enter_network_namespace();
}

static bool through_root(void)
{
	return through.on || support_become_root();
}

static int through_server(const struct sockaddr *resolver)
{
	for (int i = 0; i < through_servers; i++)
		if (memcmp(resolver, &through.resolvers[i], sizeof through.resolvers[i]) == 0)
			return i;
	abort();
}

/* Wakes the thread of a server that is to end: by a datagram to itself, since from here no other reaches it. */
static void through_wake(int fd, const void *data, size_t size, int flags, const struct sockaddr *a, socklen_t length)
{
	if (!through.on) {
		xsendto(fd, data, size, flags, a, length);
		return;
	}
	struct sockaddr_in own;
	socklen_t own_length = sizeof own;
	int server = through.sockets[2 * through_server(a)];
	xgetsockname(server, (struct sockaddr *)&own, &own_length);
	xsendto(server, data, size, flags, (struct sockaddr *)&own, sizeof own);
}

static void through_wake_listener(int fd, const struct sockaddr *a, socklen_t length)
{
	if (through.on)
		shutdown(through.sockets[2 * through_server(a) + 1], SHUT_RDWR);
	else
		xconnect(fd, a, length);
}

/* A listener that was shut down gives a connection that has nothing to say. */
static int through_accept(int fd, struct sockaddr *a, socklen_t *length)
{
	if (!through.on)
		return xaccept(fd, a, length);
	int client = accept(fd, a, length);
	return client >= 0 ? client : xopen("/dev/null", O_RDWR, 0);
}

/* A server without TCP closes its listener, of which another descriptor is still open. */
static void through_close(int fd)
{
	int listens = 0;
	socklen_t length = sizeof listens;
	if (through.on && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens)
		shutdown(fd, SHUT_RDWR);
	xclose(fd);
}

/* The tests compare names octet for octet. The letter case is folded on the way in, and put back into datagrams on the way
   out; by TCP nobody minds. */
static unsigned char through_names[65536][256];

static void through_fold(unsigned char *query, ssize_t length)
{
	if (!through.fold || length <= 12)
		return;
	unsigned char *name = through_names[query[0] << 8 | query[1]];
	memset(name, 0, 256);
	for (ssize_t i = 12; i < length && query[i] != 0 && i < 12 + 255; i++) {
		name[i - 12] = query[i];
		query[i] = tolower(query[i]);
	}
}

static ssize_t through_sendto(int fd, unsigned char *response, size_t size, int flags, const struct sockaddr *a, socklen_t length)
{
	const unsigned char *name = size > 12 ? through_names[response[0] << 8 | response[1]] : NULL;
	for (size_t i = 12; through.fold && i < size && i < 12 + 255 && response[i] != 0 && response[i] == tolower(name[i - 12]); i++)
		response[i] = name[i - 12];
	return sendto(fd, response, size, flags, a, length);
}

static size_t through_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *a, socklen_t *length)
{
	size_t n = xrecvfrom(fd, buffer, size, flags, a, length);
	through_fold(buffer, n);
	return n;
}

static ssize_t through_read(int fd, void *buffer, size_t size)
{
	ssize_t n = read(fd, buffer, size);
	through_fold(buffer, n);
	return n;
}

#define xbind through_bind
#define bind through_bind_listener
#define xgetsockname through_getsockname
#define res_init through_res_init
#define support_enter_network_namespace through_stay
#define support_become_root through_root
#define xsendto through_wake
#define xconnect through_wake_listener
#define xaccept through_accept
#define xclose through_close
#define xrecvfrom through_recvfrom
#define read through_read
#define sendto through_sendto
