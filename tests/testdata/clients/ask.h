// A question for a.corp.test as a program writes it that has no library for it.
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const unsigned char tail[] = "\1\0\0\1\0\0\0\0\0\0\1a\4corp\4test\0\0\1\0\1";
#define QUESTION (1 + sizeof(tail)) // two bytes of id, and tail without its NUL

static struct sockaddr_in resolver(const char *ip)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(53)};
	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

// Asks with an id; a signal may come meanwhile.
static int ask(int fd, const struct sockaddr_in *to, unsigned id)
{
	unsigned char q[QUESTION] = {id >> 8, id};
	memcpy(q + 2, tail, QUESTION - 2);
	ssize_t n;
	while ((n = sendto(fd, q, sizeof(q), 0, (const void *)to, sizeof(*to))) < 0 && errno == EINTR)
		;
	return n == sizeof(q) ? 0 : -1;
}

// Waits for a response: its id, or -1 where it carries no address or does not come.
static int answer(int fd)
{
	unsigned char a[512];
	struct pollfd p = {fd, POLLIN, 0};
	int ready;
	while ((ready = poll(&p, 1, 20000)) < 0 && errno == EINTR)
		;
	if (ready != 1 || recv(fd, a, sizeof(a), 0) < 12 || !a[7])
		return -1;
	return a[0] << 8 | a[1];
}

static int lookup(int fd, const struct sockaddr_in *to, unsigned id) { return ask(fd, to, id) == 0 && answer(fd) == (int)id; }
