// Asks the resolver at 127.0.0.1 for addresses of IPv4 by messages of its own, and prints how long each answer took, in nanoseconds.
//   ask PORT unconnected NAME N  a new socket each time: socket, sendto, recv
//   ask PORT connected NAME N    one connected socket: send, recv
//   ask PORT distinct ZONE N     the same, each time another name of the zone that nobody has asked for
//   ask PORT cached COUNT N      asks for COUNT names of the zone t, then times N of those
//   ask PORT flood THREADS MS    threads that ask for a.test by sendto for MS milliseconds; prints how many answers came in a second
//   ask PORT hold ZONE N         asks for N names as distinct does; prints "ready" and waits for the end of its input
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

static struct sockaddr_in resolver = {.sin_family = AF_INET};

static size_t question(unsigned char *m, unsigned short id, const char *name)
{
	static const unsigned char head[] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, tail[] = {0, 0, 1, 0, 1};
	size_t n = sizeof(head);
	memcpy(m, head, n);
	m[0] = id >> 8, m[1] = id;
	for (const char *label = name; *label;) {
		size_t length = strcspn(label, ".");
		m[n++] = length;
		memcpy(m + n, label, length);
		n += length;
		label += length + (label[length] == '.');
	}
	memcpy(m + n, tail, sizeof(tail));
	return n + sizeof(tail);
}

static struct timeval patience = {.tv_sec = 10};

static int udp(int connected)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		die("socket");
	if (connected && connect(fd, (void *)&resolver, sizeof(resolver)))
		die("connect");
	return fd;
}

// try_to_ask returns once the answer is there, without error and with records, or has not come. A send that is to be done again is.
static int try_to_ask(int fd, int connected, const char *name)
{
	static _Thread_local unsigned short id;
	unsigned char out[512], in[4096];
	size_t length = question(out, ++id, name);
	ssize_t sent;
	while ((sent = sendto(fd, out, length, 0, connected ? NULL : (void *)&resolver, connected ? 0 : sizeof(resolver))) < 0 && errno == EAGAIN)
		sched_yield();
	if (sent != (ssize_t)length)
		die("send");
	do {
		if (recv(fd, in, sizeof(in), 0) < 12)
			return 0;
	} while (in[0] != out[0] || in[1] != out[1]);
	if (in[3] & 15 || !(in[6] | in[7])) {
		fprintf(stderr, "%s: rcode %d, %d records\n", name, in[3] & 15, in[6] << 8 | in[7]);
		exit(1);
	}
	return 1;
}

static void ask(int fd, int connected, const char *name)
{
	if (!try_to_ask(fd, connected, name))
		die("recv");
}

static void distinct(int fd, const char *zone, long n, int print)
{
	char name[256];
	long of = now();
	for (long i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%lx.%s", of + i, zone);
		long start = now();
		ask(fd, 1, name);
		if (print)
			printf("%ld\n", now() - start);
	}
}

static void cached(int fd, long count, long n)
{
	char name[256];
	for (long i = 0; i < count + n; i++) {
		snprintf(name, sizeof(name), "%lx.t", i < count ? i : random() % count);
		long start = now();
		ask(fd, 0, name);
		if (i >= count)
			printf("%ld\n", now() - start);
	}
}

static long until, answers;

static void *asks(void *unused)
{
	long n = 0;
	int fd = udp(0);
	while (now() < until)
		n += try_to_ask(fd, 0, "a.test");
	close(fd);
	__atomic_fetch_add(&answers, n, __ATOMIC_RELAXED);
	return unused;
}

static void flood(int threads, long ms)
{
	pthread_t of[1024];
	long start = now();
	if (threads > 1024)
		exit(2);
	until = start + ms * 1000000;
	patience = (struct timeval){.tv_usec = 250000}; // a server whose queue is full drops questions
	for (int i = 0; i < threads; i++)
		if (pthread_create(&of[i], NULL, asks, NULL))
			die("pthread_create");
	for (int i = 0; i < threads; i++)
		pthread_join(of[i], NULL);
	printf("%.1f\n", answers * 1e9 / (now() - start));
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	const char *kind = argv[2], *name = argv[3];
	long n = atol(argv[4]);
	resolver.sin_port = htons(atoi(argv[1]));
	resolver.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!strcmp(kind, "unconnected")) {
		for (; n > 0; n--) {
			long start = now();
			int fd = udp(0);
			ask(fd, 0, name);
			printf("%ld\n", now() - start);
			close(fd);
		}
	} else if (!strcmp(kind, "connected")) {
		for (int fd = udp(1); n > 0; n--) {
			long start = now();
			ask(fd, 1, name);
			printf("%ld\n", now() - start);
		}
	} else if (!strcmp(kind, "distinct")) {
		distinct(udp(1), name, n, 1);
	} else if (!strcmp(kind, "cached")) {
		cached(udp(0), atol(name), n);
	} else if (!strcmp(kind, "flood")) {
		flood(atoi(name), n);
	} else if (!strcmp(kind, "hold")) {
		distinct(udp(1), name, n, 0);
		puts("ready");
		fflush(stdout);
		while (getchar() != EOF)
			;
	} else {
		return 2;
	}
	return 0;
}
