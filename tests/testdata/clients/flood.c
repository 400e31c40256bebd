// flood N P: N look-ups from P processes, in every way and of many names; it says when a quarter and when all are done, and then
// waits for the end of its standard input. A question without an answer in a second is asked again, as resolvers do.
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct counts {
	long done, again, wrong;
} *all;

static struct sockaddr_in resolver = {.sin_family = AF_INET};

static int question(unsigned char *q, int id, const char *name)
{
	unsigned char *p = q + 12;
	memcpy(q, "\0\0\1\0\0\1\0\0\0\0\0\0", 12);
	q[0] = id >> 8, q[1] = id;
	while (*name) {
		int n = strcspn(name, ".");
		*p++ = n;
		memcpy(p, name, n), p += n;
		name += n + (name[n] == '.');
	}
	memcpy(p, "\0\0\1\0\1", 5);
	return p + 5 - q;
}

// ask returns the RCODE, or -1.
static int ask(int fd, int id, const char *name, int by_name)
{
	unsigned char q[300], a[600];
	int n = question(q, id, name);
	for (int tries = 0; tries < 30; tries++) {
		struct pollfd p = {fd, POLLIN, 0};
		if (tries)
			__atomic_add_fetch(&all->again, 1, __ATOMIC_RELAXED);
		if (sendto(fd, q, n, 0, by_name ? (void *)&resolver : NULL, by_name ? sizeof(resolver) : 0) != n)
			return -1;
		while (poll(&p, 1, 1000) == 1)
			if (recv(fd, a, sizeof(a), 0) >= 12 && a[0] == q[0] && a[1] == q[1])
				return a[3] & 15;
	}
	return -1;
}

static void work(int who, long n)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), connected = socket(AF_INET, SOCK_DGRAM, 0);
	char name[100];
	connect(connected, (void *)&resolver, sizeof(resolver));
	for (long i = 0; i < n; i++) {
		int ok, denied = i % 5 == 4;
		snprintf(name, sizeof(name), "n%ld.%s.test", (who * n + i) % 5000, denied ? "denied" : "allowed");
		if (i % 10 == 0) {
			struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list = NULL;
			ok = getaddrinfo(name, NULL, &hints, &list) == 0;
			if (list)
				freeaddrinfo(list);
		} else
			ok = ask(i % 2 ? fd : connected, i & 0xffff, name, i % 2) == (denied ? 3 : 0);
		if (!ok)
			__atomic_add_fetch(&all->wrong, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&all->done, 1, __ATOMIC_RELAXED);
	}
}

static void say(long until)
{
	while (__atomic_load_n(&all->done, __ATOMIC_RELAXED) < until)
		poll(NULL, 0, 10);
	printf("done %ld, wrong %ld, again %ld\n", all->done, all->wrong, all->again);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	long n = atol(argv[1]), processes = atol(argv[2]);
	resolver.sin_port = htons(53);
	inet_pton(AF_INET, "9.9.9.9", &resolver.sin_addr);
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < processes; i++)
		if (!fork()) {
			work(i, n / processes);
			_exit(0);
		}
	say(n / 4);
	say(n / processes * processes);
	while (wait(NULL) > 0)
		;
	return read(0, argv[0], 1) != 0;
}
